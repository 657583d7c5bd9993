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

Fewer than SHORT words have to be equal. Every part of PART words holds a stretch by which candidates are found
(app.search.utterances).
"""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, NamedTuple

from rapidfuzz.distance import OSA, Indel
from sqlmodel import Session, col

from app.models import Quote
from app.positions import SLOT_BITS
from app.search.paging import AnyRow
from app.search.quotes import QuoteFilter, find
from app.search.utterances import DATED, ELLIPSIS, NEAR, NEGATIONS, SHORT, SMALL, nodes, occurrences, quotes_with
from app.search.words import words

PART = 7

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
        return Counter(w for w in self.words if not (w in SMALL or w in NEGATIONS or w in _NUMBERS or w.isdecimal()))

    @cached_property
    def numbers(self) -> list[str]:
        """Its numbers, in order."""
        return [_NUMBERS.get(word, word) for word in self.words if word.isdecimal() or word in _NUMBERS]

    @cached_property
    def negations(self) -> int:
        """How often it denies."""
        return sum(word in NEGATIONS for word in self.words)


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
    return article < DATED, article, -each.position


def _candidates(session: Session, quote: Quote) -> Iterator[AnyRow]:
    columns = (col(Quote.id), col(Quote.position), col(Quote.text))
    itself = find(session, QuoteFilter(), "newest")[0].with_only_columns(*columns)
    yield from session.execute(itself.where(columns[0] == quote.id))
    for node in nodes(words(quote.text)):
        yield from quotes_with(session, node)


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
    found = (i for i in occurrences(part, within, start) if i == 0 or within[i - 1] not in NEGATIONS)
    return next((i + len(part) for i in found), None)


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


_ELLIPSIS = re.compile(ELLIPSIS)
_CONTRACTIONS = [
    (re.compile(pattern, re.IGNORECASE), spelt)
    for pattern, spelt in ((r"\bcan(?:['’]t|not)\b", "can not"), (r"\bwon['’]t\b", "will not"), (r"n['’]t\b", " not"))
]
_SPELT = ("two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
_LARGE = ("hundred", "thousand", "million", "billion", "trillion", "half", "quarter", "double", "first", "second")
_NUMBERS = {word: str(n) for n, word in enumerate(_SPELT, 2)} | {word: word for word in _LARGE}
_ENDINGS = frozenset({"", "s", "es", "e", "d", "ed", "n", "en", "ing", "y", "ies", "ied", "ly"})
