"""``dateline backup`` and ``restore``: a whole file or none, while it serves."""

import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from itertools import count
from pathlib import Path

import pytest

from app.config import Settings
from app.db import Database
from tests.conftest import ROOT, dateline
from tests.databases import Files, Server
from tests.lines import line, put


@pytest.fixture(scope="module")
def library(files: Files) -> str:
    """The URL of an SQLite file with some articles; not to be changed."""
    url = files.create()
    well("migrate", database=url)
    opened = Database(Settings(database_url=url))
    put(opened, *(article(number) for number in range(200)))
    opened.close()
    return url


@pytest.fixture
def source(files: Files, library: str) -> Iterator[str]:
    """The same, to be changed."""
    url = files.create(library)
    yield url
    files.drop(url)


def article(number: int) -> dict[str, object]:
    text = f"Ada {number} said oil is dear in Oslo. " + "Nobody knows why it is. " * 20
    names = [(f"Ada {number}", "PERSON"), ("Oslo", "GPE")]
    quotes = [(f"Ada {number}", "oil is dear", "speech")]
    return line(text, names=names, quotes=quotes, url=f"http://x/{number}")


def path_of(url: str) -> Path:
    return Path(url.removeprefix("sqlite:///"))


def articles(path: Path) -> set[int]:
    with closing(sqlite3.connect(path)) as connection:
        return {key for (key,) in connection.execute("SELECT id FROM article")}


def refused(*arguments: str | Path, database: str) -> str:
    done = dateline(*map(str, arguments), database=database)
    assert (done.returncode, done.stdout) == (1, "")
    assert "Traceback" not in done.stderr and done.stderr.count("\n") == 1
    return done.stderr


def well(*arguments: str | Path, database: str) -> str:
    done = dateline(*map(str, arguments), database=database)
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    return done.stdout


def test_a_backup_made_while_others_write_holds_all_that_was_there_when_it_began(source: str, tmp_path: Path) -> None:
    stop = threading.Event()

    def write() -> None:
        opened = Database(Settings(database_url=source))
        for number in count(1_000):
            put(opened, article(number))
            if stop.is_set():
                break
        opened.close()

    writer = threading.Thread(target=write)
    writer.start()
    try:
        for turn in range(3):
            before = articles(path_of(source))
            well("backup", tmp_path / f"{turn}.db", database=source)
            assert before <= articles(tmp_path / f"{turn}.db")
    finally:
        stop.set()
        writer.join()
    assert articles(tmp_path / "0.db") < articles(path_of(source))
    restored = f"sqlite:///{tmp_path}/new/restored.db"
    assert "is restored from" in well("restore", tmp_path / "2.db", database=restored)
    assert well("check", database=restored).endswith("nothing wrong\n")
    assert articles(tmp_path / "2.db") == articles(path_of(restored))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["0.db", "1.db", "2.db", "new"]


def test_killed_in_the_middle_it_leaves_no_file(source: str, tmp_path: Path) -> None:
    with closing(sqlite3.connect(path_of(source))) as connection:  # more than is copied in a moment
        connection.execute("CREATE TABLE ballast (data BLOB)")
        connection.execute("INSERT INTO ballast VALUES (zeroblob(200000000))")
        connection.commit()
    command = [sys.executable, "-m", "app", "backup", str(tmp_path / "b.db")]
    environment = {**os.environ, "DATELINE_DATABASE_URL": source}
    with subprocess.Popen(command, cwd=ROOT, env=environment) as process:
        while not any(path.stat().st_size for path in tmp_path.glob("*.part")):
            assert process.poll() is None
            time.sleep(0.001)
        process.send_signal(signal.SIGKILL)
    assert [path.suffix for path in tmp_path.iterdir()] == [".part"]
    well("backup", tmp_path / "b.db", database=source)


def test_what_is_there_is_replaced_only_by_force(source: str, tmp_path: Path) -> None:
    there = tmp_path / "there.db"
    there.write_text("mine")
    assert "is there already" in refused("backup", there, database=source)
    assert there.read_text() == "mine"
    well("backup", there, "--force", database=source)
    assert articles(there) == articles(path_of(source))
    with closing(sqlite3.connect(path_of(source))) as connection:
        connection.execute("DELETE FROM mention WHERE id = 1")
        connection.commit()
    assert "is there already" in refused("restore", there, database=source)
    assert dateline("check", database=source).returncode == 1
    well("restore", there, "--force", database=source)
    well("check", database=source)


def test_the_database_is_no_backup_of_itself(source: str) -> None:
    assert "is the database itself" in refused("backup", path_of(source), "--force", database=source)
    assert "is the database itself" in refused("restore", path_of(source), "--force", database=source)


def test_a_database_that_is_open_is_not_replaced(source: str, tmp_path: Path) -> None:
    well("backup", tmp_path / "b.db", database=source)
    opened = Database(Settings(database_url=source))
    opened.check()
    assert "is in use" in refused("restore", tmp_path / "b.db", "--force", database=source)
    assert "has a -wal" in refused("restore", path_of(source), database=f"sqlite:///{tmp_path}/new.db")
    opened.close()
    well("restore", tmp_path / "b.db", "--force", database=source)


def test_a_file_that_is_damaged_or_of_another_kind_is_refused_and_the_database_stays(
    source: str, tmp_path: Path
) -> None:
    good, bad, before = tmp_path / "good.db", tmp_path / "bad.db", path_of(source).read_bytes()
    well("backup", good, database=source)
    data = good.read_bytes()
    page = len(data) // 2 // 4096 * 4096
    for content, said in [
        (data[:page] + b"\xff" * 8192 + data[page + 8192 :], "is damaged"),
        (data[: len(data) // 2], "is damaged"),
        (b"What is this? " * 1000, "no database of Dateline's"),
        (b"", "not one of Dateline"),
    ]:
        bad.write_bytes(content)
        assert said in refused("restore", bad, "--force", database=source)
        assert path_of(source).read_bytes()[100:] == before[100:]
    assert "there is no database at" in refused("restore", tmp_path / "none.db", "--force", database=source)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["bad.db", "good.db"]
    well("check", database=source)


def test_a_schema_that_is_not_known_is_refused_and_an_older_one_is_migrated(files: Files, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/x.db"
    well("migrate", database=url)
    with closing(sqlite3.connect(tmp_path / "x.db")) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
        connection.commit()
    assert "is 9999: this version does not know it" in refused("backup", tmp_path / "b.db", database=url)
    assert "is 9999: this version does not know it" in refused("restore", tmp_path / "x.db", database=f"{url}2")
    assert [path.name for path in tmp_path.iterdir()] == ["x.db"]


def test_a_damaged_database_is_replaced_and_its_wal_goes(source: str, tmp_path: Path) -> None:
    well("backup", tmp_path / "b.db", database=source)
    path_of(source).write_bytes(b"ruined " * 9_000)
    wal = path_of(source).with_name(path_of(source).name + "-wal")
    wal.write_bytes(b"stale")
    well("restore", tmp_path / "b.db", "--force", database=source)
    assert not wal.exists()
    well("check", database=source)


def test_what_cannot_be_written_is_named(source: str, tmp_path: Path) -> None:
    assert "cannot write" in refused("backup", tmp_path / "none" / "b.db", database=source)
    assert "there is no database at" in refused("backup", tmp_path / "b.db", database=f"sqlite:///{tmp_path}/none.db")


def test_postgresql_has_its_own(server: Server, tmp_path: Path) -> None:
    url = server.create()
    assert "use pg_dump" in refused("backup", tmp_path / "b.db", database=url)
    assert "use pg_restore" in refused("restore", tmp_path / "b.db", database=url)
    server.drop(url)
