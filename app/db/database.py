"""Database: sessions as types, migrations, checks, the same on every engine."""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NewType

from sqlalchemy import Connection, Select, inspect
from sqlalchemy.exc import DBAPIError
from sqlmodel import Session, text

from app import __version__
from app.config import Settings, shipped
from app.db.engine import DatabaseEngine
from app.db.postgresql import PostgresqlEngine
from app.db.sqlite import SqliteEngine
from app.errors import Misconfigured

ReadSession = NewType("ReadSession", Session)
WriteSession = NewType("WriteSession", Session)


class Database:
    """What the settings name: ``read()`` and ``write()`` give sessions, ``migrate()`` brings its schema up to date."""

    def __init__(self, settings: Settings) -> None:
        of_kind = SqliteEngine if settings.dialect == "sqlite" else PostgresqlEngine
        self._engine: DatabaseEngine = of_kind(settings)

    @property
    def dialect(self) -> str:
        """``sqlite`` or ``postgresql``."""
        return self._engine.dialect

    def describe(self) -> str:
        """Which database it is, for messages; never a password."""
        return self._engine.describe()

    @property
    def file(self) -> Path | None:
        """The file that holds all of it; None where a server does."""
        return self._engine.path

    @contextmanager
    def read(self) -> Iterator[ReadSession]:
        """A session on one consistent snapshot; it cannot write. QueryTimeout when a statement takes too long."""
        with self._refusing(), Session(self._engine.reader) as session:
            yield ReadSession(session)

    @contextmanager
    def write(self) -> Iterator[WriteSession]:
        """A session that commits at the end of the block, or leaves nothing when the block raises.

        One at a time, over all processes; Unavailable when its turn does not come, or the disk takes no more.
        """
        with self._refusing(writing=True), Session(self._engine.writer) as session, session.begin():
            yield WriteSession(session)

    @property
    def at_once(self) -> bool:
        """Whether ``look_up`` answers sooner than a thread would be found for it: then it may stand in a coroutine."""
        return self._engine.at_once

    def look_up(self, statement: Select[*tuple[Any, ...]], **parameters: object) -> Sequence[Any] | None:
        """The one row that a statement, made once, finds by a key; None when there is none."""
        with self._refusing():
            return self._engine.look_up(statement, parameters)

    def migrate(self) -> None:
        """Create what is not there, and bring the schema to the newest revision; Misconfigured where it is newer."""
        try:
            with self.migrating() as connection:
                found = self._revision(connection)
                connection.rollback()  # migrations begin and commit their own
                if found != _newest():
                    _upgrade(connection)
        except (OSError, sqlite3.Error, DBAPIError) as error:
            raise Misconfigured(f"cannot write the database {self.describe()}: {self._engine.advice(error)}") from error

    @contextmanager
    def migrating(self) -> Iterator[Connection]:
        """A connection for migrations, to a database that is ready for them."""
        self._engine.prepare()
        engine = self._engine.migrator()
        try:
            with engine.connect() as connection:
                yield connection
        finally:
            engine.dispose()

    def check(self) -> None:
        """Raise Misconfigured unless the database is there and its schema is the newest revision."""
        self._engine.require()
        try:
            with self._engine.reader.connect() as connection:
                found = self._revision(connection)
        except DBAPIError as error:
            raise Misconfigured(f"cannot read the database {self.describe()}: {self._engine.advice(error)}") from error
        newest = _newest()
        if found != newest:
            raise Misconfigured(
                f"the schema of {self.describe()} is {found or 'empty'}, not {newest}: run 'dateline migrate'"
            )

    def check_integrity(self) -> None:
        """Raise Misconfigured unless all that the engine can check is sound; may read all of it."""
        try:
            with self.write() as session:
                sound = self._engine.is_sound(session.connection())
        except DBAPIError as error:
            raise Misconfigured(f"the database {self.describe()} is damaged: {self._engine.advice(error)}") from error
        if not sound:
            raise Misconfigured(f"the database {self.describe()} is damaged: restore a backup")

    def faults(self, session: ReadSession) -> list[str]:
        """What is not whole of pages and indexes, as far as the engine can tell; may read all of it."""
        return self._engine.faults(session.connection())

    def is_refusal(self, error: Exception) -> bool:
        """Whether an error is of the moment, such as a full disk, and not of what is stored or asked."""
        return self._engine.refusal(error, writing=True) is not None

    def close(self) -> None:
        """Give back every connection."""
        self._engine.close()

    def _revision(self, connection: Connection) -> str | None:
        """The Alembic revision of the schema; None when there is no schema."""
        if not inspect(connection).has_table("alembic_version"):
            return None
        found: str | None = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
        if found is not None and found not in known_revisions():
            raise Misconfigured(
                f"the schema of {self.describe()} is {found}, of a newer Dateline than this one, {__version__}: "
                "run that, or restore a backup from before"
            )
        return found

    @contextmanager
    def _refusing(self, *, writing: bool = False) -> Iterator[None]:
        """Say of an error in the block what it means, where that is neither the caller's mistake nor ours."""
        try:
            yield
        except Exception as error:
            refusal = self._engine.refusal(error, writing=writing)
            if refusal is None:
                raise
            raise refusal from error


def known_revisions() -> set[str]:
    """The revisions of the schema that this version of Dateline can bring up to date."""
    # A migration's file begins with its revision: Alembic would load all of them, and 6 MB of its own.
    return {script.name.partition("_")[0] for script in shipped("migrations").glob("versions/[0-9]*_*.py")}


def _newest() -> str:
    return max(known_revisions())


def _upgrade(connection: Connection) -> None:
    from alembic import command  # noqa: PLC0415 - only where there is something to migrate
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("path_separator", "os")
    config.set_main_option("script_location", str(shipped("migrations")).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def ping(session: ReadSession) -> None:
    """Ask the database for one row."""
    session.connection().execute(text("SELECT 1"))
