"""Importing lines of JSON as ``dateline annotate`` prints them: an article each, annotated already or not.

One way for files and for what comes over HTTP. Lines are stored some hundreds at a time, in a transaction that
holds whole articles only. Importing the same again changes nothing, so an import that was killed is repeated,
not repaired.
"""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from time import monotonic
from typing import Any, Literal

from pydantic import Field, ValidationError, field_validator

from app.annotations import Annotations, Entity, Mention, Metadata, Quote, Record
from app.db import Database, WriteSession
from app.documents import plain_document
from app.errors import Conflict, FetchFailed, InvalidInput, SwitchedOff, in_words
from app.services.annotating import AnnotatorService
from app.services.journal import Writer, record_all
from app.services.storing import Authorship, Outcome, Submission, offer

# Lines that are stored in one transaction: enough that committing costs little, few enough that others get their
# turn, and not more in bytes than is read into memory lightly.
BATCH = 500
BATCH_BYTES = 8_000_000
# Annotating takes longer than all else: what has been annotated for so long is stored.
BATCH_S = 2.0
# As JSON has it: behind any number of escaped backslashes.
_NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")


class AnnotatorRecord(Record):
    """What annotated."""

    name: str
    version: str
    model: str | None = None
    parameters: dict[str, Any] = Field({})

    @field_validator("parameters")
    @classmethod
    def _are_json(cls, value: dict[str, Any]) -> dict[str, Any]:
        json.dumps(value, allow_nan=False)  # ValueError for NaN and Infinity, which PostgreSQL does not take
        return value


class ArticleRecord(Record):
    """One line: a text, what is known of it, and what an annotator says of it, if any does."""

    document: str = "article.txt"
    metadata: Metadata = Metadata()
    text: str = Field(min_length=1)
    annotator: AnnotatorRecord = AnnotatorRecord(name="import", version="1")
    entities: tuple[Entity, ...] = ()
    mentions: tuple[Mention, ...] = ()
    quotes: tuple[Quote, ...] = ()

    def submission(self) -> Submission:
        """What is to be stored. InvalidInput for what cannot be."""
        document = plain_document(self.text, self.metadata)
        made = Submission(document, self.text.encode(), self.document, tuple(self._runs()))
        made.check()
        return made

    def _runs(self) -> Iterator[tuple[Authorship, Annotations]]:
        if not self.model_fields_set.isdisjoint(_SAID):
            by = self.annotator
            said = Annotations.model_construct(entities=self.entities, mentions=self.mentions, quotes=self.quotes)
            yield Authorship("machine", by.name, by.version, by.model, by.parameters), said


# What a line has of these, an annotator has said; one that has none is not annotated.
_SAID = frozenset({"annotator", "entities", "mentions", "quotes"})


@dataclass(frozen=True, slots=True)
class Line:
    """A line that was read, counted from one, and where it ends in bytes: what is to be stored, or why it cannot be."""

    number: int
    end: int
    read: Submission | str | None
    """None for a blank line."""


@dataclass(frozen=True, slots=True)
class LineResult:
    """What became of a line: the article it is, is the same as or would be; why it was not stored, or not again."""

    number: int
    outcome: Literal["stored", "unchanged", "failed"]
    article: str | None = None
    detail: str | None = None


Read = Callable[[bytes], Submission]
Settle = Callable[[WriteSession, Sequence[Line], Sequence[LineResult]], None]


def read_line(line: bytes, longest: int | None = None) -> Submission:
    """What a line of JSON says is to be stored; ValidationError or InvalidInput where it cannot be, or is too long."""
    if longest is not None and len(line.removesuffix(b"\n")) > longest:
        raise InvalidInput(f"it is longer than {longest} bytes")
    if rb"\u0000" in line and _NUL.search(line):
        raise InvalidInput("it holds a NUL, which PostgreSQL does not")
    return ArticleRecord.model_validate_json(line).submission()


def settle_nothing(_session: WriteSession, _lines: Sequence[Line], _results: Sequence[LineResult]) -> None:
    """For who has nothing else to store with the lines."""


class Importer:
    """Reads lines and stores them for ``writer``.

    Those that no annotator has annotated are by ``annotating``, or stay bare where that is None. ``same_text``
    stores texts that are stored already under another address.
    """

    def __init__(
        self,
        database: Database,
        writer: Writer,
        annotating: AnnotatorService | None = None,
        *,
        same_text: bool = False,
        read: Read = read_line,
    ) -> None:
        self._database = database
        self._writer = writer
        self._annotating = annotating
        self._same_text = same_text
        self._read = read

    def batches(self, lines: Iterable[bytes], done: int = 0, end: int = 0) -> Iterator[list[Line]]:
        """Lines, read and annotated, as many together as are to be stored together.

        ``done`` lines, of ``end`` bytes, come before them.
        """
        batch: list[Line] = []
        begun, start = monotonic(), end
        for number, line in enumerate(lines, done + 1):
            end += len(line)
            batch.append(Line(number, end, self._prepared(line)))
            if len(batch) >= BATCH or end - start >= BATCH_BYTES or monotonic() - begun >= BATCH_S:
                yield batch
                batch, begun, start = [], monotonic(), end
        if batch:
            yield batch

    def store(self, lines: Sequence[Line], settle: Settle = settle_nothing) -> list[LineResult]:
        """Store what the lines hold; those that cannot be are passed over, saying why.

        ``settle`` is called within each transaction that stores some of them, in their order.
        """
        try:
            with self._database.write() as session:
                results = self._store_together(session, lines)
                settle(session, lines, results)
        except (Conflict, InvalidInput) as error:
            if len(lines) == 1:
                return self._give_up(lines[0], reason(error), settle)
            # Half and half again: who is at fault is found, and everybody else is stored.
            middle = len(lines) // 2
            return [*self.store(lines[:middle], settle), *self.store(lines[middle:], settle)]
        return results

    def _prepared(self, line: bytes) -> Submission | str | None:
        if not line.strip():
            return None
        try:
            return self._annotated(self._read(line))
        except (ValidationError, InvalidInput, FetchFailed, SwitchedOff) as error:
            return reason(error)

    def _annotated(self, submission: Submission) -> Submission:
        """With the annotations of ours where there are none and some are wanted."""
        if self._annotating is None or submission.runs:
            return submission
        return self._annotating.completed(self._database, submission, same_text=self._same_text)

    def _store_together(self, session: WriteSession, lines: Sequence[Line]) -> list[LineResult]:
        offered = [line.read for line in lines if isinstance(line.read, Submission)]
        outcomes = offer(session, offered, same_text=self._same_text)
        if added := [outcome.article for outcome in outcomes if outcome.added]:
            record_all(session, self._writer, "article.store", ((article, {}) for article in added))
        following = iter(outcomes)
        return [
            _failed(line.number, line.read) if isinstance(line.read, str) else _result(line.number, next(following))
            for line in lines
            if line.read is not None
        ]

    def _give_up(self, line: Line, why: str, settle: Settle) -> list[LineResult]:
        article = line.read.identity if isinstance(line.read, Submission) else None
        results = [LineResult(line.number, "failed", article, why)]
        with self._database.write() as session:
            settle(session, [line], results)
        return results


def reason(error: Exception) -> str:
    """Why a line cannot be stored, in a sentence, with the place in it."""
    if isinstance(error, ValidationError):
        first = error.errors()[0]
        pointer = "".join(f"/{step}" for step in first["loc"])
        detail = in_words(first["type"], first["msg"]).replace(" at line 1 column", " at column")
    else:
        pointer = (error.faults[0].pointer if isinstance(error, InvalidInput) else None) or ""
        detail = str(error)
    return f"{pointer}: {detail}" if pointer else detail


def _failed(number: int, why: str) -> LineResult:
    return LineResult(number, "failed", detail=why)


def _result(number: int, outcome: Outcome) -> LineResult:
    if outcome.refusal is not None:
        return LineResult(number, "failed", outcome.article, str(outcome.refusal))
    if outcome.by == "text":
        return LineResult(number, "unchanged", outcome.article, f"its text is stored already, as {outcome.article}")
    return LineResult(number, "stored" if outcome.added else "unchanged", outcome.article)
