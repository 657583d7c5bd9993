"""The database: engines for reading and for writing, sessions as types, migrations."""

from app.db.database import Database, ReadSession, WriteSession, known_revisions, ping
from app.db.engine import ACCESS_CONNECTIONS, LOOKUP_CONNECTIONS, READ_CONNECTIONS, SEARCH_CONNECTIONS

__all__ = [
    "ACCESS_CONNECTIONS",
    "LOOKUP_CONNECTIONS",
    "READ_CONNECTIONS",
    "SEARCH_CONNECTIONS",
    "Database",
    "ReadSession",
    "WriteSession",
    "known_revisions",
    "ping",
]
