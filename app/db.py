"""The database: engines for reading and for writing, sessions as types, migrations.

Readers work on a snapshot and never wait for the writer (WAL). Writers queue for the one
writing connection, and each write transaction begins IMMEDIATE: a deferred one that reads
before it writes fails at once with SQLITE_BUSY_SNAPSHOT, whatever the timeout.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NewType

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, event
from sqlalchemy.exc import DBAPIError
from sqlmodel import Session, create_engine, text

from app.config import Settings, shipped
from app.errors import Misconfigured
from app.search.fts import check_indexes

ReadSession = NewType("ReadSession", Session)
WriteSession = NewType("WriteSession", Session)

READ_CONNECTIONS = 15
BUSY_TIMEOUT_S = 30


class Database:
    """One SQLite file: ``read()`` and ``write()`` give sessions, ``migrate()`` brings its schema up to date."""

    def __init__(self, settings: Settings) -> None:
        self.path = settings.database_path
        self._url = settings.database_url
        self._reader = self._engine("BEGIN", pool_size=READ_CONNECTIONS, query_only=True)
        self._writer = self._engine("BEGIN IMMEDIATE", pool_size=1)

    @contextmanager
    def read(self) -> Iterator[ReadSession]:
        """A session on one consistent snapshot; it cannot write."""
        with Session(self._reader) as session:
            yield ReadSession(session)

    @contextmanager
    def write(self) -> Iterator[WriteSession]:
        """A session that commits at the end of the block, or leaves nothing when the block raises."""
        with Session(self._writer) as session, session.begin():
            yield WriteSession(session)

    def migrate(self) -> None:
        """Create the file where there is none, and bring its schema to the newest revision."""
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with self.migrating() as connection:
                config = _alembic_config()
                config.attributes["connection"] = connection
                command.upgrade(config, "head")
        except (OSError, sqlite3.Error, DBAPIError) as error:
            raise Misconfigured(f"cannot write the database {self.path}: {_advice(error)}") from error

    @contextmanager
    def migrating(self) -> Iterator[Connection]:
        """A connection for migrations: foreign keys are off, or batch mode would delete every child row."""
        self._set_wal()
        engine = self._engine("BEGIN IMMEDIATE", pool_size=1, foreign_keys=False)
        try:
            with engine.connect() as connection:
                yield connection
        finally:
            engine.dispose()

    def check(self) -> None:
        """Raise Misconfigured unless the file is there and its schema is the newest revision."""
        if not self.path.is_file():
            raise Misconfigured(f"there is no database at {self.path}: run 'dateline migrate'")
        try:
            with self._reader.connect() as connection:
                found = schema_revision(connection)
        except DBAPIError as error:
            raise Misconfigured(f"cannot read the database {self.path}: {_advice(error)}") from error
        newest = ScriptDirectory.from_config(_alembic_config()).get_current_head()
        if found != newest:
            raise Misconfigured(
                f"the schema of {self.path} is {found or 'empty'}, not {newest}: run 'dateline migrate'"
            )

    def check_integrity(self) -> None:
        """Raise Misconfigured unless every page and every full-text index is sound; reads the whole file."""
        try:
            with self.write() as session:
                connection = session.connection()
                broken = connection.exec_driver_sql("PRAGMA quick_check").scalar_one() != "ok"
                check_indexes(connection)
        except DBAPIError as error:
            raise Misconfigured(f"the database {self.path} is damaged: {_advice(error)}") from error
        if broken:
            raise Misconfigured(f"the database {self.path} is damaged: restore a backup")

    def close(self) -> None:
        """Give back every connection."""
        self._reader.dispose()
        self._writer.dispose()

    def _engine(self, begin: str, *, pool_size: int, query_only: bool = False, foreign_keys: bool = True) -> Engine:
        arguments = {"check_same_thread": False, "timeout": BUSY_TIMEOUT_S}
        engine = create_engine(
            self._url,
            connect_args=arguments,
            pool_size=pool_size,
            max_overflow=0,
            pool_timeout=BUSY_TIMEOUT_S,
        )

        @event.listens_for(engine, "connect")
        def prepare(connection: sqlite3.Connection, _record: object) -> None:
            # The sqlite3 module would open transactions of its own; the begin event below does.
            connection.isolation_level = None
            connection.execute(f"PRAGMA foreign_keys = {int(foreign_keys)}")
            connection.execute(f"PRAGMA query_only = {int(query_only)}")
            connection.execute("PRAGMA synchronous = FULL")

        @event.listens_for(engine, "begin")
        def start(connection: Connection) -> None:
            connection.exec_driver_sql(begin)

        return engine

    def _set_wal(self) -> None:
        # Stored in the file, and refused inside a transaction: once, on a connection of its own.
        connection = sqlite3.connect(self.path)
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        finally:
            connection.close()


def schema_revision(connection: Connection) -> str | None:
    """The Alembic revision of the schema; None when there is no schema."""
    return MigrationContext.configure(connection).get_current_revision()


def ping(session: ReadSession) -> None:
    """Ask the database for one row."""
    session.connection().execute(text("SELECT 1"))


def _alembic_config() -> Config:
    config = Config()
    config.set_main_option("path_separator", "os")
    config.set_main_option("script_location", str(shipped("migrations")).replace("%", "%%"))
    return config


_ADVICE = {
    "disk is full": "free some space",
    "locked": "another process holds it: end that, or wait for it",
    "malformed": "restore a backup",
    "not a database": "DATELINE_DATABASE_URL names a file of another kind",
    "fts5": "restore a backup",
}


def _advice(error: Exception) -> str:
    """What went wrong, and what to do about it."""
    reason = str(error.orig) if isinstance(error, DBAPIError) and error.orig else str(error)
    known = (advice for sign, advice in _ADVICE.items() if sign in reason)
    return f"{reason}: {next(known, 'set DATELINE_DATABASE_URL to a file in a folder that this user may write')}"
