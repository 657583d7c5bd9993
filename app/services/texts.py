"""The texts of an article: the newest is its own, the earlier are among its revisions."""

from typing import NamedTuple

from sqlmodel import select

from app.db import ReadSession
from app.models import Article, Revision, SourceDocument, stored_key


class TextKey(NamedTuple):
    """Which text of which article: both keys, inside."""

    article: int
    revision: int


def text_of(session: ReadSession, key: TextKey) -> Revision:
    """That text with its document, as a revision even where it is the newest."""
    earlier = session.get(Revision, (key.article, key.revision))
    if earlier is not None:
        return earlier
    article, source = session.exec(
        select(Article, SourceDocument)
        .join(SourceDocument, SourceDocument.article_id == Article.id)  # type: ignore[arg-type]
        .where(Article.id == key.article, Article.revision == key.revision)
    ).one()
    return newest(article, source)


def newest(article: Article, source: SourceDocument) -> Revision:
    """The text of an article as it is, as a revision that is not stored."""
    return Revision(
        **article.model_dump(include={*_OF_ARTICLE}),
        **source.model_dump(include={*_OF_DOCUMENT}),
        article_id=stored_key(article),
        number=article.revision,
        created_at=article.revised_at or article.created_at,
        carried={},
    )


_OF_ARTICLE = ("headline", "published", "publisher", "dateline", "text", "text_sha256", "text_length")
_OF_DOCUMENT = ("name", "media_type", "sha256", "data", "segments", "repairs")
