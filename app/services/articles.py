"""Articles: lists of them, one with its text, the document it was read from."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import bindparam
from sqlalchemy import select as sql_select
from sqlmodel import col, func, select

from app import __version__
from app.db import Database, ReadSession, WriteSession
from app.errors import Gone, NotFound
from app.models import Article, DeletedArticle, Run, SourceDocument
from app.schemas.articles import (
    ArticleDetail,
    ArticleRef,
    ArticleSummary,
    Counts,
    Repair,
    RunSummary,
    SourceInfo,
)
from app.schemas.base import Listing
from app.schemas.queries import ArticleQuery, PageQuery, SearchQuery
from app.search import articles as search
from app.search.paging import Page
from app.services.asking import article_filter, parsed
from app.services.entities import entity_at
from app.services.lists import listing, page_by_relevance, page_of, total_of

# What a summary has of an article, beside its id.
SUMMARY = ("headline", "published", "publisher", "url", "dateline", "revision", "text_sha256", "text_length")


def get_article(session: ReadSession | WriteSession, article_id: str, parameter: str = "id") -> Article:
    """The article with that public id, which ``parameter`` gave; NotFound when there is none, Gone when there was."""
    article = session.exec(select(Article).where(Article.public_id == article_id)).one_or_none()
    if article is None:
        raise missing(article_id, session.get(DeletedArticle, article_id) is not None, parameter)
    return article


def missing(article_id: str, deleted: bool, parameter: str = "id") -> NotFound:
    """Why there is no such article."""
    if deleted:
        return Gone(f"article {article_id} was deleted", parameter)
    return NotFound(f"there is no article {article_id}", parameter)


def list_articles(session: ReadSession, query: ArticleQuery) -> Listing[ArticleSummary]:
    """A page of the articles that ``query`` asks for."""
    asked = parsed(query.q)
    if asked is not None and asked.empty:
        return Listing(items=[], total=0 if query.total else None)
    wanted = article_filter(session, query, asked)
    page = find_page(session, wanted, query, "articles")
    items = summaries(session, [row[0] for row in page.rows])
    total = total_of(session, lambda: search.matching_articles(session, wanted), query)
    return Listing(items=items, next=page.next, total=total)


def find_page(
    session: ReadSession, wanted: search.ArticleFilter, query: ArticleQuery | SearchQuery, scope: str
) -> Page:
    """The page of articles, by position, that ``query`` asks for."""
    if query.sort == "relevance" and wanted.words is not None:
        return page_by_relevance(session, wanted, query, scope)
    return page_of(session, search.find(session, wanted, descending=query.sort != "oldest"), query, scope)


def list_entity_articles(session: ReadSession, name_or_id: str, query: PageQuery) -> Listing[ArticleSummary]:
    """A page of the articles that mention an entity, newest first."""
    entity = entity_at(session, name_or_id, query.run)
    wanted = search.ArticleFilter(having=(search.Having("entity", entity.id or 0),), run=query.run)
    found = search.find(session, wanted, descending=True)
    scope = f"articles of {entity.public_id}"
    return listing(session, found, query, scope, lambda rows: summaries(session, [row[0] for row in rows]))


def summaries(session: ReadSession, positions: Sequence[int]) -> list[ArticleSummary]:
    """The articles at these positions, in this order, without their texts."""
    found = {a.position: a for a in session.exec(select(Article).where(col(Article.position).in_(positions)))}
    return [summary(found[position]) for position in positions]


def summary(article: Article) -> ArticleSummary:
    """An article without its text."""
    return ArticleSummary(id=article.public_id, **{name: getattr(article, name) for name in SUMMARY})


def reference(article: Article) -> ArticleRef:
    """An article in few words."""
    return ArticleRef(
        id=article.public_id,
        headline=article.headline,
        published=article.published,
        publisher=article.publisher,
        url=article.url,
    )


def article_detail(database: Database, article_id: str) -> ArticleDetail:
    """One article with its text, its source, and what is annotated in it."""
    row = database.look_up(_DETAIL, article_id=article_id)
    if row is None:
        raise missing(article_id, database.look_up(_DELETED, article_id=article_id) is not None)
    return _detail(row)


def detail_of(session: ReadSession | WriteSession, article_id: str) -> ArticleDetail:
    """The same of an article that is there, within a transaction."""
    return _detail(session.connection().execute(_DETAIL, {"article_id": article_id}).one())


def _detail(row: Sequence[Any]) -> ArticleDetail:
    article, source, run, counts = (dict(zip(names, row[first:], strict=False)) for names, first in _PARTS)
    source["repairs"] = [repair(stored) for stored in source["repairs"]]
    return ArticleDetail(
        **article,
        source=SourceInfo(**source),
        run=RunSummary(article=article["id"], **run) if run["id"] else None,
        counts=Counts(**{name: n or 0 for name, n in counts.items()}),  # none where no run answers
    )


def article_version(database: Database, article_id: str) -> str:
    """What tells one state of an article's detail from every other: its text and the run that answers."""
    row = database.look_up(_VERSION, article_id=article_id)
    if row is None:
        raise missing(article_id, database.look_up(_DELETED, article_id=article_id) is not None)
    return _version(*row)


def current_version(session: WriteSession, article_id: str) -> str:
    """The same of an article that is there, within a transaction."""
    return _version(*session.connection().execute(_VERSION, {"article_id": article_id}).one())


def version(article: ArticleDetail) -> str:
    """The same of one that is loaded."""
    return _version(article.revision, article.text_sha256, article.run.id if article.run else None)


def _version(revision: int, text_sha256: str, run: str | None) -> str:
    return f"{__version__}-{revision}-{text_sha256}-{run}"


def get_source(session: ReadSession | WriteSession, article: Article) -> SourceDocument:
    """The document an article was read from."""
    return session.exec(select(SourceDocument).where(SourceDocument.article_id == article.id)).one()


def repair(stored: dict[str, object]) -> Repair:
    """A repair as it is answered, of what is stored of it."""
    byte_start, byte_end = stored["byte_start"], stored["byte_end"]
    return Repair.model_validate(stored | {"bytes": {"start": byte_start, "end": byte_end}})


_ARTICLE = {
    "id": Article.public_id,
    "text": Article.text,
    "created_at": Article.created_at,
    **{name: getattr(Article, name) for name in SUMMARY},
}
_SOURCE = {
    "name": SourceDocument.name,
    "media_type": SourceDocument.media_type,
    "sha256": SourceDocument.sha256,
    "size": func.length(SourceDocument.data),
    "repairs": SourceDocument.repairs,
}
_RUN = {
    "id": Run.public_id,
    **{
        name: getattr(Run, name)
        for name in (
            "revision", "kind", "annotator", "version", "model", "parameters", "digest", "created_at", "served"
        )
    },
}  # fmt: skip
_COUNTS = {"mentions": Run.mention_count, "quotes": Run.speech_count}
# (names, the place of the first of them in a row)
_PARTS = (
    (tuple(_ARTICLE), 0),
    (tuple(_SOURCE), len(_ARTICLE)),
    (tuple(_RUN), len(_ARTICLE) + len(_SOURCE)),
    (tuple(_COUNTS), len(_ARTICLE) + len(_SOURCE) + len(_RUN)),
)
_BY_ID = col(Article.public_id) == bindparam("article_id")
_SERVED = (col(Run.article_id) == Article.id) & col(Run.served)
_DETAIL = (
    sql_select(*_ARTICLE.values(), *_SOURCE.values(), *_RUN.values(), *_COUNTS.values())
    .select_from(Article)
    .join(SourceDocument, col(SourceDocument.article_id) == Article.id)
    .outerjoin(Run, _SERVED)
    .where(_BY_ID)
)
_DELETED = sql_select(col(DeletedArticle.public_id)).where(col(DeletedArticle.public_id) == bindparam("article_id"))
_VERSION = (
    sql_select(col(Article.revision), col(Article.text_sha256), col(Run.public_id))
    .select_from(Article)
    .outerjoin(Run, _SERVED)
    .where(_BY_ID)
)
