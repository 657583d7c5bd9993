"""Revisions: another document in the place of the one an article was read from; the earlier stays, with its runs."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, and_, delete, text, update
from sqlmodel import col, select

from app.db import WriteSession
from app.errors import InvalidInput
from app.models import (
    Article,
    ArticleBand,
    ArticleFacts,
    ArticlePlaces,
    Revision,
    Run,
    SourceDocument,
    now,
    stored_key,
    table_of,
)
from app.positions import SLOT_BITS
from app.search import fts
from app.services.storing.articles import ArticleKey, article_row, band_rows, keep_publishers, key_of, source_row
from app.services.storing.derived import Derived
from app.services.storing.submission import Submission
from app.services.storing.tables import insert_rows

_OF_DOCUMENT = ("name", "media_type", "sha256", "data", "segments", "repairs")
_OF_ARTICLE = ("headline", "published", "publisher", "dateline", "text", "text_sha256", "text_length")


def replace_document(session: WriteSession, article: Article, submission: Submission) -> ArticleKey:
    """Make the submission's document the article's next revision.

    No run answers for another text yet. Over one that is the same word for word, the runs there are answer on.
    InvalidInput when it has another address: that is another article.
    """
    _require_same_address(article, submission)
    latest = session.exec(select(Run).where(Run.article_id == article.id, col(Run.latest))).all()
    served = next((run for run in latest if run.served), None)
    _keep(session, article, served.public_id if served else None)
    _underive(session, article, served)
    made = key_of(_write(session, article, submission), is_new=False)
    if made.text_sha256 == article.text_sha256:
        _take_over(session, article, latest, served)
        _derive(session, made, served)
    session.expire(article)
    return made


def _derive(session: WriteSession, article: ArticleKey, served: Run | None) -> None:
    derived = Derived(session)
    if served is None:
        derived.add_bare([article])
    else:
        derived.add({stored_key(served): article})
    derived.save()


def _require_same_address(article: Article, submission: Submission) -> None:
    url = submission.document.metadata.url
    if url is not None and url != article.url:
        raise InvalidInput(f"{url} is not the address of {article.public_id}: store it as an article of its own")


def _keep(session: WriteSession, article: Article, run: str | None) -> None:
    """The article as it is, among its revisions."""
    source = session.exec(select(SourceDocument).where(SourceDocument.article_id == article.id)).one()
    session.add(
        Revision(
            article_id=stored_key(article),
            number=article.revision,
            created_at=article.revised_at or article.created_at,
            run=run,
            carried={},
            **{name: getattr(article, name) for name in _OF_ARTICLE},
            **{name: getattr(source, name) for name in _OF_DOCUMENT},
        )
    )
    session.flush()


def _underive(session: WriteSession, article: Article, served: Run | None) -> None:
    if served is not None:
        derived = Derived(session)
        derived.take_away({stored_key(served): article})
        derived.save()
    _flag(session, _of_revision(article), served=False, latest=False)
    for model in (ArticleFacts, ArticlePlaces, ArticleBand):
        session.execute(delete(model).where(table_of(model).c.position == article.position))


def _take_over(session: WriteSession, article: Article, latest: Sequence[Run], served: Run | None) -> None:
    """Runs over the same text, for the next revision."""
    _flag(session, _of_revision(article), revision=article.revision + 1)
    for run in latest:
        _flag(session, col(Run.id) == stored_key(run), latest=True, served=run is served)


def _of_revision(article: Article) -> ColumnElement[bool]:
    return and_(col(Run.article_id) == article.id, col(Run.revision) == article.revision)


def _flag(session: WriteSession, runs: ColumnElement[bool], **values: Any) -> None:
    session.connection().execute(update(table_of(Run)).where(runs).values(**values))


def _write(session: WriteSession, article: Article, submission: Submission) -> dict[str, Any]:
    connection, key = session.connection(), stored_key(article)
    publishers = keep_publishers(session, [submission.document.metadata.publisher])
    row = article_row(submission.document, article.public_id, key, publishers) | {
        "url": article.url,
        "created_at": article.created_at,
        "revision": article.revision + 1,
        "revised_at": now(),
    }
    fts.remove(connection, article.position)
    connection.execute(update(table_of(Article)).where(table_of(Article).c.id == key).values(**row))
    _move_annotations(session, key, article.position, row["position"])
    fts.add(connection, [row["position"]])
    documents = table_of(SourceDocument)
    source = source_row(key, submission)
    connection.execute(update(documents).where(documents.c.article_id == key).values(**source))
    insert_rows(session, ArticleBand, band_rows([(row["position"], row["text"])]))
    return row


def _move_annotations(session: WriteSession, key: int, old: int, new: int) -> None:
    """An article that is dated otherwise stands elsewhere, and so does what is said in it."""
    if old == new:
        return
    runs = "SELECT id FROM run WHERE article_id = :key"
    quotes = f"SELECT id FROM quote WHERE run_id IN ({runs})"
    by = (new - old) << SLOT_BITS
    for table, rows, distance in (
        ("mention", f"run_id IN ({runs})", new - old),
        ("quote", f"run_id IN ({runs})", by),
        ("quote_source", f"quote_id IN ({quotes})", by),
        ("quote_about", f"quote_id IN ({quotes})", by),
    ):
        statement = f"UPDATE {table} SET position = position + :distance WHERE {rows}"
        session.connection().execute(text(statement), {"key": key, "distance": distance})
