"""Loading source documents: each article with its people's and its machine's annotations, whole or absent.

Loading the same again changes nothing, so a load that was cut short is repeated, not repaired.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from pydantic import AwareDatetime, ValidationError
from sqlmodel import col, select

from app.annotations import Annotations, Record
from app.db import Database
from app.documents import Document, read_document
from app.errors import Conflict, InvalidInput
from app.models import Run, stored_key
from app.services.annotating import AnnotatorService
from app.services.files import Failure, printable
from app.services.importing import reason
from app.services.journal import command_line, record
from app.services.storing import Authorship, Submission, find, store
from app.services.storing.rebasing import handed_in

ANNOTATIONS = ".annotations.json"


class Editors(Record):
    """Who made a file of annotations."""

    name: str
    version: str


class AnnotationFile(Record):
    """People's annotations of the document of the same name beside it."""

    annotator: Editors
    kind: Literal["human"]
    created: AwareDatetime
    annotations: Annotations

    @property
    def authorship(self) -> Authorship:
        """What its run records."""
        editors = self.annotator
        return Authorship(self.kind, editors.name, editors.version, created_at=self.created)


@dataclass(slots=True)
class Summary:
    """What a load has done, in files."""

    stored: int = 0
    unchanged: int = 0
    failures: list[Failure] = field(default_factory=list)


def seed(
    database: Database, annotating: AnnotatorService, paths: Sequence[Path], advance: Callable[[], None]
) -> Summary:
    """Load the documents at ``paths``; ``advance`` is called behind each."""
    summary = Summary()
    for path in paths:
        try:
            if _load(database, annotating, path):
                summary.stored += 1
            else:
                summary.unchanged += 1
        except (InvalidInput, Conflict, OSError) as error:
            summary.failures.append(Failure.of(path, error))
        advance()
    return summary


def _load(database: Database, annotating: AnnotatorService, path: Path) -> bool:
    """Store what is not stored yet of the document at ``path``; whether there was anything."""
    data = path.read_bytes()
    document = read_document(data, path.name)
    human = _read_annotations(path, document)
    stored = _latest_runs(database, document, data)
    machine = None
    author = annotating.authorship
    if not author.made(stored.get("machine")):
        # Annotated before the transaction begins: other writers must not wait for it.
        machine = annotating.annotate(document.text, document.metadata)
    known = human is None or ("human" in stored and stored["human"].digest == human.annotations.digest())
    if machine is None and known:
        return False
    runs = [(human.authorship, human.annotations)] if human is not None else []
    runs += [(author, machine)] if machine is not None else []
    with database.write() as session:
        (made,) = store(session, [Submission(document, data, printable(path.name), tuple(runs))])
        record(session, command_line(), "article.store", made.id)
    return True


def _latest_runs(database: Database, document: Document, data: bytes) -> dict[str, Run]:
    """The latest runs over this document, by kind; people's as they were handed in."""
    with database.read() as session:
        article = find(session, document, data)
        if article is None:
            return {}
        by_machine = select(Run).where(Run.article_id == article.id, col(Run.latest), Run.kind == "machine")
        runs = (handed_in(session, stored_key(article)), session.exec(by_machine).one_or_none())
        return {run.kind: run for run in runs if run is not None}


def _read_annotations(path: Path, document: Document) -> AnnotationFile | None:
    beside = path.with_suffix(ANNOTATIONS)
    if not beside.is_file():
        return None
    try:
        file = AnnotationFile.model_validate_json(beside.read_bytes())
        file.annotations.check(document.text)
    except (ValidationError, InvalidInput) as error:
        raise InvalidInput(f"{beside.name}: {reason(error)}") from error
    return file
