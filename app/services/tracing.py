"""Spans as they are answered: with the bytes of the source document they came from, on request."""

from sqlmodel import select

from app.db import ReadSession
from app.documents import SourceMap
from app.models import Article, SourceDocument
from app.schemas.base import ByteRange, TracedSpan
from app.spans import Span


class Tracer:
    """Makes TracedSpans; reads each article's source map once, and only when bytes are wanted."""

    def __init__(self, session: ReadSession, *, wanted: bool) -> None:
        self._session = session
        self._wanted = wanted
        self._maps: dict[int, tuple[str, SourceMap]] = {}

    def span(self, article_id: int, start: int, end: int, exact: str) -> TracedSpan:
        """The span, with its bytes where they are wanted."""
        found = self._bytes(article_id, Span(start=start, end=end, exact=exact)) if self._wanted else None
        return TracedSpan(start=start, end=end, exact=exact, bytes=found)

    def optional(self, article_id: int, start: int | None, end: int | None, exact: str | None) -> TracedSpan | None:
        """The same of a span that may be missing."""
        if start is None or end is None or exact is None:
            return None
        return self.span(article_id, start, end, exact)

    def _bytes(self, article_id: int, span: Span) -> ByteRange:
        if article_id not in self._maps:
            self._maps[article_id] = self._load(article_id)
        text, source_map = self._maps[article_id]
        start, end = source_map.bytes_of(text, span)
        return ByteRange(start=start, end=end)

    def _load(self, article_id: int) -> tuple[str, SourceMap]:
        text, segments = self._session.exec(
            select(Article.text, SourceDocument.segments)
            .where(SourceDocument.article_id == Article.id)
            .where(Article.id == article_id)
        ).one()
        return text, SourceMap.load(segments)
