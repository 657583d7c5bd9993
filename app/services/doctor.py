"""What may be wrong with an installation, and what to do about it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from sqlmodel import func, select

from app.annotations import Metadata
from app.config import Settings, load_settings
from app.db import Database
from app.errors import DatelineError, Misconfigured
from app.models import Article, Run
from app.services.annotating import AnnotatorService

SENTENCE = '"It works," said Ada Lovelace in London.'


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing examined: whether it is well, and what was found or is to be done."""

    subject: str
    well: bool
    detail: str


def examine() -> Iterator[Finding]:
    """Settings, database, annotator, in this order; without settings there is nothing else to examine."""
    try:
        settings = load_settings()
    except Misconfigured as error:
        yield Finding("settings", False, str(error))
        return
    yield Finding("settings", True, f"database {settings.dialect}, pipeline {settings.pipeline}")
    yield _finding("database", lambda: _database(settings))
    yield _finding("annotator", lambda: _annotator(settings))


def _finding(subject: str, check: Callable[[], str]) -> Finding:
    try:
        return Finding(subject, True, check())
    except DatelineError as error:
        return Finding(subject, False, str(error))


def _database(settings: Settings) -> str:
    database = Database(settings)
    try:
        database.check()
        database.check_integrity()
        with database.read() as session:
            articles = session.exec(select(func.count()).select_from(Article)).one()
            runs = session.exec(select(func.count()).select_from(Run)).one()
    finally:
        database.close()
    return f"{database.describe()}: {articles} articles, {runs} runs"


def _annotator(settings: Settings) -> str:
    service = AnnotatorService(settings.pipeline)
    quotes = service.annotate(SENTENCE, Metadata()).quotes
    if not quotes:
        raise Misconfigured(f"{service.annotator.model} finds no quote in {SENTENCE!r}: reinstall the pipeline")
    return f"{service.annotator.name} {service.annotator.version} on {service.annotator.model}"
