"""Storing articles and runs, many at a time: each whole or absent, and the same again changes nothing.

Public ids are made from what a thing is, so that the same input gives the same database wherever and
however often it is loaded. Keys are given out here, not by the database: there is one writer at a time.
"""

from collections.abc import Sequence

from app.db import ReadSession, WriteSession
from app.documents import Document
from app.models import Article
from app.services.storing.articles import find_article, store_articles
from app.services.storing.offering import Outcome, needs_annotating, offer
from app.services.storing.runs import store_runs
from app.services.storing.submission import Authorship, Stored, Submission

__all__ = ["Authorship", "Outcome", "Stored", "Submission", "find", "needs_annotating", "offer", "store"]


def store(session: WriteSession, submissions: Sequence[Submission]) -> list[Stored]:
    """Store each submission's article, unless it is stored, and its runs, each the latest of its kind.

    What is stored, in the order given. Conflict when something else is stored under an article's URL;
    or when a machine so configured said something else of it before; SpanMismatch when a span does not say
    what the text says, whoever wrote it. Then nothing is stored.
    """
    articles = store_articles(session, submissions)
    return store_runs(session, list(zip(articles, submissions, strict=True)))


def find(session: ReadSession, document: Document, data: bytes) -> Article | None:
    """The article of ``document`` where it is stored; Conflict when something else is stored under its URL."""
    return find_article(session, document, data)
