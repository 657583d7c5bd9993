"""Databases for tests: SQLite files, and a throwaway PostgreSQL server."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Protocol
from uuid import uuid4

from sqlalchemy import URL, create_engine, make_url

# Taken out of the environment: it is no setting of the service, which would refuse it.
NAMED = os.environ.pop("DATELINE_TEST_POSTGRES_URL", None)
PREFIX = f"dateline_test_{uuid4().hex[:8]}"
NUMBERS = count()


class Databases(Protocol):
    """Makes databases of one engine."""

    def create(self, template: str | None = None) -> str:
        """The URL of a new database: empty, or a copy of the one at ``template``, which nobody may be using."""

    def drop(self, url: str) -> None:
        """Remove a database, whoever is using it."""


class Files:
    """SQLite databases in a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def create(self, template: str | None = None) -> str:
        """The URL of a file that is not there yet, or of a copy of ``template``."""
        path = self._folder / f"{next(NUMBERS)}.db"
        if template is not None:
            shutil.copy(template.removeprefix("sqlite:///"), path)
        return f"sqlite:///{path}"

    def drop(self, url: str) -> None:
        """Remove the file and what belongs to it."""
        for suffix in ("", "-wal", "-shm"):
            Path(url.removeprefix("sqlite:///") + suffix).unlink(missing_ok=True)


class Server:
    """Databases on a PostgreSQL server, owned by a user who may create them, and users, and nothing else."""

    def __init__(self, url: str) -> None:
        self._url = make_url(url)
        self._engine = create_engine(self._url, isolation_level="AUTOCOMMIT")

    def create(self, template: str | None = None, options: str = "") -> str:
        """The URL of a new database."""
        name = f"{PREFIX}_{next(NUMBERS)}"
        source = "template0" if template is None else make_url(template).database
        self.run(f"CREATE DATABASE {name} TEMPLATE {source} {options}")
        return _shown(self._url.set(database=name))

    def drop(self, url: str) -> None:
        """Drop the database, and the connections to it."""
        self.run(f"DROP DATABASE IF EXISTS {make_url(url).database} WITH (FORCE)")

    def close(self) -> None:
        """Drop what is left."""
        with self._engine.connect() as connection:
            names = connection.exec_driver_sql(f"SELECT datname FROM pg_database WHERE datname LIKE '{PREFIX}%%'")
            left = list(names.scalars())
        for name in left:
            self.run(f"DROP DATABASE {name} WITH (FORCE)")
        self._engine.dispose()

    def run(self, statement: str) -> None:
        """Run a statement outside of transactions."""
        with self._engine.connect() as connection:
            connection.exec_driver_sql(statement)


@contextmanager
def postgres_server() -> Iterator[Server | None]:
    """The server that DATELINE_TEST_POSTGRES_URL names, or one of our own; None when there is none to be had."""
    binaries = _binaries()
    if NAMED is not None:
        yield from _closing(NAMED)
    elif binaries is not None:
        with _throwaway(binaries) as url:
            yield from _closing(url)
    else:
        yield None


def _closing(url: str) -> Iterator[Server]:
    server = Server(url)
    try:
        yield server
    finally:
        server.close()


def _binaries() -> Path | None:
    """The folder of initdb and pg_ctl: in PATH, or the newest of Debian's."""
    found = shutil.which("initdb")
    if found is not None:
        return Path(found).resolve().parent
    versions = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    return versions[-1].parent if versions else None


@contextmanager
def _throwaway(binaries: Path) -> Iterator[str]:
    """A server in a folder of its own, reached by a socket there, gone afterwards; gives its URL."""
    folder = Path(tempfile.mkdtemp(prefix="dateline-pg-"))
    # PostgreSQL refuses to run as root.
    user = "postgres" if os.geteuid() == 0 else None
    if user is not None:
        shutil.chown(folder, user)

    def run(program: str, *arguments: str) -> None:
        _run([str(binaries / program), "--pgdata", str(folder / "data"), *arguments], folder, user)

    # A collation that sorts otherwise than code points do: what depends on it shows.
    locale = ("--encoding=UTF8", "--locale=C.UTF-8", "--locale-provider=icu", "--icu-locale=en")
    run("initdb", "--auth=trust", "--username=postgres", "--no-sync", *locale)
    # Its autovacuum may be looking at a database that is to be dropped, and only a superuser may interrupt it.
    speed = "-c fsync=off -c full_page_writes=off -c synchronous_commit=off -c autovacuum=off"
    options = f"-k {folder} -c listen_addresses= {speed}"
    run("pg_ctl", "start", "--wait", "--log", str(folder / "log"), "--options", options)
    try:
        yield _with_a_user(
            URL.create("postgresql+psycopg", "postgres", database="postgres", query={"host": str(folder)})
        )
    finally:
        run("pg_ctl", "stop", "--mode=immediate")
        shutil.rmtree(folder)


def _run(command: Sequence[str], folder: Path, user: str | None) -> None:
    # Into a file: the server would keep a pipe open after pg_ctl has ended.
    with (folder / "out").open("w+") as output:
        done = subprocess.run(command, cwd=folder, user=user, group=user, stdout=output, stderr=output, check=False)
        if done.returncode:
            output.seek(0)
            raise RuntimeError(f"{' '.join(command)}: {output.read()}")


def _with_a_user(administrator: URL) -> str:
    """The URL for a user with no more rights than one needs who makes databases."""
    engine = create_engine(administrator, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql("CREATE ROLE dateline LOGIN CREATEDB CREATEROLE")
    engine.dispose()
    return _shown(administrator.set(username="dateline"))


def _shown(url: URL) -> str:
    return url.render_as_string(hide_password=False)
