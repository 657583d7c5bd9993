"""What all commands share: where they print, how they show progress, the database they work on."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from app.config import Settings, load_settings
from app.db import Database
from app.services.journal import command_line
from app.services.reindexing import Advance, is_current
from app.services.reindexing import reindex as make_anew

# Piped, a table is as wide as it needs to be.
out = Console(highlight=False, soft_wrap=True, width=None if sys.stdout.isatty() else 200)
err = Console(stderr=True, highlight=False, soft_wrap=True)


@contextmanager
def opened(settings: Settings) -> Iterator[Database]:
    """The database, migrated, and indexed by this version of Dateline."""
    database = Database(settings)
    try:
        database.migrate()
        if not is_current(database):
            index_anew(database)
        yield database
    finally:
        database.close()


def named(place: str) -> Database:
    """The database at a URL, or in a file."""
    return Database(unhurried(database_url=place if "://" in place else f"sqlite:///{place}"))


def unhurried(**given: object) -> Settings:
    """Settings for reading all there is: that is not a slow query, and is never left to a replica."""
    return load_settings(**given, replica_url=None, query_timeout_s=86_400)


def index_anew(database: Database) -> None:
    """Make what is derived anew, with a bar."""
    with stages() as advance:
        make_anew(database, command_line(), advance)


@contextmanager
def stages() -> Iterator[Advance]:
    """A bar for each stage of what is done."""
    with progress_bar() as progress:
        tasks: dict[str, TaskID] = {}
        yield lambda stage, done, total: _show(progress, tasks, stage, done, total)


def _show(progress: Progress, tasks: dict[str, TaskID], stage: str, done: int, total: int) -> None:
    if stage not in tasks:
        tasks[stage] = progress.add_task(stage, total=total)
    progress.update(tasks[stage], completed=done)


def size(file: IO[bytes]) -> int | None:
    """How many bytes a file has; None where that cannot be known."""
    return os.fstat(file.fileno()).st_size if file.seekable() else None


def progress_bar() -> Progress:
    """A progress bar on a terminal, silence elsewhere."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    return Progress(*columns, console=err, disable=not err.is_terminal, transient=True)
