"""Keys for tests, and a client that may do everything."""

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count

import httpx

from app.config import Settings
from app.db import Database
from app.main import create_app
from app.services.access import Scope
from app.services.journal import Writer
from app.services.keys import create_key
from tests.conftest import asking, served
from tests.databases import Databases

MAKER = Writer("tests")
NUMBERS = count()


def a_key(database: Database, *scopes: str, name: str | None = None) -> str:
    """A new key with these scopes: what to send as Authorization."""
    with database.write() as session:
        _, secret = create_key(session, MAKER, name or f"tester {next(NUMBERS)}", [Scope(scope) for scope in scopes])
    return f"Bearer {secret}"


@contextmanager
def trusted(databases: Databases, template: str) -> Iterator[httpx.Client]:
    """A client with a key that may do everything, of a service whose library is a copy of the one at ``template``."""
    url = databases.create(template)
    app = create_app(Settings(database_url=url))
    headers = {"Authorization": a_key(app.state.database, "admin")}
    with served(app) as base, asking(base, headers=headers) as opened:
        yield opened
    databases.drop(url)
