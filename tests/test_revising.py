"""PUT /articles/{id}: a new text is a new revision; the old one stays, and people's annotations go with their words."""

from collections.abc import Iterator
from datetime import date
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import settings as example_settings
from hypothesis import strategies as st

from app.config import Settings
from app.db import Database
from app.services.auditing import audit
from app.services.storing.moves import Move
from app.spans import Span
from tests.conftest import dateline
from tests.keys import a_key
from tests.stories import EDITOR, Story, library, tell

FIRST = Story(
    "Ada speaks in Oslo",
    "Ada Lovelace came to Oslo.\n\n“We count on it,” Ada Lovelace said.\n\nThe end.",
    date(2011, 11, 1),
    [("Ada Lovelace", "PERSON"), ("Oslo", "GPE")],
    [("Ada Lovelace", "We count on it")],
)
SECOND = "Earlier this week Ada Lovelace was in Bergen.\n\n“We count on it,” she said.\n\nThe end."


@pytest.fixture
def opened(settings: Settings) -> Iterator[tuple[Database, httpx.Client]]:
    assert dateline("migrate", database=settings.database_url).returncode == 0
    with library(settings.database_url) as (database, client):
        client.headers["Authorization"] = a_key(database, "write")
        yield database, client


def put(client: httpx.Client, article: str, text: str, **metadata: Any) -> httpx.Response:
    """Another text, not annotated, of the article as it now is."""
    etag = client.get(f"/articles/{article}").headers["ETag"]
    body = {"text": text, "metadata": {"headline": FIRST.headline, "published": "2011-11-01"} | metadata}
    return client.put(f"/articles/{article}?annotate=false", json=body, headers={"If-Match": etag})


def test_the_old_text_stays_readable_with_its_annotations(opened: tuple[Database, httpx.Client]) -> None:
    database, client = opened
    (article,) = tell(database, [FIRST])
    before = client.get(f"/articles/{article}").json()
    quotes = client.get(f"/articles/{article}/quotes", params={"bytes": True}).json()["items"]
    answer = put(client, article, SECOND)
    assert (answer.status_code, answer.json()["outcome"]) == (200, "stored")
    now = client.get(f"/articles/{article}")
    assert now.json() == answer.json()["article"]
    assert now.headers["ETag"] == answer.headers["ETag"]
    assert (now.json()["revision"], now.json()["text"]) == (2, SECOND)
    old = client.get(f"/articles/{article}/revisions/1").json()
    assert {name: old[name] for name in ("headline", "text", "source", "text_sha256")} == {
        name: before[name] for name in ("headline", "text", "source", "text_sha256")
    }
    assert old["run"]["id"] == before["run"]["id"]
    assert client.get(f"/articles/{article}/revisions/1/text").text == FIRST.text
    assert client.get(f"/articles/{article}/revisions/1/quotes", params={"bytes": True}).json()["items"] == quotes
    assert client.get(f"/quotes/{quotes[0]['id']}/verify").json()["holds"]
    numbers = [each["number"] for each in client.get(f"/articles/{article}/revisions").json()["items"]]
    assert numbers == [2, 1]
    assert list(audit(database, lambda *_: None)) == []


def test_what_is_searched_is_the_new_text(opened: tuple[Database, httpx.Client]) -> None:
    database, client = opened
    (article,) = tell(database, [FIRST])
    put(client, article, SECOND)
    found = {q: [a["id"] for a in client.get("/articles", params={"q": q}).json()["items"]] for q in ("came", "Bergen")}
    assert found == {"came": [], "Bergen": [article]}
    assert client.get("/quotes").json()["items"] == client.get("/entities").json()["items"] == []


def test_a_report_lists_what_was_carried_moved_and_orphaned(opened: tuple[Database, httpx.Client]) -> None:
    database, client = opened
    (article,) = tell(database, [FIRST])
    tell(database, [FIRST], EDITOR)
    put(client, article, FIRST.text.replace("Oslo", "Bergen").replace("“We", "Then: “We"))
    report = client.get(f"/articles/{article}/revisions/1").json()["carried"]
    words = {kind: [(each["subject"], each["before"][0]["exact"]) for each in report[kind]] for kind in report}
    assert words == {
        "carried": [("mention", "Ada Lovelace")],
        "moved": [("mention", "Ada Lovelace"), ("quote", "We count on it")],
        "orphaned": [("mention", "Oslo")],
    }
    (quote,) = client.get(f"/articles/{article}/quotes").json()["items"]
    assert (quote["run"]["kind"], quote["text"], quote["speaker"]["name"]) == (
        "human",
        "We count on it",
        "Ada Lovelace",
    )
    assert client.get(f"/articles/{article}/revisions/2").json()["carried"] is None
    assert list(audit(database, lambda *_: None)) == []


def decide(client: httpx.Client, article: str, exact: str) -> str:
    """Have the first occurrence of a name be an organisation; the decision's id."""
    start = client.get(f"/articles/{article}").json()["text"].index(exact)
    mention = {"start": start, "end": start + len(exact), "exact": exact, "type": "ORG"}
    mention["entity"] = {"name": exact, "type": "ORG"}
    body = {"action": "add", "subject": "mention", "mention": mention}
    answer = client.post(f"/articles/{article}/decisions", json=body, headers={"If-Match": "*"})
    assert answer.status_code == 201, answer.text
    decision: str = answer.json()["id"]
    return decision


@pytest.mark.parametrize(
    ("text", "kind", "after"),
    [
        (FIRST.text, "carried", 21),
        (f"Now: {FIRST.text}", "moved", 26),
        (FIRST.text.replace("Oslo", "Bergen"), "orphaned", None),
    ],
)
def test_decisions_go_with_their_words(
    opened: tuple[Database, httpx.Client], text: str, kind: str, after: int | None
) -> None:
    database, client = opened
    client.headers["Authorization"] = a_key(database, "write", "correct")
    (article,) = tell(database, [FIRST])
    decision = decide(client, article, "Oslo")
    assert put(client, article, text, published="2012-01-01").status_code == 200
    report = client.get(f"/articles/{article}/revisions/1").json()["carried"]
    (entry,) = [each for each in report[kind] if each["by"] == decision]
    assert [span["start"] for span in entry["before"]] == [21]
    assert [span["start"] for span in entry["after"]] == ([] if after is None else [after])
    assert client.get(f"/decisions/{decision}").json()["stands"] is (after is not None)
    mentions = client.get(f"/articles/{article}/mentions").json()["items"]
    assert [m["start"] for m in mentions if m["rule"] == decision] == ([] if after is None else [after])
    assert list(audit(database, lambda *_: None)) == []


def test_another_date_moves_it_in_every_list(opened: tuple[Database, httpx.Client]) -> None:
    database, client = opened
    first, second = tell(database, [FIRST, Story("Later", "Ada Lovelace left.", date(2011, 12, 1))])
    assert put(client, first, FIRST.text, published="2012-01-01").json()["outcome"] == "stored"
    assert [a["id"] for a in client.get("/articles").json()["items"]] == [first, second]
    (quote,) = client.get("/quotes", params={"from": "2012-01-01"}).json()["items"]
    assert quote["text"] == "We count on it"
    assert client.get("/entities/Oslo/timeline").json()["items"][0]["start"] == "2012-01-01"
    assert list(audit(database, lambda *_: None)) == []


def test_the_same_again_changes_nothing(opened: tuple[Database, httpx.Client]) -> None:
    database, client = opened
    (article,) = tell(database, [FIRST])
    put(client, article, SECOND)
    again = put(client, article, SECOND)
    assert (again.status_code, again.json()["outcome"], again.json()["article"]["revision"]) == (200, "unchanged", 2)


def test_a_text_that_comes_back_has_the_run_it_had(opened: tuple[Database, httpx.Client]) -> None:
    database, client = opened
    (article,) = tell(database, [FIRST])
    run = client.get(f"/articles/{article}").json()["run"]["id"]
    put(client, article, SECOND)
    put(client, article, FIRST.text)
    tell(database, [])
    assert client.get(f"/articles/{article}/revisions/1").json()["run"]["id"] == run
    assert list(audit(database, lambda *_: None)) == []


@pytest.mark.parametrize(
    ("headers", "status"), [({}, 428), ({"If-Match": '"another"'}, 412), ({"If-Match": 'W/"x"'}, 412)]
)
def test_a_condition_is_asked_for(opened: tuple[Database, httpx.Client], headers: dict[str, str], status: int) -> None:
    database, client = opened
    (article,) = tell(database, [FIRST])
    answer = client.put(f"/articles/{article}?annotate=false", json={"text": SECOND}, headers=headers)
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")
    assert client.get(f"/articles/{article}").json()["revision"] == 1


def test_another_address_is_another_article(opened: tuple[Database, httpx.Client]) -> None:
    database, client = opened
    (article,) = tell(database, [FIRST])
    answer = put(client, article, SECOND, url="https://example.org/other")
    assert (answer.status_code, client.get(f"/articles/{article}").json()["revision"]) == (422, 1)


def test_words_that_change_places_are_found_where_there_is_no_doubt() -> None:
    old, new = "Ten. A, b, c and d stay here.", "A, b, c and d stay here. Ten."
    assert Move(old, new)(Span.of(old, 0, 3)) == Span.of(new, 25, 28)
    assert Move(old, f"{new} Ten.")(Span.of(old, 0, 3)) is None


WORDS = st.lists(st.sampled_from(["Ada", "said", "so.", "“q”", "\n\n", "\n", "x"]), max_size=30).map(" ".join)


@example_settings(max_examples=200, deadline=None)
@given(WORDS, WORDS)
def test_what_is_moved_says_the_same(old: str, new: str) -> None:
    move = Move(old, new)
    for start in range(len(old)):
        for end in range(start + 1, min(start + 10, len(old)) + 1):
            there = move(Span.of(old, start, end))
            assert there is None or new[there.start : there.end] == there.exact == old[start:end]


@given(WORDS)
def test_what_is_not_changed_stays_where_it_is(text: str) -> None:
    move = Move(text, text)
    spans = [Span.of(text, start, start + 1) for start in range(len(text))]
    assert [move(span) for span in spans] == spans
