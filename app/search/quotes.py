"""Finding quotes: by what was said, by whom, through whom, about whom."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Column, ColumnElement, column, exists, literal_column, select, table, text
from sqlmodel import Session, col

from app.models import Article, Quote, QuoteAbout, QuoteSource, Run
from app.names import fold
from app.search.articles import PUBLISHED
from app.search.highlights import CLOSE, OPEN, marked_spans
from app.search.paging import AnySelect, Order
from app.search.runs import chosen
from app.spans import Span

FTS = table("quote_fts", column("rowid"))
_INDEX: Column[str] = literal_column("quote_fts")  # type: ignore[assignment]


@dataclass(frozen=True, slots=True)
class QuoteFilter:
    """Which quotes: every condition that is set must hold. Entities and articles are keys."""

    fts5: str | None = None
    article_id: int | None = None
    speaker_id: int | None = None
    via_id: int | None = None
    about_id: int | None = None
    kind: str | None = None
    use: str | None = "speech"
    publisher: str | None = None
    since: date | None = None
    until: date | None = None
    run: str = "served"


def find(wanted: QuoteFilter, sort: str) -> tuple[AnySelect, Order]:
    """Keys of the quotes wanted: "newest" or "oldest" article first, in text order within each."""
    statement = (
        select(col(Quote.id))
        .join(Run, col(Run.id) == Quote.run_id)
        .join(Article, col(Article.id) == Run.article_id)
        .where(chosen(wanted.run), *_conditions(wanted))
    )
    if wanted.fts5 is not None:
        statement = statement.join(FTS, FTS.c.rowid == Quote.id).where(_INDEX.op("MATCH")(wanted.fts5))
    if sort == "oldest":
        return statement, Order((PUBLISHED, col(Article.id), col(Quote.id)))
    return statement, Order((PUBLISHED, col(Article.id), -col(Quote.id)), descending=True)


def highlights(session: Session, fts5: str, ids: list[int]) -> dict[int | None, tuple[Span, ...]]:
    """Where ``fts5`` matches, by quote: spans in its joined text."""
    rows = session.execute(
        text(
            "SELECT rowid, highlight(quote_fts, 0, :open, :close) FROM quote_fts "
            f"WHERE quote_fts MATCH :query AND rowid IN ({', '.join(map(str, ids)) or 'NULL'})"
        ),
        {"open": OPEN, "close": CLOSE, "query": fts5},
    )
    return {key: marked_spans(marked) for key, marked in rows}


def _conditions(wanted: QuoteFilter) -> Iterator[ColumnElement[bool]]:
    yield from _article_conditions(wanted)
    if wanted.kind is not None:
        yield col(Quote.kind) == wanted.kind
    if wanted.use is not None:
        yield col(Quote.use) == wanted.use
    if wanted.speaker_id is not None:
        yield _has_source(wanted.speaker_id, col(QuoteSource.ordinal) == 0)
    if wanted.via_id is not None:
        yield _has_source(wanted.via_id, col(QuoteSource.ordinal) > 0)
    if wanted.about_id is not None:
        yield exists().where(col(QuoteAbout.quote_id) == Quote.id, col(QuoteAbout.entity_id) == wanted.about_id)


def _article_conditions(wanted: QuoteFilter) -> Iterator[ColumnElement[bool]]:
    if wanted.article_id is not None:
        yield col(Article.id) == wanted.article_id
    if wanted.publisher is not None:
        yield col(Article.publisher_key) == fold(wanted.publisher)
    if wanted.since is not None:
        yield col(Article.published) >= wanted.since
    if wanted.until is not None:
        yield col(Article.published) <= wanted.until


def _has_source(entity_id: int, position: ColumnElement[bool]) -> ColumnElement[bool]:
    return exists().where(col(QuoteSource.quote_id) == Quote.id, col(QuoteSource.entity_id) == entity_id, position)
