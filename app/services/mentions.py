"""Mentions: where entities and values occur, in one article or in all."""

from collections.abc import Mapping, Sequence

from sqlmodel import col, select

from app.db import ReadSession
from app.models import Article, Entity, Mention, Run
from app.names import fold
from app.schemas.base import EntityRef, Listing, RunRef
from app.schemas.entities import MentionDetail
from app.schemas.queries import MentionQuery
from app.search.paging import AnyRow, AnySelect, Order
from app.search.runs import chosen
from app.services.entities import bearers, entity_at, reference
from app.services.lists import listing
from app.services.texts import TextKey
from app.services.tracing import Tracer


def list_article_mentions(session: ReadSession, article: Article, query: MentionQuery) -> Listing[MentionDetail]:
    """A page of one article's mentions, in text order."""
    statement = _mentions(query).where(col(Run.article_id) == article.id)
    order = Order((col(Mention.start), col(Mention.id)))
    scope = f"mentions in {article.public_id}"
    return listing(session, (statement, order), query, scope, lambda rows: _details(session, rows, query))


def list_entity_mentions(session: ReadSession, name_or_id: str, query: MentionQuery) -> Listing[MentionDetail]:
    """A page of one entity's mentions, newest article first, in text order within each."""
    entity = entity_at(session, name_or_id, query.run)
    statement = _mentions(query).where(col(Mention.entity_id) == entity.id)
    order = Order((col(Mention.position), col(Mention.start), col(Mention.id)), descending=(True, False, False))
    scope = f"mentions of {entity.public_id}"
    return listing(session, (statement, order), query, scope, lambda rows: _details(session, rows, query))


def _mentions(query: MentionQuery) -> AnySelect:
    statement = (
        select(Mention, Run, col(Article.public_id), Entity)
        .join(Run, col(Run.id) == Mention.run_id)
        .join(Article, col(Article.id) == Run.article_id)
        .outerjoin(Entity, col(Entity.id) == Mention.entity_id)
        .where(chosen(query.run))
    )
    return statement.where(col(Mention.type).in_(query.type)) if query.type else statement


def _details(session: ReadSession, rows: Sequence[AnyRow], query: MentionQuery) -> list[MentionDetail]:
    tracer = Tracer(session, wanted=query.bytes)
    open_names = bearers(session, [row[0].exact for row in rows if row[0].entity_id is None])
    return [_detail(tracer, row[0], row[1], row[2], row[3], open_names) for row in rows]


def _detail(
    tracer: Tracer,
    mention: Mention,
    run: Run,
    article_id: str,
    entity: Entity | None,
    open_names: Mapping[str, list[EntityRef]],
) -> MentionDetail:
    span = tracer.span(TextKey(run.article_id, run.revision), mention.start, mention.end, mention.exact)
    return MentionDetail(
        **span.model_dump(),
        id=f"{run.public_id}.m{mention.ordinal}",
        article=article_id,
        run=RunRef(id=run.public_id, kind=run.kind, annotator=run.annotator, version=run.version),
        type=mention.type,
        entity=entity and reference(entity),
        candidates=[] if entity else open_names.get(fold(mention.exact), []),
        value=mention.value,
        place=mention.place,
        paragraph=mention.paragraph,
        rule=mention.rule,
        confidence=mention.confidence,
    )
