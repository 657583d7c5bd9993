"""Killed at any moment, as a power cut would: what was answered is there, and nothing is half there.

DATELINE_TEST_KILLS=100 kills as often; DATELINE_TEST_SEED repeats the moments that a failure names.
"""

import os
import random
import re
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import chdir, contextmanager, suppress
from itertools import count
from multiprocessing.connection import Connection
from pathlib import Path

import httpx
from sqlmodel import func, select

from app.config import Settings
from app.db import Database
from app.main import create_app
from app.models import Article
from app.services.auditing import audit
from tests.conftest import FORKS, ROOT, asking, begin, dateline, served
from tests.forking import serve_when_asked
from tests.keys import a_key
from tests.lines import line, printed

KILLS = int(os.environ.pop("DATELINE_TEST_KILLS", "25"))
# What the moments are drawn from.
SEED = int(os.environ.pop("DATELINE_TEST_SEED", "0")) or random.SystemRandom().randrange(2**32)

LINES = [
    line(
        f"Ada said “we count on {number}” in Oslo.\n\nBob of the UN did not.",
        names=[("Ada", "PERSON"), ("Bob", "PERSON"), ("Oslo", "GPE"), ("UN", "ORG")],
        quotes=[("Ada", f"we count on {number}", "speech")],
        url=f"https://example.org/{number}",
    )
    for number in range(3_000)
]


def assert_whole(database: Database) -> None:
    assert list(audit(database, lambda *_: None)) == [], f"DATELINE_TEST_SEED={SEED}"


class Writer(threading.Thread):
    """Stores, changes and deletes articles until the server is gone; keeps what it was answered."""

    def __init__(self, base: str, key: str, answered: dict[str, str | None], numbers: Iterator[int]) -> None:
        super().__init__()
        self._client = asking(base, headers={"Authorization": key, "If-Match": "*"})
        self._answered, self._numbers = answered, numbers
        self.unexpected: list[str] = []

    def run(self) -> None:
        """Until the connection breaks."""
        with self._client, suppress(httpx.TransportError):
            while not self.unexpected:
                self._write(next(self._numbers))

    def _write(self, number: int) -> None:
        text = f"Number {number}: “we count on it,” Ada said."
        stored = self._expect(201, self._client.post("/articles?annotate=false", json={"text": text}))
        here = stored.headers.get("Location", "")
        self._answered[here] = text
        if number % 3 == 1:
            self._answered.pop(here)  # either text may be there until it is answered
            self._expect(200, self._client.put(f"{here}?annotate=false", json={"text": f"{text} Or so."}))
            self._answered[here] = f"{text} Or so."
        if number % 3 == 2:
            self._answered.pop(here)
            self._expect(204, self._client.delete(here))
            self._answered[here] = None

    def _expect(self, status: int, answer: httpx.Response) -> httpx.Response:
        if answer.status_code != status:
            self.unexpected.append(f"{answer.status_code}: {answer.text}")
        return answer


def assert_answered(client: httpx.Client, answered: dict[str, str | None]) -> None:
    """What was answered is there: a text, or that it was deleted."""
    for path, text in answered.items():
        found = client.get(f"{path}/text")
        assert (found.status_code, found.text) == (200, text) if text is not None else found.status_code == 410, path


def test_a_server_killed_again_and_again_has_all_it_answered(settings: Settings, database: Database) -> None:
    moments, numbers = random.Random(SEED), count()
    assert dateline("migrate", database=settings.database_url).returncode == 0
    key, answered = a_key(database, "write"), dict[str, str | None]()
    with forks_of_the_service(settings) as orders:
        for done in range(KILLS):
            orders.send(True)
            process, port = orders.recv()
            base = f"http://127.0.0.1:{port}"
            with asking(base) as client:
                assert client.get("/readyz").status_code == 200
                assert_answered(client, dict(moments.sample(sorted(answered.items()), min(len(answered), 5))))
            writers = [Writer(base, key, answered, numbers) for _ in range(3)]
            for writer in writers:
                writer.start()
            time.sleep(moments.uniform(0.05, 0.45))
            os.kill(process, signal.SIGKILL)
            for writer in writers:
                writer.join()
            assert [said for writer in writers for said in writer.unexpected] == []
            if done % 25 == 24:
                assert_whole(database)
    assert len(answered) > KILLS // 4
    with served(create_app(settings)) as base, asking(base) as client:
        assert_answered(client, answered)


@contextmanager
def forks_of_the_service(settings: Settings) -> Iterator[Connection]:
    """Where to order servers (see tests.forking)."""
    ours, theirs = FORKS.Pipe()
    process = FORKS.Process(target=serve_when_asked, args=(settings, theirs))
    with chdir(ROOT):
        process.start()
    try:
        yield ours
    finally:
        ours.send(False)
        process.join()


def test_an_import_killed_again_and_again_is_whole(settings: Settings, database: Database, tmp_path: Path) -> None:
    moments = random.Random(SEED)
    assert dateline("migrate", database=settings.database_url).returncode == 0
    file = tmp_path / "lines.jsonl"
    # What is imported at once grows with each kill, so that there is always something left to do.
    for done in range(KILLS):
        file.write_bytes(b"".join(map(printed, LINES[: (done + 1) * len(LINES) // KILLS])))
        importing = begin(tmp_path, "import", str(file), database=settings.database_url)
        time.sleep(moments.uniform(0.05, 0.35))
        importing.kill()
        importing.join()
        if done % 25 == 24:
            assert_whole(database)
    last = dateline("import", str(file), database=settings.database_url)
    stored, unchanged = map(int, re.findall(r"\d+", last.stdout)[:2])
    assert (last.returncode, stored + unchanged) == (0, len(LINES)), last.stdout + last.stderr
    assert_whole(database)
    with database.read() as session:
        assert session.scalar(select(func.count()).select_from(Article)) == len(LINES)
