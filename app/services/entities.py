"""Entities: who a name means, lists of them, one with its facts, who occurs with whom."""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from datetime import date
from functools import lru_cache
from typing import Any

from sqlmodel import col, func, select

from app.db import ReadSession
from app.errors import Ambiguous, Gone, Moved, NotFound
from app.models import Article, Entity, EntityAlias, Mention, Quote, QuoteAbout, QuoteSource, Run
from app.names import fold
from app.positions import day_of, published
from app.schemas.base import EntityRef, Listing, RunRef
from app.schemas.entities import (
    ArticleEntity,
    EntityDetail,
    EntitySummary,
    QuoteCounts,
    RelatedEntity,
    Suggestion,
    Timeline,
    TimelinePoint,
)
from app.schemas.queries import EntityQuery, PageQuery, SuggestQuery, TimelineQuery
from app.search import entities as search
from app.search import related, typos
from app.search.packing import first_of_month
from app.search.paging import AnyRow, Order, page_of_sorted
from app.search.runs import SERVED, chosen
from app.services.lists import listing, require_run, scope_of
from app.spans import Span

# How a date is written that begins an interval.
STARTS = {"day": "%Y-%m-%d", "month": "%Y-%m-01", "year": "%Y-01-01"}


def resolve(
    session: ReadSession, name_or_id: str, run: str, parameter: str = "id", position: int | None = None
) -> Entity:
    """The entity meant by an id, its own name, an alias, or else a surname; NotFound, or Ambiguous with the candidates.

    The id of one that was merged means the one it is. In served runs, a name that only one has for its own means
    that one if it is mentioned most: in a large library somebody goes by nearly every well-known name.
    """
    require_run(session, run)
    by_id = session.exec(select(Entity).where(Entity.public_id == name_or_id)).one_or_none()
    if by_id is not None:
        found = current(session, by_id)
        if found.rejected:
            raise NotFound(f"{name_or_id} was rejected: there is no such entity", parameter, position)
        return found
    candidates = (
        session.scalars(search.named(name_or_id, run)).all() or session.scalars(search.surnamed(name_or_id, run)).all()
    )
    if not candidates:
        raise NotFound(f"nobody and nothing is known as {name_or_id!r}", parameter, position)
    if len(candidates) == 1:
        return candidates[0]
    owner = _owner(session, name_or_id, candidates[0]) if run == SERVED else None
    if owner is None:
        raise Ambiguous(name_or_id, [(c.public_id, c.name, c.type) for c in candidates], parameter, position)
    return owner


def _owner(session: ReadSession, name: str, most_mentioned: Entity) -> Entity | None:
    """The one that has ``name`` for its own, if it is the only one and nobody of that name is mentioned more."""
    owners = session.scalars(search.owning(name)).all()
    return owners[0] if len(owners) == 1 and owners[0].mentions >= most_mentioned.mentions else None


def entity_at(session: ReadSession, name_or_id: str, run: str) -> Entity:
    """The entity that a path asks for; Moved when it was merged into another one, Gone when it was rejected."""
    by_id = session.exec(select(Entity).where(Entity.public_id == name_or_id)).one_or_none()
    if by_id is None:
        return resolve(session, name_or_id, run)
    require_run(session, run)
    found = current(session, by_id)
    if found.rejected:
        raise Gone(f"{found.public_id} was rejected: somebody decided that there is no such entity")
    if found is not by_id:
        raise Moved(by_id.public_id, found.public_id)
    return found


def current(session: ReadSession, entity: Entity) -> Entity:
    """The entity itself, or the one it was merged into."""
    while entity.merged_into is not None:
        entity = session.exec(select(Entity).where(Entity.id == entity.merged_into)).one()
    return entity


def version(detail: EntityDetail) -> str:
    """What tells one state of an entity's page of facts from every other."""
    return hashlib.sha256(detail.model_dump_json().encode()).hexdigest()[:32]


def reference(entity: Entity) -> EntityRef:
    """An entity in few words."""
    return EntityRef(id=entity.public_id, name=entity.name, type=entity.type)


def bearers(session: ReadSession, names: Iterable[str]) -> dict[str, list[EntityRef]]:
    """By each of ``names``, folded: the entities that bear it, whatever they are."""
    found: dict[str, list[EntityRef]] = defaultdict(list)
    rows = session.execute(
        select(col(EntityAlias.name_key), *map(col, (Entity.id, Entity.public_id, Entity.name, Entity.type)))
        .join(Entity, col(Entity.id) == EntityAlias.entity_id)
        .where(col(EntityAlias.name_key).in_({fold(name) for name in names}), col(EntityAlias.shown))
        .where(col(Entity.merged_into).is_(None), ~col(Entity.rejected))
        .order_by(col(Entity.id))
        .distinct()
    )
    for key, _, public_id, name, kind in rows:
        found[key].append(EntityRef(id=public_id, name=name, type=kind))
    return found


def list_entities(session: ReadSession, query: EntityQuery) -> Listing[EntitySummary]:
    """A page of the entities that ``query`` asks for, most mentioned first."""
    if query.q is not None and not fold(query.q):
        return Listing(items=[], total=0 if query.total else None)
    found = search.find(query.run, words=query.q, types=list(query.type), sort=query.sort)
    return listing(session, found, query, "entities", lambda rows: summaries(session, rows))


def summaries(session: ReadSession, rows: Sequence[AnyRow]) -> list[EntitySummary]:
    """Rows of (entity, articles, mentions, …), each with its aliases."""
    names = _aliases(session, [row[0].id for row in rows])
    return [EntitySummary(**_fields(row[0], names[row[0].id]), articles=row[1], mentions=row[2]) for row in rows]


def entity_detail(session: ReadSession, name_or_id: str, run: str) -> EntityDetail:
    """One entity's page of facts."""
    entity = entity_at(session, name_or_id, run)
    articles, mentions, quotes = _counts(session, entity, run)
    return EntityDetail(
        **_fields(entity, _aliases(session, [entity.id])[entity.id]),
        articles=articles,
        mentions=mentions,
        quotes=quotes,
        first_published=_published(session, entity, run, newest=False),
        last_published=_published(session, entity, run, newest=True),
    )


def list_related(session: ReadSession, name_or_id: str, query: PageQuery) -> Listing[RelatedEntity]:
    """A page of the entities that occur with it."""
    entity = entity_at(session, name_or_id, query.run)
    found = related.related(session, entity, query.run)
    scope = scope_of(f"related {entity.public_id}", query)
    page = page_of_sorted(found, related.order, limit=query.limit, cursor=query.cursor, scope=scope)
    return Listing(items=_related(session, page.rows), next=page.next, total=len(found) if query.total else None)


def timeline(session: ReadSession, name_or_id: str, query: TimelineQuery) -> Timeline:
    """How often an entity is mentioned, by day, month or year; what has no date is in none."""
    entity = entity_at(session, name_or_id, query.run)
    articles: Counter[str] = Counter()
    mentions: Counter[str] = Counter()
    # There is a row for each day; months are kept beside them, so that a long life is soon told.
    by_month = query.interval != "day" and (query.run, query.since, query.until) == (SERVED, None, None)
    days = search.days(_key(entity), query.run, query.since, query.until)
    for time, in_articles, times in session.execute(search.months(_key(entity)) if by_month else days):
        start = _start(first_of_month(time) if by_month else day_of(time), query.interval)
        articles[start] += in_articles
        mentions[start] += times
    items = [TimelinePoint(start=date.fromisoformat(s), articles=n, mentions=mentions[s]) for s, n in articles.items()]
    return Timeline(entity=reference(entity), interval=query.interval, items=items)


def list_article_entities(session: ReadSession, article: Article, query: PageQuery) -> Listing[ArticleEntity]:
    """A page of the entities of one article, in order of their first mention."""
    first = func.min(Mention.start)
    count = (
        select(col(Mention.entity_id).label("entity_id"), col(Run.id).label("run_id"), first.label("first"))
        .join(Run, col(Run.id) == Mention.run_id)
        .where(Run.article_id == article.id, chosen(query.run), col(Mention.entity_id).is_not(None))
        .group_by(col(Mention.entity_id), col(Run.id))
        .subquery()
    )
    statement = select(Entity, Run).join(count, count.c.entity_id == Entity.id).join(Run, col(Run.id) == count.c.run_id)
    order = Order((count.c.first, col(Entity.id)))
    scope = f"entities of {article.public_id}"
    return listing(session, (statement, order), query, scope, lambda rows: _article_entities(session, rows))


def suggest(session: ReadSession, query: SuggestQuery) -> Listing[Suggestion]:
    """Names that begin as typed, and where there are too few, those that begin nearly so; each most mentioned first."""
    require_run(session, query.run)
    if not fold(query.q):
        return Listing(items=[])
    rows = session.execute(search.suggestions(query.q, query.run, query.limit)).all()
    items = [_suggestion(row, typo=False) for row in rows]
    missing = query.limit - len(rows)
    near = typos.suggestions(session, query.q, query.run, missing, [row[0].id for row in rows]) if missing else None
    if near is not None:
        items += [_suggestion(row, typo=True) for row in session.execute(near)]
    return Listing(items=items)


def _suggestion(row: AnyRow, *, typo: bool) -> Suggestion:
    entity, name, mentions = row
    return Suggestion(**reference(entity).model_dump(), matched=name, mentions=mentions, typo=typo)


# All entities share the same days, some fourteen thousand in forty years.
@lru_cache(maxsize=50_000)
def _start(day: date | None, interval: str) -> str:
    """The first day of the interval that a day is in."""
    return f"{day:{STARTS[interval]}}"


def _key(entity: Entity) -> int:
    if entity.id is None:
        raise ValueError("the entity is not stored")
    return entity.id


def _fields(entity: Entity, names: list[str]) -> dict[str, Any]:
    aliases = [name for name in names if name != entity.name]
    return reference(entity).model_dump() | {"aliases": aliases, "identifiers": entity.identifiers}


def _related(session: ReadSession, found: Sequence[related.Related]) -> list[RelatedEntity]:
    entities = {e.id: e for e in session.exec(select(Entity).where(col(Entity.id).in_([each.key for each in found])))}
    return [
        RelatedEntity(
            **reference(entities[each.key]).model_dump(),
            articles=each.articles,
            paragraphs=each.paragraphs,
            strength=each.strength,
        )
        for each in found
    ]


def _published(session: ReadSession, entity: Entity, run: str, *, newest: bool) -> date | None:
    position = session.scalar(search.edge(_key(entity), run, newest=newest))
    return None if position is None else published(position)


def _counts(session: ReadSession, entity: Entity, run: str) -> tuple[int, int, QuoteCounts]:
    """Articles, mentions and quotes; those of served runs are kept, others are counted."""
    if run == SERVED:
        counts = QuoteCounts(speaker=entity.spoken, about=entity.about, relayed=entity.relayed)
        return entity.articles, entity.mentions, counts
    articles, mentions = session.exec(
        select(func.count(func.distinct(Run.article_id)), func.count())
        .select_from(Mention)
        .join(Run, col(Run.id) == Mention.run_id)
        .where(Mention.entity_id == entity.id, chosen(run))
    ).one()
    return articles, mentions, _quote_counts(session, entity, run)


def _aliases(session: ReadSession, keys: Iterable[int | None]) -> dict[int | None, list[str]]:
    found: dict[int | None, list[str]] = defaultdict(list)
    shown = select(EntityAlias).where(col(EntityAlias.entity_id).in_(keys), col(EntityAlias.shown))
    rows = session.exec(shown.order_by(col(EntityAlias.name)))
    for row in rows:
        found[row.entity_id].append(row.name)
    return found


def _quote_counts(session: ReadSession, entity: Entity, run: str) -> QuoteCounts:
    spoken = (
        select(col(QuoteSource.relayed), func.count(func.distinct(QuoteSource.quote_id)))
        .join(Quote, col(Quote.id) == QuoteSource.quote_id)
        .join(Run, col(Run.id) == Quote.run_id)
        .where(QuoteSource.entity_id == entity.id, Quote.use == "speech", chosen(run))
        .group_by(col(QuoteSource.relayed))
    )
    counts = dict(session.exec(spoken).all())
    about = (
        select(func.count())
        .select_from(QuoteAbout)
        .join(Quote, col(Quote.id) == QuoteAbout.quote_id)
        .join(Run, col(Run.id) == Quote.run_id)
        .where(QuoteAbout.entity_id == entity.id, Quote.use == "speech", chosen(run))
    )
    return QuoteCounts(speaker=counts.get(False, 0), relayed=counts.get(True, 0), about=session.exec(about).one())


def _article_entities(session: ReadSession, rows: Sequence[AnyRow]) -> list[ArticleEntity]:
    keys = [row[0].id for row in rows]
    names = _aliases(session, keys)
    spans: dict[int | None, list[Span]] = defaultdict(list)
    for mention in session.exec(
        select(Mention)
        .where(col(Mention.run_id).in_({row[1].id for row in rows}), col(Mention.entity_id).in_(keys))
        .order_by(col(Mention.start))
    ):
        spans[mention.entity_id].append(Span(start=mention.start, end=mention.end, exact=mention.exact))
    return [_article_entity(row[0], row[1], names[row[0].id], spans[row[0].id]) for row in rows]


def _article_entity(entity: Entity, run: Run, names: list[str], spans: list[Span]) -> ArticleEntity:
    forms = Counter(span.exact for span in spans)
    return ArticleEntity(
        **_fields(entity, names),
        forms=[form for form, _ in forms.most_common()],
        mentions=len(spans),
        spans=spans,
        run=RunRef(id=run.public_id, kind=run.kind, annotator=run.annotator, version=run.version),
    )
