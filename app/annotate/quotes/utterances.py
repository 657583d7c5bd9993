"""The record that the rules hand to each other."""

from dataclasses import dataclass, field

from app.annotate.quotes.clauses import Clause
from app.annotations import QuoteKind, QuoteUse


@dataclass(slots=True, eq=False)
class Utterance:
    """Something said. ``pieces`` are offset pairs in order; ``clauses`` report it, the speaker's first.

    ``quotations`` are the numbers of the quotations that it holds, ``rule`` says what joined them
    with the clause, ``use`` is not "speech" for quotation marks that hold no speech.
    """

    kind: QuoteKind
    pieces: list[tuple[int, int]]
    clauses: list[Clause] = field(default_factory=list)
    quotations: list[int] = field(default_factory=list)
    rule: str = "none"
    use: QuoteUse = "speech"

    @property
    def start(self) -> int:
        return self.pieces[0][0]

    @property
    def end(self) -> int:
        return self.pieces[-1][1]
