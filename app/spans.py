"""Spans: where words stand in a text.

Offsets are zero-based and half-open and count Unicode code points, as Python's ``str`` and
the W3C Web Annotation model's TextPositionSelector do: ``text[span.start:span.end] == span.exact``.
"""

from collections.abc import Iterator

from pydantic import BaseModel, ConfigDict, Field

from app.errors import SpanMismatch


class Span(BaseModel):
    """A stretch of a text with the words that stand there."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    start: int = Field(ge=0, description="First code point, zero-based.")
    end: int = Field(gt=0, description="One past the last code point.")
    exact: str = Field(min_length=1, description="The words there: text[start:end].")

    @staticmethod
    def of(text: str, start: int, end: int) -> "Span":
        """The span of ``text`` from ``start`` to ``end``; SpanMismatch when it is empty or outside."""
        made = Span.model_construct(start=start, end=end, exact=text[start:end])
        made.check(text)
        return made

    def check(self, text: str) -> None:
        """Raise SpanMismatch unless ``text[start:end] == exact`` and that is not empty."""
        inside = 0 <= self.start < self.end <= len(text)
        if not inside or text[self.start : self.end] != self.exact:
            found = text[self.start : self.end] if inside else None
            raise SpanMismatch(self.start, self.end, self.exact, found)

    def __contains__(self, other: "Span") -> bool:
        return self.start <= other.start and other.end <= self.end

    def overlaps(self, other: "Span") -> bool:
        """Whether the two share at least one code point."""
        return self.start < other.end and other.start < self.end


def paragraphs(text: str) -> Iterator[Span]:
    """The paragraphs of ``text``: its non-blank stretches between line breaks, edges trimmed."""
    position = 0
    for line in text.split("\n"):
        stripped = line.strip()
        if stripped:
            start = position + line.index(stripped)
            yield Span.of(text, start, start + len(stripped))
        position += len(line) + 1
