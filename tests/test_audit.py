"""The audit log: what writes leave in it, and who may read it."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from app.api.access import MayWrite
from app.api.dependencies import DatabaseDep
from app.config import Settings
from app.db import Database
from app.main import create_app
from app.services.journal import command_line, record
from tests.conftest import ROOT, asking, dateline, served
from tests.keys import a_key


@pytest.fixture
def client(settings: Settings) -> Iterator[httpx.Client]:
    """A client of a service that has one more route: it says that it has written something."""
    app = create_app(settings)
    _add_a_route(app)
    with served(app) as url, asking(url) as opened:
        yield opened


def _add_a_route(app: FastAPI) -> None:
    @app.post("/things/{name}", include_in_schema=False)
    def write(writer: MayWrite, database: DatabaseDep, name: str, fail: bool = False) -> None:
        with database.write() as session:
            record(session, writer, "thing.write", name, size=len(name))
            if fail:
                raise RuntimeError("the write fails after all")


def write(client: httpx.Client, key: str, name: str, request_id: str, *, fail: bool = False) -> int:
    headers = {"Authorization": key, "X-Request-Id": request_id}
    return client.post(f"/things/{name}", params={"fail": fail}, headers=headers).status_code


def audited(client: httpx.Client, key: str, **asked: str) -> list[dict[str, Any]]:
    answer = client.get("/audit", params=asked, headers={"Authorization": key})
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


def test_a_write_over_http_leaves_who_what_when_and_the_request(client: httpx.Client, database: Database) -> None:
    desk, admin = a_key(database, "write", name="desk"), a_key(database, "admin")
    assert write(client, desk, "thing", "r-1") == 200
    (entry,) = audited(client, admin, action="thing.write")
    assert entry.pop("at").endswith("Z")
    assert entry == {
        "author": "desk",
        "key": f"key_{desk.split('_')[1]}",
        "action": "thing.write",
        "subject": "thing",
        "request_id": "r-1",
        "detail": {"size": 5},
    }


def test_a_write_that_fails_leaves_nothing(client: httpx.Client, database: Database) -> None:
    desk, admin = a_key(database, "write"), a_key(database, "admin")
    assert write(client, desk, "thing", "r-1", fail=True) == 500
    assert audited(client, admin, action="thing.write") == []


def test_the_log_is_asked_by_every_field_newest_first(client: httpx.Client, database: Database) -> None:
    desk, web, admin = (
        a_key(database, "write", name="desk"),
        a_key(database, "write", name="web"),
        a_key(database, "admin"),
    )
    for key, name, request_id in ((desk, "a", "r-1"), (desk, "b", "r-2"), (web, "a", "r-3")):
        write(client, key, name, request_id)

    def found(**asked: str) -> list[str | None]:
        return [entry["request_id"] for entry in audited(client, admin, **asked)]

    assert found(action="thing.write") == ["r-3", "r-2", "r-1"]
    assert found(author="desk") == ["r-2", "r-1"]
    assert found(subject="a") == ["r-3", "r-1"]
    assert found(subject="a", author="desk") == ["r-1"]
    assert found(request_id="r-2") == ["r-2"]
    assert found(author="nobody") == []


def test_its_pages_neither_skip_nor_repeat(client: httpx.Client, database: Database) -> None:
    desk, admin = a_key(database, "write"), a_key(database, "admin")
    for number in range(5):
        write(client, desk, "a", f"r-{number}")
    page = client.get("/audit?action=thing.write&limit=2&total=true", headers={"Authorization": admin})
    assert page.json()["total"] == 5
    seen = []
    while True:
        seen += [entry["request_id"] for entry in page.json()["items"]]
        write(client, desk, "a", "later")
        if "next" not in page.links:
            break
        page = client.get(page.links["next"]["url"], headers={"Authorization": admin})
    assert seen == ["r-4", "r-3", "r-2", "r-1", "r-0"]


def test_only_an_admin_may_read_it(client: httpx.Client, database: Database) -> None:
    assert client.get("/audit").status_code == 401
    for scope in ("read", "write", "correct"):
        assert client.get("/audit", headers={"Authorization": a_key(database, scope)}).status_code == 403


def printed(url: str, *options: str) -> list[dict[str, Any]]:
    done = dateline("audit", *options, database=url)
    assert (done.returncode, done.stderr) == (0, "")
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_what_commands_have_written_is_printed(seeded_copy: str) -> None:
    assert dateline("reindex", database=seeded_copy).returncode == 0
    assert dateline("keys", "create", "desk", "--scope", "write", database=seeded_copy).returncode == 0
    entries = printed(seeded_copy)
    assert [entry["action"] for entry in entries[:2]] == ["key.create", "library.reindex"]
    assert {entry["author"] for entry in entries} == {command_line().name}
    (article,) = printed(seeded_copy, "--action", "article.store")
    assert article["subject"] == "art_g6vdfjjqimbg42rv"
    assert printed(seeded_copy, "--subject", article["subject"]) == [article]
    assert printed(seeded_copy, "--limit", "1") == entries[:1]
    assert printed(seeded_copy, "--request-id", "none") == []


def test_a_restored_library_says_that_it_was(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/library.db"
    assert dateline("keys", "create", "desk", "--scope", "write", database=url).returncode == 0
    before = printed(url)
    assert dateline("backup", f"{tmp_path}/backup.db", database=url).returncode == 0
    assert dateline("restore", f"{tmp_path}/backup.db", "--force", database=url).returncode == 0
    newest, *others = printed(url)
    assert (newest["action"], newest["detail"]) == ("library.restore", {"file": "backup.db"})
    assert others == before


def test_the_guide_has_every_action() -> None:
    """Those that the program names, wherever it writes something down."""
    program = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "app").rglob("*.py"))
    actions = set(re.findall(r'record(?:_all)?\(\s*\w+,\s*[\w.()]+,\s*"([a-z]+\.[a-z]+)"', program))
    guide = (ROOT / "docs" / "operating.md").read_text(encoding="utf-8")
    listed = guide.partition("Actions are named")[2].partition("\n\n")[0]
    assert set(re.findall("`([a-z.]+)`", listed)) == actions > {"article.store", "key.create"}
