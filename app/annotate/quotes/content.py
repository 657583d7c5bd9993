"""What a reporting clause says was said: indirect and mixed speech, and quotations that grammar ties to it."""

from collections.abc import Iterable, Iterator

from app.annotate.quotes.clauses import BEFORE_CONTENT, Clause
from app.annotate.quotes.reading import Reading
from app.annotate.quotes.utterances import Utterance

_EDGE = " \t\r\n\u00a0\u200b,;:-–—"
_END = _EDGE + ".!?"


def grammatical(reading: Reading, clauses: Iterable[Clause], turns: Iterable[Utterance] = ()) -> list[Utterance]:
    """One utterance for each clause that has content. The innermost clause takes a quotation.

    What the ``turns`` of a transcript hold is taken already.
    """
    found: list[Utterance] = []
    taken = {number for turn in turns for number in turn.quotations}
    for clause in sorted(clauses, key=_length):
        parts = [part for piece in clause.pieces for part in _parts(reading, clause, piece)]
        parts = [part for part in parts if part.kind != "direct" or not taken.intersection(part.quotations)]
        for utterance in _joined(parts):
            taken.update(utterance.quotations)
            found.append(utterance)
    return found


def _length(clause: Clause) -> int:
    return sum(last - first for first, last in clause.pieces)


def _parts(reading: Reading, clause: Clause, piece: tuple[int, int]) -> Iterator[Utterance]:
    first, last = _narrowed(reading, clause, piece)
    start, end = _offsets(reading, first, last)
    if start >= end:
        return
    numbers = sorted({number for number in reading.quotation_at[first:last] if number >= 0})
    loose = any(reading.outside(i) and reading.tokens[i].is_alpha for i in range(first, last))
    quotations = [reading.quotations[number] for number in numbers]
    if not numbers:
        yield Utterance("indirect", [(start, end)]).report(clause, "grammar", 0.9)
    elif loose:
        hull = min(start, quotations[0].start), max(end, quotations[-1].end)
        yield Utterance("mixed", [hull], numbers).report(clause, "grammar", 0.9)
    else:
        inner = [(quotation.inner_start, quotation.inner_end) for quotation in quotations]
        yield Utterance("direct", inner, numbers).report(clause, "grammar", 0.95)


def _joined(parts: list[Utterance]) -> list[Utterance]:
    """The pieces of one clause as one utterance."""
    if len(parts) < 2:
        return parts
    kinds = {part.kind for part in parts}
    whole = Utterance(kinds.pop() if len(kinds) == 1 else "mixed", [])
    whole.follow(parts[0], "grammar", 0.9)
    for part in parts:
        whole.pieces += part.pieces
        whole.quotations += part.quotations
    return [whole]


def _narrowed(reading: Reading, clause: Clause, piece: tuple[int, int]) -> tuple[int, int]:
    """Before a clause that follows it, a quotation that opens like a sentence is the whole content."""
    first, last = piece
    if clause.form in BEFORE_CONTENT or last > clause.left:
        return piece
    near = last - 1
    while near > first and reading.outside(near) and not reading.tokens[near].is_alpha:
        near -= 1
    if near < first or reading.outside(near):
        return piece
    quotation = reading.quotations[reading.quotation_at[near]]
    opening = reading.token_at(quotation.start)
    before = reading.tokens[opening - 1].text if opening > first else ""
    runs_on = before[-1:].isalnum() or reading.text[quotation.inner_start].islower()
    return piece if runs_on else (opening, last)


def _offsets(reading: Reading, first: int, last: int) -> tuple[int, int]:
    if first >= last:
        return 0, 0
    start, end = reading.starts[first], reading.end_of(last - 1)
    while start < end and reading.text[start] in _EDGE:
        start += 1
    while end > start and reading.text[end - 1] in _END:
        end -= 1
    return start, end
