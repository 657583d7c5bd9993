"""Deciding that in some articles an entity is another one."""

from collections.abc import Sequence
from typing import Any

from sqlmodel import col, select

from app.db import WriteSession
from app.errors import Fault, InvalidInput
from app.models import Article, Decision, Entity, EntitySplit, Mention, Quote, QuoteSource, Run, stored_key
from app.schemas.decisions import EntityDecision
from app.services.correcting.given import made_entity, names_of
from app.services.correcting.making import keep_about_entity
from app.services.correcting.merging import refuse_circle, target_of
from app.services.entities import reference
from app.services.journal import Writer
from app.services.storing.naming import settle_names
from app.services.storing.relinking import relink
from app.services.storing.tables import insert_rows, rows_where


def split(session: WriteSession, entity: Entity, body: EntityDecision, writer: Writer) -> Decision:
    """In these articles it is a new entity, or one that is there."""
    articles = _articles(session, entity, body.articles or ())
    made: dict[str, Any] = {"articles": sorted(set(body.articles or ())), "aliases": []}
    if body.name is None:
        target = target_of(session, body)
        refuse_circle(session, entity, target, "/into")
    else:
        aliases = _forms(session, entity, articles) if body.aliases is None else body.aliases
        target = made_entity(session, body.name, entity.type, "/name")
        made |= {"aliases": sorted({body.name, *aliases}), "made": True}
    into = reference(target).model_dump()
    decision = keep_about_entity(session, writer, entity, "split", body.comment, into=into, **made)
    _write(session, entity, target, articles, decision)
    relink(session, stored_key(entity), articles)
    settle_names(session, [stored_key(target)])
    return decision


def _write(session: WriteSession, entity: Entity, target: Entity, articles: set[int], decision: Decision) -> None:
    same = {"entity_id": entity.id, "target_id": target.id, "decision_id": decision.id}
    insert_rows(session, EntitySplit, [same | {"article_id": article} for article in sorted(articles)])


def _articles(session: WriteSession, entity: Entity, ids: Sequence[str]) -> set[int]:
    """The articles with these ids, by key; InvalidInput names those that do not speak of the entity."""
    keys = {row.public_id: row.id for row in rows_where(session, Article, "public_id", set(ids), "public_id", "id")}
    speak = _that_speak_of(session, entity, set(keys.values()))
    faults = [
        Fault(f"{article} does not speak of {entity.public_id}", pointer=f"/articles/{place}")
        for place, article in enumerate(ids)
        if keys.get(article) not in speak
    ]
    if faults:
        raise InvalidInput("; ".join(fault.detail for fault in faults), faults)
    return speak


def _that_speak_of(session: WriteSession, entity: Entity, articles: set[int]) -> set[int]:
    """Those of the articles that some run finds the entity in."""
    of_run = select(Run.article_id).where(col(Run.article_id).in_(articles))
    mentioned = of_run.join(Mention, col(Mention.run_id) == Run.id).where(Mention.entity_id == entity.id)
    quoted = of_run.join(Quote, col(Quote.run_id) == Run.id).join(QuoteSource, col(QuoteSource.quote_id) == Quote.id)
    return {*session.exec(mentioned), *session.exec(quoted.where(QuoteSource.entity_id == entity.id))}


def _forms(session: WriteSession, entity: Entity, articles: set[int]) -> set[str]:
    """The names of an entity by which these articles mention it."""
    forms = select(Mention.exact).join(Run, col(Run.id) == Mention.run_id).distinct()
    found = session.exec(forms.where(Mention.entity_id == entity.id, col(Run.article_id).in_(articles)))
    return set(found) & names_of(session, entity)
