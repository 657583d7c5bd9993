"""Where a query matched: offsets from FTS5's highlight(), and snippets cut around them."""

import html
import secrets
from collections.abc import Sequence
from itertools import pairwise

from app.spans import Span

# FTS5 marks a match with strings of our choice: random ones, so that no text can hold them.
_NONCE = secrets.token_hex(8)
OPEN = f"\x02{_NONCE}"
CLOSE = f"\x03{_NONCE}"

SNIPPET_LENGTH = 240


def marked_spans(marked: str) -> tuple[Span, ...]:
    """The spans of the matches in a text that FTS5 has marked with OPEN and CLOSE."""
    spans = []
    position = 0
    first, *rest = marked.split(OPEN)
    position = len(first)
    for piece in rest:
        match, _, behind = piece.partition(CLOSE)
        spans.append(Span(start=position, end=position + len(match), exact=match))
        position += len(match) + len(behind)
    return tuple(spans)


def snippet(text: str, matches: Sequence[Span]) -> Span | None:
    """The stretch of at most SNIPPET_LENGTH code points that holds most matches, cut between words."""
    if not text:
        return None
    best = max(matches, key=lambda first: _weight(matches, first), default=None)
    centre = best.start + min(_reach(matches, best), SNIPPET_LENGTH) // 2 if best else 0
    start = max(0, min(centre - SNIPPET_LENGTH // 2, len(text) - SNIPPET_LENGTH))
    return _whole_words(text, start, min(len(text), start + SNIPPET_LENGTH), best)


def as_html(text: str, window: Span, matches: Sequence[Span]) -> str:
    """The window as HTML, its matches in ``<mark>``."""
    inside = [match for match in matches if match in window]
    edges = [window.start, *(edge for match in inside for edge in (match.start, match.end)), window.end]
    pieces = [html.escape(text[a:b], quote=False) for a, b in pairwise(edges)]
    return "".join(f"<mark>{piece}</mark>" if i % 2 else piece for i, piece in enumerate(pieces))


def _near(matches: Sequence[Span], first: Span) -> list[Span]:
    return [m for m in matches if first.start <= m.start and m.end <= first.start + SNIPPET_LENGTH]


def _weight(matches: Sequence[Span], first: Span) -> int:
    return len({match.exact.casefold() for match in _near(matches, first)}) * 100 + len(_near(matches, first))


def _reach(matches: Sequence[Span], first: Span) -> int:
    return max((match.end for match in _near(matches, first)), default=first.end) - first.start


def _whole_words(text: str, start: int, end: int, keep: Span | None) -> Span:
    if start:
        cut = text.find(" ", start, keep.start if keep else end)
        start = cut + 1 if cut >= 0 else start
    if end < len(text):
        cut = text.rfind(" ", keep.end if keep else start, end)
        end = cut if cut > start else end
    return Span.of(text, start, end)
