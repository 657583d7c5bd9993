"""SQLite: one file.

Readers work on a snapshot and never wait for the writer (WAL). Writers queue for the one
writing connection, and each write transaction begins IMMEDIATE: a deferred one that reads
before it writes fails at once with SQLITE_BUSY_SNAPSHOT, whatever the timeout.
"""

import sqlite3
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from threading import Lock
from time import monotonic
from typing import Any

from sqlalchemy import Connection, Dialect, Engine, Select, event
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import ConnectionPoolEntry
from sqlmodel import create_engine

from app.config import Settings
from app.db.engine import READ_CONNECTIONS, WAIT_S, limit_transactions, reason
from app.errors import DatelineError, Misconfigured, QueryTimeout, Unavailable
from app.search.fts import check_indexes, install_functions

# SQLite's own for each of the readers, of whom there are many; what is written at once touches pages of every index.
READER_CACHE_KIB = 2_000
WRITER_CACHE_KIB = 64_000
# There is one connection for lookups by key, and it answers most requests.
LOOKUP_CACHE_KIB = 8_000

# Of each connection. What is deleted is overwritten: Debian's SQLite does so by itself, others do not.
PRAGMAS: dict[str, str | int] = {"foreign_keys": "ON", "synchronous": "FULL", "secure_delete": "ON"}

STEPS_PER_LOOK = 20_000  # of SQLite's virtual machine, a millisecond or less, between looks at the clock


class SqliteEngine:
    """A file in WAL mode."""

    dialect = "sqlite"
    at_once = True

    def __init__(self, settings: Settings) -> None:
        self.path = Path(settings.database_url.removeprefix("sqlite:///"))
        self._url = settings.database_url
        self._timeout_s = settings.query_timeout_s
        self._lookups: dict[Select[*tuple[Any, ...]], _Lookup] = {}
        self._turn = Lock()
        self.reader = self._engine("BEGIN", pool_size=READ_CONNECTIONS, query_only=True, timeout_s=self._timeout_s)
        self.writer = self._engine("BEGIN IMMEDIATE", pool_size=1, cache_kib=WRITER_CACHE_KIB)

    def look_up(self, statement: Select[*tuple[Any, ...]], parameters: Mapping[str, object]) -> Sequence[Any] | None:
        """By a connection of its own, below SQLAlchemy's execution, which costs four times the query.

        One at a time, of the event loop and the threads: a connection lends a statement, and what is bound to it,
        to whoever asks for the same.
        """
        lookup = self._lookups.get(statement)
        if lookup is None:
            lookup = self._lookups[statement] = _Lookup(statement, self.reader.dialect)
        with self._turn:
            return lookup.row(self._lookup_connection, parameters)

    @cached_property
    def _lookup_connection(self) -> sqlite3.Connection:
        self.require()
        connection = sqlite3.connect(self.path, timeout=WAIT_S, check_same_thread=False, isolation_level=None)
        connection.execute("PRAGMA query_only = 1")
        connection.execute(f"PRAGMA cache_size = -{LOOKUP_CACHE_KIB}")
        return connection

    def close(self) -> None:
        """Close every connection."""
        self.reader.dispose()
        self.writer.dispose()
        if "_lookup_connection" in vars(self):
            self._lookup_connection.close()
            del self._lookup_connection

    def describe(self) -> str:
        """The path of the file."""
        return str(self.path)

    def require(self) -> None:
        """Raise Misconfigured unless the file is there: opening it would make one."""
        if not self.path.is_file():
            raise Misconfigured(f"there is no database at {self.path}: run 'dateline migrate'")

    def prepare(self) -> None:
        """The file, in WAL mode, and its folder; not more than that, since a path may be mistyped."""
        self.path.parent.mkdir(exist_ok=True)
        # Stored in the file, and refused inside a transaction: once, on a connection of its own.
        connection = sqlite3.connect(self.path)
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        finally:
            connection.close()

    def migrator(self) -> Engine:
        """Connections on which batch mode can put a copy of a table in its place."""
        migrator = self._engine("BEGIN IMMEDIATE", pool_size=1)

        @event.listens_for(migrator, "connect")
        def let_go(connection: sqlite3.Connection, _record: object) -> None:
            # Or dropping the table would delete every child row, and views of it forbid to rename its copy.
            connection.execute("PRAGMA foreign_keys = OFF")
            connection.execute("PRAGMA legacy_alter_table = ON")

        return migrator

    def faults(self, connection: Connection) -> list[str]:
        """What SQLite finds wrong with the pages, the first hundred things. Reads the whole file."""
        found = connection.exec_driver_sql("PRAGMA quick_check").scalars()
        return [" ".join(said.split()) for said in found if said != "ok"]

    def is_sound(self, connection: Connection) -> bool:
        """Whether every page is; Misconfigured when only a full-text index is not. Reads the whole file."""
        if self.faults(connection):
            return False
        try:
            check_indexes(connection)
        except DBAPIError as error:
            raise Misconfigured(
                f"a full-text index of {self.path} is damaged ({reason(error)}): run 'dateline reindex'"
            ) from error
        return True

    def refusal(self, error: Exception, *, writing: bool) -> DatelineError | None:
        """A query that was stopped, a writer that waited too long, a disk that does not take what is written."""
        cause = error.orig if isinstance(error, DBAPIError) else error
        code = getattr(cause, "sqlite_errorcode", 0) & 0xFF  # without what tells its kinds apart
        match code:
            case sqlite3.SQLITE_INTERRUPT:
                return QueryTimeout(self._timeout_s)
            case sqlite3.SQLITE_BUSY:
                return Unavailable(f"something else has been writing for {WAIT_S:g} s: try again")
            case sqlite3.SQLITE_READONLY if not writing:
                return None
        return Unavailable(f"{_DISK[code]}, and try again") if code in _DISK else None

    def advice(self, error: Exception) -> str:
        """What SQLite said, and what to do."""
        said = reason(error)
        known = (advice for sign, advice in _ADVICE.items() if sign in said)
        return f"{said}: {next(known, 'set DATELINE_DATABASE_URL to a file in a folder that this user may write')}"

    def _engine(
        self,
        begin: str,
        *,
        pool_size: int,
        query_only: bool = False,
        timeout_s: float | None = None,
        cache_kib: int = READER_CACHE_KIB,
    ) -> Engine:
        engine = create_engine(
            self._url,
            connect_args={"check_same_thread": False, "timeout": WAIT_S},
            hide_parameters=True,  # articles are not for logs
            pool_size=pool_size,
            max_overflow=0,
            pool_timeout=WAIT_S,
            pool_use_lifo=True,  # the connection whose cache is warm
        )
        if timeout_s is not None:
            limit_transactions(engine, timeout_s)
            _stop_slow_queries(engine)

        @event.listens_for(engine, "connect")
        def prepare(connection: sqlite3.Connection, _record: object) -> None:
            # The sqlite3 module would open transactions of its own; the begin event below does.
            connection.isolation_level = None
            install_functions(connection)
            for name, value in (PRAGMAS | {"query_only": int(query_only), "cache_size": -cache_kib}).items():
                connection.execute(f"PRAGMA {name} = {value}")

        @event.listens_for(engine, "begin")
        def start(connection: Connection) -> None:
            connection.exec_driver_sql(begin)

        return engine


class _Lookup:
    """A statement by a key, compiled: its text, its parameters in order, and what makes its values Python's."""

    def __init__(self, statement: Select[*tuple[Any, ...]], dialect: Dialect) -> None:
        compiled = statement.compile(dialect=dialect)
        self._text = str(compiled)
        # A name, and what the statement itself says it is where that is not asked for.
        self._parameters = [(name, compiled.params[name]) for name in compiled.positiontup or []]
        types = (column.type.dialect_impl(dialect) for column in statement.selected_columns)
        self._processors = [type_.result_processor(dialect, None) for type_ in types]

    def row(self, connection: sqlite3.Connection, parameters: Mapping[str, object]) -> Sequence[Any] | None:
        found = connection.execute(self._text, [parameters.get(*named) for named in self._parameters]).fetchone()
        if found is None:
            return None
        return [value if to is None else to(value) for value, to in zip(found, self._processors, strict=True)]


def _stop_slow_queries(engine: Engine) -> None:
    """Stop a statement at its transaction's deadline; SQLite has no such setting, only a call every so many steps."""

    @event.listens_for(engine, "connect")
    def watch(connection: sqlite3.Connection, record: ConnectionPoolEntry) -> None:
        record.info["deadline"] = float("inf")
        connection.set_progress_handler(lambda: monotonic() > record.info["deadline"], STEPS_PER_LOOK)


# The transaction is not there any more: nothing is half written.
_DISK = {
    sqlite3.SQLITE_FULL: "the disk is full, and nothing is stored: free some space",
    sqlite3.SQLITE_IOERR: "the disk fails, and nothing is stored: look at its space, limits and health",
    sqlite3.SQLITE_READONLY: "the database may only be read, and nothing is stored: "
    "let this user write it, with its -wal and -shm",
    sqlite3.SQLITE_CANTOPEN: "the database cannot be opened: let this user write its file and folder",
}
_ADVICE = {
    "disk is full": "free some space",
    "locked": "another process holds it: end that, or wait for it",
    "malformed": "restore a backup",
    "not a database": "DATELINE_DATABASE_URL names a file of another kind",
}
