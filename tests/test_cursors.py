"""Cursors: a list read page by page while articles are added skips nothing that was there, and repeats nothing."""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from datetime import date, timedelta
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st

from app.config import Settings
from app.db import Database
from app.main import create_app
from tests.databases import Databases
from tests.lines import Line, line, put

ADA = "Ada Lovelace"
LISTS: list[tuple[str, dict[str, str]]] = [
    ("/articles", {}),
    ("/articles", {"sort": "oldest"}),
    ("/articles", {"entity": ADA}),
    ("/articles", {"speaker": ADA, "sort": "oldest"}),
    ("/articles", {"publisher": "Sea"}),
    ("/search", {"q": "oil"}),
    ("/search", {"q": "oil", "sort": "newest"}),
    ("/search", {"q": "oil", "sort": "oldest"}),
    ("/search", {"q": "oil OR gas NOT coal", "entity": ADA, "from": "2020-01-03"}),
    ("/quotes", {}),
    ("/quotes", {"sort": "oldest"}),
    ("/quotes", {"speaker": ADA}),
    ("/quotes", {"speaker": ADA, "sort": "oldest"}),
    ("/quotes", {"q": "oil", "sort": "oldest"}),
    (f"/entities/{ADA}/articles", {}),
    (f"/entities/{ADA}/mentions", {}),
    (f"/entities/{ADA}/quotes", {}),
    ("/entities", {"sort": "name"}),
    ("/entities", {"sort": "name", "type": "ORG"}),
    ("/runs", {}),
]
WORDS = st.lists(st.sampled_from(["oil", "gas", "coal"]), min_size=1, max_size=12).map(" ".join)
DAYS = st.sampled_from([None, *(date(2020, 1, 1) + timedelta(days=number) for number in range(5))])


@st.composite
def articles(draw: st.DrawFn) -> Line:
    """One of few days or of none, of few words, with several quotes."""
    said = [f"{draw(st.sampled_from(['oil', 'tea']))} {number} is fine" for number in range(draw(st.integers(0, 3)))]
    names = [(ADA, "PERSON"), (f"Firm {draw(st.integers(0, 30))}", "ORG")]
    return line(
        f"{draw(WORDS)}, {draw(st.uuids())}. {'. '.join(said)}. {ADA} of {names[1][0]}, {ADA}.",
        names=names,
        quotes=[(ADA, words, "speech") for words in said],
        published=draw(DAYS),
        publisher=draw(st.sampled_from(["Sea", None])),
        headline=draw(WORDS),
    )


SOME = st.lists(articles(), min_size=1, max_size=4)


class Library:
    """A library of its own for each example, asked through the application."""

    def __init__(self, databases: Databases, migrated: str) -> None:
        self._databases = databases
        self._url = databases.create(migrated)
        self.database = Database(Settings(database_url=self._url))
        self._app = create_app(Settings(database_url=self._url))
        self._runner = asyncio.Runner()
        transport = httpx.ASGITransport(self._app)
        self._client = httpx.AsyncClient(transport=transport, base_url="http://test")

    def page(self, path: str, parameters: dict[str, str], **more: Any) -> tuple[list[str], str | None]:
        """The ids on a page, and the cursor behind it."""
        answer = self._runner.run(self._client.get(path, params={**parameters, **more}))
        assert answer.status_code == 200, answer.text
        return [item["id"] for item in answer.json()["items"]], answer.json()["next"]

    def close(self) -> None:
        self._runner.run(self._client.aclose())
        self._runner.close()
        self._app.state.database.close()
        self.database.close()
        self._databases.drop(self._url)


@pytest.fixture(scope="module")
def make(databases: Databases, migrated: str) -> Iterator[Callable[[], Library]]:
    """Makes a library, and does away with the one before."""
    opened: list[Library] = []

    def made() -> Library:
        while opened:
            opened.pop().close()
        opened.append(Library(databases, migrated))
        return opened[0]

    yield made
    opened.pop().close()


@pytest.mark.parametrize(("path", "parameters"), LISTS)
@given(first=SOME, added=st.lists(st.tuples(st.integers(1, 5), SOME), max_size=5))
@examples(deadline=None, max_examples=8, suppress_health_check=list(HealthCheck))
def test_pages_neither_skip_nor_repeat(
    make: Callable[[], Library],
    path: str,
    parameters: dict[str, str],
    first: list[Line],
    added: Sequence[tuple[int, list[Line]]],
) -> None:
    library = make()
    put(library.database, *first)
    before, _ = library.page(path, parameters, limit=100)
    limit, more = 2, iter(added)
    seen, cursor = library.page(path, parameters, limit=limit)
    while cursor is not None:
        limit, lines = next(more, (2, []))
        put(library.database, *lines)
        page, cursor = library.page(path, parameters, limit=limit, cursor=cursor)
        seen += page
    now, _ = library.page(path, parameters, limit=100)
    assert set(before) <= set(seen)
    # Once each, and in the order of the list.
    assert seen == [each for each in now if each in set(seen)]
