"""Backups of an SQLite database, made while it serves, and restoring one.

Either way all pages are copied on one snapshot into a temporary file, checked there, and renamed: the
file that was asked for is whole or absent. Killed in the middle, it leaves the temporary one (``.part``).
"""

import os
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from app.config import Settings
from app.db import Database, known_revisions
from app.errors import Conflict, Misconfigured
from app.services.journal import Writer, record
from app.services.reindexing import Advance

PAGES = 1_000  # copied at a time, 4 MB


def backup(database: Database, file: Path, advance: Advance, *, force: bool = False) -> None:
    """Copy the database as it is now into ``file``; others may write meanwhile, and what they write stays out.

    Conflict when ``file`` is there and may not be replaced. Misconfigured when there is no SQLite database, when
    it is damaged, or when ``file`` cannot be written.
    """
    source = _file_of(database, "pg_dump")
    _require_file(source)
    _require_free(file, source, force)
    with _explained(file), _put_in_place(file, source) as copy:
        _copy(source, "mode=rw", copy, advance)
        _require_sound(copy, source)


def restore(file: Path, database: Database, writer: Writer, advance: Advance, *, force: bool = False) -> None:
    """Put a copy of ``file``, a backup, in the place of the database, and bring its schema up to date.

    Conflict when the database is there and may not be replaced, or is in use. Misconfigured when ``file`` is no
    sound database of Dateline's, or the database cannot be written.
    """
    target = _file_of(database, "pg_restore")
    _require_file(file)
    _require_free(target, file, force)
    if _beside(file, "-wal").exists():
        raise Misconfigured(f"{file} is no backup, it has a -wal beside it: make one with 'dateline backup'")
    target.parent.mkdir(parents=True, exist_ok=True)
    with _unused(target), _explained(target), _put_in_place(target, file) as copy:
        _copy(file, "immutable=1", copy, advance)
        _require_sound(copy, file)
        _complete(copy, file, writer)
        # Else SQLite would take them for parts of the file that comes.
        for suffix in ("-wal", "-shm"):
            _beside(target, suffix).unlink(missing_ok=True)


def _file_of(database: Database, instead: str) -> Path:
    if database.file is None:
        raise Misconfigured(
            f"{database.describe()} is on a PostgreSQL server: use {instead}, as docs/operating.md shows"
        )
    return database.file


def _require_file(path: Path) -> None:
    if not path.is_file():
        raise Misconfigured(f"there is no database at {path}")


def _require_free(target: Path, source: Path, force: bool) -> None:
    if target.exists() and target.samefile(source):
        raise Misconfigured(f"{target} is the database itself: name another file")
    if target.exists() and not force:
        raise Conflict(f"{target} is there already: name another file, or replace it with --force")


@contextmanager
def _explained(target: Path) -> Iterator[None]:
    """Say of what goes wrong with files what it was about."""
    try:
        yield
    except (OSError, sqlite3.Error) as error:
        raise Misconfigured(f"cannot write {target}, and nothing is changed: {error}") from error


@contextmanager
def _put_in_place(target: Path, source: Path) -> Iterator[Path]:
    """A temporary file beside ``target``, as readable as ``source``; it becomes ``target`` if all goes well."""
    handle, name = tempfile.mkstemp(prefix=f"{target.name}.", suffix=".part", dir=target.parent)
    os.close(handle)
    part = Path(name)
    try:
        yield part
        shutil.copymode(source, part)
        part.replace(target)
        _sync(target.parent)
    finally:
        part.unlink(missing_ok=True)


def _sync(folder: Path) -> None:
    """Have the disk know the names in a folder."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _copy(source: Path, how: str, target: Path, advance: Advance) -> None:
    opened = sqlite3.connect(f"{source.resolve().as_uri()}?{how}", uri=True)
    with _reading(source), closing(opened) as old, closing(sqlite3.connect(target)) as new:
        new.execute("PRAGMA journal_mode = OFF")  # a file that is thrown away when anything fails
        # On a snapshot of its own: SQLite begins a copy anew whenever others write.
        old.execute("BEGIN")
        old.execute("SELECT count(*) FROM sqlite_master").fetchone()
        old.backup(new, pages=PAGES, progress=lambda _, left, total: advance("Copying", total - left, total))


def _require_sound(copy: Path, source: Path) -> None:
    """Raise Misconfigured unless a copy of ``source`` is a whole database of a schema that we know."""
    opened = sqlite3.connect(f"{copy.resolve().as_uri()}?immutable=1", uri=True)
    with _reading(source), closing(opened) as connection:
        said = [row[0] for row in connection.execute("PRAGMA quick_check(1)")]
        ours = connection.execute("SELECT count(*) FROM sqlite_master WHERE name = 'alembic_version'").fetchone()[0]
        revisions = {row[0] for row in connection.execute("SELECT version_num FROM alembic_version")} if ours else set()
    if said != ["ok"]:
        raise Misconfigured(f"{source} is damaged: {' '.join(said[0].split())}")
    if len(revisions) != 1 or not revisions <= known_revisions():
        raise Misconfigured(
            f"the schema of {source} is {', '.join(revisions) or 'not one of Dateline'}: this version does not know it"
        )


def _complete(copy: Path, source: Path, writer: Writer) -> None:
    """Bring the schema of a copy up to date, and its log, before it is where anybody sees it."""
    with closing(Database(Settings(database_url=f"sqlite:///{copy}"))) as database:
        database.migrate()
        with database.write() as session:
            record(session, writer, "library.restore", file=source.name)


@contextmanager
def _reading(source: Path) -> Iterator[None]:
    """Say of what SQLite cannot make out in a file that it is the file."""
    try:
        yield
    except sqlite3.OperationalError as error:  # of the moment, not of what is stored
        if error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY:
            raise Misconfigured(f"{source} is locked: end what holds it, or wait for it") from error
        raise
    except sqlite3.DatabaseError as error:
        raise Misconfigured(f"{source} is damaged, or no database of Dateline's: {error}") from error


@contextmanager
def _unused(target: Path) -> Iterator[None]:
    """Keep others out of a database that is to be replaced; Conflict when somebody has it open."""
    if not target.exists():
        yield
        return
    with closing(sqlite3.connect(target, timeout=0, isolation_level=None)) as connection:
        _lock(connection, target)
        try:
            yield
        except BaseException:
            _unlock(connection)
            raise


def _lock(connection: sqlite3.Connection, target: Path) -> None:
    try:
        connection.execute("PRAGMA locking_mode = EXCLUSIVE")
        # Others who have it open forbid that; and there is no -wal of the old file when the new one is there.
        connection.execute("PRAGMA journal_mode = DELETE")
        connection.execute("BEGIN EXCLUSIVE")
    except sqlite3.DatabaseError as error:
        if error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY:
            raise Conflict(f"{target} is in use: stop the service, and whatever else has it open") from error
        # Any other error is of a damaged file: a reason to restore.


def _unlock(connection: sqlite3.Connection) -> None:
    """Leave the file as it was."""
    with suppress(sqlite3.DatabaseError):
        connection.execute("ROLLBACK")
        connection.execute("PRAGMA journal_mode = WAL")


def _beside(path: Path, suffix: str) -> Path:
    return path.with_name(path.name + suffix)
