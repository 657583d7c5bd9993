"""Copying a library to another database, of another engine or of the same, and comparing every row.

One transaction reads, on one snapshot, while the source may be serving. One writes, and is committed when the
target reads as the source does: a copy that fails or is killed leaves an empty target, and is repeated. Rows
pass in chunks, so memory stays flat; what the transaction grows lies on the target's disk.

Keys are rows' values like all others. PostgreSQL's sequences stay where they are, unused, as they do
whatever is stored: app.services.storing gives out keys.
"""

import hashlib
from collections.abc import Iterator, Sequence
from itertools import zip_longest
from typing import Any

from sqlalchemy import Column, Connection, Row, Table, delete, func, insert, select
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError

from app.db import Database
from app.db.engine import reason
from app.errors import Conflict, Misconfigured
from app.models import Article, IndexState, Quote, table_of
from app.models import Table as Model
from app.search import fts
from app.services.journal import Writer, record
from app.services.reindexing import Advance

CHUNK = 500  # documents of a megabyte at that, and the process would still fit a small machine

_ARTICLE, _QUOTE, _STATE = table_of(Article), table_of(Quote), table_of(IndexState)
# What a table refers to stands before it.
_TABLES: Sequence[Table] = Model.metadata.sorted_tables

Rows = Sequence[Row[Any]]


def copy(source: Database, target: Database, writer: Writer, advance: Advance) -> int:
    """Copy all rows of ``source`` into ``target``, migrated first; how many there are. Its log gains one more.

    Misconfigured when the source is not there or of another schema, when the target cannot be migrated, is not
    empty, or fails. Conflict names a row that the target cannot hold or gives back otherwise. Then nothing is kept.
    """
    source.check()
    target.migrate()
    try:
        with source.read() as reading, target.write() as writing:
            old, new = reading.connection(), writing.connection()
            _require_empty(target, new)
            total = sum(_count(old, table) for table in _TABLES)
            _follow("Copying", total, _copy(old, new), advance)
            _follow("Comparing", total, _compare(old, new), advance)
            record(writing, writer, "library.copy", source=source.describe(), rows=total)
    except DBAPIError as error:
        raise Misconfigured(f"the copy failed, and nothing of it is kept: {reason(error)}") from error
    return total


def _require_empty(target: Database, connection: Connection) -> None:
    """Raise Misconfigured when there are rows; which version made what is derived is the source's to say."""
    connection.execute(delete(_STATE))
    for table in _TABLES:
        if connection.execute(select(table).limit(1)).first() is not None:
            raise Misconfigured(f"{target.describe()} is not empty, it has rows in {table.name}: name a new database")


def _follow(stage: str, total: int, chunks: Iterator[int], advance: Advance) -> None:
    done = 0
    for rows in chunks:
        done += rows
        advance(stage, done, total)


def _count(connection: Connection, table: Table) -> int:
    return connection.execute(select(func.count()).select_from(table)).scalar_one()


def _copy(old: Connection, new: Connection) -> Iterator[int]:
    """Copy every table; how many rows each chunk has."""
    for table in _TABLES:
        for rows in _chunks(old, table):
            _insert(new, table, rows)
            _index(new, table, rows)
            yield len(rows)


def _chunks(connection: Connection, table: Table) -> Iterator[Rows]:
    """The rows of a table in order, by a cursor of the server's on PostgreSQL."""
    statement = select(table).order_by(*_order(table))
    return connection.execute(statement, execution_options={"yield_per": CHUNK}).partitions()


def _order(table: Table) -> list[Column[Any]]:
    # FTS5 writes out all it holds whenever a row id is less than the one before, and these have positions for row ids.
    return [table.c.position] if table in (_ARTICLE, _QUOTE) else list(table.primary_key)


def _insert(connection: Connection, table: Table, rows: Rows) -> None:
    values = [row._asdict() for row in rows]
    try:
        with connection.begin_nested():
            connection.execute(insert(table), values)
    except (DataError, IntegrityError):
        _insert_one_by_one(connection, table, rows)


def _insert_one_by_one(connection: Connection, table: Table, rows: Rows) -> None:
    """Find the row that the target refuses: one with a NUL, which PostgreSQL cannot hold, or that breaks a rule."""
    for row in rows:
        try:
            with connection.begin_nested():
                connection.execute(insert(table), row._asdict())
        except (DataError, IntegrityError) as error:
            raise Conflict(f"{_name(table, row)} cannot be copied: {reason(error)}") from error


def _index(connection: Connection, table: Table, rows: Rows) -> None:
    """Index what was inserted on PostgreSQL; SQLite's triggers have done so."""
    if table is _ARTICLE:
        fts.add(connection, [row.position for row in rows])
    elif table is _QUOTE:
        fts.add_quotes(connection, ((row.position, row.text) for row in rows))


def _compare(old: Connection, new: Connection) -> Iterator[int]:
    """Compare every table, and texts with their digests; how many rows each chunk has. Conflict for a difference."""
    for table in _TABLES:
        for theirs, ours in zip_longest(_chunks(old, table), _chunks(new, table), fillvalue=()):
            if theirs != ours:
                raise Conflict(_difference(table, theirs, ours))
            if table is _ARTICLE:
                _check_texts(ours)
            yield len(ours)


def _difference(table: Table, theirs: Rows, ours: Rows) -> str:
    """The first difference in words."""
    old, new = next(pair for pair in zip_longest(theirs, ours) if pair[0] != pair[1])
    if old is None or new is None or _name(table, old) != _name(table, new):
        had, has = ("no row" if row is None else _name(table, row) for row in (old, new))
        return f"{table.name} differs: the source has {had} where the target has {has}"
    names = [name for name, one, other in zip(table.c.keys(), old, new, strict=True) if one != other]
    return f"{_name(table, old)} differs in {', '.join(names)}"


def _check_texts(articles: Rows) -> None:
    for row in articles:
        if hashlib.sha256(row.text.encode()).hexdigest() != row.text_sha256:
            raise Conflict(f"{_name(_ARTICLE, row)} has another text than its text_sha256 says, in the source too")


def _name(table: Table, row: Row[Any]) -> str:
    """A row's table and key."""
    key = ", ".join(f"{column.name} {row._mapping[column]}" for column in table.primary_key)
    return f"{table.name} ({key})"
