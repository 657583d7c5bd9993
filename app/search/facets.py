"""Counts over all articles that a search finds: who and what is in them, who speaks, where and when published.

Served runs are counted from ``article_facts``: the database joins the packed numbers of all articles
found into one string of bytes, and counting that is a matter of a few milliseconds for a hundred
thousand numbers. Any other choice of runs is counted from the annotations themselves.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Literal, NamedTuple, get_args

from sqlalchemy import ColumnElement, LargeBinary, Subquery, bindparam, cast, func, literal, select
from sqlmodel import Session, col

from app.models import Article, ArticleFacts, Entity, Mention, Publisher, Quote, QuoteSource, Run, table_of
from app.search import places
from app.search.packing import TYPES, Fact, month_name, month_number, tally
from app.search.paging import AnySelect
from app.search.runs import SERVED, chosen

FacetName = Literal["entity", "type", "speaker", "publisher", "month"]
# Values to look up names for: more than are answered, since names decide between equal counts.
MOST_LABELS = 50


class Value(NamedTuple):
    """One value of a facet: what to filter by, what to show, of what type, in how many articles."""

    value: str
    label: str
    type: str | None
    articles: int


def count(
    session: Session, names: Sequence[FacetName], articles: AnySelect, run: str, limit: int
) -> dict[FacetName, list[Value]]:
    """By facet, its most frequent values among ``articles``, a statement of positions.

    Ties by name; where more than MOST_LABELS tie, among those that were stored first.
    """
    if not names:
        return {}
    counted = _packed(session, names, articles) if run == SERVED else _annotated(session, names, articles, run)
    return {name: _LABELS[name](session, counted[name])[:limit] for name in names}


def _packed(session: Session, names: Sequence[FacetName], articles: AnySelect) -> dict[FacetName, Counter[int]]:
    found = articles.subquery("found")
    source = found.join(ArticleFacts, col(ArticleFacts.position) == found.c[0])
    packed = session.execute(select(_joined(session, col(ArticleFacts.packed))).select_from(source)).scalar_one()
    counted = tally(packed, [_FACTS[name] for name in names], MOST_LABELS)
    return {name: counted[_FACTS[name]] for name in names}


def _joined(session: Session, column: Any) -> ColumnElement[bytes]:
    """An aggregate: the bytes of all rows, one after the other, in no order."""
    if session.get_bind().dialect.name == "postgresql":
        return func.string_agg(column, literal(b"", LargeBinary))
    # SQLite joins strings only; in a UTF-8 database a blob's bytes pass through unchanged.
    return cast(func.group_concat(column, ""), LargeBinary)


def _annotated(
    session: Session, names: Sequence[FacetName], articles: AnySelect, run: str
) -> dict[FacetName, Counter[int]]:
    counted: dict[FacetName, Counter[int]] = {}
    for name in names:
        rows = session.execute(_ANNOTATED[name](articles, run)) if name != "month" else _days(session, articles)
        counted[name] = Counter()
        for key, n in rows:
            counted[name][_number(name, key)] += n
        top = sorted(counted[name].items(), key=lambda each: (-each[1], each[0]))
        counted[name] = Counter(dict(top[:MOST_LABELS]))
    return counted


def _days(session: Session, articles: AnySelect) -> Iterable[tuple[int, int]]:
    """Days, by number, with their articles; without those that have no date."""
    day = places.day(articles.subquery("found").c[0])
    rows = session.execute(select(day, func.count()).group_by(day))
    return [(number, n) for number, n in rows if number]


def _number(name: FacetName, key: Any) -> int:
    """A key as it is packed."""
    return TYPES.index(key) if name == "type" else month_number(key) or 0 if name == "month" else int(key)


def _mentioned(key: Any) -> Callable[[AnySelect, str], AnySelect]:
    def statement(articles: AnySelect, run: str) -> AnySelect:
        found = (
            select(key.label("key"), col(Run.article_id))
            .select_from(Mention)
            .join(Entity, col(Entity.id) == Mention.entity_id)
            .join(Run, col(Run.id) == Mention.run_id)
            .where(chosen(run), col(Mention.position).in_(articles))
            .distinct()
            .subquery()
        )
        return _grouped(found)

    return statement


def _speaking(articles: AnySelect, run: str) -> AnySelect:
    found = (
        select(col(QuoteSource.entity_id).label("key"), col(Run.article_id))
        .join(Quote, col(Quote.id) == QuoteSource.quote_id)
        .join(Run, col(Run.id) == Quote.run_id)
        .join(Article, col(Article.id) == Run.article_id)
        .where(chosen(run), col(Article.position).in_(articles), col(QuoteSource.entity_id).is_not(None))
        .where(col(QuoteSource.relayed).is_(False), col(Quote.use) == "speech")
        .distinct()
        .subquery()
    )
    return _grouped(found)


def _publishing(articles: AnySelect, _run: str) -> AnySelect:
    key = col(Article.publisher_id)
    return select(key, func.count()).where(col(Article.position).in_(articles), key.is_not(None)).group_by(key)


def _grouped(found: Subquery) -> AnySelect:
    return select(found.c.key, func.count()).group_by(found.c.key)


def _entities(session: Session, counted: Counter[int]) -> list[Value]:
    rows = session.connection().execute(_ENTITY_NAMES, {"keys": list(counted)})
    return _ordered(Value(public_id, name, kind, counted[key]) for key, public_id, name, kind in rows)


def _publishers(session: Session, counted: Counter[int]) -> list[Value]:
    rows = session.connection().execute(_PUBLISHER_NAMES, {"keys": list(counted)})
    return _ordered(Value(name, name, None, counted[key]) for key, name in rows)


def _types(_session: Session, counted: Counter[int]) -> list[Value]:
    kinds = ((TYPES[place], n) for place, n in counted.items())
    return _ordered(Value(kind, kind, kind, n) for kind, n in kinds)


def _month_values(_session: Session, counted: Counter[int]) -> list[Value]:
    months = ((month_name(number), n) for number, n in counted.items())
    return _ordered(Value(month, month, None, n) for month, n in months)


def _ordered(values: Any) -> list[Value]:
    return sorted(values, key=lambda value: (-value.articles, value.label, value.value))


_FACTS: dict[FacetName, Fact] = {name: Fact[name.upper()] for name in get_args(FacetName)}
_ANNOTATED: dict[FacetName, Callable[[AnySelect, str], AnySelect]] = {
    "entity": _mentioned(Mention.entity_id),
    "type": _mentioned(Entity.type),
    "speaker": _speaking,
    "publisher": _publishing,
}
_LABELS: dict[FacetName, Callable[[Session, Counter[Any]], list[Value]]] = {
    "entity": _entities,
    "type": _types,
    "speaker": _entities,
    "publisher": _publishers,
    "month": _month_values,
}
_ENTITY, _PUBLISHER = table_of(Entity).c, table_of(Publisher).c
_KEYS: Any = bindparam("keys", expanding=True)
_ENTITY_NAMES = select(_ENTITY.id, _ENTITY.public_id, _ENTITY.name, _ENTITY.type).where(_ENTITY.id.in_(_KEYS))
_PUBLISHER_NAMES = select(_PUBLISHER.id, _PUBLISHER.name).where(_PUBLISHER.id.in_(_KEYS))
