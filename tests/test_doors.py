"""Whichever way a run comes in, what people decided about its article holds over what it says."""

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import col, select

from app import annotations as said
from app.annotations import Annotations, Metadata
from app.config import Settings
from app.db import Database, ReadSession
from app.models import Article, Entity, Mention, Run
from app.schemas.decisions import ArticleDecision
from app.schemas.revisions import ReviseQuery
from app.schemas.writing import WriteQuery
from app.services import correcting, reannotating, revising
from app.services.annotating import AnnotatorService
from app.services.auditing import audit
from app.services.batch import Annotators
from app.services.bodies import Body, fetching_over_http
from app.services.importing import Importer
from app.services.journal import Writer
from app.services.reindexing import reindex
from app.services.seeding import seed
from app.services.storing import Authorship
from app.services.versions import Expected
from app.services.writing import Desk
from app.spans import Span
from tests.keys import MAKER

TEXT = "Ada came to Oslo. Bob stayed."
DOCUMENT = f"---\ntitle: Ada travels\nurl: https://a.example/1\n---\n{TEXT}\n"
WRITER = Writer("tests")
ANY = Expected(None)
NAMES: list[tuple[str, said.EntityType]] = [("Ada", "PERSON"), ("Oslo", "GPE"), ("Bob", "PERSON")]


def annotations(text: str = TEXT, without: str = "") -> Annotations:
    """All names in a text but for one."""
    names = [(name, kind) for name, kind in NAMES if name != without and name in text]
    mentions = [
        said.Mention(**Span.of(text, at, at + len(name)).model_dump(), type=kind, entity=place)
        for place, (name, kind) in enumerate(names)
        for at in [text.index(name)]
    ]
    entities = tuple(said.Entity(name=name, type=kind) for name, kind in names)
    return Annotations(entities=entities, mentions=tuple(sorted(mentions, key=lambda each: each.start)))


class Stub(AnnotatorService):
    """Finds the names, but does not find Bob from its second version on."""

    def __init__(self, version: str) -> None:
        super().__init__("none")
        self._version = version

    @property
    def authorship(self) -> Authorship:
        return Authorship("machine", "stub", self._version)

    def annotate(self, text: str, metadata: Metadata) -> Annotations:  # noqa: ARG002
        return annotations(text, without="Bob" if self._version > "1" else "")


class StubAnnotators(Annotators):
    """The same for who annotates many."""

    def __init__(self, service: Stub) -> None:
        self.annotate = service.annotate

    def each(self, work: Any, items: Iterable[Any]) -> Iterator[Any]:
        return (work(self, item) for item in items)


@dataclass(frozen=True)
class Library:
    """A database, and a folder with one document."""

    database: Database
    folder: Path

    def by(self, version: str) -> Desk:
        settings = Settings(database_url="sqlite:///none.db")
        return Desk(self.database, Stub(version), fetching_over_http(settings))

    def seed(self, version: str) -> tuple[int, int]:
        made = seed(self.database, Stub(version), [self.folder / "ada.md"], lambda: None)
        assert made.failures == []
        return made.stored, made.unchanged

    def by_people(self, version: str) -> None:
        """Write down that people have annotated all of it, and have not found Ada."""
        made = {
            "annotator": {"name": "editors", "version": version},
            "kind": "human",
            "created": "2026-11-23T00:00:00Z",
            "annotations": annotations(without="Ada").model_dump(mode="json"),
        }
        (self.folder / "ada.annotations.json").write_text(json.dumps(made), encoding="utf-8")


@pytest.fixture
def library(database: Database, tmp_path: Path) -> Library:
    reindex(database, MAKER, lambda *_: None)
    (tmp_path / "ada.md").write_text(DOCUMENT, encoding="utf-8")
    return Library(database, tmp_path)


def article_of(session: ReadSession) -> str:
    return session.exec(select(Article.public_id)).one()


def decide(database: Database, **body: Any) -> str:
    with database.write() as session:
        decision = ArticleDecision.model_validate(body)
        return correcting.decide_about_words(session, article_of(ReadSession(session)), ANY, decision, WRITER)


def answered(database: Database) -> tuple[Run, str | None, dict[str, str | None]]:
    """The run that answers, the annotator of its base, and its mentions with whom they mean."""
    with database.read() as session:
        run = session.exec(select(Run).where(col(Run.served))).one()
        base = session.exec(select(Run).where(Run.public_id == run.parameters.get("base"))).one_or_none()
        rows = select(Mention.exact, Entity.name).join(Entity, col(Entity.id) == Mention.entity_id, isouter=True)
        found = dict(map(tuple, session.execute(rows.where(Mention.run_id == run.id))))
        return run, f"{base.annotator} {base.version}" if base is not None else None, found


def seed_again(library: Library) -> None:
    assert library.seed("2") == (1, 0)


def seed_with_people(library: Library) -> None:
    library.by_people("1")
    assert library.seed("1") == (1, 0)


def import_lines(library: Library) -> None:
    made = annotations(without="Bob").model_dump(mode="json")
    line = {"text": TEXT, "metadata": {"url": "https://a.example/2"}, "annotator": {"name": "stub", "version": "2"}}
    importer = Importer(library.database, WRITER, same_text=True)
    (batch,) = importer.batches([json.dumps(line | made).encode()])
    assert [result.outcome for result in importer.store(batch)] == ["stored"]


def post(library: Library) -> None:
    body = Body("text/plain", TEXT.encode())
    answer = library.by("2").add(body, WriteQuery(same_text=True), WRITER)
    assert answer.outcome == "stored"  # type: ignore[union-attr]


def put(library: Library) -> None:
    body = Body("text/markdown", DOCUMENT.replace("Ada came", "Yesterday Ada came").encode())
    with library.database.read() as session:
        article = article_of(session)
    assert revising.change(library.by("2"), article, ANY, body, ReviseQuery(), WRITER).outcome == "stored"


def reannotate(library: Library) -> None:
    by = Stub("2")
    keys = reannotating.plan(library.database, by.authorship).keys
    found = reannotating.reannotate(library.database, StubAnnotators(by), by.authorship, keys, WRITER)
    assert [result.outcome for result in found] == ["stored"]


def first_by_seeding(library: Library) -> None:
    assert library.seed("1") == (1, 0)


def first_by_importing(library: Library) -> None:
    line = {"text": TEXT, "metadata": {"url": "https://a.example/2"}}
    importer = Importer(library.database, WRITER)
    (batch,) = importer.batches([json.dumps(line).encode()])
    assert [result.outcome for result in importer.store(batch)] == ["stored"]


def first_by_posting(library: Library) -> None:
    library.by("1").add(Body("text/plain", TEXT.encode()), WriteQuery(annotate=False), WRITER)


DOORS: list[tuple[Callable[[Library], None], Callable[[Library], None], str, set[str]]] = [
    (first_by_seeding, seed_again, "stub 2", {"Ada", "Bob"}),
    (first_by_seeding, seed_with_people, "editors 1", {"Bob"}),
    (first_by_seeding, reannotate, "stub 2", {"Ada", "Bob"}),
    (first_by_seeding, put, "stub 2", {"Ada", "Bob"}),
    (first_by_importing, import_lines, "stub 2", {"Ada", "Bob"}),
    (first_by_importing, reannotate, "stub 2", {"Ada", "Bob"}),
    (first_by_posting, post, "stub 2", {"Ada", "Bob"}),
]


@pytest.mark.parametrize(("first", "again", "base", "mentioned"), DOORS, ids=lambda each: getattr(each, "__name__", ""))
def test_what_was_decided_holds(
    library: Library,
    first: Callable[[Library], None],
    again: Callable[[Library], None],
    base: str,
    mentioned: set[str],
) -> None:
    database = library.database
    first(library)
    span = {"start": TEXT.index("Oslo"), "end": TEXT.index("Oslo") + 4, "exact": "Oslo"}
    decide(database, action="add", subject="mention", mention=span | {"type": "GPE"})
    run, _, _ = answered(database)
    with database.read() as session:
        rows = session.exec(select(Mention).where(Mention.run_id == run.id).order_by(col(Mention.ordinal)))
        oslo = next(row.ordinal for row in rows if row.exact == "Oslo")
    decide(database, action="reject", subject="mention", target=f"{run.public_id}.m{oslo}")
    bob = {"start": TEXT.index("Bob"), "end": TEXT.index("Bob") + 3, "exact": "Bob"}
    entity = {"name": "Robert", "type": "PERSON"}
    last = decide(database, action="add", subject="mention", mention=bob | {"type": "PERSON", "entity": entity})
    again(library)
    run, by, mentions = answered(database)
    assert (run.kind, run.annotator, by) == ("human", "decisions", base)
    assert set(mentions) == mentioned and mentions["Bob"] == "Robert"
    assert run.parameters["decisions"][-1] == last
    assert [str(each) for each in audit(database, lambda *_: None)] == []


def test_seeding_again_what_was_decided_about_changes_nothing(library: Library) -> None:
    library.by_people("1")
    assert library.seed("1") == (1, 0)
    run, _, _ = answered(library.database)
    decide(library.database, action="reject", subject="mention", target=f"{run.public_id}.m0")
    before = answered(library.database)[0].public_id
    assert library.seed("1") == (0, 1)
    assert answered(library.database)[0].public_id == before


def test_a_text_that_nobody_annotates_keeps_what_was_decided(library: Library) -> None:
    first_by_seeding(library)
    run, _, _ = answered(library.database)
    decide(library.database, action="accept", subject="mention", target=f"{run.public_id}.m2")
    with library.database.read() as session:
        article = article_of(session)
    body = Body("text/markdown", DOCUMENT.replace("Ada came", "She came").encode())
    revising.change(library.by("1"), article, ANY, body, ReviseQuery(annotate=False), WRITER)
    run, base, mentions = answered(library.database)
    assert (run.revision, base, mentions) == (2, None, {"Bob": "Bob"})
    assert [str(each) for each in audit(library.database, lambda *_: None)] == []
