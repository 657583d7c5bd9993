"""Counts over all articles that a search finds: who and what is in them, who speaks, where and when published."""

from collections.abc import Callable, Sequence
from typing import Literal

from sqlalchemy import Subquery, func, null, select
from sqlmodel import Session, col

from app.models import Article, Entity, Mention, Quote, QuoteSource, Run
from app.search.paging import AnyRow, AnySelect
from app.search.runs import chosen

FacetName = Literal["entity", "type", "speaker", "publisher", "month"]


def count(session: Session, name: FacetName, articles: AnySelect, run: str, limit: int) -> Sequence[AnyRow]:
    """The most frequent values among ``articles``: (key, label, kind, number of articles) each."""
    statement = _FACETS[name](articles, run)
    return session.execute(statement.order_by(func.count().desc(), statement.selected_columns[1]).limit(limit)).all()


def _entities(articles: AnySelect, run: str) -> AnySelect:
    found = (
        select(col(Mention.entity_id), col(Run.article_id))
        .join(Run, col(Run.id) == Mention.run_id)
        .where(chosen(run), col(Run.article_id).in_(articles), col(Mention.entity_id).is_not(None))
        .distinct()
        .subquery()
    )
    return _by_entity(found)


def _types(articles: AnySelect, run: str) -> AnySelect:
    found = (
        select(col(Entity.type), col(Run.article_id))
        .join(Mention, col(Mention.entity_id) == Entity.id)
        .join(Run, col(Run.id) == Mention.run_id)
        .where(chosen(run), col(Run.article_id).in_(articles))
        .distinct()
        .subquery()
    )
    return select(found.c.type, found.c.type, found.c.type, func.count()).group_by(found.c.type)


def _speakers(articles: AnySelect, run: str) -> AnySelect:
    found = (
        select(col(QuoteSource.entity_id), col(Run.article_id))
        .join(Quote, col(Quote.id) == QuoteSource.quote_id)
        .join(Run, col(Run.id) == Quote.run_id)
        .where(chosen(run), col(Run.article_id).in_(articles), col(QuoteSource.entity_id).is_not(None))
        .where(col(QuoteSource.ordinal) == 0, col(Quote.use) == "speech")
        .distinct()
        .subquery()
    )
    return _by_entity(found)


def _by_entity(found: Subquery) -> AnySelect:
    return (
        select(col(Entity.public_id), col(Entity.name), col(Entity.type), func.count())
        .join(found, found.c.entity_id == Entity.id)
        .group_by(col(Entity.id))
    )


def _publishers(articles: AnySelect, _run: str) -> AnySelect:
    return (
        select(
            func.min(Article.publisher),
            func.min(Article.publisher),
            null(),
            func.count(),
        )
        .where(col(Article.id).in_(articles), col(Article.publisher_key).is_not(None))
        .group_by(col(Article.publisher_key))
    )


def _months(articles: AnySelect, _run: str) -> AnySelect:
    month = func.strftime("%Y-%m", col(Article.published))
    return (
        select(month, month, null(), func.count())
        .where(col(Article.id).in_(articles), col(Article.published).is_not(None))
        .group_by(month)
    )


_FACETS: dict[FacetName, Callable[[AnySelect, str], AnySelect]] = {
    "entity": _entities,
    "type": _types,
    "speaker": _speakers,
    "publisher": _publishers,
    "month": _months,
}
