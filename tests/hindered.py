"""The command line where something stands in its way."""

import ctypes
import os
import re
import resource
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import chdir, contextmanager
from dataclasses import dataclass
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tests import command_line
from tests.conftest import FORKS, ROOT


@dataclass(frozen=True)
class Hindrance:
    """What a process has to do with: seconds for a writer's turn, pages for SQLite, bytes for each file."""

    wait_s: float | None = None
    pages: int | None = None
    file_bytes: int | None = None


def dateline(hindrance: Hindrance, *arguments: str, database: str) -> subprocess.CompletedProcess[str]:
    """Run the command line on the database at that URL, as somebody who may write only what is theirs to write."""
    with TemporaryDirectory() as name:
        process = _begin(hindrance, Path(name), *arguments, database=database)
        process.join()
        printed = (Path(name, stream).read_text(encoding="utf-8") for stream in ("stdout", "stderr"))
        return subprocess.CompletedProcess(arguments, process.exitcode or 0, *printed)


@contextmanager
def served(database: str) -> Iterator[str]:
    """Serve the database at that URL, as somebody who may write only what is theirs to write; gives the service's."""
    with TemporaryDirectory() as name:
        process = _begin(Hindrance(), Path(name), "serve", "--port", "0", database=database)
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


def _begin(hindrance: Hindrance, folder: Path, *arguments: str, database: str) -> ForkServerProcess:
    environment = {**os.environ, "DATELINE_DATABASE_URL": database}
    (folder / "stdin").touch()
    process = FORKS.Process(target=_run, args=(hindrance, arguments, environment, folder))
    with chdir(ROOT):  # where the process that is forked imports from
        process.start()
    return process


def _run(hindrance: Hindrance, arguments: Sequence[str], environment: dict[str, str], folder: Path) -> None:
    if hindrance.wait_s is not None:
        _hurry(hindrance.wait_s)
    if hindrance.pages is not None:
        _limit_pages(hindrance.pages)
    if hindrance.file_bytes is not None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (hindrance.file_bytes, hindrance.file_bytes))
    if environment["DATELINE_DATABASE_URL"].startswith("sqlite:"):  # a server has users of its own
        _be_nobody_special()
    command_line.run(arguments, environment, ROOT, folder)


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
