"""Counts over all articles that a search finds: who and what is in them, who speaks, where and when published.

Served runs are counted from ``article_facts``: the database joins the packed numbers of all articles
found into one string of bytes, and counting that is a matter of a few milliseconds for a hundred
thousand numbers. Any other choice of runs is counted from the annotations themselves.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any, Literal, NamedTuple, get_args

from sqlalchemy import ColumnElement, LargeBinary, Subquery, cast, func, literal, select
from sqlmodel import Session, col

from app.annotations import EntityType
from app.models import Article, ArticleFacts, Entity, Mention, Publisher, Quote, QuoteSource, Run
from app.positions import day_of
from app.search import places
from app.search.paging import AnySelect
from app.search.runs import SERVED, chosen

FacetName = Literal["entity", "type", "speaker", "publisher", "month"]
TYPES = get_args(EntityType)
# Values to look up names for: more than are answered, since names decide between equal counts.
MOST_LABELS = 200

# (key, number of articles), most frequent first
Counts = list[tuple[Any, int]]


class Value(NamedTuple):
    """One value of a facet: what to filter by, what to show, of what type, in how many articles."""

    value: str
    label: str
    type: str | None
    articles: int


def count(
    session: Session, names: Sequence[FacetName], articles: AnySelect, run: str, limit: int
) -> dict[FacetName, list[Value]]:
    """By facet, its most frequent values among ``articles``, a statement of positions; ties by name."""
    packed = [name for name in names if name != "month"]
    counted = _packed(session, packed, articles) if run == SERVED else _annotated(session, packed, articles, run)
    if "month" in names:
        counted["month"] = _months(session, articles)
    return {name: _LABELS[name](session, counted[name])[:limit] for name in names}


def joined(session: Session, column: ColumnElement[bytes]) -> ColumnElement[bytes]:
    """An aggregate: the bytes of all rows, one after the other, in no order."""
    if session.get_bind().dialect.name == "postgresql":
        return func.string_agg(column, literal(b"", LargeBinary))
    # SQLite joins strings only; in a UTF-8 database a blob's bytes pass through unchanged.
    return cast(func.group_concat(column, ""), LargeBinary)


def tally(packed: bytes | None, code: str, most: int) -> Counter[int]:
    """How often the numbers occur that are most frequent in packed ones: "i4" of 32 bits, "u1" of 8."""
    # Imported here: a process that counts nothing need not hold it in memory.
    import numpy as np  # noqa: PLC0415

    times = np.bincount(np.frombuffer(packed or b"", dtype=f"<{code}"))
    top = np.argsort(-times, kind="stable")[:most]
    return Counter({int(number): int(times[number]) for number in top if times[number]})


def _packed(session: Session, names: Sequence[FacetName], articles: AnySelect) -> dict[FacetName, Counter[Any]]:
    if not names:
        return {}
    found = articles.subquery("found")
    columns = [joined(session, getattr(ArticleFacts, _COLUMNS[name])) for name in names]
    source = found.join(ArticleFacts, col(ArticleFacts.position) == found.c[0])
    row = session.execute(select(*columns).select_from(source)).one()
    counted: dict[FacetName, Counter[Any]] = {}
    for name, packed in zip(names, row, strict=True):
        counted[name] = tally(packed, "u1" if name == "type" else "i4", MOST_LABELS)
    if "type" in counted:
        counted["type"] = Counter({TYPES[code]: n for code, n in counted["type"].items()})
    return counted


def _months(session: Session, articles: AnySelect) -> Counter[str]:
    found = articles.subquery("found")
    day = places.day(found.c[0])
    counted: Counter[str] = Counter()
    for number, n in session.execute(select(day, func.count()).group_by(day)):
        if number:
            counted[f"{day_of(number):%Y-%m}"] += n
    return counted


def _annotated(
    session: Session, names: Sequence[FacetName], articles: AnySelect, run: str
) -> dict[FacetName, Counter[Any]]:
    return {name: Counter(dict(map(tuple, session.execute(_ANNOTATED[name](articles, run))))) for name in names}


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


def _entities(session: Session, counted: Counter[Any]) -> list[Value]:
    wanted = select(col(Entity.id), col(Entity.public_id), col(Entity.name), col(Entity.type))
    rows = session.execute(wanted.where(col(Entity.id).in_(_top(counted)))).all()
    return _ordered(Value(public_id, name, kind, counted[key]) for key, public_id, name, kind in rows)


def _publishers(session: Session, counted: Counter[Any]) -> list[Value]:
    rows = session.execute(select(col(Publisher.id), col(Publisher.name)).where(col(Publisher.id).in_(_top(counted))))
    return _ordered(Value(name, name, None, counted[key]) for key, name in rows)


def _types(_session: Session, counted: Counter[Any]) -> list[Value]:
    return _ordered(Value(kind, kind, kind, n) for kind, n in counted.items())


def _month_values(_session: Session, counted: Counter[Any]) -> list[Value]:
    return _ordered(Value(month, month, None, n) for month, n in counted.items())


def _top(counted: Counter[Any]) -> list[Any]:
    return [key for key, _ in counted.most_common(MOST_LABELS)]


def _ordered(values: Any) -> list[Value]:
    return sorted(values, key=lambda value: (-value.articles, value.label, value.value))


_COLUMNS: dict[FacetName, str] = {
    "entity": "entities",
    "type": "types",
    "speaker": "speakers",
    "publisher": "publisher",
}
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
