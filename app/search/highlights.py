"""Where a query matched: offsets from FTS5's highlight(), and snippets cut around them."""

import html
import secrets
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise

from app.spans import Span

# FTS5 marks a match with strings of our choice: random ones, so that no text can hold them.
_NONCE = secrets.token_hex(8)
OPEN = f"\x02{_NONCE}"
CLOSE = f"\x03{_NONCE}"

SNIPPET_LENGTH = 240
MAX_HIGHLIGHTS = 100


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
    """The stretch of at most SNIPPET_LENGTH code points that holds most different matches, cut between words."""
    if not text:
        return None
    best = _densest(matches)
    centre = (best[0].start + best[-1].end) // 2 if best else 0
    start = max(0, min(centre - SNIPPET_LENGTH // 2, len(text) - SNIPPET_LENGTH))
    keep = best[0] if best else None
    return _whole_words(text, start, min(len(text), start + SNIPPET_LENGTH), keep)


def as_html(text: str, window: Span, matches: Sequence[Span]) -> str:
    """The window as HTML, its matches in ``<mark>``."""
    inside = [match for match in matches if match in window]
    edges = [window.start, *(edge for match in inside for edge in (match.start, match.end)), window.end]
    pieces = [html.escape(text[a:b], quote=False) for a, b in pairwise(edges)]
    return "".join(f"<mark>{piece}</mark>" if i % 2 else piece for i, piece in enumerate(pieces))


def _densest(matches: Sequence[Span]) -> Sequence[Span]:
    """The run of matches within SNIPPET_LENGTH that has most different words, then most of them; the first such."""
    inside: Counter[str] = Counter()
    first, best, best_weight = 0, (0, 0), (0, 0)
    for last, match in enumerate(matches):
        inside[match.exact.casefold()] += 1
        while match.end - matches[first].start > SNIPPET_LENGTH and first < last:
            inside -= Counter([matches[first].exact.casefold()])
            first += 1
        weight = (len(inside), last + 1 - first)
        if weight > best_weight:
            best, best_weight = (first, last + 1), weight
    return matches[slice(*best)]


def _whole_words(text: str, start: int, end: int, keep: Span | None) -> Span:
    if start:
        cut = text.find(" ", start, keep.start if keep else end)
        start = cut + 1 if cut >= 0 else start
    if end < len(text):
        cut = text.rfind(" ", keep.end if keep else start, end)
        end = cut if cut > start else end
    return Span.of(text, start, end)
