"""Making anew what is derived: positions excepted, everything can be made again from the tables it speaks of."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete, update
from sqlmodel import col, func, select

from app.db import Database, ReadSession, WriteSession
from app.models import (
    AliasWord,
    Article,
    ArticleBand,
    ArticleFacts,
    ArticlePlaces,
    Entity,
    EntityAlias,
    EntityDay,
    EntityMonth,
    IndexState,
    NameWord,
    Run,
)
from app.search import fts
from app.services.journal import Writer, record
from app.services.storing.articles import band_rows
from app.services.storing.derived import Derived
from app.services.storing.naming import save_words
from app.services.storing.tables import insert_rows

# What is derived, and how: a change to words, weights, bands or facts is a new version, and makes all of it anew.
VERSION = "1"
NAME = "derived"
CHUNK = 1_000

# (what is done, how much of it, of how much)
Advance = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class _Placed:
    """See app.services.storing.derived.Placed."""

    position: int
    publisher_id: int | None


def is_current(database: Database) -> bool:
    """Whether what is derived was made by this version, or is kept in step by it since the database was empty."""
    with database.read() as session:
        state = session.get(IndexState, NAME)
        return state is not None and state.version == VERSION


def reindex(database: Database, writer: Writer, advance: Advance) -> None:
    """Make all that is derived anew, in one transaction: readers see the old until the new is whole."""
    with database.write() as session:
        _clear(session)
        _index_names(session, advance)
        _index_articles(session, advance)
        session.merge(IndexState(name=NAME, version=VERSION))
        record(session, writer, "library.reindex", version=VERSION)


def _clear(session: WriteSession) -> None:
    for model in (ArticleFacts, ArticlePlaces, ArticleBand, EntityDay, EntityMonth, AliasWord, NameWord):
        session.execute(delete(model))
    session.execute(update(Entity).values(articles=0, mentions=0, spoken=0, about=0, relayed=0))
    fts.clear(session.connection())


def _index_names(session: WriteSession, advance: Advance) -> None:
    total = session.scalar(select(func.count()).select_from(EntityAlias)) or 0
    done = 0
    for keys in chunks(session, col(EntityAlias.id)):
        shown = select(col(EntityAlias.id), col(EntityAlias.name_key)).where(col(EntityAlias.shown))
        save_words(session, dict(map(tuple, session.execute(shown.where(col(EntityAlias.id).in_(keys))))))
        done += len(keys)
        advance("Names", done, total)


def _index_articles(session: WriteSession, advance: Advance) -> None:
    total = session.scalar(select(func.count()).select_from(Article)) or 0
    done = 0
    for positions in chunks(session, col(Article.position)):
        _index_some(session, positions)
        done += len(positions)
        advance("Articles", done, total)


def _index_some(session: WriteSession, positions: list[int]) -> None:
    columns = (col(Article.position), col(Article.text), col(Article.publisher_id), col(Run.id))
    statement = select(*columns).outerjoin(Run, (col(Run.article_id) == Article.id) & col(Run.served))
    rows = session.execute(statement.where(col(Article.position).in_(positions))).all()
    insert_rows(session, ArticleBand, band_rows((row[0], row[1]) for row in rows))
    derive(session, ((row[0], row[2], row[3]) for row in rows)).save()
    fts.fill(session.connection(), positions)


def derive(session: ReadSession | WriteSession, articles: Iterable[tuple[int, int | None, int | None]]) -> Derived:
    """What is derived from articles: position, publisher, and the run served, by keys."""
    derived, given = Derived(session), list(articles)
    derived.add({run: _Placed(position, publisher) for position, publisher, run in given if run is not None})
    derived.add_bare(_Placed(position, publisher) for position, publisher, run in given if run is None)
    return derived


def chunks(session: ReadSession | WriteSession, key: Any, most: int = CHUNK) -> Iterator[list[int]]:
    """All values of a key, ascending, some at a time."""
    last = -1
    while found := session.scalars(select(key).where(key > last).order_by(key).limit(most)).all():
        yield list(found)
        last = found[-1]
