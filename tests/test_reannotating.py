"""Annotating anew: whoever reads has one whole run or another, and what was cut short is gone on with."""

import os
import signal
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from threading import Thread
from typing import Any

import httpx
from sqlalchemy import update
from sqlmodel import col, func, select

from app.annotate import Annotator
from app.annotations import Annotations
from app.config import Settings
from app.db import Database
from app.main import create_app
from app.models import Article, Run
from app.services import reannotating
from app.services.batch import Annotators
from app.services.journal import Writer
from app.services.revising import delete, revise
from app.services.storing import Authorship
from app.services.versions import Expected
from tests.conftest import asking, begin, dateline, served
from tests.lines import Line, line, put
from tests.stories import EDITOR, Story, tell

TEXT = (
    "“We will not leave number {},” said Aigul Saparova, a teacher in Oral. The city of Oral would appeal, she added."
)
WRITER = Writer("tests")
WHATEVER = Expected(None)


def article(number: int, **by: Any) -> Line:
    """An article that an earlier version of the annotator has read, and found one name in."""
    made = line(TEXT.format(number), names=[("Oral", "GPE")], url=f"https://example.org/{number}")
    return made | {"annotator": {"name": "dateline", "version": "0", **by}}


def bare(number: int) -> Line:
    """One that nobody has annotated."""
    made = article(number)
    return {name: made[name] for name in ("text", "metadata")}


def runs(database: Database, *columns: Any) -> list[Any]:
    with database.read() as session:
        return list(session.exec(select(*columns).order_by(col(Run.id))).all())


def new_runs(database: Database) -> int:
    with database.read() as session:
        return session.exec(select(func.count()).where(Run.version != "0")).one()


def assert_whole(settings: Settings) -> None:
    checked = dateline("check", database=settings.database_url)
    assert checked.returncode == 0, checked.stdout


def test_what_another_version_annotated_or_none_is_annotated(
    settings: Settings, database: Database, annotator: Annotator
) -> None:
    put(database, article(1), bare(2))
    done = dateline("reannotate", database=settings.database_url)
    assert (done.returncode, done.stdout, done.stderr) == (0, "2 stored, 0 unchanged, 0 failed\n", "")
    found = runs(database, Run.version, Run.model, Run.parameters, Run.served, Run.mention_count)
    assert found[0] == ("0", None, {}, False, 2)
    for run in found[1:]:
        assert tuple(run[:4]) == (annotator.version, annotator.model, annotator.parameters, True)
        assert run.mention_count > 2
    assert_whole(settings)
    again = dateline("reannotate", database=settings.database_url)
    assert again.stdout == "0 stored, 2 unchanged, 0 failed\n"
    assert len(runs(database, Run.id)) == 3


def test_what_is_stored_is_taken_as_it_is_though_refused_now(settings: Settings, database: Database) -> None:
    put(database, bare(1))
    with database.write() as session:
        session.connection().execute(update(Article).values(url="no address"))
    for command in (("reannotate",), ("replay", "--all")):
        done = dateline(*command, database=settings.database_url)
        assert (done.returncode, done.stderr) == (0, "")


def test_only_those_named_are_annotated_and_those_not_there_are_named(settings: Settings, database: Database) -> None:
    put(database, article(1), article(2))
    with served(create_app(settings)) as url:
        ids = {item["url"]: item["id"] for item in httpx.get(f"{url}/articles").json()["items"]}
    absent = f"art_{'a' * 16}"
    done = dateline("reannotate", ids["https://example.org/2"], absent, database=settings.database_url)
    assert (done.returncode, done.stdout) == (1, "1 stored, 0 unchanged, 1 failed\n")
    assert done.stderr == f"dateline: {absent}: there is no article {absent}\n"
    assert new_runs(database) == 1


def test_it_is_in_the_audit_log(settings: Settings, database: Database) -> None:
    put(database, article(1))
    dateline("reannotate", database=settings.database_url)
    done = dateline("audit", database=settings.database_url)
    (entry,) = (entry for entry in done.stdout.splitlines() if "article.annotate" in entry)
    assert "art_" in entry and "run_" in entry and "Oral" not in entry


def test_an_annotator_that_said_otherwise_before_is_named(
    settings: Settings, database: Database, annotator: Annotator
) -> None:
    ours = {"version": annotator.version, "model": annotator.model, "parameters": annotator.parameters}
    put(database, article(1, **ours))
    put(database, article(1), article(2))
    done = dateline("reannotate", database=settings.database_url)
    assert (done.returncode, done.stdout) == (1, "1 stored, 0 unchanged, 1 failed\n")
    assert "has annotated art_" in done.stderr and "already, otherwise" in done.stderr


class Stub(Annotators):
    """Finds nothing; ``first`` is done when the first article is annotated and not stored yet."""

    def __init__(self, first: Callable[[], object]) -> None:
        self._first: Callable[[], object] | None = first

    def annotate(self, _text: str, _metadata: Any) -> Annotations:
        return Annotations()

    def each(self, work: Any, items: Iterable[Any]) -> Iterator[Any]:
        for item in items:
            made = work(self, item)
            if self._first is not None:
                self._first()
                self._first = None
            yield made


def reannotate(database: Database, meanwhile: Callable[[], object]) -> list[reannotating.Result]:
    by = Authorship("machine", "stub", "1")
    keys = reannotating.plan(database, by).keys
    return list(reannotating.reannotate(database, Stub(meanwhile), by, keys, WRITER))


def nothing() -> None:
    """Happens meanwhile."""


def test_people_go_on_answering(settings: Settings, database: Database) -> None:
    story = Story("A story", "Ada spoke.", names=[("Ada", "PERSON")])
    tell(database, [story])
    tell(database, [story], EDITOR)
    (result,) = reannotate(database, nothing)
    assert result.outcome == "stored"
    assert runs(database, Run.kind, Run.annotator, Run.served, Run.latest) == [
        ("machine", "test", False, False),
        ("human", "editor", True, True),
        ("machine", "stub", False, True),
    ]


def test_a_text_that_is_replaced_meanwhile_is_annotated_as_it_then_is(database: Database) -> None:
    story, after = Story("A story", "Ada spoke."), Story("A story", "Ada spoke, and Bob listened.")
    (identity,) = tell(database, [story])

    def replace() -> None:
        with database.write() as session:
            revise(session, identity, WHATEVER, after.submission(), WRITER)

    assert [result.outcome for result in reannotate(database, replace)] == ["stored"]
    assert runs(database, Run.annotator, Run.revision, Run.served) == [
        ("test", 1, False),
        ("test", 2, False),
        ("stub", 2, True),
    ]


def test_an_article_that_is_deleted_meanwhile_is_passed_over(database: Database) -> None:
    one, two = tell(database, [Story("One", "Ada spoke."), Story("Two", "Bob spoke.")])

    def remove() -> None:
        with database.write() as session:
            delete(session, one, WHATEVER, WRITER)

    assert [(result.article, result.outcome) for result in reannotate(database, remove)] == [(two, "stored")]


def test_another_who_annotates_at_the_same_time_is_no_trouble(database: Database) -> None:
    tell(database, [Story("One", "Ada spoke."), Story("Two", "Bob spoke.")])
    found = reannotate(database, lambda: reannotate(database, nothing))
    assert [result.outcome for result in found] == ["unchanged", "unchanged"]


class Reader(Thread):
    """Asks for an article and what is in it until told to stop, and once behind that; keeps what was answered."""

    def __init__(self, client: httpx.Client, identity: str) -> None:
        super().__init__()
        self._client, self._article = client, f"/articles/{identity}"
        self.stopped = False
        self.answers: dict[str, list[Any]] = {}

    def run(self) -> None:
        """Until stopped."""
        while not self.stopped:
            self._ask()
        self._ask()

    def _ask(self) -> None:
        for path in ("", "/mentions", "/quotes", "/entities"):
            self.answers.setdefault(path, []).append(self._client.get(self._article + path).json())


def test_readers_have_one_whole_run_or_the_other(settings: Settings, database: Database) -> None:
    put(database, *(article(number) for number in range(20)))
    with served(create_app(settings)) as url, asking(url) as client:
        listed = client.get("/articles", params={"limit": 100}).json()["items"]
        readers = [Reader(client, item["id"]) for item in listed[:2]]
        for reader in readers:
            reader.start()
        done = dateline("reannotate", database=settings.database_url)
        for reader in readers:
            reader.stopped = True
            reader.join()
    assert done.returncode == 0, done.stderr
    for reader in readers:
        of_article = {answer["run"]["version"]: answer["counts"] for answer in reader.answers[""]}
        assert of_article.pop("0") == {"mentions": 2, "quotes": 0}
        assert [counts["quotes"] for counts in of_article.values()] == [2]
        mentions = {
            (len(each["items"]), *{item["run"]["id"] for item in each["items"]}) for each in reader.answers["/mentions"]
        }
        assert sorted(count for count, _run in mentions) == [2, of_article.popitem()[1]["mentions"]]
        assert {len(each["items"]) for each in reader.answers["/quotes"]} == {0, 2}
        assert {len({item["run"]["id"] for item in each["items"]}) for each in reader.answers["/entities"]} == {1}


def test_interrupted_or_killed_it_is_gone_on_with(settings: Settings, database: Database, tmp_path: Path) -> None:
    put(database, *(article(number) for number in range(60)))
    for sent in (signal.SIGINT, signal.SIGTERM, signal.SIGKILL):
        before = new_runs(database)
        process = begin(tmp_path, "reannotate", "--jobs", "2", database=settings.database_url)
        while new_runs(database) == before and process.is_alive():
            time.sleep(0.05)
        os.kill(process.pid or 0, sent)
        process.join(20)
        printed, complained = ((tmp_path / stream).read_text(encoding="utf-8") for stream in ("stdout", "stderr"))
        assert before < new_runs(database) < 60
        if sent is signal.SIGKILL:
            assert (process.exitcode, printed) == (-sent, "")
            continue
        # One that was stored the moment before may not have been counted.
        stored = new_runs(database) - before
        assert printed in {f"{count} stored, {before} unchanged, 0 failed\n" for count in (stored - 1, stored)}
        assert complained == "dateline: interrupted: what is stored stays, run it again for the rest\n"
        assert process.exitcode == 130
    assert_whole(settings)
    before = new_runs(database)
    done = dateline("reannotate", database=settings.database_url)
    assert done.stdout == f"{60 - before} stored, {before} unchanged, 0 failed\n"
    assert_whole(settings)
