"""The record that the rules hand to each other."""

from dataclasses import dataclass, field

from spacy.tokens import Token

from app.annotate.quotes.clauses import Clause
from app.annotations import QuoteKind, QuoteUse


@dataclass(slots=True, eq=False)
class Utterance:
    """Something said.

    ``pieces`` are offset pairs in order, ``quotations`` the numbers of those it holds, ``cue`` is the
    token range of the words that report it, ``speakers`` are the heads of the words that name the
    sources, the speaker's first. ``rule`` says how the first was found; ``use`` is not "speech" where
    quotation marks hold none.
    """

    kind: QuoteKind
    pieces: list[tuple[int, int]]
    quotations: list[int] = field(default_factory=list)
    clause: Clause | None = None
    cue: tuple[int, int] | None = None
    speakers: list[Token] = field(default_factory=list)
    rule: str = "none"
    use: QuoteUse = "speech"
    confidence: float = 1.0

    @property
    def start(self) -> int:
        return self.pieces[0][0]

    @property
    def end(self) -> int:
        return self.pieces[-1][1]

    def report(self, clause: Clause, rule: str, confidence: float) -> "Utterance":
        """Attribute it to the source of ``clause``."""
        self.clause, self.cue, self.rule, self.confidence = clause, clause.cue, rule, confidence
        self.speakers = [token for token in (clause.source, clause.relay) if token is not None]
        return self

    def name(self, speaker: Token, rule: str, confidence: float) -> None:
        """Attribute it to ``speaker`` without any words that report it."""
        self.speakers, self.rule, self.confidence = [speaker], rule, confidence

    def follow(self, other: "Utterance", rule: str, confidence: float) -> "Utterance":
        """Attribute it to whoever said ``other``."""
        self.clause, self.cue, self.speakers = other.clause, other.cue, list(other.speakers)
        self.rule, self.confidence = rule, min(confidence, other.confidence)
        return self
