"""Importing lines of JSON as ``dateline annotate`` prints them: an article with its annotations each.

Lines are stored some hundreds at a time, in a transaction that holds whole articles only. Importing the
same again changes nothing, so an import that was killed is repeated, not repaired.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

from pydantic import Field, ValidationError

from app.annotations import Annotations, Entity, Mention, Metadata, Quote, Record
from app.db import Database
from app.documents import plain_document
from app.errors import Conflict, InvalidInput
from app.services.storing import Authorship, Submission, store

# Lines that are stored in one transaction: enough that committing costs little, few enough that others get their turn.
BATCH = 500
# What an index of PostgreSQL holds, in UTF-8, with room to spare (a third of a page).
MAX_INDEXED = 2_000
# As JSON has it: behind any number of escaped backslashes.
_NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")


class AnnotatorRecord(Record):
    """What annotated."""

    name: str
    version: str
    model: str | None = None
    parameters: dict[str, Any] = Field({})


class ArticleRecord(Record):
    """One line: a text, what is known of it, and what an annotator says of it."""

    document: str = "article.txt"
    metadata: Metadata = Metadata()
    text: str = Field(min_length=1)
    annotator: AnnotatorRecord = AnnotatorRecord(name="import", version="1")
    entities: tuple[Entity, ...] = ()
    mentions: tuple[Mention, ...] = ()
    quotes: tuple[Quote, ...] = ()

    def submission(self) -> Submission:
        """What is to be stored. InvalidInput for what cannot be."""
        for name in self._indexed():
            if len(name.encode()) > MAX_INDEXED:
                raise InvalidInput(f"{name[:40]!r}… is longer than {MAX_INDEXED} bytes")
        document = plain_document(self.text, self.metadata)
        annotator = self.annotator
        by = Authorship("machine", annotator.name, annotator.version, annotator.model, annotator.parameters)
        said = Annotations.model_construct(entities=self.entities, mentions=self.mentions, quotes=self.quotes)
        return Submission(document, self.text.encode(), self.document, ((by, said),))

    def _indexed(self) -> Iterator[str]:
        """What will stand in an index."""
        yield from (self.metadata.url or "", self.metadata.publisher or "")
        for entity in self.entities:
            yield from (entity.name, *entity.aliases)


@dataclass(slots=True)
class ImportSummary:
    """What an import has done, in lines: those that added an article or annotations to one, and the others."""

    stored: int = 0
    unchanged: int = 0
    failed: int = 0


@dataclass(frozen=True, slots=True)
class FailedLine:
    """A line that was not stored, counted from one, and why."""

    number: int
    reason: str


def import_lines(
    database: Database, lines: Iterable[bytes], summary: ImportSummary, advance: Callable[[int], None]
) -> Iterator[FailedLine]:
    """Store what the lines hold; those that cannot be are given back, and counted in ``summary``.

    ``advance`` is called with the number of bytes that are done.
    """
    numbered = enumerate(lines, 1)
    while batch := list(islice(numbered, BATCH)):
        good: list[tuple[int, Submission]] = []
        for number, line in batch:
            read = _read(number, line)
            if isinstance(read, Submission):
                good.append((number, read))
            elif read is not None:
                summary.failed += 1
                yield read
        yield from _store(database, good, summary)
        advance(sum(len(line) for _, line in batch))


def _read(number: int, line: bytes) -> Submission | FailedLine | None:
    """What is to be stored; None for a blank line."""
    if not line.strip():
        return None
    if rb"\u0000" in line and _NUL.search(line):
        return FailedLine(number, "it holds a NUL, which PostgreSQL does not")
    try:
        return ArticleRecord.model_validate_json(line).submission()
    except (ValidationError, InvalidInput) as error:
        return FailedLine(number, _reason(error))


def _store(database: Database, good: list[tuple[int, Submission]], summary: ImportSummary) -> Iterator[FailedLine]:
    try:
        _store_together(database, [submission for _, submission in good], summary)
    except (Conflict, InvalidInput) as error:
        if len(good) == 1:
            summary.failed += 1
            yield FailedLine(good[0][0], str(error))
            return
        # Half and half again: who is at fault is found, and everybody else is stored.
        middle = len(good) // 2
        yield from _store(database, good[:middle], summary)
        yield from _store(database, good[middle:], summary)


def _store_together(database: Database, submissions: list[Submission], summary: ImportSummary) -> None:
    if not submissions:
        return
    with database.write() as session:
        stored = store(session, submissions)
    new = {(each.id, each.runs) for each in stored if each.is_new}
    summary.stored += len(new)
    summary.unchanged += len(stored) - len(new)


def _reason(error: ValidationError | InvalidInput) -> str:
    if isinstance(error, InvalidInput):
        return str(error)
    first = error.errors()[0]
    return f"/{'/'.join(map(str, first['loc']))}: {first['msg']}"
