"""Rows in and out of tables, many at a time, below the object mapper: it costs more than the database does."""

from collections.abc import Collection, Iterator
from typing import Any

from sqlalchemy import func, insert, select
from sqlmodel import Session, SQLModel

from app.models import table_of
from app.services.storing.submission import Rows

# SQLite takes 32,766 parameters in a statement, PostgreSQL 65,535.
MOST_PARAMETERS = 10_000


def insert_rows(session: Session, model: type[SQLModel], rows: Rows) -> None:
    """Insert rows that have all columns of their table."""
    if rows:
        session.connection().execute(insert(table_of(model)), rows)


def next_key(session: Session, model: type[SQLModel]) -> int:
    """The first key of ``model`` that is free: the writer is alone."""
    greatest: int | None = session.execute(select(func.max(table_of(model).c.id))).scalar_one()
    return (greatest or 0) + 1


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
