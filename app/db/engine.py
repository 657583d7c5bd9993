"""What Dateline asks of a database engine. Each engine is one class; nothing else knows which one it is."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

from sqlalchemy import Connection, Engine, Select
from sqlalchemy.exc import DBAPIError

from app.errors import DatelineError

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

    def refusal(self, error: Exception) -> DatelineError | None:
        """What an error that is neither the caller's mistake nor ours means: a query stopped, a turn not given."""

    def advice(self, error: Exception) -> str:
        """What went wrong, and what an operator is to do about it."""


def reason(error: Exception) -> str:
    """What the driver said, in one line, without the statement."""
    return " ".join(str(error.orig if isinstance(error, DBAPIError) and error.orig else error).split())
