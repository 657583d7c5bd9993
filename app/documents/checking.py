"""Whether a span of a text is what the source document has there."""

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import NamedTuple

from app.documents.charsets import charset_of, essence
from app.documents.charsets import decode as decode_as
from app.documents.markup import said
from app.documents.source_map import Repair, Segment, SourceMap
from app.errors import SpanMismatch
from app.spans import Span


class Traced(NamedTuple):
    """A span followed back to the source: its bytes, what was mended in it, and whether they say the same."""

    byte_range: tuple[int, int] | None
    repairs: tuple[Repair, ...]
    holds: bool


Reading = Callable[[bytes], str]


def trace(
    span: Span,
    text: str,
    data: bytes,
    source_map: SourceMap,
    repairs: Sequence[Repair],
    media_type: str,
) -> Traced:
    """Follow ``span`` from ``text`` to ``data``, a document of ``media_type``.

    It holds when the bytes its segments name, read anew, say its characters, and nothing that is said stands
    between them, but for repairs that are recorded as they are, and for white space between words, lines and
    paragraphs, which is normalised without a record.
    """
    touched = [s for s in source_map.segments if s.text_start < span.end and span.start < s.text_end]
    mended = tuple(repair for repair in repairs if repair.field == "text" and _touches(repair, span))
    try:
        byte_range = source_map.bytes_of(text, span) if touched else None
    except SpanMismatch:
        byte_range = None
    reading = _reading(media_type)
    holds = byte_range is not None and _covers(touched, span, data, reading)
    return Traced(byte_range, mended, holds and all(_says(s, span, text, data, mended, reading) for s in touched))


def _reading(media_type: str) -> Reading:
    """What bytes of a document say: in HTML without the markup, and with its references resolved."""
    charset = charset_of(media_type) or "utf-8"
    if essence(media_type) == "text/html":
        return lambda found: said(decode_as(found, charset))
    return lambda found: decode_as(found, charset)


def _touches(repair: Repair, span: Span) -> bool:
    return repair.start < span.end and span.start < repair.end


def _covers(segments: Sequence[Segment], span: Span, data: bytes, reading: Reading) -> bool:
    joined = all(
        a.text_end == b.text_start and a.byte_end <= b.byte_start and not reading(data[a.byte_end : b.byte_start])
        for a, b in pairwise(segments)
    )
    return joined and segments[0].text_start <= span.start and span.end <= segments[-1].text_end


def _says(segment: Segment, span: Span, text: str, data: bytes, repairs: Sequence[Repair], reading: Reading) -> bool:
    became = text[segment.text_start : segment.text_end]
    found = data[segment.byte_start : segment.byte_end]
    if segment.verbatim:
        start, end = max(segment.text_start, span.start), min(segment.text_end, span.end)
        first = segment.byte_start + len(text[segment.text_start : start].encode())
        words = text[start:end]
        return reading(data[first : first + len(words.encode())]) == words
    recorded = next((each for each in repairs if _is_of(each, segment)), None)
    if recorded is not None:
        return (recorded.found.encode(), recorded.became) == (found, became)
    read = reading(found)
    return read == became or (became.isspace() and read.isspace())


def _is_of(repair: Repair, segment: Segment) -> bool:
    place = (segment.text_start, segment.text_end, segment.byte_start, segment.byte_end)
    return (repair.start, repair.end, repair.byte_start, repair.byte_end) == place
