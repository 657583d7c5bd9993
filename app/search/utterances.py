"""What finding the same words takes, whoever asks: where to look, and which words must not be overlooked.

Candidates are found by their longest words, which as a rule are the rarest: all but one of those asked for,
or all of one stretch of them.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import combinations
from typing import Any

from sqlalchemy import SQLColumnExpression
from sqlmodel import Session, col

from app.models import Quote
from app.positions import KEY_BITS, SLOT_BITS
from app.search.paging import AnyRow, AnySelect
from app.search.query import And, Node, Or, Phrase
from app.search.quotes import QuoteFilter, find
from app.search.words import words

# Fewer words have to be equal; of others, such a share of both is common (normalised Indel similarity).
SHORT = 4
NEAR = 0.8
# Longest words of a whole, and of a stretch of so many words, by which others are looked for.
LONGEST = 6
STRETCH, STRIDE, OF_STRETCH = 5, 3, 3
# Quotes that are compared of all that have what is looked for.
MOST = 500
# Articles with a lesser position have no date.
DATED = 1 << KEY_BITS

ELLIPSIS = r"…|\.(?:\s?\.){2,}"
NEGATIONS = frozenset({"not", "no", "never", "none", "nobody", "nothing", "nowhere", "neither", "nor", "without"})
# Words that change when what somebody said is reported: pronouns, auxiliaries, and what joins them to the report.
SMALL = frozenset(
    words(
        "a an the this that these those which who whom it its itself here there then "
        "i me my mine myself we us our ours ourselves you your yours he him his himself she her hers herself "
        "they them their theirs themselves "
        "am is are was were be been being have has had having do does did will would shall should can could may might "
        "and of to for in on at by with as s m d ll re ve"
    )
)


def nodes(said: Sequence[str]) -> Iterator[Node]:
    """What quotes and texts must have to be compared with these words."""
    if len(said) < SHORT:
        if said:
            yield Phrase(tuple(said))
        return
    longest = _longest(said, LONGEST)
    yield _any(combinations(longest, len(longest) - 1) if len(longest) >= SHORT else [longest])
    starts = range(0, len(said) - STRETCH + 1, STRIDE)
    stretches = {_longest(said[start : start + STRETCH], OF_STRETCH) for start in starts}
    if stretches:
        yield _any(sorted(stretches))


def quotes_with(session: Session, node: Node) -> Iterator[AnyRow]:
    """Key, position and text of quotes, speech in served runs, that have this."""
    statement, newest = find(session, QuoteFilter(words=node), "newest")
    rows = statement.with_only_columns(*map(col, (Quote.id, Quote.position, Quote.text)))
    return first_published(session, rows, newest.columns[0], DATED << SLOT_BITS, MOST)


def first_published(
    session: Session, rows: AnySelect, position: SQLColumnExpression[Any], dated: int, most: int
) -> Iterator[AnyRow]:
    """The first so many in order of ``position``, from ``dated`` up, and then as many of those without a date."""
    ordered = rows.order_by(position).limit(most)
    for part in (position >= dated, position < dated):
        yield from session.execute(ordered.where(part))


def occurrences(part: Sequence[str], within: Sequence[str], start: int = 0) -> Iterator[int]:
    """Where ``part``, which is not empty, stands in ``within``, at or behind ``start``."""
    for i in range(start, len(within) - len(part) + 1):
        if within[i] == part[0] and within[i : i + len(part)] == part:
            yield i


def _longest(said: Iterable[str], most: int) -> tuple[str, ...]:
    return tuple(sorted(set(said), key=lambda word: (-len(word), word))[:most])


def _any(groups: Iterable[Sequence[str]]) -> Node:
    found = tuple(_all(group) for group in groups)
    return found[0] if len(found) == 1 else Or(found)


def _all(group: Sequence[str]) -> Node:
    found = tuple(Phrase((word,)) for word in group)
    return found[0] if len(found) == 1 else And(found)
