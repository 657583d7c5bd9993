"""From a text back to the bytes of the document it was read from.

Reading copies most of a document and replaces a little of it. ``rewrite`` does both, and keeps
for every stretch of the text the bytes it stands for.
"""

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

from app.spans import Span


@dataclass(frozen=True, slots=True)
class Segment:
    """``text[text_start:text_end]`` came from ``source[byte_start:byte_end]``, neither empty.

    ``verbatim``: those bytes are the UTF-8 of those characters; else they were replaced by them.
    """

    text_start: int
    text_end: int
    byte_start: int
    byte_end: int
    verbatim: bool


@dataclass(frozen=True, slots=True)
class Repair:
    """One artefact mended: ``found``, which is ``source[byte_start:byte_end]``, ``became`` what is there now.

    ``field`` is "text" or a field of Metadata; ``start`` and ``end`` are code points in it.
    """

    kind: str
    field: str
    start: int
    end: int
    byte_start: int
    byte_end: int
    found: str
    became: str


@dataclass(frozen=True, slots=True)
class SourceMap:
    """The segments of one text, in order, without a gap between them."""

    segments: tuple[Segment, ...]

    def bytes_of(self, text: str, span: Span) -> tuple[int, int]:
        """The half-open byte range of the source that ``span`` of ``text`` came from.

        A span that touches replaced characters gets all the bytes they stand for.
        SpanMismatch when the span is not of this text.
        """
        span.check(text)
        first, last = self._segment_at(span.start), self._segment_at(span.end - 1)
        start, end = first.byte_start, last.byte_end
        if first.verbatim:
            start += len(text[first.text_start : span.start].encode())
        if last.verbatim:
            end = last.byte_start + len(text[last.text_start : span.end].encode())
        return start, end

    def _segment_at(self, position: int) -> Segment:
        return self.segments[bisect_right(self.segments, position, key=lambda s: s.text_start) - 1]

    def dump(self) -> list[list[int]]:
        """The segments as rows of text_start, text_end, byte_start, byte_end, verbatim (0 or 1)."""
        return [[s.text_start, s.text_end, s.byte_start, s.byte_end, int(s.verbatim)] for s in self.segments]

    @classmethod
    def load(cls, rows: Iterable[Iterable[int]]) -> Self:
        """The map that ``dump`` gave these rows for."""
        return cls(tuple(Segment(a, b, c, d, verbatim=bool(v)) for a, b, c, d, v in rows))


@dataclass(frozen=True, slots=True)
class Edit:
    """``source[start:end]``, in code points, becomes ``became``; a repair when it has a ``kind``."""

    start: int
    end: int
    became: str
    kind: str | None = None


@dataclass(frozen=True, slots=True)
class Rewriting:
    """What ``rewrite`` made."""

    text: str
    source_map: SourceMap
    repairs: tuple[Repair, ...]


def rewrite(source: str, start: int, end: int, edits: Iterable[Edit], field: str) -> Rewriting:
    """``source[start:end]`` with ``edits`` applied, which are in order, apart, and not empty."""
    writer = _Writer(field, byte=len(source[:start].encode()))
    for edit in edits:
        writer.write(source[start : edit.start])
        writer.write(source[edit.start : edit.end], edit)
        start = edit.end
    writer.write(source[start:end])
    return Rewriting("".join(writer.parts), SourceMap(tuple(writer.segments)), tuple(writer.repairs))


class _Writer:
    """Appends to a text and keeps count of where it is in the text and in the source."""

    def __init__(self, field: str, byte: int) -> None:
        self.parts: list[str] = []
        self.segments: list[Segment] = []
        self.repairs: list[Repair] = []
        self._field = field
        self._position = 0
        self._byte = byte

    def write(self, found: str, edit: Edit | None = None) -> None:
        if not found:
            return
        became = edit.became if edit else found
        end, byte_end = self._position + len(became), self._byte + len(found.encode())
        place = (self._position, end, self._byte, byte_end)
        self.parts.append(became)
        self.segments.append(Segment(*place, verbatim=edit is None))
        if edit and edit.kind:
            self.repairs.append(Repair(edit.kind, self._field, *place, found, became))
        self._position, self._byte = end, byte_end
