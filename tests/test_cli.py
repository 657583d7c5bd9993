"""The command line, in processes of its own."""

import hashlib
import json
import os
import random
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest
from sqlalchemy import column as sa_column
from sqlalchemy import create_engine, inspect, select
from sqlalchemy import table as sa_table

from tests.conftest import ROOT, begin, dateline

SEED = ROOT / "seed_data" / "000_017569d77500ae99.txt"


TIMES = frozenset({"created_at", "at"})


def contents(url: str) -> str:
    """A digest of all that is stored, but for the times at which it was."""
    digest, engine = hashlib.sha256(), create_engine(url)
    with engine.connect() as connection:
        for table in sorted(inspect(connection).get_table_names()):
            columns = [c["name"] for c in inspect(connection).get_columns(table) if c["name"] not in TIMES]
            if columns and "_fts" not in table:
                stored = sa_table(table, *map(sa_column, columns))
                digest.update(repr(sorted(map(repr, connection.execute(select(stored))))).encode())
    engine.dispose()
    return digest.hexdigest()


def test_seeding_twice_gives_the_same_database(seeded_copy: str) -> None:
    before = contents(seeded_copy)
    again = dateline("seed", database=seeded_copy)
    assert (again.returncode, again.stdout) == (0, "0 stored, 1 unchanged, 0 failed\n")
    assert again.stderr == ""
    assert contents(seeded_copy) == before


def test_a_bad_file_is_named_and_the_others_are_loaded(nothing: str, tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "a.md").write_text("# Good\n\n“Yes,” said Ada Lovelace in London.\n", encoding="utf-8")
    (folder / "b.txt").write_bytes(b"fine\nfine\n\xff\xfe bad\n")
    (folder / "c.md").write_text("---\ntitle: [unclosed\n---\nText.\n", encoding="utf-8")
    (folder / "d.md").write_text("# Annotated wrongly\n\nNothing.\n", encoding="utf-8")
    wrong = {"start": 0, "end": 4, "exact": "Some", "type": "PERSON"}
    editors = {"annotator": {"name": "x", "version": "1"}, "kind": "human", "created": "2026-01-01T00:00:00Z"}
    (folder / "d.annotations.json").write_text(json.dumps(editors | {"annotations": {"mentions": [wrong]}}))
    (folder / "e.csv").write_text("not a document")
    (tmp_path / "empty").mkdir()
    paths = (str(folder), str(tmp_path / "absent.md"), str(tmp_path / "empty"))
    done = dateline("seed", *paths, database=nothing)
    assert done.returncode == 1
    assert done.stdout == "1 stored, 0 unchanged, 5 failed\n"
    failures = dict(line.removeprefix("dateline: ").split(": ", 1) for line in done.stderr.splitlines())
    assert "line 3" in failures[str(folder / "b.txt")]
    assert "line" in failures[str(folder / "c.md")]
    assert "d.annotations.json" in failures[str(folder / "d.md")] and "'Noth'" in failures[str(folder / "d.md")]
    assert "No such file" in failures[str(tmp_path / "absent.md")]
    assert "no document" in failures[str(tmp_path / "empty")]


def test_killed_at_any_moment_and_run_again_it_ends_in_the_same_state(
    seeded: str, nothing: str, tmp_path: Path
) -> None:
    chance = random.Random(7)
    for _ in range(6):
        process = begin(tmp_path, "seed", database=nothing)
        process.join(chance.uniform(0, 2))
        process.kill()
        process.join()
    assert dateline("seed", database=nothing).returncode == 0
    assert contents(nothing) == contents(seeded)


def test_two_that_migrate_at_once_do_it_once(nothing: str) -> None:
    environment = {**os.environ, "DATELINE_DATABASE_URL": nothing}
    command = [sys.executable, "-m", "app", "migrate"]
    running = [subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL) for _ in range(3)]
    assert [process.wait(timeout=60) for process in running] == [0, 0, 0]


def test_annotate_prints_one_line_of_json() -> None:
    done = dateline("annotate", str(SEED))
    assert done.returncode == 0, done.stderr
    (line,) = done.stdout.splitlines()
    annotated = json.loads(line)
    assert annotated["metadata"]["headline"] == "Islamist Group Says It Staged Kazakh Blasts"
    for mention in annotated["mentions"]:
        assert annotated["text"][mention["start"] : mention["end"]] == mention["exact"]


def test_annotate_takes_folders_and_standard_input_in_several_processes(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("# One\n\n“Yes,” said Ada Lovelace in London.\n", encoding="utf-8")
    (tmp_path / "b.txt").write_bytes(b"\xff\n")
    arguments = ("annotate", str(SEED), str(tmp_path), "-")
    one, two = (dateline(*arguments, "--jobs", jobs, typed="“No,” said Grace Hopper.\n") for jobs in "12")
    assert (one.returncode, one.stdout, one.stderr) == (two.returncode, two.stdout, two.stderr)
    assert one.returncode == 1
    assert [Path(json.loads(line)["document"]).name for line in one.stdout.splitlines()] == [SEED.name, "a.md", "-"]
    assert one.stderr.startswith(f"dateline: {tmp_path / 'b.txt'}: line 1")


def test_doctor_tells_what_is_well_and_what_to_do(seeded: str, nothing: str) -> None:
    well = dateline("doctor", database=seeded)
    assert well.returncode == 0, well.stdout
    assert [line.split()[:2] for line in well.stdout.splitlines()] == [
        ["ok", "settings:"],
        ["ok", "database:"],
        ["ok", "annotator:"],
    ]
    ill = dateline("doctor", database=nothing)
    assert ill.returncode == 1
    assert "dateline migrate" in ill.stdout


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PROT", "80"),
        ("DATABASE_URL", "my://x"),
        ("PORT", "99999"),
        ("MAX_BODY_BYTES", "many"),
        ("LOG_LEVEL", "loud"),
    ],
)
def test_wrong_settings_are_named_before_anything_starts(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(f"DATELINE_{name}", value)
    done = dateline("migrate")
    assert done.returncode == 1
    assert f"DATELINE_{name}" in done.stderr
    assert "Traceback" not in done.stderr


# A host that is none: a service that looked for no pipeline would end by it, instead of serving.
@pytest.mark.parametrize("command", [["annotate", str(SEED)], ["serve", "--host", "256.0.0.1"]], ids=lambda c: c[0])
def test_a_pipeline_that_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch, command: list[str]) -> None:
    monkeypatch.setenv("DATELINE_PIPELINE", "no_such_pipeline")
    done = dateline(*command)
    assert done.returncode == 1
    assert "no_such_pipeline" in done.stderr and "Traceback" not in done.stderr


def test_no_library_is_made_where_a_path_leads_nowhere(tmp_path: Path) -> None:
    assert dateline("migrate", database=f"sqlite:///{tmp_path}/data/x.db").returncode == 0
    done = dateline("migrate", database=f"sqlite:///{tmp_path}/mistyped/data/x.db")
    assert done.returncode == 1
    assert f"{tmp_path}/mistyped" in done.stderr and "DATELINE_DATABASE_URL" in done.stderr
    assert not (tmp_path / "mistyped").exists()


def test_a_port_that_is_taken_is_named_before_anything_is_done(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        done = dateline("serve", "--seed", "--port", port, database=f"sqlite:///{tmp_path}/x.db")
    assert (done.returncode, done.stdout) == (1, "")
    assert f"port {port}" in done.stderr and "--port" in done.stderr
    assert not (tmp_path / "x.db").exists()


@pytest.mark.parametrize("workers", "12")
def test_serve_migrates_seeds_prints_its_urls_and_ends_on_sigterm(nothing: str, workers: str) -> None:
    environment = {**os.environ, "DATELINE_DATABASE_URL": nothing, "PYTHONUNBUFFERED": "1"}
    command = [sys.executable, "-m", "app", "serve", "--seed", "--port", "0", "--workers", workers]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL, "text": True}
    with subprocess.Popen(command, cwd=ROOT, env=environment, **pipes) as process:  # type: ignore[call-overload]
        printed = [process.stdout.readline() for _ in range(5)]
        url = next(word for line in printed for word in line.split() if word.startswith("http")).rstrip("/")
        assert wait_for(f"{url}/search?q=Atyrau").json()["items"]
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=20) == 0


def wait_for(url: str) -> httpx.Response:
    """What ``url`` answers, once something answers there."""
    for _ in range(200):
        try:
            return httpx.get(url)
        except httpx.TransportError:
            time.sleep(0.1)
    pytest.fail(f"nothing answers at {url}")
