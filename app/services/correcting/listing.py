"""Decisions as they are answered."""

import hashlib
from collections.abc import Sequence
from typing import Any

from sqlmodel import col, select

from app import annotations as said
from app.db import ReadSession
from app.errors import NotFound
from app.models import Article, Decision, Entity
from app.schemas.base import EntityRef, Listing
from app.schemas.decisions import (
    DecidedMention,
    DecidedQuote,
    DecidedSource,
    DecisionDetail,
    DecisionQuery,
    EntityChange,
    EntityName,
)
from app.search.paging import Order
from app.services.articles import get_article
from app.services.lists import listing
from app.services.storing.decided import Decided
from app.services.storing.meanings import all_merged_into

_SAME = ("action", "subject", "revision", "comment", "author", "created_at", "undone_by", "undone_at")
_OF_MENTION = ("start", "end", "exact", "type", "value", "place")


def list_decisions(session: ReadSession, query: DecisionQuery) -> Listing[DecisionDetail]:
    """A page of decisions, newest first."""
    statement = select(Decision)
    if query.article is not None:
        statement = statement.where(Decision.article_id == get_article(session, query.article, "article").id)
    if query.entity is not None:
        statement = statement.where(col(Decision.entity_id).in_(_all_of(session, query.entity)))
    if query.author is not None:
        statement = statement.where(Decision.author == query.author)
    if query.undone is not None:
        undone = col(Decision.undone_at).is_not(None)
        statement = statement.where(undone if query.undone else ~undone)
    order = Order((col(Decision.id),), descending=True)
    return listing(
        session, (statement, order), query, "decisions", lambda rows: _details(session, [row[0] for row in rows])
    )


def get_decision(session: ReadSession, decision_id: str) -> DecisionDetail:
    """The decision with that id; NotFound when there is none."""
    return detail(session, find(session, decision_id))


def find(session: ReadSession, decision_id: str) -> Decision:
    """The row of it."""
    decision = session.exec(select(Decision).where(Decision.public_id == decision_id)).one_or_none()
    if decision is None:
        raise NotFound(f"there is no decision {decision_id}")
    return decision


def version(decision: DecisionDetail) -> str:
    """What tells one state of a decision from every other."""
    return hashlib.sha256(decision.model_dump_json().encode()).hexdigest()[:32]


def detail(session: ReadSession, decision: Decision) -> DecisionDetail:
    """One decision as it is answered."""
    return _details(session, [decision])[0]


def _details(session: ReadSession, decisions: Sequence[Decision]) -> list[DecisionDetail]:
    articles = select(Article.id, Article.public_id).where(col(Article.id).in_({each.article_id for each in decisions}))
    ids = dict(map(tuple, session.execute(articles)))
    return [_detail(each, ids.get(each.article_id)) for each in decisions]


def _detail(decision: Decision, article_id: str | None) -> DecisionDetail:
    about_words = decision.subject != "entity"
    words = Decided.model_validate(decision.made) if about_words else Decided()
    made = {} if about_words else decision.made
    return DecisionDetail(
        id=decision.public_id,
        article=article_id,
        was=_in_words(words.was),
        becomes=_in_words(words.becomes),
        entity=_reference(made.get("entity")),
        change=_change(made) if decision.action in ("add", "change") and "into" not in made and made else None,
        into=_reference(made.get("into")),
        articles=made.get("articles", []),
        stands=decision.undone_at is None and (decision.stands is not None or not about_words),
        **{name: getattr(decision, name) for name in _SAME},
    )


def _reference(made: dict[str, str] | None) -> EntityRef | None:
    return EntityRef(**made) if made else None


def _change(made: dict[str, Any]) -> EntityChange:
    return EntityChange(
        name=made.get("name"),
        added=made.get("add", []),
        removed=made.get("remove", []),
        identifiers=made.get("identify", {}),
        forgotten=made.get("forget", []),
    )


def _in_words(annotations: said.Annotations | None) -> DecidedMention | DecidedQuote | None:
    """The one mention or quote of a decision."""
    if annotations is None:
        return None
    names = [EntityName(name=entity.name, type=entity.type) for entity in annotations.entities]
    for mention in annotations.mentions:
        entity = None if mention.entity is None else names[mention.entity]
        return DecidedMention(entity=entity, **mention.model_dump(include={*_OF_MENTION}))
    (quote,) = annotations.quotes
    sources = [
        DecidedSource(
            span=source.span,
            entity=None if source.entity is None else names[source.entity],
            antecedent=source.antecedent,
        )
        for source in quote.sources
    ]
    return DecidedQuote(kind=quote.kind, use=quote.use, content=list(quote.content), cue=quote.cue, sources=sources)


def _all_of(session: ReadSession, entity_id: str) -> set[int]:
    """The entity, and all that were merged into it, by key."""
    key = session.exec(select(Entity.id).where(Entity.public_id == entity_id)).one_or_none()
    if key is None:
        raise NotFound(f"there is no entity {entity_id}", "entity")
    return all_merged_into(session, [key])
