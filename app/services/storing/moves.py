"""Where words of a text stand in the text that took its place."""

import re
from bisect import bisect_right
from collections.abc import Iterator
from difflib import SequenceMatcher
from itertools import accumulate, pairwise
from typing import NamedTuple

from app import annotations as said
from app.spans import Span

_LINE = re.compile(r"[^\n]*\n*")
_WORD = re.compile(r"\w+|\s|[^\w\s]")


class _Block(NamedTuple):
    """Code points that stand one behind the other in both texts; ``distance`` further on in the new one."""

    start: int
    end: int
    distance: int


class Move:
    """From one text to another.

    Words stand where comparing both texts, first by lines and then by words, finds them; where it does not, those
    that occur once in each: a paragraph may have changed its place.
    """

    def __init__(self, old: str, new: str) -> None:
        self._old, self._new = old, new
        self._blocks = _joined(_common(old, new))
        self._starts = [block.start for block in self._blocks]

    def __call__(self, span: Span) -> Span | None:
        """The same words in the new text; None when they do not stand there."""
        place = bisect_right(self._starts, span.start) - 1
        if place >= 0 and span.end <= self._blocks[place].end:
            return _moved(span, span.start + self._blocks[place].distance)
        if self._old.count(span.exact) == self._new.count(span.exact) == 1:
            return _moved(span, self._new.index(span.exact))
        return None


def _moved(span: Span, start: int) -> Span:
    return Span(start=start, end=start + len(span.exact), exact=span.exact)


def _common(old: str, new: str) -> Iterator[_Block]:
    for equal, block, length in _compared(_LINE, old, new, 0, 0):
        if equal:
            yield block
            continue
        other = block.start + block.distance
        changed, became = old[block.start : block.end], new[other : other + length]
        yield from (words for same, words, _ in _compared(_WORD, changed, became, block.start, other) if same)


def _compared(
    token: re.Pattern[str], old: str, new: str, old_at: int, new_at: int
) -> Iterator[tuple[bool, _Block, int]]:
    """Stretches of both texts, which begin at ``…_at``: whether they are equal, where, and how long the new one is."""
    ours, theirs = token.findall(old), token.findall(new)
    here, there = (list(accumulate(map(len, tokens), initial=0)) for tokens in (ours, theirs))
    for tag, a, b, c, d in SequenceMatcher(None, ours, theirs).get_opcodes():
        start, other = old_at + here[a], new_at + there[c]
        yield tag == "equal", _Block(start, old_at + here[b], other - start), there[d] - there[c]


def _joined(blocks: Iterator[_Block]) -> list[_Block]:
    """Blocks that follow each other in both texts as one."""
    found: list[_Block] = []
    for block in blocks:
        if found and (found[-1].end, found[-1].distance) == (block.start, block.distance):
            block = found.pop()._replace(end=block.end)  # noqa: PLW2901
        found.append(block)
    return found


def moved_mention(mention: said.Mention, move: Move) -> said.Mention | None:
    """The mention in the new text; None when its words do not stand there."""
    span = move(mention)
    return None if span is None else mention.model_copy(update=span.model_dump())


def moved_quote(quote: said.Quote, move: Move) -> said.Quote | None:
    """The quote in the new text; None when any of its pieces does not stand there.

    Where the words that report it or name a source do not, they are left out, and whom they name stays.
    """
    content = tuple(move(piece) for piece in quote.content)
    if not all(content) or any(b.start < a.end for a, b in pairwise(filter(None, content))):
        return None
    sources = tuple(
        source.model_copy(update={name: _optional(getattr(source, name), move) for name in ("span", "antecedent")})
        for source in quote.sources
    )
    return quote.model_copy(update={"content": content, "cue": _optional(quote.cue, move), "sources": sources})


def _optional(span: Span | None, move: Move) -> Span | None:
    return span and move(span)
