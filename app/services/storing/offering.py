"""Offering documents to be stored: what is stored already is recognised, and neither stored twice nor overwritten."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from sqlmodel import col, select

from app.db import ReadSession, WriteSession
from app.errors import Conflict
from app.models import Article, DeletedArticle, Run, SourceDocument
from app.services.storing.articles import deleted, other_document, store_articles, two_documents
from app.services.storing.runs import store_runs
from app.services.storing.submission import Stored, Submission
from app.services.storing.tables import rows_where

By = Literal["url", "id", "text"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a submission: the article it is, by what that was recognised, whether anything was added.

    ``by`` is None for an article that is new, ``text`` for one that is a copy of another and was not stored.
    ``refusal`` says why nothing was stored that could not be.
    """

    article: str
    by: By | None = None
    added: bool = False
    refusal: Conflict | None = None

    def require(self) -> None:
        """Raise the refusal where there is one."""
        if self.refusal is not None:
            raise self.refusal


def offer(session: WriteSession, submissions: Sequence[Submission], *, same_text: bool = False) -> list[Outcome]:
    """Store what is new of each, and say what came of it, in the order given.

    A text that is stored already, under whatever address, is not stored again unless ``same_text``. Conflict and
    InvalidInput where an annotator contradicts itself or a span its text: then nothing is stored.
    """
    known = recognise(session, submissions, same_text=same_text)
    wanted = [s for s, outcome in zip(submissions, known, strict=True) if _is_wanted(outcome)]
    stored = iter(_store(session, wanted))
    seen: set[tuple[str, tuple[str, ...]]] = set()
    return [_outcome(next(stored), outcome.by, seen) if _is_wanted(outcome) else outcome for outcome in known]


def needs_annotating(session: ReadSession, submission: Submission, *, same_text: bool = False) -> bool:
    """Whether it is new, or is an article that no machine has annotated."""
    (outcome,) = recognise(session, [submission], same_text=same_text)
    if outcome.by is None or not _is_wanted(outcome):
        return _is_wanted(outcome)
    by_machine = select(Run.id).join(Article, col(Article.id) == Run.article_id)
    by_machine = by_machine.where(Article.public_id == outcome.article, Run.kind == "machine", col(Run.latest))
    return session.exec(by_machine).first() is None


def recognise(
    session: ReadSession | WriteSession, submissions: Sequence[Submission], *, same_text: bool
) -> list[Outcome]:
    """What is known of each before any of them is stored."""
    known = _Known(session, submissions, same_text=same_text)
    return [known.find(submission) for submission in submissions]


def _store(session: WriteSession, submissions: list[Submission]) -> list[Stored]:
    if not submissions:
        return []
    return store_runs(session, list(zip(store_articles(session, submissions), submissions, strict=True)))


def _is_wanted(outcome: Outcome) -> bool:
    return outcome.refusal is None and outcome.by != "text"


def _outcome(stored: Stored, by: By | None, seen: set[tuple[str, tuple[str, ...]]]) -> Outcome:
    """Of equal ones the first has added what they add."""
    same = (stored.id, stored.runs)
    added = stored.is_new and same not in seen
    seen.add(same)
    return Outcome(stored.id, by, added)


class _Known:
    """What the database, and then those found before, have of each submission."""

    def __init__(
        self, session: ReadSession | WriteSession, submissions: Sequence[Submission], *, same_text: bool
    ) -> None:
        ids = {submission.identity for submission in submissions}
        self._deleted = {row.public_id for row in rows_where(session, DeletedArticle, "public_id", ids)}
        self._articles = {row.public_id: row for row in rows_where(session, Article, "public_id", ids)}
        keys = [row.id for row in self._articles.values()]
        self._sources = dict(map(tuple, rows_where(session, SourceDocument, "article_id", keys, "article_id", "data")))
        self._offered: dict[str, bytes] = {}
        self._texts: dict[str, str] | None = None
        if not same_text:
            new = (each.text_sha256 for each in submissions if each.identity not in self._articles)
            self._texts = _articles_of(session, new)

    def find(self, submission: Submission) -> Outcome:
        identity = submission.identity
        by: By = "url" if submission.document.metadata.url else "id"
        if identity in self._deleted:
            return Outcome(identity, refusal=deleted(identity))
        stored = self._articles.get(identity)
        if stored is not None and self._sources[stored.id] != submission.data:
            return Outcome(identity, refusal=other_document(stored, submission.document))
        if stored is not None:
            return Outcome(identity, by)
        if identity in self._offered:
            same = self._offered[identity] == submission.data
            return Outcome(identity, by) if same else Outcome(identity, refusal=two_documents(submission))
        return self._find_text(submission)

    def _find_text(self, submission: Submission) -> Outcome:
        if self._texts is not None:
            article = self._texts.setdefault(submission.text_sha256, submission.identity)
            if article != submission.identity:
                return Outcome(article, "text")
        self._offered[submission.identity] = submission.data
        return Outcome(submission.identity)


def _articles_of(session: ReadSession | WriteSession, texts: Iterable[str]) -> dict[str, str]:
    """Of each text, by its hash, the article that was stored with it first."""
    rows = rows_where(session, Article, "text_sha256", set(texts), "id", "text_sha256", "public_id")
    return {row.text_sha256: row.public_id for row in sorted(rows, key=lambda row: -row.id)}
