"""Deleting an article: nothing of what it says stays, but that there was one."""

from collections.abc import Iterable, Set

from sqlalchemy import ColumnElement, delete, exists, or_, update
from sqlalchemy.orm import aliased
from sqlmodel import SQLModel, col, select

from app.db import WriteSession
from app.models import (
    AliasWord,
    Article,
    Decision,
    DeletedArticle,
    Entity,
    EntityAlias,
    EntitySplit,
    IdempotencyRecord,
    JobLine,
    Mention,
    NameWord,
    Publisher,
    Quote,
    QuoteAbout,
    QuoteSource,
    Run,
    stored_key,
    table_of,
)
from app.services.storing.derived import Derived
from app.services.storing.naming import settle_names
from app.services.storing.tables import rows_where


def delete_article(session: WriteSession, article: Article) -> None:
    """Delete an article with all its texts, documents, runs and decisions, and names that only it had.

    Its id stays, so that it is known to have been deleted and is not stored again.
    """
    session.add(DeletedArticle(public_id=article.public_id))
    _forget_requests(session, article.public_id)
    runs = session.exec(select(Run).where(Run.article_id == article.id)).all()
    named, meant = _entities(session, [stored_key(run) for run in runs])
    derived = Derived(session)
    derived.take_away({stored_key(run): article for run in runs if run.served})
    derived.save()
    publisher = article.publisher_id
    # Its rows go with it: sources, texts, runs, what is derived.
    session.delete(article)
    session.flush()
    forget_entities(session, named, meant)
    if publisher is not None:
        _forget(session, Publisher, [publisher], ~exists().where(col(Article.publisher_id) == Publisher.id))


def _forget_requests(session: WriteSession, public_id: str) -> None:
    """What was answered to who sent it; of lines it came in, why they were not stored, which may say its address."""
    session.execute(delete(IdempotencyRecord).where(col(IdempotencyRecord.subject) == public_id))
    session.execute(update(JobLine).where(col(JobLine.article) == public_id).values(detail=None))


def _entities(session: WriteSession, runs: list[int]) -> tuple[set[int], set[int]]:
    """The keys of all entities that runs name, and of those that people decided these are."""
    rows = [*rows_where(session, Mention, "run_id", runs, "entity_id", "named_id")]
    quotes = [row.id for row in rows_where(session, Quote, "run_id", runs, "id")]
    rows += rows_where(session, QuoteSource, "quote_id", quotes, "entity_id", "named_id")
    named = {row.entity_id if row.named_id is None else row.named_id for row in rows}
    return named - {None}, {row.entity_id for row in rows} - named - {None}


def forget_entities(session: WriteSession, named: Set[int], meant: Set[int] = frozenset()) -> None:
    """Delete those of these entities that nothing else speaks of, and names of ``named`` that nothing else has."""
    aliases = {row.id: row.entity_id for row in rows_where(session, EntityAlias, "entity_id", named | meant)}
    words = {row.word_id for row in rows_where(session, AliasWord, "alias_id", aliases, "word_id")}
    _forget(session, Entity, named | meant, ~_is_spoken_of())
    _forget(session, EntityAlias, (key for key, entity in aliases.items() if entity in named), ~_alias_is_used())
    _forget(session, NameWord, words, ~exists().where(col(AliasWord.word_id) == NameWord.id))
    settle_names(session, named | meant)


def _is_spoken_of() -> ColumnElement[bool]:
    merged = aliased(Entity)
    speaks = [exists().where(table_of(model).c[column] == col(Entity.id)) for model, column in _SPEAK]
    return or_(*speaks, exists().where(merged.merged_into == Entity.id))  # type: ignore[arg-type]


def _alias_is_used() -> ColumnElement[bool]:
    """That an alias is what runs call its entity first of all, the words of some mention of it, or a decision's."""
    itself = (col(Entity.name) == EntityAlias.name) | (
        col(Entity.by_runs).is_not(None) & (col(Entity.name_key) == EntityAlias.name_key)
    )
    preferred = exists().where(col(Entity.id) == EntityAlias.entity_id, itself)
    ours = (col(Mention.entity_id) == EntityAlias.entity_id) & col(Mention.named_id).is_(None)
    mentioned, named = (
        exists().where(those, col(Mention.exact) == EntityAlias.name)
        for those in (ours, col(Mention.named_id) == EntityAlias.entity_id)
    )
    return or_(preferred, mentioned, named, ~col(EntityAlias.named))


def _forget(session: WriteSession, model: type[SQLModel], keys: Iterable[int], unused: ColumnElement[bool]) -> None:
    table, wanted = table_of(model), sorted(keys)
    session.connection().execute(delete(table).where(table.c.id.in_(wanted), unused))


# What speaks of an entity, and in which column.
_SPEAK: tuple[tuple[type[SQLModel], str], ...] = (
    (Mention, "entity_id"),
    (Mention, "named_id"),
    (QuoteSource, "entity_id"),
    (QuoteSource, "named_id"),
    (QuoteAbout, "entity_id"),
    (Decision, "entity_id"),
    (EntitySplit, "entity_id"),
    (EntitySplit, "target_id"),
)
