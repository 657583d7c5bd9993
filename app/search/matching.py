"""Where words are looked for: one way for each engine to ask its full-text index.

Both look for the words of app.search.words, so both find the same. How much an article is about the
words asked for is a level (app.search.words.LEVELS) of the article alone: the least over the words.
Ranking goes down the levels, newest first in each, and stops when the page is full: a word that stands
in every other article costs no more than a rare one.
"""

from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    FromClause,
    String,
    and_,
    bindparam,
    column,
    literal_column,
    not_,
    table,
)
from sqlalchemy.dialects.postgresql import TSVECTOR
from sqlmodel import Session

from app.search.postgres_words import condition, level_condition
from app.search.query import Node
from app.search.sqlite_words import fts5, fts5_level
from app.search.words import LEVELS

Index = Literal["article", "quote"]

# Levels from most to least, and then what matches at no level.
RANKS = (*LEVELS, "")


@dataclass(frozen=True, slots=True)
class Matches:
    """Rows of an index that match: where they are from, their positions, and the condition."""

    source: FromClause
    position: ColumnElement[int]
    condition: ColumnElement[bool]


def articles(session: Session, node: Node, rank: str | None = None) -> Matches:
    """Articles whose headline or text matches; with ``rank``, one of RANKS, those of just that rank."""
    return _matches(session, "article", node, rank)


def quotes(session: Session, node: Node) -> Matches:
    """Quotes whose words match."""
    return _matches(session, "quote", node, None)


def is_parameter(session: Session) -> bool:
    """Whether the words are a parameter of a statement, and not part of it: then it can be made once for all words."""
    return session.get_bind().dialect.name == "sqlite"


def parameter(index: Index, node: Node, rank: str | None = None) -> dict[str, str]:
    """The words as that parameter."""
    expression = fts5(node, _COLUMNS[index])
    if rank is not None:
        wanted = fts5_level(node, rank, _COLUMNS[index]) if rank else expression
        higher = _above(rank)
        expression = f"({wanted}) NOT ({fts5_level(node, higher, _COLUMNS[index])})" if higher else wanted
    return {"words": expression}


def prepared(index: Index) -> Matches:
    """Rows that match the parameter."""
    return _sqlite(index, None)


def _matches(session: Session, index: Index, node: Node, rank: str | None) -> Matches:
    if is_parameter(session):
        return _sqlite(index, parameter(index, node, rank)["words"])
    return _postgresql(index, node, rank)


def _sqlite(name: str, expression: str | None) -> Matches:
    index: Any = table(f"{name}_fts", column("rowid", BigInteger))
    itself: ColumnElement[str] = literal_column(f"{name}_fts")
    # Words that are given are a parameter of their own: a statement may have several of them.
    words = bindparam("words", expression, String, unique=expression is not None)
    return Matches(index, index.c.rowid, itself.op("MATCH")(words))


def _postgresql(name: str, node: Node, rank: str | None) -> Matches:
    index = table(f"{name}_words", column("position", BigInteger), column("vector", TSVECTOR), column("words"))
    matching = condition(node, index.c.vector, index.c.words)
    if rank is not None:
        wanted = level_condition(node, rank, index.c.vector, index.c.words) if rank else matching
        higher = _above(rank)
        matching = (
            and_(wanted, not_(level_condition(node, higher, index.c.vector, index.c.words))) if higher else wanted
        )
    return Matches(index, index.c.position, matching)


def _above(rank: str) -> str:
    """The next higher rank; empty above the highest."""
    place = RANKS.index(rank)
    return RANKS[place - 1] if place else ""


_COLUMNS: dict[Index, tuple[str, ...]] = {"article": ("headline", "text"), "quote": ("text",)}
