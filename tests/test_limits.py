"""What one request may ask for and send: every parameter has a bound, and a body has a size and a time."""

import json
import re
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPResponse
from select import select
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from fastapi import FastAPI, Request

from app.api import problems
from app.api.connections import HttpConnection
from app.api.limits import BodyLimit
from tests.conftest import served
from tests.databases import Databases
from tests.keys import trusted

LIMIT = 2_000
TIMEOUT_S = 0.5


def over(schema: dict[str, Any]) -> str | None:
    """A value beyond the bounds of a parameter; None where there are none."""
    for each in schema.get("anyOf", [schema]):
        if each.get("type") == "null":
            continue
        if each.get("type") == "array":
            return over(each["items"])
        if "maximum" in each:
            return f"{each['maximum'] + 1}"
        if "maxLength" in each:
            return "a" * int(each["maxLength"] + 1)
        if each.keys() & {"pattern", "enum", "const", "format"} or each.get("type") == "boolean":
            return "§"
    return None


def parameters(client: httpx.Client) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Every parameter of a query, with a path that takes it."""
    for path, operations in client.get("/openapi.json").json()["paths"].items():
        if "get" not in operations:
            continue
        described = operations["get"].get("parameters", [])
        example = {each["name"]: str(each.get("example")) for each in described if each["in"] == "path"}
        asked = re.sub("{(.*?)}", lambda name: example[name[1]], path)  # noqa: B023 - used at once
        yield from ((asked, each["name"], each["schema"]) for each in described if each["in"] == "query")


@pytest.fixture
def client(databases: Databases, seed_template: str) -> Iterator[httpx.Client]:
    with trusted(databases, seed_template) as opened:
        yield opened


def test_every_parameter_has_a_bound_and_is_refused_beyond_it(client: httpx.Client) -> None:
    answers = {}
    for path, name, schema in parameters(client):
        beyond = over(schema)
        answer = beyond and client.get(path, params={name: beyond})
        named = answer and any(error.get("parameter") == name for error in answer.json()["errors"])
        answers[f"{path}?{name}"] = answer and (answer.status_code, named)
    assert len(answers) > 50
    assert {asked: answer for asked, answer in answers.items() if answer != (422, True)} == {}


@contextmanager
def counting() -> Iterator[str]:
    """Serve what counts the bytes of a body, within limits; gives its URL."""
    app = FastAPI()
    problems.install(app)

    @app.post("/counted")
    async def count(request: Request) -> int:
        return len(await request.body())

    @app.post("/articles/import")
    async def stream(request: Request) -> int:
        return sum([len(part) async for part in request.stream()])

    app.add_middleware(BodyLimit, limit=LIMIT, timeout_s=TIMEOUT_S)
    with served(app) as url:
        yield url


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with counting() as found:
        yield found


def send(url: str, path: str, parts: list[bytes], pause_s: float) -> tuple[int, Any]:
    """Begin a body of 1,000 bytes, until there is an answer; its status and body, the connection closed."""
    head = f"POST {path} HTTP/1.1\r\nHost: test\r\nContent-Length: 1000\r\n\r\n"
    with socket.create_connection((urlsplit(url).hostname or "", urlsplit(url).port or 0), timeout=10) as connection:
        connection.sendall(head.encode())
        for part in parts:
            connection.sendall(part)
            if select([connection], [], [], pause_s)[0]:
                break
        answer = b"".join(iter(lambda: connection.recv(65536), b""))
    top, _, body = answer.partition(b"\r\n\r\n")
    assert b"connection: close" in top.lower()
    return int(top.split()[1]), json.loads(body)


def exchange(url: str, sent: bytes) -> tuple[str, dict[str, str], Any]:
    """Send bytes: the status line, the headers and the body of what is answered until the connection is closed."""
    with socket.create_connection((urlsplit(url).hostname or "", urlsplit(url).port or 0), timeout=10) as connection:
        connection.sendall(sent)
        answer = b"".join(iter(lambda: connection.recv(65536), b"")).decode()
    head, _, body = answer.partition("\r\n\r\n")
    status, *lines = head.split("\r\n")
    return status, dict(line.split(": ", 1) for line in lines), json.loads(body)


def status_of(connection: socket.socket) -> int:
    """The status of the next answer, which is read to its end, in however many pieces it comes."""
    answer = HTTPResponse(connection)
    answer.begin()
    answer.read()
    return answer.status


NO_HTTP = {
    "rubbish": b"\x16\x03\x01\x02\x00\r\n\r\n",
    "a version that there is not": b"GET / HTTP/9.9\r\n\r\n",
    "no length": b"POST /counted HTTP/1.1\r\nHost: x\r\nContent-Length: abc\r\n\r\n",
    "an address without end": b"GET /" + b"a" * 70_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
}


@pytest.mark.parametrize("sent", NO_HTTP)
def test_what_is_no_http_is_refused_as_all_else_is(url: str, sent: str) -> None:
    status, headers, problem = exchange(url, NO_HTTP[sent])
    assert (status, problem["status"]) == ("HTTP/1.1 400 Bad Request", 400)
    assert headers["content-type"] == "application/problem+json"
    assert {"x-request-id", "x-content-type-options"} < headers.keys()


@pytest.mark.parametrize("sent", [b"", b"GET /", b"GET / HTTP/1.1\r\nHost: x\r\nX-Half: "])
def test_half_a_request_is_not_waited_for(url: str, sent: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(HttpConnection, "patience_s", 0.2)
    status, _, problem = exchange(url, sent)
    assert (status, problem["detail"]) == ("HTTP/1.1 408 Request Timeout", "the request did not come within 0.2 s")


def test_the_next_request_of_a_connection_has_its_time_too(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(HttpConnection, "patience_s", 0.2)
    asked = b"POST /counted HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc"
    with socket.create_connection((urlsplit(url).hostname or "", urlsplit(url).port or 0), timeout=10) as connection:
        for _ in range(3):
            connection.sendall(asked)
            assert status_of(connection) == 200
            time.sleep(0.3)  # idle, and nobody gives up
        connection.sendall(asked[:20])
        assert status_of(connection) == 408


@pytest.mark.parametrize("path", ["/counted", "/articles/import"])
def test_a_body_that_stops_coming_is_408(url: str, path: str) -> None:
    began = time.monotonic()
    status, problem = send(url, path, [b"half"], 0)
    assert time.monotonic() - began < TIMEOUT_S + 2
    assert (status, problem["status"], problem["detail"]) == (408, 408, "the body did not come within 0.5 s")


def test_a_body_that_drips_is_408_however_steadily(url: str) -> None:
    status, _ = send(url, "/counted", [b"a"] * 20, TIMEOUT_S / 5)
    assert status == 408


def test_a_streamed_body_may_take_its_time_and_any_size(url: str) -> None:
    def parts() -> Iterator[bytes]:
        for _ in range(8):
            yield b"a" * LIMIT
            time.sleep(TIMEOUT_S / 5)

    assert httpx.post(f"{url}/articles/import", content=parts()).json() == 8 * LIMIT
    large = b"a" * (8 * LIMIT)  # announced, where the other was not
    assert httpx.post(f"{url}/articles/import", content=large).json() == 8 * LIMIT


@pytest.mark.parametrize("size", [0, 1, LIMIT, LIMIT + 1])
def test_a_body_may_be_as_large_as_the_setting(url: str, size: int) -> None:
    body = b"a" * size
    expected = 200 if size <= LIMIT else 413
    assert httpx.post(f"{url}/counted", content=body).status_code == expected
    unannounced = httpx.post(f"{url}/counted", content=iter([body]))
    assert unannounced.status_code == expected
    assert unannounced.headers.get("Connection") == (None if size <= LIMIT else "close")
