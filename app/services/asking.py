"""What a request asks for as conditions on rows: its query parsed, its names resolved, its dates put together."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal, NamedTuple, Protocol

from sqlmodel import select

from app.db import ReadSession
from app.errors import NotFound
from app.models import Entity, Publisher
from app.names import fold
from app.schemas.queries import ArticleQuery, QuoteQuery, SearchQuery
from app.search import articles, quotes
from app.search.query import DateFilter, NameFilter, Query, parse
from app.services.entities import resolve

NOBODY = 0
"""No row has this key."""

# What each filter of the query language asks of an article, and of a quote.
ARTICLE_FILTERS: dict[str, Literal["entity", "speaker", "publisher"]] = {
    "entity": "entity",
    "speaker": "speaker",
    "publisher": "publisher",
}
QUOTE_FILTERS: dict[str, Literal["about", "speaker", "publisher", "via"]] = {
    "entity": "about",
    "about": "about",
    "speaker": "speaker",
    "publisher": "publisher",
    "via": "via",
}


# Which count of an entity says how much a filter leaves.
COUNTS = {"entity": "articles", "about": "about", "speaker": "spoken", "via": "relayed"}


class Dated(Protocol):
    """The part of a query that asks for a range of dates."""

    @property
    def since(self) -> date | None: ...
    @property
    def until(self) -> date | None: ...


class _Bound(NamedTuple):
    """The first day, or the last, that a filter leaves, and where it stands."""

    day: date
    position: int


@dataclass(frozen=True, slots=True)
class _Named:
    """That a name, by what it was asked for, must be, or must not be; and how much that leaves."""

    what: str
    key: int
    negated: bool
    leaves: int

    @property
    def lists(self) -> bool:
        """Whether what it leaves can be listed without all the rest."""
        return self.what != "publisher" and not self.negated


def parsed(q: str | None) -> Query | None:
    """The query, parsed; None where none is asked for."""
    return None if q is None else parse(q)


def article_filter(
    session: ReadSession, query: ArticleQuery | SearchQuery, asked: Query | None
) -> articles.ArticleFilter:
    """The articles that ``query`` means; ``asked`` is its ``q``."""
    since, until = _dates(query, asked)
    named = _named(session, {name: getattr(query, name) for name in ARTICLE_FILTERS}, asked, query.run)
    return articles.ArticleFilter(
        words=asked.words if asked else None,
        having=tuple(articles.Having(ARTICLE_FILTERS[n.what], n.key, n.negated) for n in named),
        since=since,
        until=until,
        run=query.run,
        few=_leave_few(named, articles.FEW),
    )


def quote_filter(session: ReadSession, query: QuoteQuery, asked: Query | None) -> quotes.QuoteFilter:
    """The quotes that ``query`` means, wherever they stand; ``asked`` is its ``q``."""
    since, until = _dates(query, asked)
    given = {name: getattr(query, name) for name in ("speaker", "about", "via", "publisher")}
    named = _named(session, given, asked, query.run)
    return quotes.QuoteFilter(
        words=asked.words if asked else None,
        having=tuple(quotes.Having(QUOTE_FILTERS[n.what], n.key, n.negated) for n in named),
        kind=query.kind,
        use=query.use,
        since=since,
        until=until,
        run=query.run,
        few=_leave_few(named, quotes.FEW),
    )


def _leave_few(named: list[_Named], most: int) -> bool:
    """Whether the first of them leaves so few that they are better looked at one by one."""
    return bool(named) and named[0].lists and named[0].leaves <= most


def _named(session: ReadSession, given: dict[str, str | None], asked: Query | None, run: str) -> list[_Named]:
    """All names asked for, those that leave least first: lists are read by the first."""
    filters = [part for part in (asked.filters if asked else ()) if isinstance(part, NameFilter)]
    named = [_name(session, what, value, run, what) for what, value in given.items() if value is not None]
    named += [_name(session, f.field, f.value, run, "q", f) for f in filters]
    return sorted(named, key=lambda n: (not n.lists, n.leaves))


def _name(
    session: ReadSession, what: str, value: str, run: str, parameter: str, part: NameFilter | None = None
) -> _Named:
    negated = part is not None and part.negated
    if what == "publisher":
        found = session.exec(select(Publisher.id).where(Publisher.key == fold(value))).one_or_none()
        return _Named(what, found or NOBODY, negated, 0)
    entity: Entity = resolve(session, value, run, parameter, part.position if part else None)
    return _Named(what, entity.id or NOBODY, negated, getattr(entity, COUNTS[what]))


def _dates(query: Dated, asked: Query | None) -> tuple[date | None, date | None]:
    """The first and the last day that all agree on; NotFound for filters of ``asked`` that leave no day.

    Each of those is one that the grammar allows, as a name is that nobody bears. A program's ``from`` and ``to``
    may leave none, when there is nothing new.
    """
    filters = [part for part in (asked.filters if asked else ()) if isinstance(part, DateFilter)]
    first, last = max(_days(filters, first=True), default=None), min(_days(filters, first=False), default=None)
    if first and last and last.day < first.day:
        detail = f"no day is {first.day} or later and also {last.day} or earlier"
        raise NotFound(detail, "q", max(first.position, last.position))
    since = [day for day in (query.since, first and first.day) if day is not None]
    until = [day for day in (query.until, last and last.day) if day is not None]
    return max(since, default=None), min(until, default=None)


def _days(filters: list[DateFilter], *, first: bool) -> Iterator[_Bound]:
    """First days, or last ones. Not before a day is from it on, as after it is; before it ends the day before."""
    for part in filters:
        if first == ((part.field == "after") != part.negated):
            day = part.day if first or part.day == date.min else part.day - timedelta(days=1)
            yield _Bound(day, part.position)
