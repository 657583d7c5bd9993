"""Relinking: rows of runs belong to whom people decided that the entities are that those runs name."""

from collections.abc import Collection, Iterator
from functools import partial
from typing import Any

from sqlalchemy import ColumnElement, bindparam, delete, or_, select, union, update
from sqlmodel import col

from app.db import ReadSession, WriteSession
from app.models import (
    Article,
    Mention,
    Quote,
    QuoteAbout,
    QuoteContent,
    QuoteSource,
    Run,
    table_of,
)
from app.services.storing.abouts import abouts
from app.services.storing.derived import Derived, RunRows
from app.services.storing.meanings import Meanings, leading_to
from app.services.storing.submission import Row, Rows
from app.services.storing.tables import insert_rows, named_rows

# Runs that are changed together: memory is flat, whatever an entity is mentioned in.
CHUNK = 500

_MENTION, _QUOTE, _SOURCE = table_of(Mention), table_of(Quote), table_of(QuoteSource)
_BELONGS: Any = {"entity_id": bindparam("to"), "named_id": bindparam("of")}


def relink(session: WriteSession, entity: int, articles: Collection[int] | None = None) -> None:
    """Have all that is said of an entity, or was but for what people decided, belong to whom it is now.

    All runs, in ``articles`` or everywhere, and what is derived of those that answer. To be called whenever something
    is decided about who an entity is, and whenever that is undone.
    """
    names = leading_to(session, [entity])
    meanings = Meanings(session, names)
    runs = _runs(session, entity, names, articles)
    for first in range(0, len(runs), CHUNK):
        _relink(session, runs[first : first + CHUNK], meanings, names)


def _runs(session: WriteSession, entity: int, names: set[int], articles: Collection[int] | None) -> list[int]:
    """Keys of the runs that say something of the entity, or name one that is it."""
    mentioned = select(_MENTION.c.run_id).where(_concerns(_MENTION, entity, names))
    quoted = select(_QUOTE.c.run_id).join(_SOURCE, _SOURCE.c.quote_id == _QUOTE.c.id)
    both = union(mentioned, quoted.where(_concerns(_SOURCE, entity, names))).subquery()
    statement = select(both.c.run_id).order_by(both.c.run_id)
    if articles is not None:
        statement = statement.join(Run, col(Run.id) == both.c.run_id).where(col(Run.article_id).in_(articles))
    return list(session.scalars(statement))


def _concerns(table: Any, entity: int, names: set[int]) -> ColumnElement[bool]:
    # What was moved says so in named_id; what was not is still the entity's.
    return or_(table.c.entity_id == entity, table.c.named_id.in_(names))


def _relink(session: WriteSession, runs: list[int], meanings: Meanings, names: set[int]) -> None:
    rows = rows_of(session, runs)
    mentions, sources = (list(misplaced(each, meanings, names)) for each in (rows.mentions, rows.sources))
    if not mentions and not sources:
        return
    served = _served(session, runs)
    derived = Derived(session)
    derived.take_away(served, rows)
    for row in (*mentions, *sources):
        named = named_in(row)
        meant = meanings.meant(named, row["article_id"])
        row.update(entity_id=meant, named_id=None if meant == named else named)
    rows.about = abouts(rows)
    _update(session, mentions, sources)
    _write_abouts(session, runs, rows)
    derived.add(served, rows)
    derived.save()


def rows_of(session: ReadSession | WriteSession, runs: list[int]) -> RunRows:
    """Whom these runs name and whom that means, in which article; where quotes stand, and whom they are about."""
    rows = partial(named_rows, session)
    article_of = {row["id"]: row["article_id"] for row in rows(Run, "id", runs, "id", "article_id")}
    quotes = rows(Quote, "run_id", runs, "id", "run_id", "position", "use")
    run_of = {quote["id"]: quote["run_id"] for quote in quotes}
    mentions = rows(Mention, "run_id", runs, "id", "run_id", "start", "end", "paragraph", "entity_id", "named_id")
    sources = rows(QuoteSource, "quote_id", run_of, "quote_id", "ordinal", "relayed", "entity_id", "named_id")
    for mention in mentions:
        mention["article_id"] = article_of[mention["run_id"]]
    for source in sources:
        source["article_id"] = article_of[run_of[source["quote_id"]]]
    return RunRows(
        mentions=mentions,
        quotes=quotes,
        content=rows(QuoteContent, "quote_id", run_of, "quote_id", "start", "end"),
        sources=sources,
        about=rows(QuoteAbout, "quote_id", run_of, "quote_id", "entity_id"),
    )


def named_in(row: Row) -> int | None:
    """The key of the entity that a run names there."""
    key: int | None = row["entity_id"] if row["named_id"] is None else row["named_id"]
    return key


def misplaced(rows: Rows, meanings: Meanings, names: Collection[int]) -> Iterator[Row]:
    """Those of the rows that name one of these entities, and belong to another than that means."""
    for row in rows:
        named = named_in(row)
        if named in names and meanings.meant(named, row["article_id"]) != row["entity_id"]:
            yield row


def _served(session: WriteSession, runs: list[int]) -> dict[int, Any]:
    """The articles that some of these runs answer for, by run."""
    columns = (col(Run.id), col(Article.position), col(Article.publisher_id))
    found = select(*columns).join(Article, col(Article.id) == Run.article_id)
    return {row[0]: row for row in session.execute(found.where(col(Run.id).in_(runs), col(Run.served)))}


def _update(session: WriteSession, mentions: Rows, sources: Rows) -> None:
    connection = session.connection()
    if mentions:
        which = _MENTION.c.id == bindparam("key")
        rows = [{"key": row["id"], "to": row["entity_id"], "of": row["named_id"]} for row in mentions]
        connection.execute(update(_MENTION).where(which).values(_BELONGS), rows)
    if sources:
        which = (_SOURCE.c.quote_id == bindparam("key")) & (_SOURCE.c.ordinal == bindparam("place"))
        rows = [
            {"key": row["quote_id"], "place": row["ordinal"], "to": row["entity_id"], "of": row["named_id"]}
            for row in sources
        ]
        connection.execute(update(_SOURCE).where(which).values(_BELONGS), rows)


def _write_abouts(session: WriteSession, runs: list[int], rows: RunRows) -> None:
    about = table_of(QuoteAbout)
    quotes = select(_QUOTE.c.id).where(_QUOTE.c.run_id.in_(runs))
    session.connection().execute(delete(about).where(about.c.quote_id.in_(quotes)))
    insert_rows(session, QuoteAbout, rows.about)
