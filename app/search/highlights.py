"""Where a query matches in a text, and snippets cut around that."""

import html
import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, pairwise

from app.search.query import And, Near, Node, Not, Or, Phrase
from app.search.words import MAX_WORD, UNSPACED, Word, aligned_fold, located_words

SNIPPET_LENGTH = 240
MAX_HIGHLIGHTS = 100

_LETTER = rf"[^\W_{UNSPACED}]"
_UNSPACED = re.compile(f"[{UNSPACED}]")

Place = tuple[int, int]
"""Start and end of a span, as app.spans has them: a page has hundreds, and most are only counted."""


class Highlighter:
    """Finds in texts what a query wants; made once for a query."""

    def __init__(self, node: Node) -> None:
        leaves = tuple(dict.fromkeys(_leaves(node)))
        self._phrases = [leaf for leaf in leaves if isinstance(leaf, Phrase)]
        self._nears = [leaf for leaf in leaves if isinstance(leaf, Near)]
        self._patterns = [_pattern(phrase) for phrase in self._phrases]

    def places(self, text: str) -> list[Place]:
        """Where ``text`` holds the phrases that are wanted, those of a NEAR only where it holds.

        In order; those that overlap are one, from the first word to the last.
        """
        folded = None if self._nears else aligned_fold(text)
        return _merged(sorted(self._by_word(text) if folded is None else self._by_pattern(folded)))

    def _by_pattern(self, folded: str) -> Iterator[Place]:
        for pattern in self._patterns:
            at = 0
            while match := pattern.search(folded, at):
                yield match.span()
                at = match.start() + 1  # a phrase may overlap itself

    def _by_word(self, text: str) -> Iterator[Place]:
        found = list(located_words(text))
        for phrase in self._phrases:
            yield from _stretches(found, _starts(found, phrase), phrase)
        for near in self._nears:
            for starts, phrase in zip(_near_starts(found, near), near.phrases, strict=True):
                yield from _stretches(found, starts, phrase)


def _leaves(node: Node) -> Iterator[Phrase | Near]:
    match node:
        case Phrase() | Near():
            yield node
        case And(parts) | Or(parts):
            for part in parts:
                yield from _leaves(part)
        case Not(wanted):
            yield from _leaves(wanted)


def _pattern(phrase: Phrase) -> re.Pattern[str]:
    """What finds ``phrase`` in text folded in place. It begins with letters, which is what ``re`` finds fast."""
    first = phrase.words[0]
    pattern = first if _UNSPACED.match(first) else f"{first}(?<!{_LETTER}{first})"
    pattern += _rest(first, prefix=phrase.prefix and len(phrase.words) == 1)
    for place, (before, word) in enumerate(pairwise(phrase.words), 2):
        pattern += r"[\W_]*" if _UNSPACED.match(before) or _UNSPACED.match(word) else r"[\W_]+"
        pattern += word + _rest(word, prefix=phrase.prefix and place == len(phrase.words))
    return re.compile(pattern)


def _rest(word: str, *, prefix: bool) -> str:
    if _UNSPACED.match(word):
        return ""
    return f"{_LETTER}*" if prefix or len(word) == MAX_WORD else f"(?!{_LETTER})"


def _starts(found: Sequence[Word], phrase: Phrase) -> list[int]:
    """Which of the words found begin ``phrase``."""
    first, size = phrase.words[0], len(phrase.words)
    whole = size > 1 or not phrase.prefix
    return [
        place
        for place, word in enumerate(found)
        if (word.form == first if whole else word.form.startswith(first))
        and (size == 1 or _goes_on(found[place : place + size], phrase))
    ]


def _goes_on(found: Sequence[Word], phrase: Phrase) -> bool:
    *whole, last = phrase.words
    if len(found) < len(phrase.words) or any(f.form != w for f, w in zip(found, whole, strict=False)):
        return False
    return found[-1].form.startswith(last) if phrase.prefix else found[-1].form == last


def _near_starts(found: Sequence[Word], near: Near) -> list[set[int]]:
    """For each of its phrases, which words begin it in a clump that ``near`` allows."""
    every = [_starts(found, phrase) for phrase in near.phrases]
    inside: list[set[int]] = [set() for _ in every]
    for here in sorted({start for starts in every for start in starts}):
        near_enough = [
            starts[bisect_left(starts, here - near.distance - len(phrase.words)) : bisect_right(starts, here)]
            for starts, phrase in zip(every, near.phrases, strict=True)
        ]
        if all(near_enough):
            for taken, starts in zip(inside, near_enough, strict=True):
                taken.update(starts)
    return inside


def _stretches(found: Sequence[Word], starts: Iterable[int], phrase: Phrase) -> Iterator[Place]:
    for start in starts:
        yield found[start].start, found[start + len(phrase.words) - 1].end


def _merged(places: Iterable[Place]) -> list[Place]:
    merged: list[Place] = []
    for start, end in places:
        if merged and start < merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], end))
        else:
            merged.append((start, end))
    return merged


def snippet(text: str, matches: Sequence[Place]) -> Place | None:
    """The stretch of at most SNIPPET_LENGTH code points that holds most different matches, cut between words."""
    if not text:
        return None
    best = _densest(text, matches)
    centre = (best[0][0] + best[-1][1]) // 2 if best else 0
    start = max(0, min(centre - SNIPPET_LENGTH // 2, len(text) - SNIPPET_LENGTH))
    keep = best[0] if best else None
    return _whole_words(text, start, min(len(text), start + SNIPPET_LENGTH), keep)


def as_html(text: str, window: Place, matches: Sequence[Place]) -> str:
    """The window as HTML, its matches in ``<mark>``."""
    first, last = window
    inside = [match for match in matches if first <= match[0] and match[1] <= last]
    edges = [first, *chain.from_iterable(inside), last]
    pieces = [html.escape(text[a:b], quote=False) for a, b in pairwise(edges)]
    return "".join(f"<mark>{piece}</mark>" if i % 2 else piece for i, piece in enumerate(pieces))


def _densest(text: str, matches: Sequence[Place]) -> Sequence[Place]:
    """The run of matches within SNIPPET_LENGTH that has most different words, then most of them; the first such."""
    words = [text[start:end].casefold() for start, end in matches]
    inside: dict[str, int] = {}
    first, best, best_weight = 0, (0, 0), (0, 0)
    for last, (_, end) in enumerate(matches):
        inside[words[last]] = inside.get(words[last], 0) + 1
        while end - matches[first][0] > SNIPPET_LENGTH and first < last:
            inside[words[first]] -= 1
            if not inside[words[first]]:
                del inside[words[first]]
            first += 1
        weight = (len(inside), last + 1 - first)
        if weight > best_weight:
            best, best_weight = (first, last + 1), weight
    return matches[slice(*best)]


def _whole_words(text: str, start: int, end: int, keep: Place | None) -> Place:
    if start:
        cut = text.find(" ", start, keep[0] if keep else end)
        start = cut + 1 if cut >= 0 else start
    if end < len(text):
        cut = text.rfind(" ", keep[1] if keep else start, end)
        end = cut if cut > start else end
    return start, end
