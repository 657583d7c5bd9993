"""Cursors: a list read page by page while articles are added skips nothing that was there, and repeats nothing."""

import asyncio
from datetime import date, timedelta
from functools import partial
from typing import Any

import httpx
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
    """A library, asked through the application."""

    def __init__(self, url: str) -> None:
        self.database = Database(Settings(database_url=url))
        self._app = create_app(Settings(database_url=url))
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


class Reader:
    """Reads one of the lists page by page."""

    def __init__(self, library: Library, path: str, parameters: dict[str, str]) -> None:
        self._page = partial(library.page, path, parameters)
        self.before = self.whole()
        self.seen, self.cursor = self._page(limit=2)

    def whole(self) -> list[str]:
        return self._page(limit=100)[0]

    def read_on(self, limit: int) -> None:
        if self.cursor is not None:
            page, self.cursor = self._page(limit=limit, cursor=self.cursor)
            self.seen += page


@given(first=SOME, added=st.lists(st.tuples(st.integers(1, 5), SOME), max_size=5))
@examples(deadline=None, max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_pages_neither_skip_nor_repeat(
    databases: Databases, migrated: str, first: list[Line], added: list[tuple[int, list[Line]]]
) -> None:
    url = databases.create(migrated)
    library = Library(url)
    try:
        put(library.database, *first)
        readers = [Reader(library, *each) for each in LISTS]
        more = iter(added)
        while any(reader.cursor for reader in readers):
            limit, lines = next(more, (2, []))
            put(library.database, *lines)
            for reader in readers:
                reader.read_on(limit)
        for asked, reader in zip(LISTS, readers, strict=True):
            assert set(reader.before) <= set(reader.seen), asked
            # Once each, and in the order of the list.
            assert reader.seen == [each for each in reader.whole() if each in set(reader.seen)], asked
    finally:
        library.close()
        databases.drop(url)
