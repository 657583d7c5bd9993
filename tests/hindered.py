"""The command line where something stands in its way."""

import ctypes
import re
import resource
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tests import conftest


@dataclass(frozen=True)
class Hindrance:
    """What a process has to do with: seconds for a writer's turn, pages for SQLite, bytes for each file."""

    wait_s: float | None = None
    pages: int | None = None
    file_bytes: int | None = None


def dateline(hindrance: Hindrance, *arguments: str, database: str) -> subprocess.CompletedProcess[str]:
    """Run the command line on the database at that URL, as somebody who may write only what is theirs to write."""
    return conftest.dateline(*arguments, database=database, first=partial(_hinder, hindrance, database))


@contextmanager
def served(database: str) -> Iterator[str]:
    """Serve the database at that URL, as somebody who may write only what is theirs to write; gives the service's."""
    with TemporaryDirectory() as name:
        first = partial(_hinder, Hindrance(), database)
        process = conftest.begin(Path(name), "serve", "--port", "0", database=database, first=first)
        try:
            yield _url(Path(name, "stdout"), process)
        finally:
            process.terminate()
            process.join()


def _url(printed: Path, process: ForkServerProcess) -> str:
    """The one that the service prints when it listens."""
    while process.is_alive():
        found = re.search(r"http://[^/\s]+", printed.read_text(encoding="utf-8") if printed.exists() else "")
        if found:
            return found[0]
        process.join(0.05)
    raise RuntimeError("the service has ended")


def _hinder(hindrance: Hindrance, database: str) -> None:
    if hindrance.wait_s is not None:
        _hurry(hindrance.wait_s)
    if hindrance.pages is not None:
        _limit_pages(hindrance.pages)
    if hindrance.file_bytes is not None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (hindrance.file_bytes, hindrance.file_bytes))
    if database.startswith("sqlite:"):  # a server has users of its own
        _be_nobody_special()


def _hurry(wait_s: float) -> None:
    from app.db import postgresql, sqlite  # noqa: PLC0415 - once it is asked for

    for engine in (sqlite, postgresql):
        engine.WAIT_S = wait_s  # type: ignore[attr-defined]


def _limit_pages(pages: int) -> None:
    """As a disk that has room for so many: SQLite says the same of both."""
    from sqlalchemy import Engine, event  # noqa: PLC0415 - once it is asked for

    @event.listens_for(Engine, "connect")
    def limit(connection: Any, _record: object) -> None:
        connection.execute(f"PRAGMA max_page_count = {pages}")


def _be_nobody_special() -> None:
    """Let permissions of files hold for root, too: without CAP_DAC_OVERRIDE and CAP_DAC_READ_SEARCH."""
    libc = ctypes.CDLL(None, use_errno=True)
    header = (ctypes.c_uint32 * 2)(0x20080522, 0)
    sets = (ctypes.c_uint32 * 6)()
    if libc.capget(header, sets):
        raise OSError(ctypes.get_errno(), "capget")
    sets[0] &= ~0b110  # of the effective ones
    if libc.capset(header, sets):
        raise OSError(ctypes.get_errno(), "capset")
