"""Whether all that is stored holds: pages, indexes, digests, spans, and what is derived.

All is read on one snapshot, while the database may be serving, in chunks, so that memory stays flat.
"""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import Select, distinct, literal_column
from sqlalchemy import select as sql_select
from sqlalchemy.exc import DBAPIError
from sqlmodel import SQLModel, col, func, select

from app.db import Database, ReadSession, ping
from app.db.engine import reason
from app.errors import SpanMismatch
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
    Mention,
    NameWord,
    Quote,
    QuoteAbout,
    QuoteContent,
    QuoteSource,
    Revision,
    Run,
    SourceDocument,
)
from app.names import name_words
from app.positions import KEY_BITS, SLOT_BITS, article_position
from app.search import fts
from app.search.packing import month_number
from app.services.reindexing import NAME, VERSION, Advance, chunks, derive
from app.services.storing.abouts import abouts
from app.services.storing.articles import band_rows
from app.services.storing.meanings import Meanings
from app.services.storing.relinking import misplaced, named_in, rows_of
from app.services.storing.tables import rows_where
from app.spans import Span

ARTICLES = 100  # at a time: documents of a megabyte at that, and the process would still fit a small machine
ENTITIES = 500  # at a time; each may have as many days as there are

COUNTS = ("articles", "mentions", "spoken", "about", "relayed")
REINDEX = "run 'dateline reindex'"


@dataclass(frozen=True, slots=True)
class Discrepancy:
    """One thing that does not hold: the table, the key of the row, and what is wrong with it."""

    table: str
    key: str
    detail: str

    def __str__(self) -> str:
        return f"{self.table} ({self.key}): {self.detail}"


Discrepancies = Iterator[Discrepancy]
Check = Callable[[ReadSession, list[int]], Discrepancies]


def audit(database: Database, advance: Advance) -> Discrepancies:
    """All that is wrong. Misconfigured when there is no database, or one of another schema.

    Where pages are damaged or rows have lost what they refer to, that is said and nothing else is looked at.
    """
    database.check()
    with database.read() as session:
        try:
            yield from _audit(database, session, advance)
        except DBAPIError as error:
            yield Discrepancy("database", database.describe(), f"cannot be read: {reason(error)}")


def _audit(database: Database, session: ReadSession, advance: Advance) -> Discrepancies:
    indexes = _full_text(database, session, advance) if database.dialect == "sqlite" else []
    faults = [Discrepancy("database", database.describe(), fault) for fault in database.faults(session)]
    orphans = _orphans(session) if database.dialect == "sqlite" and not faults else []
    yield from (*faults, *indexes, *orphans)
    if faults or orphans:
        return
    yield from _index_state(session)
    yield from _follow(session, "Names", col(EntityAlias.id), _names, advance)
    yield from _follow(session, "Articles", col(Article.id), _articles, advance)
    yield from _follow(session, "Entities", col(Entity.id), _entities, advance)


def _follow(session: ReadSession, stage: str, key: Any, check: Check, advance: Advance) -> Discrepancies:
    """Check all rows that have this key, a chunk at a time."""
    total, done = session.execute(select(func.count()).select_from(key.class_)).scalar_one(), 0
    for keys in chunks(session, key, ARTICLES if stage == "Articles" else ENTITIES):
        yield from check(session, keys)
        done += len(keys)
        advance(stage, done, total)


def _index_state(session: ReadSession) -> Discrepancies:
    state = session.get(IndexState, NAME)
    if state is None or state.version != VERSION:
        yield Discrepancy("index_state", f"name {NAME}", f"what is derived was made by another version: {REINDEX}")


def _full_text(database: Database, session: ReadSession, advance: Advance) -> list[Discrepancy]:
    """The full-text indexes of SQLite, which checks them as if it wrote: others wait for their turn meanwhile."""
    found = []
    with database.write() as turn:
        ping(session)  # the snapshot for all that follows is of this turn
        for done, table in enumerate(fts.INDEXED, start=1):
            try:
                fts.check_index(turn.connection(), table)
            except DBAPIError as error:
                if database.is_refusal(error):
                    raise
                found.append(
                    Discrepancy(f"{table}_fts", "all", f"not in step with its table: {REINDEX} ({reason(error)})")
                )
            advance("Indexes", done, len(fts.INDEXED))
    return found


def _orphans(session: ReadSession) -> list[Discrepancy]:
    """Rows of SQLite that refer to none; they can come about where foreign keys are off."""
    found = session.connection().exec_driver_sql("PRAGMA foreign_key_check")
    return [
        Discrepancy(table, f"rowid {row}", f"refers to a row of {parent} that is not there")
        for table, row, parent, _ in found
    ]


def _names(session: ReadSession, keys: list[int]) -> Discrepancies:
    """Aliases and the words they are found by."""
    words = defaultdict(set)
    stored = select(col(AliasWord.alias_id), col(NameWord.form)).join(NameWord, col(NameWord.id) == AliasWord.word_id)
    for alias, form in session.execute(stored.where(col(AliasWord.alias_id).in_(keys))):
        words[alias].add(form)
    for row in rows_where(session, EntityAlias, "id", keys, "id", "name_key", "shown"):
        if words[row.id] != set(name_words(row.name_key) if row.shown else ()):
            yield Discrepancy("alias_word", f"alias_id {row.id}", f"not the words of {row.name_key!r}: {REINDEX}")


def _articles(session: ReadSession, keys: list[int]) -> Discrepancies:
    articles = {row.id: row for row in rows_where(session, Article, "id", keys)}
    yield from _texts(articles.values())
    yield from _sources(session, keys)
    yield from _words(session, "article", [(row.position, row.headline, row.text) for row in articles.values()])
    runs = list(rows_where(session, Run, "article_id", keys, "id", "article_id", "revision", "served"))
    texts = {(row.article_id, row.number): row for row in rows_where(session, Revision, "article_id", keys)}
    yield from _revisions(texts.values())
    texts |= {(row.id, row.revision): row for row in articles.values()}
    of_run = {
        run.id: _Text(articles[run.article_id].position, texts[run.article_id, run.revision].text)
        for run in runs
        if (run.article_id, run.revision) in texts
    }
    yield from (
        Discrepancy("run", f"id {run.id}", f"is of revision {run.revision}, of which there is no text")
        for run in runs
        if run.id not in of_run
    )
    yield from _served(runs, articles)
    yield from _mentions(session, of_run)
    yield from _quotes(session, of_run)
    yield from _belonging(session, list(of_run))
    yield from _run_counts(session, of_run)
    yield from _derived(session, list(articles.values()), {run.article_id: run.id for run in runs if run.served})


class _Text(NamedTuple):
    """What annotations are held against: the text of their run, where its article stands."""

    position: int
    text: str


def _revisions(rows: Iterable[Any]) -> Discrepancies:
    for row in rows:
        key = f"article_id {row.article_id}, number {row.number}"
        if hashlib.sha256(row.text.encode()).hexdigest() != row.text_sha256:
            yield Discrepancy("revision", key, "the text is not the one of its text_sha256")
        if hashlib.sha256(row.data).hexdigest() != row.sha256:
            yield Discrepancy("revision", key, "data are not those of their sha256")


def _served(runs: Iterable[Any], articles: dict[int, Any]) -> Discrepancies:
    for run in runs:
        if run.served and run.revision != articles[run.article_id].revision:
            yield Discrepancy("run", f"id {run.id}", f"answers for revision {run.revision}, which is not the newest")


def _run_counts(session: ReadSession, runs: Iterable[int]) -> Discrepancies:
    """How many mentions and how much speech a run has, as it says itself."""
    keys = list(runs)
    mentions = Counter(row.run_id for row in rows_where(session, Mention, "run_id", keys, "run_id"))
    quotes = rows_where(session, Quote, "run_id", keys, "run_id", "use")
    speech = Counter(row.run_id for row in quotes if row.use == "speech")
    for run in rows_where(session, Run, "id", keys, "id", "mention_count", "speech_count"):
        if (run.mention_count, run.speech_count) != (mentions[run.id], speech[run.id]):
            yield Discrepancy("run", f"id {run.id}", f"has {mentions[run.id]} mentions and {speech[run.id]} in speech")


def _texts(articles: Iterable[Any]) -> Discrepancies:
    for row in articles:
        key = f"id {row.id}"
        if hashlib.sha256(row.text.encode()).hexdigest() != row.text_sha256:
            yield Discrepancy("article", key, "the text is not the one of its text_sha256")
        if len(row.text) != row.text_length:
            yield Discrepancy("article", key, f"text_length is {row.text_length}, the text has {len(row.text)}")
        if row.position != article_position(row.published, row.id):
            yield Discrepancy("article", key, "position is not that of its date and key")


def _sources(session: ReadSession, keys: list[int]) -> Discrepancies:
    missing = set(keys)
    for row in rows_where(session, SourceDocument, "article_id", keys, "article_id", "sha256", "data"):
        missing.discard(row.article_id)
        if hashlib.sha256(row.data).hexdigest() != row.sha256:
            yield Discrepancy("source_document", f"article_id {row.article_id}", "data are not those of their sha256")
    yield from (Discrepancy("source_document", f"article_id {key}", "there is none") for key in sorted(missing))


def _words(session: ReadSession, table: str, rows: list[tuple[Any, ...]]) -> Discrepancies:
    """What PostgreSQL's full-text index holds of rows."""
    connection = session.connection()
    if connection.dialect.name == "postgresql":
        for position in fts.out_of_step(connection, table, rows):
            yield Discrepancy(f"{table}_words", f"position {position}", f"not the words of its text: {REINDEX}")


def _mentions(session: ReadSession, of_run: dict[int, Any]) -> Discrepancies:
    for row in rows_where(session, Mention, "run_id", of_run):
        article, key = of_run[row.run_id], f"id {row.id}"
        yield from _span("mention", key, "", row, article.text)
        yield from _position("mention", key, row.position, article.position)


def _quotes(session: ReadSession, of_run: dict[int, Any]) -> Discrepancies:
    quotes = {row.id: row for row in rows_where(session, Quote, "run_id", of_run)}
    pieces = defaultdict(list)
    for row in rows_where(session, QuoteContent, "quote_id", quotes):
        pieces[row.quote_id].append(row)
        text = of_run[quotes[row.quote_id].run_id].text
        yield from _span("quote_content", f"quote_id {row.quote_id}, ordinal {row.ordinal}", "", row, text)
    for row in quotes.values():
        yield from _quote(row, sorted(pieces[row.id], key=lambda piece: piece.ordinal), of_run[row.run_id])
    yield from _words(session, "quote", [(row.position, row.text) for row in quotes.values()])
    for row in rows_where(session, QuoteSource, "quote_id", quotes):
        quote, key = quotes[row.quote_id], f"quote_id {row.quote_id}, ordinal {row.ordinal}"
        for part in ("", "antecedent_"):
            yield from _span("quote_source", key, part, row, of_run[quote.run_id].text)
        yield from _position("quote_source", key, row.position, quote.position)
    for row in rows_where(session, QuoteAbout, "quote_id", quotes):
        key = f"quote_id {row.quote_id}, entity_id {row.entity_id}"
        yield from _position("quote_about", key, row.position, quotes[row.quote_id].position)


def _belonging(session: ReadSession, runs: list[int]) -> Discrepancies:
    """Whether rows belong to whom people decided that the entities are that runs name, and quotes are about those."""
    rows = rows_of(session, runs)
    names = {key for row in (*rows.mentions, *rows.sources) if (key := named_in(row)) is not None}
    meanings = Meanings(session, names)
    for row in misplaced(rows.mentions, meanings, names):
        yield Discrepancy(
            "mention", f"id {row['id']}", f"names entity {named_in(row)}, and belongs to another than that is"
        )
    for row in misplaced(rows.sources, meanings, names):
        source = f"quote_id {row['quote_id']}, ordinal {row['ordinal']}"
        yield Discrepancy("quote_source", source, f"names entity {named_in(row)}, and belongs to another than that is")
    made, stored = ({(row["quote_id"], row["entity_id"]) for row in each} for each in (abouts(rows), rows.about))
    for quote, entity in sorted(made ^ stored):
        yield Discrepancy("quote_about", f"quote_id {quote}, entity_id {entity}", "not what is mentioned in the quote")


def _quote(row: Any, pieces: list[Any], article: Any) -> Discrepancies:
    key = f"id {row.id}"
    yield from _span("quote", key, "cue_", row, article.text)
    yield from _position("quote", key, row.position >> SLOT_BITS, article.position)
    if not pieces or row.text != " ".join(piece.exact for piece in pieces):
        yield Discrepancy("quote", key, "the text is not that of its pieces")
    elif row.start != pieces[0].start:
        yield Discrepancy("quote", key, f"start is {row.start}, its first piece starts at {pieces[0].start}")


def _span(table: str, key: str, part: str, row: Any, text: str) -> Discrepancies:
    """Whether the columns whose names begin with ``part`` hold a span of the text, or none at all."""
    start, end, exact = (getattr(row, f"{part}{name}") for name in ("start", "end", "exact"))
    if start is None and end is None and exact is None:
        return
    try:
        if start is None or end is None or exact is None:
            yield Discrepancy(table, key, f"{part}start, {part}end and {part}exact are not all there")
        else:
            Span.model_construct(start=start, end=end, exact=exact).check(text)
    except SpanMismatch as error:
        yield Discrepancy(table, key, f"{part.replace('_', ' ')}{error}")


def _position(table: str, key: str, found: int, expected: int) -> Discrepancies:
    if found != expected:
        yield Discrepancy(table, key, f"position is of {found}, and should be of {expected}")


def _derived(session: ReadSession, articles: list[Any], served: dict[int, int]) -> Discrepancies:
    """What is derived of articles, against what reindexing would make."""
    made = derive(session, [(row.position, row.publisher_id, served.get(row.id)) for row in articles])
    positions = [row.position for row in articles]
    for model, rows in ((ArticleFacts, made.facts()), (ArticlePlaces, made.places())):
        stored = dict(map(tuple, rows_where(session, model, "position", positions, "position", "packed")))
        for row in rows:
            if stored.get(row["position"]) != row["packed"]:
                yield _underived(model.__tablename__, f"position {row['position']}")
    bands = {(row["position"], row["band"]) for row in band_rows((row.position, row.text) for row in articles)}
    found = set(map(tuple, rows_where(session, ArticleBand, "position", positions, "position", "band")))
    for position in sorted({position for position, _ in bands ^ found}):
        yield _underived("article_band", f"position {position}")


def _underived(table: object, key: str) -> Discrepancy:
    return Discrepancy(str(table), key, f"not what its article says: {REINDEX}")


def _entities(session: ReadSession, keys: list[int]) -> Discrepancies:
    """Counts of entities, and of their days, against what is counted anew."""
    days = {(entity, day): (articles, times) for entity, day, articles, times in session.execute(_days(keys))}
    counted: dict[int, Counter[str]] = defaultdict(Counter)
    for (entity, _), (articles, times) in days.items():
        counted[entity].update(articles=articles, mentions=times)
    for name, statement in _parts(keys).items():
        for entity, times in session.execute(statement):
            counted[entity][name] = times
    for row in rows_where(session, Entity, "id", keys, "id", *COUNTS):
        for name in COUNTS:
            if (has := getattr(row, name)) != (should := counted[row.id][name]):
                yield Discrepancy("entity", f"id {row.id}", f"{name} is {has}, and should be {should}: {REINDEX}")
    yield from _times(session, EntityDay, "day", keys, days)
    yield from _times(session, EntityMonth, "month", keys, _months(days))


def _times(
    session: ReadSession, model: type[SQLModel], time: str, keys: list[int], counted: dict[Any, tuple[int, int]]
) -> Discrepancies:
    """What is kept of a day or of a month, against what is counted anew."""
    columns = ("entity_id", time, "articles", "mentions")
    stored = {tuple(row[:2]): tuple(row[2:]) for row in rows_where(session, model, "entity_id", keys, *columns)}
    for entity, at in sorted(key for key in counted.keys() | stored.keys() if counted.get(key) != stored.get(key)):
        yield _underived(model.__tablename__, f"entity_id {entity}, {time} {at}")


def _months(days: dict[tuple[int, int], tuple[int, int]]) -> dict[Any, tuple[int, int]]:
    months: dict[Any, tuple[int, int]] = {}
    for (entity, day), (articles, mentions) in days.items():
        if (month := month_number(day)) is not None:
            before = months.get((entity, month), (0, 0))
            months[entity, month] = (before[0] + articles, before[1] + mentions)
    return months


def _days(keys: list[int]) -> Select[*tuple[Any, ...]]:
    """Entities, days, articles that mention them then, and mentions."""
    entity, run = col(Mention.entity_id), col(Mention.run_id)
    day = col(Mention.position).bitwise_rshift(literal_column(str(KEY_BITS)))
    counted = sql_select(entity, day, func.count(distinct(run)), func.count()).join(Run, col(Run.id) == run)
    return counted.where(entity.between(keys[0], keys[-1]), col(Run.served)).group_by(entity, day)


def _parts(keys: list[int]) -> dict[str, Select[*tuple[Any, ...]]]:
    """Entities and the number of quotes they have each part in."""
    sources = (col(QuoteSource.entity_id), col(QuoteSource.quote_id))
    return {
        "spoken": _speech(keys, *sources).where(~col(QuoteSource.relayed)),
        "relayed": _speech(keys, *sources).where(col(QuoteSource.relayed)),
        "about": _speech(keys, col(QuoteAbout.entity_id), col(QuoteAbout.quote_id)),
    }


def _speech(keys: list[int], entity: Any, quote: Any) -> Select[*tuple[Any, ...]]:
    counted = sql_select(entity, func.count(distinct(quote))).join(Quote, col(Quote.id) == quote)
    served = counted.join(Run, col(Run.id) == Quote.run_id).where(col(Run.served), col(Quote.use) == "speech")
    return served.where(entity.between(keys[0], keys[-1])).group_by(entity)
