"""Deleting: 410 afterwards, nothing of what was said stays, and what others say is as if it had never been there."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import select

from app.config import Settings
from app.db import Database
from app.errors import Conflict
from app.models import Table
from app.services.auditing import audit
from app.services.journal import Writer
from app.services.reindexing import reindex
from tests.databases import Files
from tests.keys import a_key
from tests.stories import EDITOR, Story, library, tell

OSLO = Story(
    "Ada speaks in Oslo",
    "Ada Lovelace came to Oslo.\n\n“We count on it,” Ada Lovelace said of Zebrafinch Ltd.",
    date(2011, 11, 1),
    [("Ada Lovelace", "PERSON"), ("Oslo", "GPE"), ("Zebrafinch Ltd", "ORG")],
    [("Ada Lovelace", "We count on it")],
)
BERGEN = Story(
    "Ada rests in Bergen",
    "Ada Lovelace came to Bergen, not to Oslo.",
    date(2011, 11, 2),
    [("Ada Lovelace", "PERSON"), ("Bergen", "GPE"), ("Oslo", "GPE")],
)


@pytest.fixture
def opened(settings: Settings) -> Iterator[tuple[Database, httpx.Client]]:
    with library(settings.database_url) as (database, client):
        client.headers["Authorization"] = a_key(database, "write")
        yield database, client


def deleted(client: httpx.Client, article: str) -> httpx.Response:
    etag = client.get(f"/articles/{article}").headers["ETag"]
    return client.delete(f"/articles/{article}", headers={"If-Match": etag})


def told(client: httpx.Client, path: str) -> list[str]:
    """What is listed, in one order: between equal counts the first stored comes first."""
    answer = client.get(path).json()
    return sorted(map(str, [*answer["items"], *answer.get("facets", {}).items()]))


def test_it_answers_410_and_so_does_all_below_it(opened: tuple[Database, httpx.Client]) -> None:
    database, client = opened
    (article,) = tell(database, [OSLO])
    assert deleted(client, article).status_code == 204
    parts = ("", "/text", "/source", "/entities", "/mentions", "/quotes", "/annotations", "/similar", "/revisions")
    for part in (*parts, "/revisions/1", "/revisions/1/text"):
        answer = client.get(f"/articles/{article}{part}")
        assert (answer.status_code, answer.json()["type"]) == (410, "urn:dateline:problem:gone"), part
    assert client.get("/articles", params={"q": "Zebrafinch"}).json()["items"] == []
    assert client.get("/quotes").json()["items"] == client.get("/entities").json()["items"] == []


def test_nothing_of_what_it_said_is_in_any_table(opened: tuple[Database, httpx.Client]) -> None:
    database, client = opened
    first, _ = tell(database, [OSLO, BERGEN])
    assert deleted(client, first).status_code == 204
    with database.read() as session:
        rows = [row for table in Table.metadata.sorted_tables for row in session.execute(select(table))]
    said = " ".join(map(str, rows)).lower()
    assert "ada lovelace" in said
    assert not [word for word in ("zebrafinch", "count on it", "speaks") if word in said]


def test_nothing_of_what_it_said_is_in_the_file_of_sqlite(files: Files) -> None:
    url = files.create()
    Database(Settings(database_url=url)).migrate()
    with library(url) as (database, client):
        client.headers["Authorization"] = a_key(database, "write")
        first, _ = tell(database, [OSLO, BERGEN])
        answer = deleted(client, first)
        assert (answer.status_code, answer.headers.get("Content-Type")) == (204, None)
        reindex(database, Writer("tests"), lambda *_: None)
    stored = Path(url.removeprefix("sqlite:///")).read_bytes().lower()
    assert b"ada lovelace came to bergen" in stored
    assert not [word for word in (b"zebrafinch", b"count on it", b"ada speaks") if word in stored]


def test_others_are_as_if_it_had_never_been_there(
    opened: tuple[Database, httpx.Client], databases: Any, migrated: str
) -> None:
    database, client = opened
    reindex(database, Writer("tests"), lambda *_: None)
    first, _ = tell(database, [OSLO, BERGEN])
    tell(database, [OSLO], EDITOR)
    deleted(client, first)
    assert list(audit(database, lambda *_: None)) == []
    alone = databases.create(migrated)
    with library(alone) as (other, others):
        tell(other, [BERGEN])
        for path in ("/entities", "/articles", "/quotes", "/suggest?q=o", "/search?q=Oslo&facet=entity"):
            assert told(client, path) == told(others, path), path


def test_what_was_deleted_is_not_stored_again(opened: tuple[Database, httpx.Client]) -> None:
    database, client = opened
    (article,) = tell(database, [OSLO])
    deleted(client, article)
    with pytest.raises(Conflict, match="was deleted"):
        tell(database, [OSLO])


@pytest.mark.parametrize(
    ("headers", "status"),
    [({}, 428), ({"If-Match": '"other"'}, 412), ({"If-Match": "nonsense"}, 422), ({"If-Match": "*"}, 204)],
)
def test_a_condition_is_asked_for(opened: tuple[Database, httpx.Client], headers: dict[str, str], status: int) -> None:
    database, client = opened
    (article,) = tell(database, [OSLO])
    assert client.delete(f"/articles/{article}", headers=headers).status_code == status
    assert client.get(f"/articles/{article}").status_code == (410 if status == 204 else 200)


def test_whoever_may_not_write_deletes_nothing(opened: tuple[Database, httpx.Client]) -> None:
    database, client = opened
    (article,) = tell(database, [OSLO])
    for key, status in ((a_key(database, "read", "correct"), 403), ("Bearer nobody", 401)):
        answer = client.delete(f"/articles/{article}", headers={"If-Match": "*", "Authorization": key})
        assert answer.status_code == status
    assert client.get(f"/articles/{article}").status_code == 200
