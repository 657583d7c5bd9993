"""Whether a span of a text is what the source document has there."""

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from app.documents.source_map import Repair, Segment, SourceMap
from app.errors import SpanMismatch
from app.spans import Span


class Traced(NamedTuple):
    """A span followed back to the source: its bytes, what was mended in it, and whether they say the same."""

    byte_range: tuple[int, int] | None
    repairs: tuple[Repair, ...]
    holds: bool


def trace(span: Span, text: str, data: bytes, source_map: SourceMap, repairs: Sequence[Repair]) -> Traced:
    """Follow ``span`` from ``text`` to ``data``.

    It holds when the bytes its segments name are its UTF-8, but for repairs that are recorded as they
    are, and for white space between lines and paragraphs, which is normalised without a record.
    """
    touched = [s for s in source_map.segments if s.text_start < span.end and span.start < s.text_end]
    mended = tuple(repair for repair in repairs if repair.field == "text" and _touches(repair, span))
    try:
        byte_range = source_map.bytes_of(text, span) if touched else None
    except SpanMismatch:
        byte_range = None
    holds = byte_range is not None and _covers(touched, span)
    return Traced(byte_range, mended, holds and all(_says(s, span, text, data, mended) for s in touched))


def _touches(repair: Repair, span: Span) -> bool:
    return repair.start < span.end and span.start < repair.end


def _covers(segments: Sequence[Segment], span: Span) -> bool:
    joined = all((a.text_end, a.byte_end) == (b.text_start, b.byte_start) for a, b in pairwise(segments))
    return joined and segments[0].text_start <= span.start and span.end <= segments[-1].text_end


def _says(segment: Segment, span: Span, text: str, data: bytes, repairs: Sequence[Repair]) -> bool:
    became = text[segment.text_start : segment.text_end]
    found = data[segment.byte_start : segment.byte_end]
    if segment.verbatim:
        start, end = max(segment.text_start, span.start), min(segment.text_end, span.end)
        first = segment.byte_start + len(text[segment.text_start : start].encode())
        words = text[start:end].encode()
        return data[first : first + len(words)] == words
    recorded = next((each for each in repairs if _is_of(each, segment)), None)
    if recorded is None:
        return became.isspace() and found.isspace()
    return (recorded.found.encode(), recorded.became) == (found, became)


def _is_of(repair: Repair, segment: Segment) -> bool:
    place = (segment.text_start, segment.text_end, segment.byte_start, segment.byte_end)
    return (repair.start, repair.end, repair.byte_start, repair.byte_end) == place
