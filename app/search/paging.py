"""Pages of a list by keyset: each begins behind the last row of the one before.

Rows that come or go between two requests make a page neither skip nor repeat others, and a late
page costs no more than an early one (https://use-the-index-luke.com/no-offset).
"""

import base64
import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, cast

from sqlalchemy import ColumnElement, Row, Select, SQLColumnExpression, literal, tuple_
from sqlmodel import Session

from app.errors import UnknownCursor

# What an integer of the database can hold.
MAX_KEY = 2**63

AnyRow = Row[*tuple[Any, ...]]
AnySelect = Select[*tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class Page:
    """Rows in order, and the cursor of the page behind them; None at the end."""

    rows: Sequence[AnyRow]
    next: str | None


@dataclass(frozen=True, slots=True)
class Order:
    """An order of rows: by these columns, all in one direction, the last one unique."""

    columns: tuple[SQLColumnExpression[Any], ...]
    descending: bool = False

    def page(self, session: Session, statement: AnySelect, *, limit: int, cursor: str | None, scope: str) -> Page:
        """Up to ``limit`` rows of ``statement`` behind ``cursor``.

        ``scope`` says what was asked for; UnknownCursor when the cursor is not one given for that.
        """
        keyed = statement.add_columns(*(c.label(f"_key{i}") for i, c in enumerate(self.columns)))
        if cursor is not None:
            keyed = keyed.where(self._behind(_decode(cursor, scope)))
        keyed = keyed.order_by(*(c.desc() if self.descending else c.asc() for c in self.columns))
        rows = session.execute(keyed.limit(limit + 1)).all()
        more = len(rows) > limit
        return Page(rows[:limit], _encode(rows[limit - 1][-len(self.columns) :], scope) if more else None)

    def _behind(self, key: list[Any]) -> ColumnElement[bool]:
        if len(key) != len(self.columns):
            raise UnknownCursor("no page has this cursor")
        columns = [cast("ColumnElement[Any]", column) for column in self.columns]
        values = [literal(_typed(value, column), column.type) for value, column in zip(key, columns, strict=True)]
        position, last = tuple_(*columns), tuple_(*values)
        return position < last if self.descending else position > last


def _encode(key: Sequence[Any], scope: str) -> str:
    packed = json.dumps([_scope_tag(scope), *key], default=date.isoformat, separators=(",", ":"))
    return base64.urlsafe_b64encode(packed.encode()).decode().rstrip("=")


def _decode(cursor: str, scope: str) -> list[Any]:
    try:
        unpacked = json.loads(base64.b64decode(cursor + "=" * (-len(cursor) % 4), b"-_", validate=True))
    except ValueError:
        unpacked = None
    if not isinstance(unpacked, list) or not unpacked:
        raise UnknownCursor("no page has this cursor")
    if unpacked[0] != _scope_tag(scope):
        raise UnknownCursor("this cursor belongs to another list, or to other filters or another order")
    return unpacked[1:]


def _typed(value: Any, column: ColumnElement[Any]) -> Any:
    wanted = column.type.python_type
    try:
        typed = date.fromisoformat(value) if wanted is date else wanted(value)
    except (ValueError, TypeError, OverflowError):
        raise UnknownCursor("no page has this cursor") from None
    if isinstance(typed, int) and abs(typed) >= MAX_KEY:
        raise UnknownCursor("no page has this cursor")
    return typed


def _scope_tag(scope: str) -> str:
    return hashlib.sha256(scope.encode()).hexdigest()[:8]
