"""Two hundred clients that read and write at once, and requests that break off: nothing is lost or half there."""

import asyncio
import socket
from urllib.parse import urlsplit

import httpx
import pytest
from sqlmodel import func, select

from app.config import Settings
from app.db import Database
from app.main import create_app
from app.models import Article
from app.services.auditing import audit
from tests.conftest import TLS, asking, dateline, served
from tests.keys import a_key

CLIENTS = 200
PROBLEM = "application/problem+json"
READS = ("/articles", "/search?q=count", "/entities", "/quotes?q=count", "/suggest?q=a", "/runs")


def assert_expected(answer: httpx.Response, status: int) -> None:
    """That it was done, or else not because the service is busy, which it says as it says all problems."""
    busy = (answer.status_code, answer.headers["content-type"]) == (503, PROBLEM)
    assert busy or answer.status_code == status, answer.text


async def one_of_many(base: str, key: str, number: int) -> dict[str, str]:
    """Writes and reads in turn; the texts that were answered as stored, by their paths."""
    answered: dict[str, str] = {}
    async with httpx.AsyncClient(base_url=base, timeout=120, verify=TLS, headers={"Authorization": key}) as client:
        text = f"Client {number} counts on it."
        made = await client.post("/articles?annotate=false", json={"text": text})
        assert_expected(made, 201)
        if made.status_code == 201:
            answered[made.headers["Location"]] = text
        for path in (READS[number % len(READS)], made.headers.get("Location", "/articles")):
            assert_expected(await client.get(path), 200)
    return answered


async def crowd(base: str, key: str) -> dict[str, str]:
    answers = await asyncio.gather(*(one_of_many(base, key, number) for number in range(CLIENTS)))
    return {path: text for each in answers for path, text in each.items()}


def test_two_hundred_clients_at_once(settings: Settings, database: Database) -> None:
    assert dateline("migrate", database=settings.database_url).returncode == 0
    key = a_key(database, "write")
    with served(create_app(settings)) as base:
        answered = asyncio.run(crowd(base, key))
        assert len(answered) > CLIENTS // 2
        with asking(base) as client:
            for path, text in answered.items():
                assert client.get(f"{path}/text").text == text
    with database.read() as session:
        assert session.scalar(select(func.count()).select_from(Article)) == len(answered)
    assert list(audit(database, lambda *_: None)) == []


HALVES = {
    "a head": b"POST /articles HTTP/1.1\r\nHost: x\r\nContent-",
    "a body": b"POST /articles HTTP/1.1\r\nHost: x\r\nContent-Type: text/plain\r\nContent-Length: 500\r\n%s\r\n"
    b"Ada said ",
    "chunks": b"POST /articles HTTP/1.1\r\nHost: x\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n%s\r\n"
    b"8\r\nAda said\r\n",
    "an import": b"POST /articles/import HTTP/1.1\r\nHost: x\r\nContent-Type: application/jsonl\r\n"
    b'Transfer-Encoding: chunked\r\n%s\r\n26\r\n{"text": "Ada said so.", "quotes": []}\n\r\n',
}


@pytest.mark.parametrize("half", HALVES.values(), ids=HALVES)
def test_half_a_request_leaves_nothing(settings: Settings, database: Database, half: bytes) -> None:
    key = a_key(database, "write")
    with served(create_app(settings)) as base, asking(base) as client:
        where = urlsplit(base)
        with socket.create_connection((where.hostname or "", where.port or 0)) as broken:
            broken.sendall(half.replace(b"%s", b"Authorization: " + key.encode() + b"\r\n"))
        assert client.get("/readyz").status_code == 200
        assert client.get("/articles?total=true").json()["total"] == 0
        jobs = client.get("/jobs", headers={"Authorization": key}).json()["items"]
        assert [job for job in jobs if job["state"] != "receiving"] == []
    assert [row for row in audit(database, lambda *_: None) if row.table != "index_state"] == []
