"""The same words in several articles: one utterance, and where it appears.

Words are those of app.search.words, so case, accents and punctuation do not matter, and "don't" is "do
not". Quotes are of one utterance when

* their words are equal;
* one is an excerpt of the other: part of it, or parts with an ellipsis between them, and either PART words
  or half of the other at least; words cut off from a negation before them say something else;
* they are nearly equal: four fifths of the words of both are common, in order (normalised Indel
  similarity), they have the same numbers, deny as often, and only one has content words the other lacks:
  a word in another's place makes another statement. Pronouns and auxiliaries may differ, as they do when
  what somebody said is reported.

Fewer than SHORT words have to be equal. Candidates are found by their longest words, which as a rule are
the rarest: all but one of the quote's, or all of one stretch of it; every part of PART words holds one.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations
from typing import Literal, NamedTuple

from rapidfuzz.distance import OSA, Indel
from sqlmodel import Session, col

from app.models import Quote
from app.positions import KEY_BITS, SLOT_BITS
from app.search.query import And, Node, Or, Phrase
from app.search.quotes import QuoteFilter, find
from app.search.words import words

SHORT = 4
PART = 7
NEAR = 0.8
# Longest words of a whole quote, and of a stretch of so many words, by which others are looked for.
LONGEST = 6
STRETCH, STRIDE, OF_STRETCH = 5, 3, 3
# Quotes that are compared: the first that have the words of the whole, and the first that have a stretch's.
MOST = 500

Match = Literal["equal", "excerpt", "near"]


class Appearance(NamedTuple):
    """A quote of the same utterance: how it compares, and the similarity of the words, 0 to 1."""

    key: int
    position: int
    match: Match
    similarity: float


@dataclass(frozen=True)
class Statement:
    """What a quote says: words, in parts where an ellipsis stands between them."""

    parts: list[list[str]]

    @classmethod
    def of(cls, text: str) -> "Statement":
        """What ``text`` says, its contractions spelt out."""
        for contraction, spelt in _CONTRACTIONS:
            text = contraction.sub(spelt, text)
        return cls([said for part in _ELLIPSIS.split(text) if (said := words(part))])

    @cached_property
    def words(self) -> list[str]:
        """All of its words."""
        return [word for part in self.parts for word in part]

    @cached_property
    def content(self) -> Counter[str]:
        """Its words but for numbers, negations and small ones."""
        return Counter(w for w in self.words if not (w in _SMALL or w in _NEGATIONS or w in _NUMBERS or w.isdecimal()))

    @cached_property
    def numbers(self) -> list[str]:
        """Its numbers, in order."""
        return [_NUMBERS.get(word, word) for word in self.words if word.isdecimal() or word in _NUMBERS]

    @cached_property
    def negations(self) -> int:
        """How often it denies."""
        return sum(word in _NEGATIONS for word in self.words)


def compare(one: Statement, other: Statement) -> tuple[Match, float] | None:
    """How two statements are of one utterance, with the similarity of their words; None when they are not."""
    if one.words == other.words:
        return "equal", 1.0
    short, long = sorted((one, other), key=lambda each: len(each.words))
    if len(short.words) < SHORT:
        return None
    similarity = round(Indel.normalized_similarity(one.words, other.words), 4)
    if _is_excerpt(short, long):
        return "excerpt", similarity
    return ("near", similarity) if similarity >= NEAR and _says_the_same(one, other) else None


def appearances(session: Session, quote: Quote) -> list[Appearance]:
    """The speech in served runs that is of the same utterance as ``quote``, in order of ``order``."""
    subject = Statement.of(quote.text)
    found = {}
    for key, position, text in _candidates(session, quote):
        compared = compare(subject, Statement.of(text))
        if compared is not None:
            found[key] = Appearance(key, position, *compared)
    return sorted(found.values(), key=order)


def order(each: Appearance) -> tuple[bool, int, int]:
    """The first published first, the undated last; in text order within an article."""
    article = each.position >> SLOT_BITS
    return article < _DATED, article, -each.position


def _candidates(session: Session, quote: Quote) -> Iterator[tuple[int, int, str]]:
    columns = (col(Quote.id), col(Quote.position), col(Quote.text))
    itself = find(session, QuoteFilter(), "newest")[0].with_only_columns(*columns)
    yield from session.execute(itself.where(columns[0] == quote.id))
    for node in _nodes(words(quote.text)):
        statement, newest = find(session, QuoteFilter(words=node), "newest")
        position = newest.columns[0]
        rows = statement.with_only_columns(*columns).order_by(position).limit(MOST)
        first = _DATED << SLOT_BITS
        for dated in (position >= first, position < first):
            yield from session.execute(rows.where(dated))


def _nodes(said: Sequence[str]) -> Iterator[Node]:
    """What quotes must have to be compared with these words."""
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


def _longest(said: Iterable[str], most: int) -> tuple[str, ...]:
    return tuple(sorted(set(said), key=lambda word: (-len(word), word))[:most])


def _any(groups: Iterable[Sequence[str]]) -> Node:
    nodes = tuple(_all(group) for group in groups)
    return nodes[0] if len(nodes) == 1 else Or(nodes)


def _all(group: Sequence[str]) -> Node:
    nodes = tuple(Phrase((word,)) for word in group)
    return nodes[0] if len(nodes) == 1 else And(nodes)


def _is_excerpt(short: Statement, long: Statement) -> bool:
    if len(short.words) < min(PART, len(long.words) / 2):
        return False
    end = 0
    for part in short.parts:
        found = _end_of(part, long.words, end)
        if found is None:
            return False
        end = found
    return True


def _end_of(part: list[str], within: list[str], start: int) -> int | None:
    """Where ``part`` ends that stands there next, at or behind ``start``, and not behind a negation."""
    for i in range(start, len(within) - len(part) + 1):
        if within[i : i + len(part)] == part and (i == 0 or within[i - 1] not in _NEGATIONS):
            return i + len(part)
    return None


def _says_the_same(one: Statement, other: Statement) -> bool:
    """Whether they deny as often, have the same numbers, and only one has content words the other lacks."""
    if (one.numbers, one.negations) != (other.numbers, other.negations):
        return False
    few, many = sorted((one.content - other.content, other.content - one.content), key=Counter.total)
    return all(any(_is_form_of(word, another) for another in many) for word in few)


def _is_form_of(word: str, other: str) -> bool:
    """Whether two words differ by a slip of the pen, or by their endings."""
    if min(len(word), len(other)) >= 6 and OSA.distance(word, other) == 1:
        return True
    stem = next((i for i, (a, b) in enumerate(zip(word, other, strict=False)) if a != b), min(len(word), len(other)))
    return stem >= 3 and word[stem:] in _ENDINGS and other[stem:] in _ENDINGS


_DATED = 1 << KEY_BITS
_ELLIPSIS = re.compile(r"…|\.(?:\s?\.){2,}")
_CONTRACTIONS = [
    (re.compile(pattern, re.IGNORECASE), spelt)
    for pattern, spelt in ((r"\bcan(?:['’]t|not)\b", "can not"), (r"\bwon['’]t\b", "will not"), (r"n['’]t\b", " not"))
]
_NEGATIONS = frozenset({"not", "no", "never", "none", "nobody", "nothing", "nowhere", "neither", "nor", "without"})
_SPELT = ("two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
_LARGE = ("hundred", "thousand", "million", "billion", "trillion", "half", "quarter", "double", "first", "second")
_NUMBERS = {word: str(n) for n, word in enumerate(_SPELT, 2)} | {word: word for word in _LARGE}
_ENDINGS = frozenset({"", "s", "es", "e", "d", "ed", "n", "en", "ing", "y", "ies", "ied", "ly"})
# Those that change when what somebody said is reported: pronouns, auxiliaries, and what joins them to the report.
_SMALL = frozenset(
    words(
        "a an the this that these those which who whom it its itself here there then "
        "i me my mine myself we us our ours ourselves you your yours he him his himself she her hers herself "
        "they them their theirs themselves "
        "am is are was were be been being have has had having do does did will would shall should can could may might "
        "and of to for in on at by with as s m d ll re ve"
    )
)
