"""Storing what is fetched: by the command line, and over HTTP where that is switched on. The world is faked."""

from collections.abc import Iterator

import httpx
import pytest
from typer.testing import CliRunner

from app.cli import app
from app.config import Settings
from app.db import Database
from app.main import create_app
from tests.conftest import asking, dateline, served
from tests.keys import a_key
from tests.test_fetching import World, answer
from tests.test_writing import MARKDOWN, PAGE

PAGES = {
    "post.example/2": answer(body=PAGE.encode()),
    "copy.example/": answer(body=PAGE.replace("https://post.example/2", "https://copy.example/").encode()),
    "post.example/1.md": answer(body=MARKDOWN.encode(), kind="text/markdown"),
}


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    """What is fetched from."""
    made = World(pages=dict(PAGES))
    monkeypatch.setattr("app.services.fetching.Fetcher", made.fetcher)
    return made


@pytest.fixture
def client(settings: Settings, database: Database, world: World) -> Iterator[httpx.Client]:
    """A client who may write, of a service that fetches."""
    headers = {"Authorization": a_key(database, "write")}
    app = create_app(settings.model_copy(update={"fetch_over_http": True}))
    with served(app) as url, asking(url, headers=headers) as opened:
        yield opened


def test_an_address_that_is_sent_is_fetched_and_stored(client: httpx.Client) -> None:
    known = {"publisher": "The Post", "published": "2026-03-02"}
    sent = client.post("/articles", json={"url": "https://post.example/2", "metadata": known})
    assert sent.status_code == 201, sent.text
    article = sent.json()["article"]
    assert (article["headline"], article["url"]) == ("Teachers stay", "https://post.example/2")
    assert {name: article[name] for name in known} == known
    assert article["counts"]["quotes"] >= 1
    assert client.get(f"/articles/{article['id']}/source").content == PAGE.encode()
    again = client.post("/articles", json={"url": "https://post.example/2"})
    assert (again.status_code, again.json()["duplicate_by"]) == (200, "url")


@pytest.mark.parametrize(
    ("url", "status", "kind"),
    [
        ("ftp://post.example/", 422, "fetch-refused"),
        ("https://127.0.0.1/", 422, "fetch-refused"),
        ("https://post.example/none", 502, "fetch-failed"),
    ],
)
def test_what_is_not_fetched_is_refused(client: httpx.Client, url: str, status: int, kind: str) -> None:
    sent = client.post("/articles", json={"url": url})
    assert (sent.status_code, sent.json()["type"]) == (status, f"urn:dateline:problem:{kind}")


def test_the_command_line_fetches_and_says_what_became_of_each(
    settings: Settings, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATELINE_DATABASE_URL", settings.database_url)
    first, copy, other = (f"https://{page}" for page in PAGES)
    done = CliRunner().invoke(app, ["fetch", first, copy, "https://post.example/none", other])
    assert done.exit_code == 1
    stored, same, markdown = done.stdout.splitlines()
    article = stored.rpartition(" ")[2]
    assert stored == f"{first} is stored as {article}"
    assert same == f"{copy}: its text is stored already, as {article}"
    assert markdown.startswith(f"{other} is stored as art_")
    assert done.stderr.startswith("dateline: https://post.example/none: post.example answered 404")
    again = CliRunner().invoke(app, ["fetch", first])
    assert (again.exit_code, again.stdout) == (0, f"{first} is stored already, as {article}\n")
    copied = CliRunner().invoke(app, ["fetch", "--same-text", "--bare", copy])
    assert copied.stdout.startswith(f"{copy} is stored as art_")


def test_it_fetches_from_the_public_internet_only(nothing: str) -> None:
    done = dateline("fetch", "--bare", "http://127.0.0.1/", database=nothing)
    assert (done.returncode, done.stdout) == (1, "")
    assert "is not on the public Internet" in done.stderr
