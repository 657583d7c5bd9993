"""Keys for tests."""

from app.db import Database
from app.services.access import Scope, create_key
from app.services.journal import Writer

MAKER = Writer("tests")


def a_key(database: Database, *scopes: Scope, name: str = "tester") -> str:
    """A new key with these scopes: what to send as Authorization."""
    with database.write() as session:
        _, secret = create_key(session, MAKER, name, scopes)
    return f"Bearer {secret}"
