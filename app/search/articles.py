"""Finding articles: by words, by who and what is in them, by who speaks in them."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import (
    Column,
    ColumnElement,
    Date,
    Float,
    column,
    exists,
    func,
    literal_column,
    select,
    table,
    text,
)
from sqlmodel import Session, col

from app.models import Article, Mention, Quote, QuoteSource, Run
from app.names import fold
from app.search.highlights import CLOSE, OPEN, marked_spans
from app.search.paging import AnySelect, Order
from app.search.runs import chosen
from app.spans import Span

FTS = table("article_fts", column("rowid"))
_INDEX: Column[str] = literal_column("article_fts")  # type: ignore[assignment]

# A word in the headline says more about an article than one in its text.
RANK = func.bm25(_INDEX, 4.0, 1.0, type_=Float)
PUBLISHED = func.coalesce(col(Article.published), date.min, type_=Date)


@dataclass(frozen=True, slots=True)
class ArticleFilter:
    """Which articles: every condition that is set must hold. Entities are keys."""

    fts5: str | None = None
    entity_id: int | None = None
    speaker_id: int | None = None
    publisher: str | None = None
    since: date | None = None
    until: date | None = None
    run: str = "served"


def find(wanted: ArticleFilter, sort: str) -> tuple[AnySelect, Order]:
    """Keys of the articles wanted; ``sort`` is newest, oldest, or relevance, which needs words to search."""
    statement = matching(wanted)
    if sort == "relevance" and wanted.fts5 is not None:
        return statement, Order((RANK, col(Article.id)))
    return statement, Order((PUBLISHED, col(Article.id)), descending=sort != "oldest")


def matching(wanted: ArticleFilter) -> AnySelect:
    """Keys of the articles wanted, in no order."""
    statement = select(col(Article.id))
    if wanted.fts5 is not None:
        statement = statement.join(FTS, FTS.c.rowid == Article.id).where(_INDEX.op("MATCH")(wanted.fts5))
    if wanted.publisher is not None:
        statement = statement.where(col(Article.publisher_key) == fold(wanted.publisher))
    if wanted.since is not None:
        statement = statement.where(col(Article.published) >= wanted.since)
    if wanted.until is not None:
        statement = statement.where(col(Article.published) <= wanted.until)
    if wanted.entity_id is not None:
        statement = statement.where(_mentions(wanted.entity_id, wanted.run))
    if wanted.speaker_id is not None:
        statement = statement.where(_quotes(wanted.speaker_id, wanted.run))
    return statement


def highlights(session: Session, fts5: str, ids: list[int]) -> dict[int, tuple[tuple[Span, ...], tuple[Span, ...]]]:
    """Where ``fts5`` matches, by article: spans in the headline, spans in the text.

    Asked for once the page is known: marking inside the sorted query would mark every match.
    """
    marks = {"open": OPEN, "close": CLOSE, "query": fts5}
    rows = session.execute(
        text(
            "SELECT rowid, highlight(article_fts, 0, :open, :close), highlight(article_fts, 1, :open, :close) "
            f"FROM article_fts WHERE article_fts MATCH :query AND rowid IN ({', '.join(map(str, ids)) or 'NULL'})"
        ),
        marks,
    )
    return {key: (marked_spans(headline or ""), marked_spans(body)) for key, headline, body in rows}


def _mentions(entity_id: int, run: str) -> ColumnElement[bool]:
    return exists().where(
        col(Mention.entity_id) == entity_id,
        col(Mention.run_id) == Run.id,
        col(Run.article_id) == Article.id,
        chosen(run),
    )


def _quotes(speaker_id: int, run: str) -> ColumnElement[bool]:
    return exists().where(
        col(QuoteSource.entity_id) == speaker_id,
        col(QuoteSource.ordinal) == 0,
        col(QuoteSource.quote_id) == Quote.id,
        col(Quote.use) == "speech",
        col(Quote.run_id) == Run.id,
        col(Run.article_id) == Article.id,
        chosen(run),
    )
