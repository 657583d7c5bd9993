"""PostgreSQL, by psycopg: one server for several processes, and replicas of it to read from.

Readers work on a snapshot. Writers take turns by an advisory lock, over all processes: what is
written then means the same as on SQLite, with its single writer. A transaction that looks for a
row and adds it when it is missing needs no second try, and READ COMMITTED lets it see all that
was written before its turn.

Each transaction begins with one message of ours: the driver, left to itself, would send three. What is looked
up by its key is one statement, and goes without.
"""

import logging
from collections.abc import Mapping, Sequence
from math import ceil, inf
from time import monotonic
from typing import Any

from sqlalchemy import URL, Connection, Engine, Select, event, make_url
from sqlalchemy.exc import DBAPIError
from sqlmodel import create_engine

from app.config import Settings
from app.db.engine import READ_CONNECTIONS, WAIT_S, limit_transactions, reason
from app.errors import DatelineError, Misconfigured, QueryTimeout, Unavailable

WRITERS_LOCK = 0x646174656C696E65  # "dateline"; any number that other users of the database leave alone
SINGLE = "single_statement"  # an option of connections that begin no transaction on the server
NONCHARACTER = "\uffff"  # which no text has either
# Where the URL says nothing else.
DEFAULTS = {"connect_timeout": 10, "application_name": "dateline", "client_encoding": "utf8"}


class PostgresqlEngine:
    """A database on a server; reads go to a replica where there is one."""

    dialect = "postgresql"
    path = None
    at_once = False

    def __init__(self, settings: Settings) -> None:
        # Of statements sent together, the driver says behind the error itself that they were not all done.
        logging.getLogger("psycopg").setLevel(logging.ERROR)
        self._url = make_url(settings.database_url)
        replica = make_url(settings.replica_url or settings.database_url)
        self._timeout_s = settings.query_timeout_s
        read = (
            "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; "
            # A plan that serves any words goes through all articles; one for these is made in a millisecond.
            "SET LOCAL plan_cache_mode = force_custom_plan"
        )
        self._write = (
            f"BEGIN ISOLATION LEVEL READ COMMITTED; SET LOCAL lock_timeout = '{WAIT_S * 1000:.0f}ms'; "
            f"SELECT pg_advisory_xact_lock({WRITERS_LOCK})"
        )
        self.reader = _engine(replica, read, pool_size=READ_CONNECTIONS, timeout_s=self._timeout_s)
        event.listen(self.reader, "connect", _find_nothing_by_nul)
        self._single = self.reader.execution_options(**{SINGLE: True})
        self.writer = _engine(self._url, self._write, pool_size=1)

    def look_up(self, statement: Select[*tuple[Any, ...]], parameters: Mapping[str, object]) -> Sequence[Any] | None:
        """As any other statement, but outside of a transaction: that takes two messages more."""
        with self._single.connect() as connection:
            return connection.execute(statement, dict(parameters)).one_or_none()

    def close(self) -> None:
        """Close every connection."""
        self.reader.dispose()
        self.writer.dispose()

    def describe(self) -> str:
        """The URL, its password hidden."""
        where = {name: value for name, value in self._url.query.items() if name in ("host", "port")}
        return self._url.set(query=where).render_as_string(hide_password=True)

    def require(self) -> None:
        """Only the server knows."""

    def prepare(self) -> None:
        """The extension that finds names by their trigrams; there already, it takes no rights."""
        migrator = self.migrator()
        try:
            with migrator.begin() as connection:
                _require_unicode(connection)
                connection.exec_driver_sql("CREATE EXTENSION IF NOT EXISTS pg_trgm")
        finally:
            migrator.dispose()

    def migrator(self) -> Engine:
        """As for writing: two that migrate at once take turns."""
        return _engine(self._url, self._write, pool_size=1)

    def faults(self, connection: Connection) -> list[str]:
        """Indexes that are not valid; the pages are the server's to check (pg_amcheck)."""
        invalid = "SELECT indexrelid::regclass::text FROM pg_index WHERE NOT indisvalid ORDER BY 1"
        return [f"the index {name} is not valid" for name in connection.exec_driver_sql(invalid).scalars()]

    def is_sound(self, connection: Connection) -> bool:
        """Whether there are no faults."""
        return not self.faults(connection)

    def refusal(self, error: Exception, *, writing: bool) -> DatelineError | None:
        """A query that was stopped, a writer that waited too long, a server that does not answer or cannot write."""
        if _state(error) == QUERY_CANCELED:
            return QueryTimeout(self._timeout_s)
        if _state(error) == LOCK_NOT_AVAILABLE:
            return Unavailable(f"something else has been writing for {WAIT_S:g} s: try again")
        if _state(error) in _DISK and (writing or _state(error) != READ_ONLY):
            return Unavailable(f"{_DISK[_state(error)]}, and try again")
        if isinstance(error, DBAPIError) and (error.connection_invalidated or _state(error) in PASSING):
            return Unavailable("the database server does not answer now: try again")
        return None

    def advice(self, error: Exception) -> str:
        """What PostgreSQL said, and what to do."""
        return f"{reason(error)}: {_ADVICE.get(_state(error) or '', _CONNECT)}"


def _engine(url: URL, begin: str, *, pool_size: int, timeout_s: float | None = None) -> Engine:
    engine = create_engine(
        url,
        connect_args={name: value for name, value in DEFAULTS.items() if name not in url.query},
        hide_parameters=True,  # articles are not for logs
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=WAIT_S,
        pool_pre_ping=True,  # a server that was restarted costs no request
    )
    if timeout_s is not None:
        limit_transactions(engine, timeout_s)
        _stop_slow_queries(engine, timeout_s)

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _record: object) -> None:
        # The driver would begin transactions of its own; the begin event below does.
        connection.autocommit = True
        if timeout_s is not None:
            connection.execute(f"SET statement_timeout = '{timeout_s * 1000:.0f}ms'")

    @event.listens_for(engine, "begin")
    def start(connection: Connection) -> None:
        if not connection.get_execution_options().get(SINGLE):
            connection.exec_driver_sql(begin)

    return engine


def _stop_slow_queries(engine: Engine, timeout_s: float) -> None:
    """Leave each statement what its transaction has left, to a tenth: telling the server costs a message.

    A transaction can be given a time from version 17 on, and would take the connection with it.
    """

    @event.listens_for(engine, "begin")
    def grant(connection: Connection) -> None:
        connection.info["granted"] = timeout_s

    @event.listens_for(engine, "before_cursor_execute")
    def leave(connection: Connection, cursor: Any, *_statement: Any) -> None:
        left = connection.info.get("deadline", inf) - monotonic()
        if left < 0.9 * connection.info.get("granted", inf):
            cursor.execute(f"SET LOCAL statement_timeout = '{max(1, ceil(left * 1000))}ms'")
            connection.info["granted"] = left


def _find_nothing_by_nul(connection: Any, _record: object) -> None:
    """Let a question with a NUL in it find nothing, as on SQLite: no text here holds one, and the driver refuses it."""
    from psycopg.types.string import StrDumper  # noqa: PLC0415 - the driver is loaded only where it is used

    class WithoutNul(StrDumper):
        def dump(self, obj: str) -> Any:
            return super().dump(obj.replace("\0", NONCHARACTER))

    connection.adapters.register_dumper(str, WithoutNul)


def _require_unicode(connection: Connection) -> None:
    """Raise Misconfigured where the database cannot hold every text, or knows letters only of ASCII."""
    asked = "SELECT pg_encoding_to_char(encoding), datctype FROM pg_database WHERE datname = current_database()"
    encoding, character_type = connection.exec_driver_sql(asked).one()
    if encoding != "UTF8" or character_type in ("C", "POSIX"):
        raise Misconfigured(
            f"the database has encoding {encoding} and LC_CTYPE {character_type}: make it anew with "
            "ENCODING 'UTF8' LC_CTYPE 'C.UTF-8' TEMPLATE template0, or another LC_CTYPE of UTF-8"
        )


def _state(error: Exception) -> str | None:
    """The SQLSTATE: five characters, or None when the server never spoke."""
    state: str | None = getattr(error.orig if isinstance(error, DBAPIError) else error, "sqlstate", None)
    return state


QUERY_CANCELED = "57014"
LOCK_NOT_AVAILABLE = "55P03"
READ_ONLY = "25006"
# Shutting down, starting up, too many connections, and a replica whose rows were cleaned away under a query.
PASSING = frozenset({"57P01", "57P02", "57P03", "53300", "40001"})

# The transaction is not there any more: nothing is half written.
_DISK: dict[str | None, str] = {
    "53100": "the disk of the database server is full, and nothing is stored: free some space",
    "58030": "the disk of the database server fails, and nothing is stored: look at its space and health",
    READ_ONLY: "the database may only be read, and nothing is stored: turn default_transaction_read_only off",
}

_CONNECT = "see that the server runs, that DATELINE_DATABASE_URL names a database of it, and that it lets this user in"
_EXTENSION = "have the server's administrator run CREATE EXTENSION pg_trgm in this database"
_ADVICE = {
    "42501": f"let this user own the database; for the extension, {_EXTENSION}",
    "0A000": f"install the server's contrib modules, and {_EXTENSION}",
    READ_ONLY: "turn default_transaction_read_only off",
    "53100": "free some space on the server",
    LOCK_NOT_AVAILABLE: "another process has been writing or migrating: wait for it",
}
