"""Whether words stand in a quote or a text: exactly, equal but for punctuation and case, nearly, or not.

What is asked for is cut at each ellipsis into pieces, which must stand in order. It holds when every word of
every piece (app.search.tokens) stands there beside the next one. It holds only nearly, and what is different is
listed, when

* words are replaced, added or left out, and four fifths of the words of both are common (normalised Indel
  similarity); for fewer than SHORT words this is not looked for, nor for pieces of so few;
* a piece begins behind a negation, or is cut out of a hyphenated word or an amount;
* an ellipsis leaves out a negation, or leaves out most while it stands beside fewer than PIECE words;
* an editor has inserted words, [as here]. An insertion stands for any words, INSERTED of which count neither for
  nor against the similarity. Where the words in brackets are those that were said, or brackets stand inside a
  word ("[T]he"), they are punctuation.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Literal, NamedTuple

from rapidfuzz import fuzz
from rapidfuzz.distance import Indel

from app.search.denials import is_negation, negation_before
from app.search.tokens import Token, is_cut, is_pause, tokens
from app.search.utterances import ELLIPSIS, NEAR, SHORT, occurrences

PIECE = 3
INSERTED = 5
# How much of a stretch as long as what is asked for has to be alike, in per cent, to look closer there.
ROUGHLY = 60

Verdict = Literal["exact", "equal", "near"]
VERDICTS: tuple[Verdict, ...] = ("exact", "equal", "near")
Place = tuple[int, int]


class Difference(NamedTuple):
    """What is not the same: where it stands in what was asked for and in what was found; None where it does not."""

    kind: Literal["replaced", "added", "left_out"]
    asked: Place | None
    found: Place | None


class Match(NamedTuple):
    """How what was asked for stands in a text: where, piece by piece, and what is different."""

    verdict: Verdict
    similarity: float
    places: tuple[Place, ...]
    differences: tuple[Difference, ...]

    def order(self) -> tuple[int, float]:
        """The best first."""
        return VERDICTS.index(self.verdict), -self.similarity

    def moved(self, by: int) -> "Match":
        """The same in a text that has so much before it."""
        differences = tuple(d._replace(found=d.found and _moved(d.found, by)) for d in self.differences)
        return self._replace(places=tuple(_moved(place, by) for place in self.places), differences=differences)


@dataclass(frozen=True, slots=True)
class Piece:
    """Words to be found beside each other, placed in what was asked for, where ``text`` begins at ``start``.

    ``insertions``: what an editor has inserted, each with the number of the word that it stands before.
    """

    text: str
    start: int
    tokens: tuple[Token, ...]
    insertions: tuple[tuple[int, Place], ...] = ()

    @property
    def keys(self) -> list[str]:
        """What is compared of its words."""
        return [token.key for token in self.tokens]

    def opened(self) -> "Piece":
        """The same with what an editor has inserted taken out of its words."""
        places = [(self.start + m.start(), self.start + m.end()) for m in _INSERTION.finditer(self.text)]
        said = tuple(t for t in self.tokens if not any(start <= t.start < end for start, end in places))
        before = (sum(token.start < start for token in said) for start, _ in places)
        return Piece(self.text, self.start, said, tuple(zip(before, places, strict=True)))

    def stands(self, text: str, place: Place) -> bool:
        """Whether all of it stands in ``text``, punctuation too, where its words stand at ``place``."""
        first = place[0] - (self.tokens[0].start - self.start)
        last = place[1] + (self.start + len(self.text) - self.tokens[-1].end)
        return first >= 0 and text[first:last] == self.text


class Text:
    """A text to find words in, but not what stands wholly in one of the places ``taken``."""

    def __init__(self, text: str, taken: Sequence[Place] = ()) -> None:
        self.text = text
        self.tokens = tokens(text)
        self.keys = [token.key for token in self.tokens]
        self._taken = taken

    def place(self, window: Place) -> Place:
        """Where the words stand that have the numbers from one to another."""
        return self.tokens[window[0]].start, self.tokens[window[1] - 1].end

    def is_taken(self, windows: Sequence[Place]) -> bool:
        """Whether all of these words are in places that are taken."""
        places = [self.place(window) for window in windows if window[0] < window[1]]
        return all(any(a <= start and end <= b for a, b in self._taken) for start, end in places)


class Asked:
    """What is asked for; quotation marks around all of it are not part of it."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.pieces = list(_pieces(text))

    @cached_property
    def opened(self) -> list[Piece]:
        """Its pieces without what an editor has inserted."""
        return [piece.opened() for piece in self.pieces]

    @property
    def is_cut(self) -> bool:
        """Whether it is in several pieces."""
        return len(self.pieces) > 1

    def find(self, text: Text) -> Match | None:
        """The best that ``text`` has of it; of equally good ones, the first."""
        found = list(_held(self.pieces, text))
        if all(match.verdict == "near" for match in found):
            if sum(len(piece.tokens) for piece in self.pieces) >= SHORT:
                found += _nearly(self.opened, text)
            elif self.is_cut:
                found = []
            found = [match for match in found if match.similarity >= NEAR]
        return min(found, key=Match.order, default=None)


def _pieces(text: str) -> Iterator[Piece]:
    start, end = len(text) - len(text.lstrip()), len(text.rstrip())
    around = _AROUND.fullmatch(text, start, end)
    if around:
        start, end = around.span(around.lastgroup or 0)
    cuts = [match.span() for match in _CUT.finditer(text, start, end)]
    for first, last in zip([start, *(end for _, end in cuts)], [*(start for start, _ in cuts), end], strict=True):
        words = text[first:last].strip()
        at = first + text[first:last].find(words)
        placed = tuple(Token(key, at + start, at + end) for key, start, end in tokens(words))
        if placed:
            yield Piece(words, at, placed)


def _held(pieces: Sequence[Piece], text: Text) -> Iterator[Match]:
    """Where every word of every piece stands, in order."""
    for first in occurrences(pieces[0].keys, text.keys):
        windows = [(first, first + len(pieces[0].tokens))]
        for piece in pieces[1:]:
            following = next(occurrences(piece.keys, text.keys, windows[-1][1]), None)
            if following is None:
                return
            windows.append((following, following + len(piece.tokens)))
        if not text.is_taken(windows):
            yield _judged(pieces, windows, text)


def _nearly(pieces: Sequence[Piece], text: Text) -> Iterator[Match]:
    """Where nearly all words of the pieces stand, in order."""
    for first in _windows(pieces[0].keys, text, 0):
        windows = [first]
        for piece in pieces[1:]:
            end = windows[-1][1]
            windows.append(next(_windows(piece.keys, text, end), (end, end)))
        if not text.is_taken(windows):
            yield _judged(pieces, windows, text)


def _windows(part: Sequence[str], text: Text, start: int) -> Iterator[Place]:
    """Where ``part`` stands at or behind the word ``start``; where it does not, the stretch most like it."""
    found = [(i, i + len(part)) for i in occurrences(part, text.keys, start)] if part else [(start, start)]
    yield from found
    if not found:
        likest = _likest(part, text.keys[start:])
        if likest:
            yield _with_replaced(part, text, (start + likest[0], start + likest[1]))


def _likest(part: Sequence[str], keys: Sequence[str]) -> Place | None:
    low, high = 0, len(keys)
    if high > len(part):
        rough = fuzz.partial_ratio_alignment(part, keys, score_cutoff=ROUGHLY)
        if rough is None:
            return None
        slack = len(part) // 2
        low, high = max(0, rough.dest_start - slack), rough.dest_end + slack
    blocks = _trimmed(_blocks(part, keys[low:high]), len(part))
    return (low + blocks[0].b, low + blocks[-1].b + blocks[-1].size) if blocks else None


def _trimmed(blocks: list["_Block"], size: int) -> list["_Block"]:
    """The blocks without those at the edges that make it less like what is asked for, of so many words."""

    def similarity(some: list[_Block]) -> float:
        common = sum(block.size for block in some)
        return common / (size + some[-1].b + some[-1].size - some[0].b)

    while len(blocks) > 1:
        best = max((blocks, blocks[1:], blocks[:-1]), key=similarity)
        if best is blocks:
            break
        blocks = best
    return blocks


def _with_replaced(part: Sequence[str], text: Text, window: Place) -> Place:
    """The window with the words that stand, in its sentence, for the first and last asked for, if these do not."""
    first, last = window
    blocks = _blocks(part, text.keys[first:last])
    for _ in range(blocks[0].a):
        if first == 0 or is_pause(text.text[text.tokens[first - 1].end : text.tokens[first].start]):
            break
        first -= 1
    for _ in range(len(part) - blocks[-1].a - blocks[-1].size):
        if last == len(text.tokens) or is_pause(text.text[text.tokens[last - 1].end : text.tokens[last].start]):
            break
        last += 1
    return first, last


def _judged(pieces: Sequence[Piece], windows: Sequence[Place], text: Text) -> Match:
    """How the pieces stand in these windows, once these have what must not be cut off."""
    ends = [0, *(last for _, last in windows)]
    widened = [_widened(window, text, end) for window, end in zip(windows, ends, strict=False)]
    aligned = [_aligned(piece, window, text) for piece, window in zip(pieces, widened, strict=True)]
    differences = [difference for each in aligned for difference in each.differences]
    differences += _passed_over(pieces, widened, text)
    places = tuple(text.place(window) for window in widened if window[0] < window[1])
    verdict: Verdict = "near"
    if not differences:
        stand = all(piece.stands(text.text, place) for piece, place in zip(pieces, places, strict=True))
        verdict = "exact" if stand else "equal"
    common, size = sum(each.common for each in aligned), sum(each.size for each in aligned)
    return Match(verdict, round(2 * common / size, 4) if size else 0.0, places, tuple(differences))


def _widened(window: Place, text: Text, least: int) -> Place:
    """The window with what denies its first word, or what its first or last word is cut out of, from ``least`` on."""
    first, last = window
    if first == last:
        return window
    start, end = text.place(window)
    denied = negation_before(text.text, text.tokens, first)
    if denied is not None and denied >= least:
        first = denied
    elif first > least and is_cut(text.text, start):
        first -= 1
    return first, last + (last < len(text.tokens) and is_cut(text.text, end))


class _Block(NamedTuple):
    """So many words that are equal, from the ``a``-th asked for and the ``b``-th found."""

    a: int
    b: int
    size: int


class _Aligned(NamedTuple):
    differences: list[Difference]
    common: int
    size: int


def _blocks(asked: Sequence[str], found: Sequence[str]) -> list[_Block]:
    return [_Block(*block) for block in Indel.opcodes(asked, found).as_matching_blocks() if block.size]


def _aligned(piece: Piece, window: Place, text: Text) -> _Aligned:
    """What is different between a piece and a window; how many words are common, and how many there are of both."""
    blocks = [part for block in _blocks(piece.keys, text.keys[slice(*window)]) for part in _split(block, piece)]
    size = len(piece.tokens) + window[1] - window[0]
    differences, a, b = [], 0, 0
    for block in (*blocks, _Block(len(piece.tokens), window[1] - window[0], 0)):
        inserted = [place for before, place in piece.insertions if a <= before <= block.a]
        asked = _around([(token.start, token.end) for token in piece.tokens[a : block.a]] + inserted)
        found = text.place((window[0] + b, window[0] + block.b)) if b < block.b else None
        if asked or found:
            differences.append(Difference(_kind(asked, found), asked, found))
        size -= min(block.b - b, INSERTED) if inserted else 0
        a, b = block.a + block.size, block.b + block.size
    return _Aligned(differences, sum(block.size for block in blocks), size)


def _split(block: _Block, piece: Piece) -> Iterator[_Block]:
    """The block, in parts where something is inserted."""
    cuts = [before - block.a for before, _ in piece.insertions if block.a < before < block.a + block.size]
    for start, end in pairwise([0, *cuts, block.size]):
        yield _Block(block.a + start, block.b + start, end - start)


def _moved(place: Place, by: int) -> Place:
    return place[0] + by, place[1] + by


def _around(places: Sequence[Place]) -> Place | None:
    return (min(start for start, _ in places), max(end for _, end in places)) if places else None


def _kind(asked: Place | None, found: Place | None) -> Literal["replaced", "added", "left_out"]:
    if asked and found:
        return "replaced"
    return "added" if asked else "left_out"


def _passed_over(pieces: Sequence[Piece], windows: Sequence[Place], text: Text) -> Iterator[Difference]:
    """What ellipses leave out and must not: negations, and all of it where too little is left."""
    kept = sum(last - first for first, last in windows)
    few = any(len(piece.tokens) < PIECE for piece in pieces) and 2 * kept < windows[-1][1] - windows[0][0]
    for (_, end), (start, _) in pairwise(windows):
        if few and end < start:
            yield Difference("left_out", None, text.place((end, start)))
        elif not few:
            denials = (i for i in range(end, start) if is_negation(text.tokens[i]))
            yield from (Difference("left_out", None, text.place((i, i + 1))) for i in denials)


# Quotation marks inside, of the same kind, have to open before they close: "A" and "B" is not all in one pair.
_AROUND = re.compile(
    r"“(?P<curly>(?:[^“”]|“[^“”]*”)*)”|„(?P<low>[^„“”]*)[“”]|«(?P<angled>(?:[^«»]|«[^«»]*»)*)»"
    r"|\"(?P<straight>[^\"]*)\"|[‘'](?P<single>.*)[’']",
    re.DOTALL,
)
_CUT = re.compile(rf"\[\s*(?:{ELLIPSIS})\s*\]|\(\s*(?:{ELLIPSIS})\s*\)|{ELLIPSIS}")
_INSERTION = re.compile(r"(?<!\w)\[[^\[\]]*\](?!\w)")
