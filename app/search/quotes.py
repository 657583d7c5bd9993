"""Finding quotes: by what was said, by whom, through whom, about whom."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache
from typing import Literal, NamedTuple

from sqlalchemy import ColumnElement, FromClause, Integer, bindparam, exists, func, not_, select
from sqlmodel import Session, col

from app.models import Article, Quote, QuoteAbout, QuoteSource, Run, table_of
from app.positions import MAX_POSITION, MAX_SLOT, SLOT_BITS, quotes_of
from app.search import matching, places
from app.search.paging import AnySelect, Order, Page, decode
from app.search.query import Node
from app.search.runs import chosen

# So many quotes are each looked up in the full-text index; of more, all that match there are gone through.
FEW = 2_000


class Having(NamedTuple):
    """That an entity is the speaker of a quote, spoken about in it, or relayed it; or a publisher's, each a key."""

    what: Literal["speaker", "about", "via", "publisher"]
    key: int
    negated: bool = False


@dataclass(frozen=True, slots=True)
class QuoteFilter:
    """Which quotes: every condition that is set must hold. ``article`` is a position.

    ``few``: the first of ``having`` leaves FEW at most.
    """

    words: Node | None = None
    having: tuple[Having, ...] = ()
    article: int | None = None
    kind: str | None = None
    use: str | None = "speech"
    since: date | None = None
    until: date | None = None
    run: str = "served"
    few: bool = False


def find(session: Session, wanted: QuoteFilter, sort: str) -> tuple[AnySelect, Order]:
    """Keys of the quotes wanted: "newest" or "oldest" article first, in text order within each."""
    found = matching.quotes(session, wanted.words) if wanted.words is not None else None
    statement, position = _statement(wanted, found)
    if sort == "oldest":
        return statement, _OldestFirst((places.article(position), position), descending=(False, True))
    return statement, Order((position,), descending=True)


class _OldestFirst(Order):
    """Oldest article first, in text order within each. Positions are indexed in another order within an article.

    So what stands on a page is looked for in theirs, and only the quotes of its articles are sorted.
    """

    def page(self, session: Session, statement: AnySelect, *, limit: int, cursor: str | None, scope: str) -> Page:
        """See Order."""
        position = self.columns[1]
        rest = statement
        if cursor is not None:
            key = decode(cursor, scope)
            rest = statement.where(self.behind(key), position >= max(0, min(key[0], MAX_POSITION)) << SLOT_BITS)
        nearest = rest.with_only_columns(position.label("position")).order_by(position).limit(limit + 1).subquery()
        last = session.scalar(select(func.max(nearest.c.position))) or 0
        return super().page(session, rest.where(position <= last | MAX_SLOT), limit=limit, cursor=cursor, scope=scope)


def newest(session: Session, wanted: QuoteFilter, limit: int) -> list[int]:
    """Keys of the newest of the quotes wanted."""
    parameters = {}
    if wanted.words is not None and matching.is_parameter(session):
        parameters = matching.parameter("quote", wanted.words)
        statement = _prepared(replace(wanted, words=None))
    else:
        statement = _first(*_statement(wanted, matching.quotes(session, wanted.words) if wanted.words else None))
    return list(session.connection().execute(statement, parameters | {"limit": limit}).scalars())


# Making a statement takes longer than running it does.
@lru_cache(maxsize=256)
def _prepared(wanted: QuoteFilter) -> AnySelect:
    return _first(*_statement(wanted, matching.prepared("quote")))


def _first(statement: AnySelect, position: ColumnElement[int]) -> AnySelect:
    return statement.order_by(position.desc()).limit(bindparam("limit", type_=Integer))


def _statement(wanted: QuoteFilter, found: matching.Matches | None) -> tuple[AnySelect, ColumnElement[int]]:
    """The quotes wanted, and the column of their positions."""
    source, position, conditions = _driver(wanted, found)
    if source is not _QUOTE:
        source = source.join(_QUOTE, _QUOTE.c.position == position)
    statement = (
        select(col(Quote.id))
        .select_from(source.join(Run, col(Run.id) == Quote.run_id))
        .where(*conditions, chosen(wanted.run), *_plain(wanted), *_placed(wanted, position))
    )
    return statement, position


def _driver(
    wanted: QuoteFilter, found: matching.Matches | None
) -> tuple[FromClause, ColumnElement[int], list[ColumnElement[bool]]]:
    """What is read in order of position, and what is then asked of each row."""
    rest = list(wanted.having)
    if found is not None and not wanted.few:
        return found.source, found.position, [found.condition, *_hold(rest)]
    listable = next((having for having in rest if having.what != "publisher" and not having.negated), None)
    if listable is None:
        return _QUOTE, _QUOTE.c.position, list(_hold(rest))
    rest.remove(listable)
    listed = _positions(listable).subquery("listed")
    if found is None:
        return listed, listed.c.position, list(_hold(rest))
    together = listed.join(found.source, found.position == listed.c.position)
    return together, listed.c.position, [found.condition, *_hold(rest)]


def _positions(having: Having) -> AnySelect:
    if having.what == "about":
        return select(col(QuoteAbout.position)).where(col(QuoteAbout.entity_id) == having.key)
    relayed = having.what == "via"
    statement = select(col(QuoteSource.position)).where(
        col(QuoteSource.entity_id) == having.key, col(QuoteSource.relayed).is_(relayed)
    )
    return statement.distinct() if relayed else statement


def _hold(having: list[Having]) -> Iterator[ColumnElement[bool]]:
    for what, key, negated in having:
        holds = _holds(what, key)
        yield not_(holds) if negated else holds


def _holds(what: str, key: int) -> ColumnElement[bool]:
    if what == "publisher":
        return exists().where(col(Article.id) == Run.article_id, col(Article.publisher_id) == key)
    if what == "about":
        return exists().where(col(QuoteAbout.quote_id) == Quote.id, col(QuoteAbout.entity_id) == key)
    return exists().where(
        col(QuoteSource.quote_id) == Quote.id,
        col(QuoteSource.entity_id) == key,
        col(QuoteSource.relayed).is_(what == "via"),
    )


def _plain(wanted: QuoteFilter) -> Iterator[ColumnElement[bool]]:
    if wanted.kind is not None:
        yield col(Quote.kind) == wanted.kind
    if wanted.use is not None:
        yield col(Quote.use) == wanted.use


def _placed(wanted: QuoteFilter, position: ColumnElement[int]) -> Iterator[ColumnElement[bool]]:
    if wanted.article is not None:
        yield position.between(*quotes_of(wanted.article))
    yield from places.published(position, wanted.since, wanted.until, quoted=True)


_QUOTE = table_of(Quote)
