"""Importing over HTTP: lines of any number are a job, which goes on behind the answer and survives whoever is at it."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import update
from sqlmodel import func, select

from app.config import Settings
from app.db import Database
from app.main import create_app
from app.models import Article, AuditEntry, Job, JobInput, JobLine, now, table_of
from app.services import intake
from app.services.importing import Importer
from app.services.intake import Pieces
from app.services.working import JobWorker
from tests.conftest import asking, begin, served
from tests.keys import a_key
from tests.lines import Line, line, printed

TEXT = "“We will not leave,” said Aigul Saparova, a teacher in Oral."
JSONL = {"Content-Type": "application/jsonl"}
DONE = ("done", "failed")


def numbered(count: int, headline: str = "") -> list[Line]:
    """So many articles, each of a text and an address of its own."""
    return [
        line(
            f"Ada met P{n} Q.",
            names=[("Ada", "PERSON"), (f"P{n} Q", "PERSON")],
            url=f"https://a.example/{n}",
            headline=headline,
        )
        for n in range(count)
    ]


def body(lines: Iterable[Line | bytes]) -> bytes:
    return b"".join(map(printed, lines))


@contextmanager
def serving(settings: Settings, key: str) -> Iterator[httpx.Client]:
    headers = {"Authorization": key}
    with served(create_app(settings)) as url, asking(url, headers=headers) as opened:
        yield opened


@pytest.fixture
def key(database: Database) -> str:
    return a_key(database, "write", name="desk")


@pytest.fixture
def client(settings: Settings, key: str) -> Iterator[httpx.Client]:
    """A client who may write, of an empty library."""
    with serving(settings, key) as opened:
        yield opened


class WorkerThread:
    """Works at jobs as a process does, without its taking seconds to start."""

    def __init__(self, settings: Settings) -> None:
        self._database = Database(settings)
        self._worker = JobWorker(self._database, settings)
        self._thread = threading.Thread(target=self._worker.run, name="worker")
        self._thread.start()
        self.wake = self._worker.wake

    @property
    def exit_code(self) -> int | None:
        return None if self._thread.is_alive() else 0

    def stop(self) -> None:
        self._worker.stop()
        self._thread.join()
        self._database.close()


@pytest.fixture(autouse=True)
def in_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    """Services in the process of the tests work at jobs there, too."""
    monkeypatch.setattr("app.services.running.WorkerProcess", WorkerThread)


@pytest.fixture
def never_annotating(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The pipelines that are loaded, of which there is to be none."""
    loaded: list[str] = []
    monkeypatch.setattr("app.annotate.load_annotator", loaded.append)
    return loaded


def start(client: httpx.Client, lines: Iterable[Line | bytes], query: str = "", **headers: str) -> httpx.Response:
    return client.post(f"/articles/import{query}", content=body(lines), headers=JSONL | headers)


def finished(client: httpx.Client, path: str) -> dict[str, Any]:
    """The job there, once it has ended."""
    deadline = time.monotonic() + 120
    while (job := client.get(path).json())["state"] not in DONE:
        assert time.monotonic() < deadline, job
        time.sleep(0.05)
    return dict(job)


def results(client: httpx.Client, job: dict[str, Any], query: str = "") -> list[dict[str, Any]]:
    """What became of all its lines, page by page."""
    found: list[dict[str, Any]] = []
    page: str | None = f"{job['links']['lines']}?limit=100{query}"
    while page is not None:
        answer = client.get(page)
        found += answer.json()["items"]
        page = answer.links.get("next", {}).get("url")
    return found


def test_lines_are_stored_behind_the_answer(client: httpx.Client, never_annotating: list[str]) -> None:
    lines: list[Line | bytes] = [*numbered(3), b"\n", b"{\n", numbered(1)[0]]
    answer = start(client, lines)
    assert answer.status_code == 202
    accepted = answer.json()
    assert answer.headers["Location"] == accepted["links"]["self"] == f"/jobs/{accepted['id']}"
    assert (accepted["kind"], accepted["state"], accepted["author"]) == ("import", "queued", "desk")

    job = finished(client, answer.headers["Location"])
    assert (job["state"], job["error"]) == ("done", None)
    assert (job["lines"], job["stored"], job["unchanged"], job["failed"]) == (6, 3, 1, 1)
    assert job["bytes_done"] == job["bytes_total"] == len(body(lines))
    found = results(client, job)
    expected = [(1, "stored"), (2, "stored"), (3, "stored"), (5, "failed"), (6, "unchanged")]
    assert [(each["number"], each["outcome"]) for each in found] == expected
    assert [each["number"] for each in results(client, job, "&outcome=failed")] == [5]
    assert "JSON" in found[3]["detail"]
    stored = {each["article"] for each in found if each["outcome"] != "failed"}
    assert stored == {each["id"] for each in client.get("/articles").json()["items"]}
    assert len(client.get("/search?q=%22Ada+met%22").json()["items"]) == 3
    assert never_annotating == []


def test_lines_that_nobody_has_annotated_are(client: httpx.Client) -> None:
    path = start(client, [{"text": TEXT}]).headers["Location"]
    assert finished(client, path)["stored"] == 1
    assert len(client.get("/quotes?speaker=Saparova").json()["items"]) == 1


def test_unless_they_are_to_stay_bare(client: httpx.Client, never_annotating: list[str]) -> None:
    path = start(client, [{"text": TEXT}], "?annotate=false").headers["Location"]
    assert finished(client, path)["stored"] == 1
    assert client.get("/runs").json()["items"] == []
    assert never_annotating == []


def test_the_same_lines_again_are_unchanged_and_copies_are_named(client: httpx.Client) -> None:
    one, copy = (line(TEXT, url=f"https://{name}.example/") for name in ("a", "b"))
    finished(client, start(client, [one]).headers["Location"])
    job = finished(client, start(client, [one, copy]).headers["Location"])
    again, same = results(client, job)
    assert (again["outcome"], again["detail"]) == ("unchanged", None)
    assert (same["outcome"], same["article"]) == ("unchanged", again["article"])
    assert again["article"] in same["detail"]
    wanted = finished(client, start(client, [copy], "?same_text=true").headers["Location"])
    assert wanted["stored"] == 1


def test_a_line_that_is_too_long_is_named_and_the_others_are_stored(settings: Settings, key: str) -> None:
    first, last = numbered(2)
    with serving(settings.model_copy(update={"max_body_bytes": 10_000}), key) as client:
        job = finished(client, start(client, [first, {"text": "a" * 3_000_000}, last]).headers["Location"])
        found = [(each["number"], each["outcome"], each["detail"]) for each in results(client, job)]
    assert found == [(1, "stored", None), (2, "failed", "it is longer than 10000 bytes"), (3, "stored", None)]


def test_what_is_too_large_in_all_is_refused_and_leaves_nothing(
    settings: Settings, database: Database, key: str
) -> None:
    lines = body(numbered(20_000))
    with serving(settings.model_copy(update={"max_import_bytes": 2_000_000}), key) as client:
        for content in (lines, (lines[n : n + 60_000] for n in range(0, len(lines), 60_000))):
            answer = client.post("/articles/import", content=content, headers=JSONL)
            assert answer.status_code == 413
            assert "larger than 2000000 bytes" in answer.json()["detail"]
        assert client.get("/jobs").json()["items"] == []
    assert count(database, JobInput) == 0


def count(database: Database, model: type[Any]) -> int:
    with database.read() as session:
        return session.exec(select(func.count()).select_from(model)).one()


def test_a_request_that_breaks_off_leaves_nothing(client: httpx.Client, database: Database) -> None:
    lines = body(numbered(20_000))
    with socket.create_connection((client.base_url.host, client.base_url.port)) as half:
        head = (
            f"POST /articles/import HTTP/1.1\r\nHost: x\r\nAuthorization: {client.headers['Authorization']}\r\n"
            f"Content-Type: application/jsonl\r\nContent-Length: {len(lines)}\r\n\r\n"
        )
        half.sendall(head.encode() + lines[: len(lines) // 2])
        until(lambda: count(database, JobInput) > 0)
    until(lambda: count(database, Job) == 0)
    assert count(database, JobInput) == 0
    assert client.get("/articles").json()["items"] == []


def until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.02)


@pytest.mark.parametrize(
    ("content", "media_type", "status"),
    [(b"", "application/jsonl", 422), (b"\n \n", "application/jsonl", 422), (b"{}", "application/json", 415)],
)
def test_what_is_no_import_is_refused(client: httpx.Client, content: bytes, media_type: str, status: int) -> None:
    answer = client.post("/articles/import", content=content, headers={"Content-Type": media_type})
    assert answer.status_code == status
    assert client.get("/jobs").json()["items"] == []


def test_jobs_are_for_those_who_may_write(client: httpx.Client, database: Database) -> None:
    path = start(client, numbered(1)).headers["Location"]
    for theirs, status in (("", 401), (a_key(database, "correct"), 403), (a_key(database, "write"), 200)):
        for each in ("/jobs", path, f"{path}/lines"):
            assert client.get(each, headers={"Authorization": theirs}).status_code == status
        sent = client.post("/articles/import", content=b"x", headers={"Authorization": theirs})
        assert sent.status_code == (415 if status == 200 else status)


def test_jobs_are_listed_newest_first_and_unknown_ones_are_not_found(client: httpx.Client) -> None:
    paths = [start(client, numbered(1)).headers["Location"] for _ in range(3)]
    for path in paths:
        finished(client, path)
    page = client.get("/jobs?limit=2&state=done").json()
    rest = client.get("/jobs", params={"limit": 2, "state": "done", "cursor": page["next"]}).json()
    assert [each["links"]["self"] for each in page["items"] + rest["items"]] == paths[::-1]
    assert client.get("/jobs?state=failed").json()["items"] == []
    assert client.get(f"/jobs/job_{'a' * 16}").status_code == 404
    assert client.get(f"/jobs/job_{'a' * 16}/lines").status_code == 404


def test_an_import_that_is_sent_twice_is_one_job(client: httpx.Client, database: Database) -> None:
    once = {"Idempotency-Key": '"import-1"'}
    first = start(client, numbered(3), **once)
    again = start(client, numbered(3), **once)
    assert (again.status_code, again.headers["Location"]) == (202, first.headers["Location"])
    assert again.json()["id"] == first.json()["id"]
    other = start(client, numbered(4), **once)
    assert (other.status_code, other.json()["type"]) == (422, "urn:dateline:problem:idempotency-key-reused")
    finished(client, first.headers["Location"])
    assert count(database, Job) == 1
    assert count(database, JobInput) == 0


def test_a_worker_ends_when_there_are_no_jobs_and_another_does_the_next(
    client: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.services.working.IDLE_S", 0.1)
    for n in range(2):
        finished(client, start(client, numbered(n + 1)).headers["Location"])
        until(lambda: all(thread.name != "worker" for thread in threading.enumerate()))


def test_a_worker_process_without_a_job_ends_as_it_should(settings: Settings, database: Database) -> None:
    work = "from app.services import working; working.IDLE_S = working.POLL_S = 0.1; working.main()"
    with subprocess.Popen([sys.executable, "-c", work], stdin=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdin is not None and process.stderr is not None
        process.stdin.write(settings.model_dump_json().encode() + b"\n")
        process.stdin.flush()
        assert (process.stderr.read(), process.wait(60)) == (b"", 0)


def test_who_would_rather_not_wait_gets_a_job(client: httpx.Client) -> None:
    asked = {"Content-Type": "text/plain", "Prefer": "wait=5, respond-async", "Idempotency-Key": "later"}
    answer = client.post("/articles", content=TEXT.encode(), headers=asked)
    assert (answer.status_code, answer.headers["Preference-Applied"]) == (202, "respond-async")
    job = finished(client, answer.headers["Location"])
    assert (job["kind"], job["stored"]) == ("article", 1)
    (result,) = results(client, job)
    article = client.get(f"/articles/{result['article']}").json()
    assert (article["text"], article["counts"]["quotes"]) == (TEXT, 1)
    again = client.post("/articles", content=TEXT.encode(), headers=asked | {"Prefer": "wait=5"})
    assert (again.status_code, again.json()["id"]) == (202, job["id"])


def test_a_document_that_cannot_be_read_is_told_by_its_job(client: httpx.Client) -> None:
    asked = {"Prefer": "respond-async", "Content-Type": "text/html"}
    job = finished(client, client.post("/articles", content=b"<p>", headers=asked).headers["Location"])
    assert (job["state"], job["failed"]) == ("done", 1)
    (result,) = results(client, job)
    assert "no article" in result["detail"]


def test_what_a_job_stores_is_in_the_audit_log_under_the_name_of_who_sent_it(
    client: httpx.Client, database: Database
) -> None:
    job = finished(client, start(client, numbered(2), **{"X-Request-Id": "ours-2"}).headers["Location"])
    with database.read() as session:
        entries = session.exec(select(AuditEntry).where(AuditEntry.request_id == "ours-2")).all()
    said = [(entry.author, entry.action) for entry in entries]
    assert said == [("desk", "job.create"), ("desk", "article.store"), ("desk", "article.store")]
    assert entries[0].subject == job["id"]


def test_nothing_of_an_article_that_is_deleted_stays_in_what_its_lines_were_refused_for(
    client: httpx.Client, database: Database
) -> None:
    good = line("Ada was here.", names=[("Ada", "PERSON")], url="https://a.example/secret")
    wrong = good | {"mentions": [{"start": 4, "end": 7, "exact": "Ada", "type": "PERSON"}]}
    other = line("Bob was here.", url="https://a.example/secret")
    job = finished(client, start(client, [wrong, good, other]).headers["Location"])
    details = [each["detail"] for each in results(client, job)]
    assert "was" in details[0]
    assert "https://a.example/secret" in details[2]
    (article,) = {each["article"] for each in results(client, job)}
    assert client.delete(f"/articles/{article}", headers={"If-Match": "*"}).status_code == 204
    assert [each["detail"] for each in results(client, job)] == [None] * 3


# Whoever is at it may end at any moment


def set_job(database: Database, **values: Any) -> None:
    with database.write() as session:
        session.execute(update(table_of(Job)).values(**values))


@pytest.fixture
def waiting(settings: Settings, database: Database, key: str) -> str:
    """The path of a job that nobody is at."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("app.services.running.JobRunner._run", lambda _self: None)
        with serving(settings, key) as client:
            return start(client, numbered(5)).headers["Location"]


def test_a_job_is_left_to_whoever_has_it_until_the_lease_ends(
    settings: Settings, database: Database, key: str, waiting: str
) -> None:
    set_job(database, state="running", worker="another", leased_until=now() + timedelta(seconds=5))
    with serving(settings, key) as client:
        time.sleep(1)
        assert client.get(waiting).json()["lines"] == 0
        set_job(database, leased_until=now() - timedelta(seconds=2))
        assert finished(client, waiting)["stored"] == 5


def test_whoever_has_lost_a_job_stores_nothing_more_of_it(
    settings: Settings, database: Database, key: str, waiting: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.services.importing.BATCH", 2)
    stores, calls = Importer.store, []

    def taken_over(self: Importer, lines: Any, settle: Any) -> Any:
        calls.append(lines)
        if len(calls) == 2:
            set_job(database, worker="another", leased_until=now() + timedelta(seconds=60))
        return stores(self, lines, settle)

    monkeypatch.setattr(Importer, "store", taken_over)
    with serving(settings, key) as client:
        until(lambda: len(calls) == 2)
        time.sleep(0.5)
        job = client.get(waiting).json()
    assert (job["state"], job["lines"], count(database, Article), count(database, JobLine)) == ("running", 2, 2, 2)
    assert len(calls) == 2


def test_what_nobody_has_received_to_its_end_is_forgotten(
    settings: Settings, database: Database, key: str, waiting: str
) -> None:
    set_job(database, state="receiving", leased_until=now() - timedelta(seconds=2))
    with serving(settings, key):
        until(lambda: count(database, Job) == 0)
    assert count(database, JobInput) == 0


def test_a_job_that_cannot_be_worked_at_says_why(
    settings: Settings, database: Database, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serving(settings.model_copy(update={"pipeline": "no_such_pipeline"}), key) as client:
        job = finished(client, start(client, [{"text": TEXT}]).headers["Location"])
        assert job["state"] == "failed"
        assert "no_such_pipeline" in job["error"]
    assert count(database, JobInput) == 0


@contextmanager
def process(url: str, folder: Path, *, port: int) -> Iterator[ForkServerProcess]:
    """The service as it is run in earnest, and what it starts, in a group of processes of their own."""
    running = begin(folder, "serve", "--port", str(port), database=url, first=os.setsid)
    try:
        yield running
    finally:
        with suppress(ProcessLookupError):
            os.killpg(pid_of(running), signal.SIGKILL)
        running.join()


def pid_of(process: ForkServerProcess) -> int:
    assert process.pid is not None
    return process.pid


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return int(listening.getsockname()[1])


def answering(client: httpx.Client) -> bool:
    try:
        return client.get("/readyz").status_code == 200
    except httpx.TransportError:
        return False


def reached(client: httpx.Client, path: str, lines: int) -> None:
    until(lambda: client.get(path).json()["lines"] >= lines)


def of_worker(pid: int) -> int:
    """The process that works at jobs for the service that is the process ``pid``."""
    children = Path(f"/proc/{pid}/task").glob("*/children")
    (found,) = [int(child) for file in children for child in file.read_text().split()]
    return found


ENDINGS: dict[str, Callable[[int], None]] = {
    "service and worker are killed": lambda pid: os.killpg(pid, signal.SIGKILL),
    "the service is killed": lambda pid: os.kill(pid, signal.SIGKILL),
    "the worker is killed": lambda pid: os.kill(of_worker(pid), signal.SIGKILL),
    "the service is ended": lambda pid: os.kill(pid, signal.SIGTERM),
}


@pytest.mark.parametrize("ending", ENDINGS)
def test_it_goes_on_behind_the_last_line_that_is_stored(
    settings: Settings, database: Database, key: str, ending: str, tmp_path: Path
) -> None:
    padding = "a" * 1_000  # several pieces
    lines: list[Line | bytes] = [*numbered(2_500, headline=padding), b"{\n", *numbered(100, headline=padding)]
    port, path = free_port(), ""
    with asking(f"http://127.0.0.1:{port}", headers={"Authorization": key}) as client:
        for done in (300, 600):
            with process(settings.database_url, tmp_path, port=port) as running:
                until(lambda: answering(client))
                path = path or start(client, lines).headers["Location"]
                reached(client, path, done)
                ENDINGS[ending](pid_of(running))
                if ending == "the service is ended":
                    running.join(30)
                    assert running.exitcode == 0
            assert done <= count(database, JobLine) < len(lines)
            forget_leases(database)
        with process(settings.database_url, tmp_path, port=port):
            until(lambda: answering(client))
            job = finished(client, path)
            found = results(client, job)
    assert [each["number"] for each in found] == list(range(1, len(lines) + 1))
    assert (job["lines"], job["stored"], job["unchanged"], job["failed"]) == (2_601, 2_500, 100, 1)
    assert Counter(each["outcome"] for each in found) == {"stored": 2_500, "failed": 1, "unchanged": 100}
    assert job["bytes_done"] == job["bytes_total"] == len(body(lines))
    assert (count(database, Article), count(database, JobInput)) == (2_500, 0)
    with database.read() as session:
        stored = session.exec(select(AuditEntry.subject).where(AuditEntry.action == "article.store")).all()
    assert len(stored) == len(set(stored)) == 2_500


def forget_leases(database: Database) -> None:
    """As if half a minute had passed."""
    set_job(database, leased_until=now() - timedelta(seconds=2))


@given(
    st.lists(st.binary(max_size=40).map(lambda data: data.replace(b"x", b"\n")), max_size=30),
    st.integers(min_value=1, max_value=20),
)
def test_pieces_are_all_that_was_sent_but_for_the_ends_of_lines_that_are_too_long(
    sent: list[bytes], longest: int
) -> None:
    whole = intake.PIECE_BYTES
    intake.PIECE_BYTES = 30
    try:
        pieces = Pieces(longest)
        cut = [piece for data in sent for piece in pieces.feed(data)]
    finally:
        intake.PIECE_BYTES = whole
    assert all(piece.endswith(b"\n") for piece in cut)
    lines = b"".join(sent).split(b"\n")
    assert b"".join([*cut, pieces.rest()]) == b"\n".join(each[: longest + 1] for each in lines)
