"""Keys for tests."""

from itertools import count

from app.db import Database
from app.services.access import Scope
from app.services.journal import Writer
from app.services.keys import create_key

MAKER = Writer("tests")
NUMBERS = count()


def a_key(database: Database, *scopes: str, name: str | None = None) -> str:
    """A new key with these scopes: what to send as Authorization."""
    with database.write() as session:
        _, secret = create_key(session, MAKER, name or f"tester {next(NUMBERS)}", [Scope(scope) for scope in scopes])
    return f"Bearer {secret}"
