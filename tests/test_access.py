"""Keys over HTTP: who is let in, and what those are told who are not."""

import re
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from fastapi import FastAPI

from app.api.access import MayWrite
from app.config import Settings
from app.db import Database
from app.main import create_app
from app.services.journal import Writer
from tests.conftest import asking, served
from tests.keys import a_key


@pytest.fixture
def client(settings: Settings) -> Iterator[httpx.Client]:
    """A client of a service that has one more route, which writes nothing."""
    app = create_app(settings)
    _add_a_route(app)
    with served(app) as url, asking(url) as opened:
        yield opened


def _add_a_route(app: FastAPI) -> None:
    @app.post("/writing", include_in_schema=False)
    def write(writer: MayWrite) -> Writer:
        return writer


def test_without_any_key_writing_is_refused_and_says_how_to_make_one(client: httpx.Client) -> None:
    answer = client.post("/writing")
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == 'Bearer realm="dateline"'
    assert answer.json()["type"] == "urn:dateline:problem:unauthorized"
    assert "dateline keys create NAME --scope write" in answer.json()["detail"]


def test_a_key_with_the_scope_writes_under_its_name(client: httpx.Client, database: Database) -> None:
    key = a_key(database, "write", name="desk")
    answer = client.post("/writing", headers={"Authorization": key})
    assert answer.status_code == 200
    assert answer.json()["name"] == "desk"
    assert answer.json()["key"] == f"key_{key.split('_')[1]}"


@pytest.mark.parametrize(
    "shown", ["Bearer nonsense", "Bearer", f"Bearer dateline_{'a' * 16}_{'a' * 52}", "bearer é"], ids=repr
)
def test_what_is_no_key_of_ours_is_refused(client: httpx.Client, shown: str) -> None:
    answer = client.post("/writing", headers={b"Authorization": shown.encode()})
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == 'Bearer realm="dateline", error="invalid_token"'


def test_the_id_of_a_key_with_another_secret_is_refused(client: httpx.Client, database: Database) -> None:
    key, other = a_key(database, "write"), a_key(database, "write")
    mixed = "_".join([*key.split("_")[:2], other.split("_")[2]])
    assert client.post("/writing", headers={"Authorization": mixed}).status_code == 401


@pytest.mark.parametrize(("scope", "status"), [("read", 403), ("correct", 403), ("write", 200), ("admin", 200)])
def test_a_key_may_what_its_scopes_say(client: httpx.Client, database: Database, scope: str, status: int) -> None:
    answer = client.post("/writing", headers={"Authorization": a_key(database, scope)})
    assert answer.status_code == status
    if status == 403:
        challenge = 'Bearer realm="dateline", error="insufficient_scope", scope="write"'
        assert answer.headers["WWW-Authenticate"] == challenge


@pytest.fixture
def writes(client: httpx.Client) -> list[tuple[str, str]]:
    """Every operation that takes a key: its method, and a path that it has."""
    paths = client.get("/openapi.json").json()["paths"]
    return [
        (method, re.sub("{.*?}", "art_aaaaaaaaaaaaaaaa", path))
        for path, operations in paths.items()
        for method, operation in operations.items()
        if method != "get" and operation["security"] and {} not in operation["security"]
    ]


def test_whoever_has_no_key_waits_for_no_turn(
    client: httpx.Client, database: Database, writes: list[tuple[str, str]]
) -> None:
    assert ("delete", "/articles/art_aaaaaaaaaaaaaaaa") in writes
    headers = {"Authorization": a_key(database, "admin"), "If-Match": "*"}
    with ThreadPoolExecutor(1) as pool, database.write() as session:
        session.connection()  # from now on nobody else writes
        waiting = pool.submit(client.delete, "/articles/art_aaaaaaaaaaaaaaaa", headers=headers)
        time.sleep(0.5)
        answers = {
            (method, path): client.request(method, path, json={}, timeout=5).status_code for method, path in writes
        }
        assert not waiting.done()
        session.rollback()
        assert waiting.result().status_code == 404
    assert answers == dict.fromkeys(writes, 401)
