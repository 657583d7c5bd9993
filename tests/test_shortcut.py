"""The shortcut to an article: it answers what the route answers, in every case."""

import asyncio
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from starlette.types import ASGIApp

from app.api.shortcut import Shortcut
from app.config import Settings
from app.db import Database
from app.main import create_app
from tests.lines import line
from tests.lines import put as import_
from tests.stories import EDITOR, Story, tell

STORY = Story("Oil", "Ada said: “Oil is dear.”", None, [("Ada", "PERSON")], [("Ada", "Oil is dear.")])


@pytest.fixture
def app(settings: Settings) -> Iterator[FastAPI]:
    made = create_app(settings)
    yield made
    made.state.database.close()


def without_shortcut(app: FastAPI) -> ASGIApp:
    """The same application without that middleware."""
    bare = create_app(app.state.settings)
    bare.state.database.close()
    bare.state.database = app.state.database
    middleware: list[Any] = bare.user_middleware
    middleware.remove(next(each for each in middleware if each.cls is Shortcut))
    return bare


def ask(app: ASGIApp, path: str, method: str = "GET", **headers: str) -> tuple[int, dict[str, str], bytes]:
    async def answer() -> httpx.Response:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client:
            return await client.request(method, path, headers={k.replace("_", "-"): v for k, v in headers.items()})

    found = asyncio.run(answer())
    return found.status_code, dict(found.headers), found.content


def both(app: FastAPI, path: str, method: str = "GET", **headers: str) -> tuple[int, dict[str, str], bytes]:
    """What both answer, asked by one id."""
    headers["X_Request_Id"] = "asked"
    short = ask(app, path, method, **headers)
    assert short == ask(without_shortcut(app), path, method, **headers)
    return short


def test_it_answers_what_the_route_answers(app: FastAPI) -> None:
    database: Database = app.state.database
    import_(database, line("Bob was here."))
    (article,) = tell(database, [STORY])
    path = f"/articles/{article}"
    status, headers, body = both(app, path)
    assert (status, headers["content-type"]) == (200, "application/json")
    assert both(app, path, "HEAD") == (200, headers, b"")
    assert both(app, path, if_none_match=headers["etag"])[0] == 304
    assert both(app, path, if_none_match=f'W/{headers["etag"]}, "other"')[0] == 304
    assert both(app, path, if_none_match="*")[0] == 304
    assert both(app, path, if_none_match='"other"') == (status, headers, body)
    assert both(app, path, range="bytes=0-1") == (status, headers, body)
    tell(database, [STORY], EDITOR)
    changed = both(app, path, if_none_match=headers["etag"])
    assert changed[0] == 200
    assert changed[1]["etag"] != headers["etag"]


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/articles/art_aaaaaaaaaaaaaaaa", 404),
        ("/articles/art_AAAAAAAAAAAAAAAA", 422),
        ("/articles/art_aaaaaaaaaaaaaaaa%0A", 422),
        ("/articles/art_aaaaaaaaaaaaaaaa/", 404),
        ("/articles/art_aaaaaaaaaaaaaaaa?more=1", 422),
    ],
)
def test_what_it_does_not_answer_the_route_does(app: FastAPI, path: str, status: int) -> None:
    assert both(app, path)[0] == status
    assert both(app, path, "HEAD")[0] == status
    assert both(app, path, if_none_match="*")[0] == status
    assert both(app, path, "POST")[0] in (404, 405)


def test_an_article_is_whole_while_others_are_written(app: FastAPI) -> None:
    """Its own connection reads a snapshot too, and sees what was answered as stored."""
    database: Database = app.state.database
    for number in range(5):
        (article,) = tell(database, [Story(f"Story {number}", "Oil is dear.")])
        with database.write() as session:
            session.connection().exec_driver_sql(f"UPDATE run SET annotator = 'half {number}'")
            assert f"half {number}".encode() not in ask(app, f"/articles/{article}")[2]
        assert f"half {number}".encode() in ask(app, f"/articles/{article}")[2]


def test_many_at_once_get_each_what_they_asked_for(app: FastAPI) -> None:
    """Those that are not there go through the route and a thread, the others do not; some are written meanwhile."""
    database: Database = app.state.database
    articles = tell(database, [Story(f"Story {number}", f"Oil is {number}.") for number in range(20)])

    async def get(client: httpx.AsyncClient, number: int) -> tuple[int, httpx.Response]:
        missing = number % 3 == 0
        name = "art_aaaaaaaaaaaaaaaa" if missing else articles[number % 20]
        return number, await client.get(f"/articles/{name}")

    async def all_of_them() -> list[tuple[int, httpx.Response]]:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test", timeout=60) as client:
            writing = asyncio.to_thread(lambda: [tell(database, [Story(f"New {n}", "Gas.")]) for n in range(20)])
            found, _ = await asyncio.gather(asyncio.gather(*(get(client, number) for number in range(300))), writing)
            return found

    for number, answer in asyncio.run(all_of_them()):
        assert answer.status_code == (404 if number % 3 == 0 else 200)
        assert number % 3 == 0 or answer.json()["text"] == f"Oil is {number % 20}."
