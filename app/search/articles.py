"""Finding articles: by words, by who and what is in them, by who speaks in them."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache
from typing import Literal, NamedTuple

from sqlalchemy import BigInteger, ColumnElement, FromClause, and_, bindparam, exists, not_, select
from sqlmodel import Session, col

from app.errors import UnknownCursor
from app.models import Article, Mention, Quote, QuoteSource, Run, table_of
from app.positions import MAX_POSITION, MAX_SLOT, SLOT_BITS
from app.search import matching, places
from app.search.paging import MAX_KEY, AnySelect, Order, Page, decode, encode
from app.search.query import Node
from app.search.runs import chosen

_ARTICLE = table_of(Article)
# So many articles are each looked up in the full-text index; of more, all that match there are gone through.
FEW = 500


class Having(NamedTuple):
    """That an article mentions an entity, quotes a speaker, or is of a publisher, each a key; or that it does not."""

    what: Literal["entity", "speaker", "publisher"]
    key: int
    negated: bool = False


@dataclass(frozen=True, slots=True)
class ArticleFilter:
    """Which articles: every condition that is set must hold. ``few``: the first of ``having`` leaves FEW at most."""

    words: Node | None = None
    having: tuple[Having, ...] = ()
    since: date | None = None
    until: date | None = None
    run: str = "served"
    few: bool = False


def find(session: Session, wanted: ArticleFilter, *, descending: bool) -> tuple[AnySelect, Order]:
    """Positions of the articles wanted, newest first or oldest first."""
    statement, position = _statement(session, wanted)
    return statement, Order((position,), descending)


def matching_articles(session: Session, wanted: ArticleFilter) -> AnySelect:
    """Positions of the articles wanted, in no order."""
    return _statement(session, wanted)[0]


def by_relevance(session: Session, wanted: ArticleFilter, *, limit: int, cursor: str | None, scope: str) -> Page:
    """A page of positions, most relevant first: by rank (app.search.matching), newest first within each."""
    rank, below = _resume(cursor, scope)
    found: list[tuple[int, int]] = []
    while rank < len(matching.RANKS) and len(found) <= limit:
        statement, parameters = _ranked(session, wanted, matching.RANKS[rank])
        place = {"below": MAX_POSITION if below is None else below, "limit": limit + 1 - len(found)}
        rows = session.connection().execute(statement, parameters | place)
        found += [(rank, row[0]) for row in rows]
        rank, below = rank + 1, None
    following = encode(found[limit - 1], scope) if len(found) > limit else None
    return Page([_Row(position) for _, position in found[:limit]], following)


class _Row(NamedTuple):
    position: int


def _resume(cursor: str | None, scope: str) -> tuple[int, int | None]:
    if cursor is None:
        return 0, None
    key = decode(cursor, scope)
    if len(key) != 2 or not all(type(part) is int and 0 <= part < MAX_KEY for part in key):
        raise UnknownCursor("no page has this cursor")
    return key[0], key[1]


def _ranked(session: Session, wanted: ArticleFilter, rank: str) -> tuple[AnySelect, dict[str, str]]:
    """The first so many articles of a rank below a position, newest first, and what the statement takes."""
    if wanted.words is None:
        raise ValueError("relevance is of words")
    if matching.is_parameter(session):
        return _prepared(replace(wanted, words=None)), matching.parameter("article", wanted.words, rank)
    return _page(*_statement(session, wanted, rank)), {}


# Making a statement takes longer than running it does.
@lru_cache(maxsize=256)
def _prepared(wanted: ArticleFilter) -> AnySelect:
    return _page(*_selected(wanted, _driver(wanted, matching.prepared("article"))))


def _page(statement: AnySelect, position: ColumnElement[int]) -> AnySelect:
    below, limit = bindparam("below", type_=BigInteger), bindparam("limit", type_=BigInteger)
    return statement.where(position < below).order_by(position.desc()).limit(limit)


def _statement(
    session: Session, wanted: ArticleFilter, rank: str | None = None
) -> tuple[AnySelect, ColumnElement[int]]:
    """The articles wanted, and the column of their positions."""
    found = matching.articles(session, wanted.words, rank) if wanted.words is not None else None
    return _selected(wanted, _driver(wanted, found))


@dataclass(frozen=True, slots=True)
class _Driver:
    """What is read in order of position, and what is asked of each row; ``repeats``: an article may come again."""

    source: FromClause
    position: ColumnElement[int]
    conditions: list[ColumnElement[bool]]
    repeats: bool = False


def _selected(wanted: ArticleFilter, driver: _Driver) -> tuple[AnySelect, ColumnElement[int]]:
    dated = places.published(driver.position, wanted.since, wanted.until)
    statement: AnySelect = select(driver.position).select_from(driver.source).where(*driver.conditions, *dated)
    return statement.distinct() if driver.repeats else statement, driver.position


def _driver(wanted: ArticleFilter, found: matching.Matches | None) -> _Driver:
    having, run = list(wanted.having), wanted.run
    if found is not None and not wanted.few:
        return _Driver(found.source, found.position, [found.condition, *_hold(having, found.position, run)])
    listable = next((each for each in having if each.what != "publisher" and not each.negated), None)
    if listable is None:
        return _Driver(_ARTICLE, _ARTICLE.c.position, list(_hold(having, _ARTICLE.c.position, run)))
    listed = _listed(listable)
    if found is None:
        return replace(listed, conditions=[*listed.conditions, *_hold(having, listed.position, run)])
    once = select(listed.position.label("position")).where(*listed.conditions).distinct().subquery("once")
    together = once.join(found.source, found.position == once.c.position)
    return _Driver(together, once.c.position, [found.condition, *_hold(having, once.c.position, run)])


# Read as it is indexed, whatever run it is of: of articles in that order, which hold is asked as of all others.
_MENTIONED, _SPEAKING = (table_of(model).alias("listed") for model in (Mention, QuoteSource))


def _listed(having: Having) -> _Driver:
    """All articles in which some run finds an entity, or a speaker."""
    if having.what == "speaker":
        mine = [_SPEAKING.c.entity_id == having.key, _SPEAKING.c.relayed.is_(False)]
        return _Driver(_SPEAKING, places.article(_SPEAKING.c.position), mine, repeats=True)
    return _Driver(_MENTIONED, _MENTIONED.c.position, [_MENTIONED.c.entity_id == having.key], repeats=True)


def _hold(having: list[Having], position: ColumnElement[int], run: str) -> Iterator[ColumnElement[bool]]:
    for what, key, negated in having:
        holds = _HOLDS[what](key, position, run)
        yield not_(holds) if negated else holds


def _mentions(key: int, position: ColumnElement[int], run: str) -> ColumnElement[bool]:
    return exists().where(
        col(Mention.entity_id) == key,
        col(Mention.position) == position,
        col(Run.id) == Mention.run_id,
        chosen(run),
    )


def _quotes(key: int, position: ColumnElement[int], run: str) -> ColumnElement[bool]:
    first = position * (1 << SLOT_BITS)
    return exists().where(
        col(QuoteSource.entity_id) == key,
        col(QuoteSource.relayed).is_(False),
        col(QuoteSource.position).between(first, first + MAX_SLOT),
        col(Quote.id) == QuoteSource.quote_id,
        col(Quote.use) == "speech",
        col(Run.id) == Quote.run_id,
        chosen(run),
    )


def _published_by(key: int, position: ColumnElement[int], _run: str) -> ColumnElement[bool]:
    if position is _ARTICLE.c.position:
        # Of those of no publisher it is false, not unknown: then they are not of this one.
        return and_(col(Article.publisher_id).is_not(None), col(Article.publisher_id) == key)
    return exists().where(col(Article.position) == position, col(Article.publisher_id) == key)


_HOLDS = {"entity": _mentions, "speaker": _quotes, "publisher": _published_by}
