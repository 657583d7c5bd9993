"""``dateline copy``: the same library on another engine, every row compared, all of it or nothing."""

import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, func, insert, select, text, update

from app.config import Settings
from app.db import Database
from app.main import create_app
from app.models import Article, AuditEntry, Entity, EntityAlias, Mention, Quote, Run, Table, table_of
from app.services.copying import copy
from app.services.journal import command_line
from tests.conftest import ROOT, asking, dateline, served
from tests.databases import Files, Server
from tests.keys import MAKER

TABLES = Table.metadata.sorted_tables
QUESTIONS = [
    "/search?q=Atyrau",
    "/search?q=%22Islamist+group%22",
    "/quotes?q=explosion*",
    "/quotes?speaker=site",
    "/entities",
    "/entities?q=kazakh",
    "/suggest?q=atirau",
    "/articles",
    "/runs",
]


@pytest.fixture
def source(files: Files, seed_file: str) -> Iterator[str]:
    """The URL of an SQLite file with the seed article in it, to be changed."""
    url = files.create(seed_file)
    yield url
    files.drop(url)


@pytest.fixture
def on_server(server: Server) -> Iterator[str]:
    """The URL of an empty database on PostgreSQL."""
    url = server.create()
    yield url
    server.drop(url)


def copied(source: str, target: str) -> str:
    """What 'dateline copy' says when it goes well."""
    done = dateline("copy", source, target)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def refused(source: str, target: str) -> str:
    """What it says when it does not."""
    done = dateline("copy", source, target)
    assert (done.returncode, done.stdout) == (1, "")
    assert "Traceback" not in done.stderr
    return done.stderr


def change(url: str, *statements: Any) -> None:
    opened = Database(Settings(database_url=url))
    with opened.write() as session:
        for statement in statements:
            session.connection().execute(text(statement) if isinstance(statement, str) else statement)
    opened.close()


def ask(url: str, statement: Any) -> Any:
    engine = create_engine(url)
    with engine.connect() as connection:
        found = connection.execute(statement).all()
    engine.dispose()
    return found


def rows(url: str) -> dict[str, list[Any]]:
    """All that is stored, but for what the log says of copies."""
    found = {table.name: ask(url, select(table).order_by(*table.primary_key)) for table in TABLES}
    return found | {"audit_entry": [entry for entry in found["audit_entry"] if entry.action != "library.copy"]}


def migrated(url: str) -> str:
    opened = Database(Settings(database_url=url))
    opened.migrate()
    opened.close()
    return url


def answers(url: str) -> list[Any]:
    """What a service on that database says to each of the questions."""
    with served(create_app(Settings(database_url=url))) as base, asking(base) as client:
        return [client.get(question).raise_for_status().json() for question in QUESTIONS]


def on_insert(url: str, table: str, doing: dict[str, str]) -> None:
    """Do something in the target whenever a row is inserted into a table."""
    if url.startswith("sqlite:"):
        change(url, f"CREATE TRIGGER meddling AFTER INSERT ON {table} BEGIN {doing['sqlite']}; END")
    else:
        body = f"BEGIN {doing['postgresql']}; RETURN NULL; END"
        change(
            url,
            f"CREATE FUNCTION meddle() RETURNS trigger LANGUAGE plpgsql AS $$ {body} $$",
            f"CREATE TRIGGER meddling AFTER INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION meddle()",
        )


def test_to_postgresql_and_back_it_is_the_same_library(source: str, on_server: str, tmp_path: Path) -> None:
    back = tmp_path / "back.db"
    everything = sum(len(found) for found in rows(source).values())
    assert copied(source, on_server).startswith(f"{everything} rows copied from ")
    copied(on_server, str(back))
    assert rows(source) == rows(on_server) == rows(f"sqlite:///{back}")
    assert all(rows(source)[table_of(model).name] for model in (Article, Run, Mention, Quote, Entity))
    expected = answers(source)
    assert all(answer["items"] for answer in expected)
    assert expected == answers(on_server) == answers(f"sqlite:///{back}")
    assert dateline("doctor", database=f"sqlite:///{back}").returncode == 0


def test_what_is_stored_afterwards_joins_what_was_copied(source: str, on_server: str, tmp_path: Path) -> None:
    copied(source, on_server)
    (tmp_path / "new.md").write_text("# New\n\n“Yes,” said Ada Lovelace in Atyrau.\n", encoding="utf-8")
    done = dateline("seed", str(tmp_path), database=on_server)
    assert (done.returncode, done.stdout) == (0, "1 stored, 0 unchanged, 0 failed\n")


def test_it_copies_what_was_there_when_it_began(seeded_copy: str, tmp_path: Path) -> None:
    before = rows(seeded_copy)
    old, new = (Database(Settings(database_url=url)) for url in (seeded_copy, f"sqlite:///{tmp_path}/new.db"))
    stages: list[tuple[str, int, int]] = []

    def write_meanwhile(stage: str, done: int, total: int) -> None:
        if not stages:
            change(seeded_copy, update(table_of(Mention)).values(exact="later"))
        stages.append((stage, done, total))

    count = copy(old, new, MAKER, write_meanwhile)
    old.close()
    new.close()
    assert rows(f"sqlite:///{tmp_path}/new.db") == before != rows(seeded_copy)
    assert {("Copying", count, count), ("Comparing", count, count)} <= set(stages)


def test_the_log_says_of_a_copy_that_it_is_one(source: str, nothing: str) -> None:
    said = copied(source, nothing)
    entries = ask(nothing, select(table_of(AuditEntry)).order_by(table_of(AuditEntry).c.id))
    assert entries[:-1] == ask(source, select(table_of(AuditEntry)).order_by(table_of(AuditEntry).c.id))
    assert (entries[-1].author, entries[-1].action) == (command_line().name, "library.copy")
    assert said.startswith(f"{entries[-1].detail['rows']} rows copied from {entries[-1].detail['source']} to ")


def test_a_value_that_arrives_altered_is_named_and_nothing_is_kept(source: str, nothing: str) -> None:
    ((key,),) = ask(source, select(func.max(table_of(Mention).c.id)))
    alter = f"UPDATE mention SET exact = 'another' WHERE id = {key} AND id = new.id"
    on_insert(migrated(nothing), "mention", {"sqlite": alter, "postgresql": alter})
    assert f"mention (id {key}) differs in exact" in refused(source, nothing)
    assert not any(rows(nothing).values())


def test_a_row_that_gets_lost_is_named_and_nothing_is_kept(source: str, nothing: str) -> None:
    lose = "DELETE FROM quote_content WHERE quote_id = new.quote_id AND new.quote_id = 2"
    on_insert(migrated(nothing), "quote_content", {"sqlite": lose, "postgresql": lose})
    said = refused(source, nothing)
    assert "quote_content differs: the source has quote_content (quote_id 2, ordinal 0) where the target has" in said
    assert not any(rows(nothing).values())


def test_a_text_that_is_not_the_one_of_its_digest_is_named(source: str, nothing: str) -> None:
    change(source, update(table_of(Article)).values(text_sha256="0" * 64))
    assert "article (id 1) has another text than its text_sha256" in refused(source, nothing)
    assert not any(rows(nothing).values())


def test_a_row_with_a_nul_is_named_since_postgresql_has_none(source: str, on_server: str, tmp_path: Path) -> None:
    alias = {"id": 9_000, "entity_id": 1, "name": "N\0L", "name_key": "n l"}
    change(source, insert(table_of(EntityAlias)).values(**alias))
    said = refused(source, on_server)
    assert "entity_alias (id 9000) cannot be copied" in said and "NUL" in said
    assert not any(rows(on_server).values())
    copied(source, str(tmp_path / "of_sqlite.db"))  # which has


def test_json_may_hold_a_nul(source: str, on_server: str) -> None:
    change(source, update(table_of(Run)).values(parameters={"a\0": ["\0", 1.5, None, "☒"]}))
    copied(source, on_server)
    assert rows(source) == rows(on_server)


def test_a_target_with_anything_in_it_is_refused_and_left_as_it_is(source: str, nothing: str) -> None:
    migrated(nothing)
    change(nothing, insert(table_of(Entity)).values(public_id="e", type="ORG", name="E", name_key="e",
           identifiers={}, articles=0, mentions=0, spoken=0, about=0, relayed=0))  # fmt: skip
    before = rows(nothing)
    assert "is not empty, it has rows in entity: name a new database" in refused(source, nothing)
    assert rows(nothing) == before


def test_a_source_that_is_not_there_or_of_another_schema_is_named(source: str, tmp_path: Path) -> None:
    target = tmp_path / "target.db"
    assert f"there is no database at {tmp_path}/none.db" in refused(f"{tmp_path}/none.db", str(target))
    change(source, "UPDATE alembic_version SET version_num = '0001'")
    assert "is 0001, not " in (said := refused(source, str(target))) and "run 'dateline migrate'" in said
    assert not target.exists()


def test_a_target_that_cannot_be_reached_is_named_without_its_password(source: str) -> None:
    said = refused(source, "postgresql+psycopg://dateline:s3cret@127.0.0.1:1/dateline")
    assert "cannot write the database" in said and "127.0.0.1:1/dateline" in said
    assert "s3cret" not in said
    assert "s3cret" not in refused(source, "postgresql://dateline:s3cret@127.0.0.1/dateline")


def test_killed_in_the_middle_it_leaves_an_empty_target_and_is_repeated(source: str, nothing: str) -> None:
    endless = "SELECT count(*) FROM (WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT * FROM n)"
    on_insert(migrated(nothing), "quote_about", {"sqlite": endless, "postgresql": "PERFORM pg_sleep(60)"})
    command = [sys.executable, "-m", "app", "copy", source, nothing]
    with subprocess.Popen(command, cwd=ROOT) as process:
        wait_until_stuck(nothing)
        process.send_signal(signal.SIGKILL)
    if nothing.startswith("postgresql"):  # the server would find out when it wakes up
        ask(nothing, text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE wait_event = 'PgSleep'"))
    assert not any(rows(nothing).values())
    change(nothing, f"DROP TRIGGER meddling{' ON quote_about' if nothing.startswith('postgresql') else ''}")
    copied(source, nothing)
    assert rows(nothing) == rows(source)


def wait_until_stuck(url: str) -> None:
    """Wait until the copy does what it will never finish."""
    for _ in range(300):
        if stuck(url):
            return
        time.sleep(0.1)
    pytest.fail("nothing is copied")


def stuck(url: str) -> bool:
    if url.startswith("postgresql"):
        asleep = "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND datname = current_database()"
        return bool(ask(url, text(asleep))[0][0])
    try:
        with closing(sqlite3.connect(url.removeprefix("sqlite:///"), timeout=3)) as connection:
            connection.execute("BEGIN IMMEDIATE")  # no other step of a copy this small takes as long
    except sqlite3.OperationalError:
        return True
    return False
