"""Spans as they are answered: with the bytes of the source document they came from, on request."""

from sqlmodel import select

from app.db import ReadSession
from app.documents import SourceMap
from app.models import Article, Revision, SourceDocument
from app.schemas.base import ByteRange, TracedSpan
from app.services.texts import TextKey
from app.spans import Span


class Tracer:
    """Makes TracedSpans; reads each text's source map once, and only when bytes are wanted."""

    def __init__(self, session: ReadSession, *, wanted: bool) -> None:
        self._session = session
        self._wanted = wanted
        self._maps: dict[TextKey, tuple[str, SourceMap]] = {}

    def span(self, text: TextKey, start: int, end: int, exact: str) -> TracedSpan:
        """The span, with its bytes where they are wanted."""
        found = self._bytes(text, Span(start=start, end=end, exact=exact)) if self._wanted else None
        return TracedSpan(start=start, end=end, exact=exact, bytes=found)

    def optional(self, text: TextKey, start: int | None, end: int | None, exact: str | None) -> TracedSpan | None:
        """The same of a span that may be missing."""
        if start is None or end is None or exact is None:
            return None
        return self.span(text, start, end, exact)

    def _bytes(self, text: TextKey, span: Span) -> ByteRange:
        if text not in self._maps:
            self._maps[text] = self._load(text)
        words, source_map = self._maps[text]
        start, end = source_map.bytes_of(words, span)
        return ByteRange(start=start, end=end)

    def _load(self, text: TextKey) -> tuple[str, SourceMap]:
        # Not the documents themselves, which may be large.
        newest = select(Article.text, SourceDocument.segments).where(SourceDocument.article_id == Article.id)
        earlier = select(Revision.text, Revision.segments).where(Revision.article_id == text.article)
        found = (
            self._session.exec(
                newest.where(Article.id == text.article, Article.revision == text.revision)
            ).one_or_none()
            or self._session.exec(earlier.where(Revision.number == text.revision)).one()
        )
        return found[0], SourceMap.load(found[1])
