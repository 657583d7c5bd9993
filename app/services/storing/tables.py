"""Rows in and out of tables, many at a time, below the object mapper: it costs more than the database does."""

from collections.abc import Collection, Iterator
from functools import lru_cache
from operator import itemgetter
from typing import Any

from sqlalchemy import Boolean, Dialect, Float, func, select
from sqlalchemy import Table as SqlTable
from sqlmodel import Session, SQLModel

from app.models import table_of
from app.services.storing.submission import Rows

# SQLite takes 32,766 parameters in a statement, PostgreSQL 65,535.
MOST_PARAMETERS = 10_000
# Types whose Python values every driver takes as they are.
PLAIN = (Boolean, Float)


def insert_rows(session: Session, model: type[SQLModel], rows: Rows) -> None:
    """Insert rows that have all columns of their table."""
    if not rows:
        return
    connection, table = session.connection(), table_of(model)
    statement, names, processors = _insertion(table, connection.dialect)
    # Values go to the driver as they are, but for those of types that it does not know.
    if processors:
        rows = [row | {name: to(row[name]) for name, to in processors} for row in rows]
    connection.exec_driver_sql(statement, list(map(itemgetter(*names), rows)))


@lru_cache
def _insertion(table: SqlTable, dialect: Dialect) -> tuple[str, list[str], list[tuple[str, Any]]]:
    """The statement, its columns in order, and for some of them what makes a value one of the driver's."""
    names = table.c.keys()
    quoted = ", ".join(dialect.identifier_preparer.quote(name) for name in names)
    places = ", ".join(["?" if dialect.paramstyle == "qmark" else "%s"] * len(names))
    found = ((c, c.type.dialect_impl(dialect).bind_processor(dialect)) for c in table.c)
    processors: list[tuple[str, Any]] = [
        (c.name, to) for c, to in found if to is not None and not isinstance(c.type, PLAIN)
    ]
    return f"INSERT INTO {table.name} ({quoted}) VALUES ({places})", names, processors


def next_key(session: Session, model: type[SQLModel]) -> int:
    """The first key of ``model`` that is free: the writer is alone."""
    greatest: int | None = session.execute(select(func.max(table_of(model).c.id))).scalar_one()
    return (greatest or 0) + 1


def named_rows(session: Session, model: type[SQLModel], column: str, values: Collection[Any], *columns: str) -> Rows:
    """The same as ``rows_where``, by the names of columns."""
    names = columns or tuple(table_of(model).c.keys())
    return [dict(zip(names, row, strict=True)) for row in rows_where(session, model, column, values, *columns)]


def rows_where(
    session: Session, model: type[SQLModel], column: str, values: Collection[Any], *columns: str
) -> Iterator[Any]:
    """Rows of ``model``, of all columns or of some, whose ``column`` is one of ``values``."""
    table = table_of(model)
    chosen = [table.c[name] for name in columns or table.c.keys()]
    wanted = sorted(values)
    for first in range(0, len(wanted), MOST_PARAMETERS):
        some = wanted[first : first + MOST_PARAMETERS]
        yield from session.execute(select(*chosen).where(table.c[column].in_(some)))
