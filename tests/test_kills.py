"""Killed at any moment, as a power cut would: what was answered is there, and nothing is half there."""

import os
import random
import re
import time
from contextlib import chdir
from multiprocessing.context import ForkServerProcess
from pathlib import Path

from sqlmodel import func, select

from app.config import Settings
from app.db import Database
from app.models import Article
from app.services.auditing import audit
from tests import command_line
from tests.conftest import FORKS, ROOT, dateline
from tests.lines import line, printed

KILLS = int(os.environ.get("DATELINE_TEST_KILLS", "100"))
# What the moments are drawn from is printed with a failure; DATELINE_TEST_SEED repeats them.
SEED = int(os.environ.get("DATELINE_TEST_SEED", "0")) or random.SystemRandom().randrange(2**32)

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


def start(settings: Settings, folder: Path, *arguments: str) -> ForkServerProcess:
    """A command line that runs, on the database of the settings; what it prints goes into files in the folder."""
    environment = {**os.environ, "DATELINE_DATABASE_URL": settings.database_url}
    (folder / "stdin").touch()
    process = FORKS.Process(target=command_line.run, args=(arguments, environment, ROOT, folder))
    with chdir(ROOT):
        process.start()
    return process


def kill(process: ForkServerProcess) -> None:
    """End it without warning."""
    process.kill()
    process.join()


def test_an_import_killed_a_hundred_times_is_whole(settings: Settings, database: Database, tmp_path: Path) -> None:
    moments = random.Random(SEED)
    assert dateline("migrate", database=settings.database_url).returncode == 0
    file = tmp_path / "lines.jsonl"
    # What is imported at once grows with each kill, so that there is always something left to do.
    for done in range(KILLS):
        file.write_bytes(b"".join(map(printed, LINES[: (done + 1) * len(LINES) // KILLS])))
        importing = start(settings, tmp_path, "import", str(file))
        time.sleep(moments.uniform(0.05, 0.35))
        kill(importing)
        if done % 25 == 24:
            assert_whole(database)
    last = dateline("import", str(file), database=settings.database_url)
    stored, unchanged = map(int, re.findall(r"\d+", last.stdout)[:2])
    assert (last.returncode, stored + unchanged) == (0, len(LINES)), last.stdout + last.stderr
    assert_whole(database)
    with database.read() as session:
        assert session.scalar(select(func.count()).select_from(Article)) == len(LINES)
