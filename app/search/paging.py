"""Pages of a list by keyset: each begins behind the last row of the one before.

Rows that come or go between two requests make a page neither skip nor repeat others, and a late
page costs no more than an early one (https://use-the-index-luke.com/no-offset).
"""

import base64
import hashlib
import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, TypeVar, cast

from sqlalchemy import BigInteger, ColumnElement, Integer, Row, Select, SQLColumnExpression, and_, literal, or_
from sqlmodel import Session

from app.errors import UnknownCursor

T = TypeVar("T")

# What the integers of the databases can hold: those of eight bytes, and PostgreSQL's of four.
MAX_KEY = 2**63
_MAX_INTEGER = 2**31
# Half of a surrogate pair: JSON may hold one, no database does.
_HALF = re.compile("[\ud800-\udfff]")

AnyRow = Row[*tuple[Any, ...]]
AnySelect = Select[*tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class Page:
    """Rows, tuples, in order, and the cursor of the page behind them; None at the end."""

    rows: Sequence[Any]
    next: str | None


@dataclass(frozen=True, slots=True)
class Order:
    """An order of rows: by these columns, the last of them unique; ``descending`` speaks for all or for each."""

    columns: tuple[SQLColumnExpression[Any], ...]
    descending: bool | tuple[bool, ...] = False

    def page(self, session: Session, statement: AnySelect, *, limit: int, cursor: str | None, scope: str) -> Page:
        """Up to ``limit`` rows of ``statement`` behind ``cursor``.

        ``scope`` says what was asked for; UnknownCursor when the cursor is not one given for that.
        """
        keyed = statement.add_columns(*(c.label(f"_key{i}") for i, c in enumerate(self.columns)))
        if cursor is not None:
            keyed = keyed.where(self.behind(decode(cursor, scope)))
        keyed = keyed.order_by(*(c.desc() if down else c.asc() for c, down in self._directed))
        rows = session.execute(keyed.limit(limit + 1)).all()
        more = len(rows) > limit
        return Page(rows[:limit], encode(rows[limit - 1][-len(self.columns) :], scope) if more else None)

    def behind(self, key: list[Any]) -> ColumnElement[bool]:
        """Rows behind the one with this key; UnknownCursor when none can have it."""
        if len(key) != len(self.columns):
            raise UnknownCursor("no page has this cursor")
        values = [literal(_checked(value, c), c.type) for value, (c, _) in zip(key, self._directed, strict=True)]
        return _behind(self._directed, values)

    @property
    def _directed(self) -> list[tuple[ColumnElement[Any], bool]]:
        down = self.descending if isinstance(self.descending, tuple) else (self.descending,) * len(self.columns)
        return [(cast("ColumnElement[Any]", c), d) for c, d in zip(self.columns, down, strict=True)]


def _behind(columns: list[tuple[ColumnElement[Any], bool]], values: list[Any]) -> ColumnElement[bool]:
    """Rows behind ``values``; the bound on the first column is said apart, so that an index over it is used."""
    (column, down), value = columns[0], values[0]
    strictly: ColumnElement[bool] = column < value if down else column > value
    if len(columns) == 1:
        return strictly
    bound = column <= value if down else column >= value
    return and_(bound, or_(strictly, _behind(columns[1:], values[1:])))


def page_of_sorted(
    found: Sequence[T], order: Callable[[T], tuple[float, ...]], *, limit: int, cursor: str | None, scope: str
) -> Page:
    """Up to ``limit`` of what is sorted by ``order`` already, behind ``cursor``."""
    behind = None if cursor is None else tuple(decode(cursor, scope))
    if behind is not None and not all(isinstance(part, int | float) for part in behind):
        raise UnknownCursor("no page has this cursor")
    rest = list(islice((each for each in found if behind is None or order(each) > behind), limit + 1))
    return Page(rest[:limit], encode(order(rest[limit - 1]), scope) if len(rest) > limit else None)


def encode(key: Sequence[Any], scope: str) -> str:
    """The cursor of the page behind the row with this key."""
    packed = json.dumps([_scope_tag(scope), *key], ensure_ascii=False, separators=(",", ":"))
    return base64.urlsafe_b64encode(packed.encode()).decode().rstrip("=")


def decode(cursor: str, scope: str) -> list[Any]:
    """The key in a cursor; UnknownCursor unless it was given for ``scope``."""
    try:
        unpacked = json.loads(base64.b64decode(cursor + "=" * (-len(cursor) % 4), b"-_", validate=True))
    except (ValueError, RecursionError):
        unpacked = None
    if not isinstance(unpacked, list) or not unpacked:
        raise UnknownCursor("no page has this cursor")
    if unpacked[0] != _scope_tag(scope):
        raise UnknownCursor("this cursor belongs to another list, or to other filters or another order")
    return unpacked[1:]


def _checked(value: Any, column: ColumnElement[Any]) -> Any:
    """A value that ``column`` can have: a whole number, or words."""
    if isinstance(column.type, Integer):
        fits = type(value) is int and abs(value) < (MAX_KEY if isinstance(column.type, BigInteger) else _MAX_INTEGER)
    else:
        fits = isinstance(value, str) and _HALF.search(value) is None
    if not fits:
        raise UnknownCursor("no page has this cursor")
    return value


def _scope_tag(scope: str) -> str:
    return hashlib.sha256(scope.encode()).hexdigest()[:8]
