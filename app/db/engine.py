"""What Dateline asks of a database engine. Each engine is one class; nothing else knows which one it is."""

from collections.abc import Mapping, Sequence
from math import inf
from pathlib import Path
from time import monotonic
from typing import Any, Protocol

from sqlalchemy import Connection, Engine, Select, event
from sqlalchemy.exc import DBAPIError

from app.errors import DatelineError, QueryTimeout

ACCESS_CONNECTIONS = 1
LOOKUP_CONNECTIONS = 7
SEARCH_CONNECTIONS = 7
READ_CONNECTIONS = ACCESS_CONNECTIONS + LOOKUP_CONNECTIONS + SEARCH_CONNECTIONS
WAIT_S = 30.0  # for the writer's turn, and for a connection from a pool


class DatabaseEngine(Protocol):
    """One way to keep the tables: connections that begin their transactions as they have to, and words for errors."""

    dialect: str
    reader: Engine
    writer: Engine

    @property
    def path(self) -> Path | None:
        """The file that holds all of it; None where a server does."""

    at_once: bool
    """Whether a row is found by its key in less time than handing the work to a thread takes."""

    def look_up(self, statement: Select[*tuple[Any, ...]], parameters: Mapping[str, object]) -> Sequence[Any] | None:
        """The one row that a statement finds by a key; it is compiled the first time it comes."""

    def describe(self) -> str:
        """Which database it is, for messages; never a password."""

    def close(self) -> None:
        """Close every connection."""

    def require(self) -> None:
        """Raise Misconfigured when it is known without asking that there is no database."""

    def prepare(self) -> None:
        """Make what migrations need and cannot make themselves."""

    def migrator(self) -> Engine:
        """Connections for migrations; the caller disposes of them."""

    def faults(self, connection: Connection) -> list[str]:
        """What is not whole of pages and indexes, as far as the engine can tell; may raise DBAPIError instead."""

    def is_sound(self, connection: Connection) -> bool:
        """Whether what is stored is whole, as far as the engine can tell; may raise DBAPIError instead."""

    def refusal(self, error: Exception, *, writing: bool) -> DatelineError | None:
        """What an error that is neither the caller's mistake nor ours means: a query stopped, a turn not given.

        That there is only reading is one for who writes; for who reads it is a mistake of ours to have tried.
        """

    def advice(self, error: Exception) -> str:
        """What went wrong, and what an operator is to do about it."""


def reason(error: Exception) -> str:
    """What the driver said, in one line, without the statement."""
    return " ".join(str(error.orig if isinstance(error, DBAPIError) and error.orig else error).split())


def limit_transactions(engine: Engine, timeout_s: float) -> None:
    """Begin no statement in a transaction that is older, however short each one was.

    ``info["deadline"]`` of a connection says until when, on the monotonic clock; stopping a statement that is
    under way by then is each engine's own business. To be called before others listen to ``begin``: what they
    do there is in time, too.
    """

    @event.listens_for(engine, "begin")
    def start_clock(connection: Connection) -> None:
        connection.info["deadline"] = monotonic() + timeout_s

    @event.listens_for(engine, "before_cursor_execute")
    def look_at_clock(connection: Connection, *_statement: Any) -> None:
        if monotonic() > connection.info.get("deadline", inf):
            raise QueryTimeout(timeout_s)
