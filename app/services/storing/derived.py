"""What is derived from the runs that are served: counts of entities, their days, facts of articles."""

from array import array
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from sqlalchemy import bindparam, delete, text, update

from app.db import ReadSession, WriteSession
from app.models import ArticleFacts, ArticlePlaces, Entity, Mention, Quote, QuoteAbout, QuoteSource, table_of
from app.positions import KEY_BITS
from app.search.packing import TYPES, Fact, month_number, pack
from app.services.storing.submission import Row, Rows
from app.services.storing.tables import insert_rows, named_rows, rows_where

MAX_PARAGRAPH = 2**16 - 1
_COUNTS = ("articles", "mentions", "spoken", "about", "relayed")


class Placed(Protocol):
    """What is needed of an article."""

    @property
    def position(self) -> int: ...
    @property
    def publisher_id(self) -> int | None: ...


@dataclass(slots=True)
class RunRows:
    """Rows of runs, by table."""

    mentions: Rows = field(default_factory=list)
    quotes: Rows = field(default_factory=list)
    content: Rows = field(default_factory=list)
    sources: Rows = field(default_factory=list)
    about: Rows = field(default_factory=list)


@dataclass(slots=True)
class _Said:
    """What one run says, as keys of entities: mentions by paragraph, and who has which part in its speech."""

    mentions: list[tuple[int, int]] = field(default_factory=list)
    spoken: set[tuple[int, int]] = field(default_factory=set)
    relayed: set[tuple[int, int]] = field(default_factory=set)
    about: set[tuple[int, int]] = field(default_factory=set)


class Derived:
    """Changes to what is derived, gathered and then written at once."""

    def __init__(self, session: ReadSession | WriteSession) -> None:
        self._session = session
        self._counts: dict[int, Counter[str]] = defaultdict(Counter)
        self._days: dict[tuple[int, int], Counter[str]] = defaultdict(Counter)
        self._months: dict[tuple[int, int], Counter[str]] = defaultdict(Counter)
        self._facts: list[tuple[Placed, _Said]] = []

    def take_away(self, runs: Mapping[int, Placed], rows: RunRows | None = None) -> None:
        """Runs, by key, that no longer answer for their articles, or not so; without ``rows`` they are read."""
        for run, said in self._found(runs, rows).items():
            self._tally(runs[run], said, -1)

    def add(self, runs: Mapping[int, Placed], rows: RunRows | None = None) -> None:
        """Runs, by key, that answer for their articles from now on; without ``rows`` they are read."""
        for run, said in self._found(runs, rows).items():
            self._tally(runs[run], said, 1)
            self._facts.append((runs[run], said))

    def add_bare(self, articles: Iterable[Placed]) -> None:
        """Articles that no run answers for; they have a publisher and a month all the same."""
        self._facts += [(article, _Said()) for article in articles]

    def save(self) -> None:
        """Write it all. Entities in order of their keys: writers then never wait for each other crosswise."""
        connection = self._session.connection()
        counted = [(key, n) for key, n in sorted(self._counts.items()) if any(n.values())]
        counts = [{"key": key, **{name: n[name] for name in _COUNTS}} for key, n in counted]
        if counts:
            connection.execute(_COUNT, counts)
        for times, add, forget in ((self._days, _DAY, _NO_DAY), (self._months, _MONTH, _NO_MONTH)):
            rows = [{"entity": key, "time": time, **n} for (key, time), n in sorted(times.items()) if any(n.values())]
            if rows:
                connection.execute(add, rows)
            gone = [row for row in rows if row["mentions"] < 0]
            if gone:
                connection.execute(forget, gone)
        for statement in _FORGET:
            connection.execute(statement, {"positions": [article.position for article, _ in self._facts]})
        insert_rows(self._session, ArticleFacts, self.facts())
        insert_rows(self._session, ArticlePlaces, self.places())

    def facts(self) -> Rows:
        """Rows of ArticleFacts for the articles that were added."""
        keys = {entity for _, said in self._facts for entity, _ in said.mentions}
        types = {row.id: TYPES.index(row.type) for row in rows_where(self._session, Entity, "id", keys, "id", "type")}
        return [_row(article, said, types) for article, said in self._facts]

    def places(self) -> Rows:
        """Rows of ArticlePlaces for the same."""
        return [_places(article, said) for article, said in self._facts]

    def _tally(self, article: Placed, said: _Said, sign: int) -> None:
        mentions = Counter(entity for entity, _ in said.mentions)
        day = article.position >> KEY_BITS
        month = month_number(day)
        for entity, times in mentions.items():
            counters = [self._counts[entity], self._days[entity, day]]
            if month is not None:
                counters.append(self._months[entity, month])
            for counter in counters:
                counter["articles"] += sign
                counter["mentions"] += sign * times
        for name, pairs in (("spoken", said.spoken), ("relayed", said.relayed), ("about", said.about)):
            for _, entity in pairs:
                self._counts[entity][name] += sign

    def _found(self, runs: Mapping[int, Placed], rows: RunRows | None) -> dict[int, _Said]:
        """What these runs say."""
        return _said(runs, rows or self._stored(list(runs)))

    def _stored(self, keys: list[int]) -> RunRows:
        rows = RunRows(
            mentions=self._rows(Mention, "run_id", keys, "run_id", "entity_id", "paragraph"),
            quotes=self._rows(Quote, "run_id", keys, "id", "run_id", "use"),
        )
        quotes = [row["id"] for row in rows.quotes]
        rows.sources = self._rows(QuoteSource, "quote_id", quotes, "quote_id", "entity_id", "relayed")
        rows.about = self._rows(QuoteAbout, "quote_id", quotes, "quote_id", "entity_id")
        return rows

    def _rows(self, model: Any, column: str, values: list[int], *columns: str) -> Rows:
        return named_rows(self._session, model, column, values, *columns)


_ENTITY = table_of(Entity)
_COUNT = (
    update(_ENTITY)
    .where(_ENTITY.c.id == bindparam("key"))
    .values({name: _ENTITY.c[name] + bindparam(name) for name in _COUNTS})
)
_DAY, _MONTH = (
    text(
        f"INSERT INTO {table} (entity_id, {time}, articles, mentions) VALUES (:entity, :time, :articles, :mentions) "
        f"ON CONFLICT (entity_id, {time}) DO UPDATE SET articles = {table}.articles + excluded.articles, "
        f"mentions = {table}.mentions + excluded.mentions"
    )
    for table, time in (("entity_day", "day"), ("entity_month", "month"))
)
_NO_DAY, _NO_MONTH = (
    text(f"DELETE FROM entity_{time} WHERE entity_id = :entity AND {time} = :time AND mentions <= 0")
    for time in ("day", "month")
)
_FORGET = [
    delete(table).where(table.c.position.in_(bindparam("positions", expanding=True)))
    for table in map(table_of, (ArticleFacts, ArticlePlaces))
]


def _said(runs: Iterable[int], rows: RunRows) -> dict[int, _Said]:
    found = {run: _Said() for run in runs}
    for row in rows.mentions:
        if row["run_id"] in found and row["entity_id"] is not None:
            found[row["run_id"]].mentions.append((row["entity_id"], row["paragraph"]))
    speech = {
        row["id"]: found[row["run_id"]] for row in rows.quotes if row["use"] == "speech" and row["run_id"] in found
    }
    for row in rows.sources:
        if row["entity_id"] is not None and (said := speech.get(row["quote_id"])):
            (said.relayed if row["relayed"] else said.spoken).add((row["quote_id"], row["entity_id"]))
    for row in rows.about:
        if said := speech.get(row["quote_id"]):
            said.about.add((row["quote_id"], row["entity_id"]))
    return found


def _row(article: Placed, said: _Said, types: Mapping[int, int]) -> Row:
    entities = {entity for entity, _ in said.mentions}
    month = month_number(article.position >> KEY_BITS)
    facts: dict[Fact, Iterable[int]] = {
        Fact.ENTITY: entities,
        Fact.SPEAKER: (entity for _, entity in said.spoken),
        Fact.PUBLISHER: [] if article.publisher_id is None else [article.publisher_id],
        Fact.TYPE: (types[entity] for entity in entities),
        Fact.MONTH: [] if month is None else [month],
    }
    return {"position": article.position, "packed": pack(facts)}


def _places(article: Placed, said: _Said) -> Row:
    places = {entity << 16 | min(paragraph, MAX_PARAGRAPH) for entity, paragraph in said.mentions}
    return {"position": article.position, "packed": array("q", sorted(places)).tobytes()}
