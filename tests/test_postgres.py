"""What only PostgreSQL has: users and their rights, replicas, a server that may be away, passwords."""

from collections.abc import Iterator
from uuid import uuid4

import pytest
from sqlalchemy import make_url
from sqlmodel import select, text

from app.config import Settings, load_settings
from app.db import Database
from app.errors import Misconfigured, Unavailable
from app.models import Publisher
from tests.conftest import dateline
from tests.databases import Server

SECRET = "s3cret-Pa55"
NOBODY_LISTENS = f"postgresql+psycopg://dateline:{SECRET}@127.0.0.1:1/dateline"


@pytest.fixture
def url(server: Server) -> Iterator[str]:
    """The URL of a database that no migration has seen."""
    made = server.create()
    yield made
    server.drop(made)


@pytest.fixture
def database(url: str) -> Iterator[Database]:
    """An empty database, migrated."""
    opened = Database(Settings(database_url=url))
    opened.migrate()
    yield opened
    opened.close()


@pytest.fixture
def guest(server: Server, url: str) -> Iterator[str]:
    """The same URL for a user who owns nothing."""
    name = f"guest_{uuid4().hex[:8]}"
    server.run(f"CREATE ROLE {name} LOGIN PASSWORD '{SECRET}' ROLE CURRENT_USER")
    yield make_url(url).set(username=name, password=SECRET).render_as_string(hide_password=False)
    server.drop(url)
    server.run(f"DROP ROLE {name}")


def add(database: Database, name: str) -> None:
    with database.write() as session:
        session.add(Publisher(key=name, name=name))


def names(database: Database) -> list[str]:
    with database.read() as session:
        return list(session.exec(select(Publisher.name)))


def backend(database: Database) -> int:
    with database.read() as session:
        return int(session.connection().execute(text("SELECT pg_backend_pid()")).scalar_one())


# Rights


def test_who_may_not_make_the_extension_is_told_what_to_do(guest: str) -> None:
    database = Database(Settings(database_url=guest))
    with pytest.raises(Misconfigured, match="CREATE EXTENSION pg_trgm") as refused:
        database.migrate()
    database.close()
    assert SECRET not in str(refused.value)


def test_a_user_who_may_only_read_and_write_rows_can_serve(database: Database, guest: str) -> None:
    name = make_url(guest).username
    with database.write() as session:
        for grant in ("SELECT, INSERT, UPDATE, DELETE ON ALL TABLES", "USAGE ON ALL SEQUENCES"):
            session.connection().execute(text(f"GRANT {grant} IN SCHEMA public TO {name}"))
    opened = Database(Settings(database_url=guest))
    opened.migrate()
    opened.check()
    add(opened, "One")
    assert names(opened) == ["One"]
    opened.close()


@pytest.mark.parametrize(
    "options", ["ENCODING 'SQL_ASCII' LOCALE 'C'", "ENCODING 'UTF8' LOCALE 'C'"], ids=["encoding", "locale"]
)
def test_a_database_that_cannot_hold_every_language_is_refused(server: Server, options: str) -> None:
    url = server.create(options=f"LOCALE_PROVIDER libc {options}")
    database = Database(Settings(database_url=url))
    with pytest.raises(Misconfigured, match=r"ENCODING 'UTF8' LC_CTYPE 'C\.UTF-8'"):
        database.migrate()
    database.close()
    server.drop(url)


# Replicas


def test_reads_go_to_the_replica_and_writes_do_not(server: Server, database: Database, url: str) -> None:
    add(database, "in both")
    database.close()
    replica = server.create(url)  # as of now: what is written later never reaches it
    split = Database(Settings(database_url=url, replica_url=replica))
    add(split, "in one")
    assert names(split) == ["in both"]
    assert names(database) == ["in both", "in one"]
    split.close()
    server.drop(replica)


# A server that is away


def test_connections_that_the_server_has_closed_cost_no_request(database: Database) -> None:
    add(database, "One")
    with database.write() as session:
        session.connection().execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": backend(database)})
    assert names(database) == ["One"]


def test_a_server_that_goes_away_within_a_request_is_said_to(database: Database) -> None:
    with pytest.raises(Unavailable, match="try again"), database.read() as session:
        pid = session.connection().execute(text("SELECT pg_backend_pid()")).scalar_one()
        with database.write() as other:
            other.connection().execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": pid})
        session.exec(select(Publisher)).all()


# Passwords


@pytest.mark.parametrize("command", ["migrate", "doctor", "seed", "serve"])
def test_a_password_is_never_printed(command: str) -> None:
    done = dateline(command, *(["--port", "0"] if command == "serve" else []), database=NOBODY_LISTENS)
    assert done.returncode == 1
    assert "127.0.0.1" in done.stdout + done.stderr
    assert SECRET not in done.stdout + done.stderr


@pytest.mark.parametrize(
    "url",
    [
        f"postgresql://dateline:{SECRET}@host/db",
        f"postgresql+psycopg://dateline:{SECRET}@host",
        f"postgresql+psycopg://dateline:{SECRET}/x@host/db",
        f"postgresql+psycopg://dateline:{SECRET}@x@host/db",
        f"postgresql+psycopg://dateline:x@host:{SECRET}/db",
        f"mysql://{SECRET}",
    ],
)
@pytest.mark.parametrize("setting", ["database_url", "replica_url"])
def test_a_url_that_is_refused_is_not_repeated(setting: str, url: str) -> None:
    with pytest.raises(Misconfigured, match=f"DATELINE_{setting.upper()}") as refused:
        load_settings(**{setting: url})
    assert "postgresql+psycopg://USER:PASSWORD@HOST/DATABASE" in str(refused.value)
    assert SECRET not in str(refused.value)


def test_settings_show_no_password() -> None:
    settings = Settings(database_url=NOBODY_LISTENS, replica_url=NOBODY_LISTENS)
    assert SECRET not in repr(settings)
    assert SECRET not in Database(settings).describe()
    hidden = Settings(database_url=f"postgresql+psycopg://u@/db?host=/run/x&password={SECRET}")
    assert SECRET not in Database(hidden).describe()


def test_only_postgresql_has_replicas() -> None:
    with pytest.raises(Misconfigured, match="DATELINE_REPLICA_URL: only PostgreSQL"):
        load_settings(database_url="sqlite:///x.db", replica_url=NOBODY_LISTENS)
