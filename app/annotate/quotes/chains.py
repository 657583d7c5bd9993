"""Chains of sources: "the ministry said the plant was safe, the agency reported" is said once, by two."""

from app.annotate.quotes.clauses import Clause
from app.annotate.quotes.reading import Reading
from app.annotate.quotes.utterances import Utterance

_SAME = 0.8  # an outer content that is the inner one and its clause, but for a word or two


def chained(reading: Reading, utterances: list[Utterance]) -> list[Utterance]:
    """Join an utterance with the one whose whole content it is: speaker first, then who relayed it."""
    order = sorted(utterances, key=lambda u: (u.start, -u.end))
    relayed: set[int] = set()
    open_ones: list[Utterance] = []
    for inner in order:
        open_ones = [outer for outer in open_ones if outer.end >= inner.end]
        outer = next((o for o in reversed(open_ones) if _relays(reading, o, inner)), None)
        if outer is not None:
            inner.speakers += outer.speakers
            relayed.add(id(outer))
        open_ones.append(inner)
    return [utterance for utterance in order if id(utterance) not in relayed]


def _relays(reading: Reading, outer: Utterance, inner: Utterance) -> bool:
    if inner.clause is None or outer.clause is None or inner.clause is outer.clause or len(outer.pieces) > 1:
        return False
    if inner.clause.form == "object":
        return False  # "has claimed responsibility, a service said": the service says that, and more
    start, end = _hull(reading, inner.clause, inner)
    inside = outer.start <= start and end <= outer.end + 1
    return inside and (end - start) >= _SAME * (outer.end - outer.start)


def _hull(reading: Reading, clause: Clause, utterance: Utterance) -> tuple[int, int]:
    start, end = reading.starts[clause.left], reading.end_of(clause.right - 1)
    return min(start, utterance.start), max(end, utterance.end)
