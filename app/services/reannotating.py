"""Annotating stored articles anew, where another annotator or version of it was the last to do so, or none was.

An article at a time: annotated outside of any transaction, then stored in one of its own. Whoever reads has the
earlier run until the new one is whole. Cut short, it is begun again: what is done is not outdated any more.
"""

from array import array
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from sqlalchemy import and_
from sqlmodel import col, select

from app.annotations import Annotations, Metadata
from app.db import Database, WriteSession
from app.errors import Conflict, InvalidInput, NotFound
from app.models import Article, Run, now
from app.services.annotating import AnnotatorService
from app.services.articles import get_article
from app.services.batch import Annotators
from app.services.journal import Writer, record
from app.services.storing import Authorship
from app.services.storing.runs import store_run

# Articles that are looked through at a time.
CHUNK = 1_000


@dataclass(frozen=True, slots=True)
class Result:
    """What became of an article; ``detail`` says why it could not be annotated."""

    article: str
    outcome: Literal["stored", "unchanged", "failed"]
    detail: str | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """The keys of the articles to annotate, those that need not be, and those that cannot."""

    keys: "array[int]"
    unchanged: int
    failed: list[Result] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Article:
    """What an annotator needs of an article as it is now."""

    key: int
    id: str
    revision: int
    text: str
    metadata: Metadata


def plan(database: Database, by: Authorship, articles: Sequence[str] = ()) -> Plan:
    """What there is to do until the newest machine run of each of these articles, or of all, is by ``by``."""
    failed: list[Result] = []
    keys, unchanged = array("q"), 0
    for key, run in _named(database, articles, failed) if articles else _all(database):
        if by.made(run):
            unchanged += 1
        else:
            keys.append(key)
    return Plan(keys, unchanged, failed)


def reannotate(
    database: Database, annotators: Annotators, by: Authorship, keys: Collection[int], writer: Writer
) -> Iterator[Result]:
    """Annotate the articles with these keys, and say of each what became of it; one that was deleted is passed over.

    One that gets another text meanwhile is annotated once more.
    """
    while keys:
        outdated = []
        for article, made in annotators.each(_annotate, _articles(database, keys)):
            result = _store(database, by, article, made, writer)
            if result is None:
                outdated.append(article.key)
            else:
                yield result
        keys = outdated


def _all(database: Database) -> Iterator[tuple[int, Run | None]]:
    last = 0
    while True:
        # A session for each chunk: none is open long.
        with database.read() as session:
            rows = session.exec(_newest_runs().where(col(Article.id) > last).limit(CHUNK)).all()
        if not rows:
            return
        yield from rows
        last = rows[-1][0]


def _named(database: Database, articles: Sequence[str], failed: list[Result]) -> Iterator[tuple[int, Run | None]]:
    for article_id in dict.fromkeys(articles):
        try:
            with database.read() as session:
                article = get_article(session, article_id)
                row = session.exec(_newest_runs().where(col(Article.id) == article.id)).one()
        except NotFound as error:
            failed.append(Result(article_id, "failed", str(error)))
        else:
            yield row


def _newest_runs() -> Any:
    """The key of each article, with the newest machine run over it, if any."""
    newest = and_(col(Run.article_id) == Article.id, col(Run.latest), col(Run.kind) == "machine")
    return select(Article.id, Run).join(Run, newest, isouter=True).order_by(col(Article.id))


def _articles(database: Database, keys: Collection[int]) -> Iterator[_Article]:
    for key in keys:
        with database.read() as session:
            article = session.get(Article, key)
        if article is not None:
            metadata = Metadata.model_construct(**{name: getattr(article, name) for name in Metadata.model_fields})
            yield _Article(key, article.public_id, article.revision, article.text, metadata)


def _annotate(service: AnnotatorService, article: _Article) -> tuple[_Article, Annotations | str]:
    """The annotations, or why there are none."""
    try:
        return article, service.annotate(article.text, article.metadata)
    except InvalidInput as error:
        return article, str(error)


def _store(
    database: Database, by: Authorship, article: _Article, made: Annotations | str, writer: Writer
) -> Result | None:
    """What became of the article; None where it is not the one that was annotated any more."""
    if isinstance(made, str):
        return Result(article.id, "failed", made)
    try:
        with database.write() as session:
            return _store_run(session, by, article, made, writer)
    except (Conflict, InvalidInput) as error:
        return Result(article.id, "failed", str(error))


def _store_run(
    session: WriteSession, by: Authorship, article: _Article, made: Annotations, writer: Writer
) -> Result | None:
    found = session.get(Article, article.key)
    if found is None or found.revision != article.revision:
        return None
    _, run = session.exec(_newest_runs().where(col(Article.id) == article.key)).one()
    if by.made(run):  # somebody else was first
        return Result(article.id, "unchanged")
    stored = store_run(session, found, replace(by, created_at=now()), made)
    record(session, writer, "article.annotate", article.id, run=stored.runs[0])
    return Result(article.id, "stored")
