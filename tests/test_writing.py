"""Storing an article over HTTP: as JSON, Markdown, plain text and HTML, once whatever is sent twice."""

import hashlib
import json
import threading
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import update
from sqlmodel import select

from app.config import Settings
from app.db import Database
from app.main import create_app
from app.models import AuditEntry, IdempotencyRecord, now, table_of
from app.services.idempotency import KEPT
from tests.conftest import asking, served
from tests.keys import a_key

TEXT = "“We will not leave,” said Aigul Saparova, a teacher in Oral. The city would appeal, she added."
MARKDOWN = (
    f"---\ntitle: Teachers stay\ndate: 2026-03-02\npublisher: The Post\nurl: https://post.example/1\n---\n{TEXT}\n"
)
PAGE = f"""<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>Teachers stay</title>
<link rel="canonical" href="https://post.example/2"></head><body><article><h1>Teachers stay</h1>
<p>{TEXT}</p><p>Nobody in the city had been told before, according to the teachers who met on Monday.</p>
</article></body></html>"""
LONG = f"{TEXT}\n\n" * 600  # more than is annotated at a time
JSON = "application/json"


@pytest.fixture
def client(settings: Settings, database: Database) -> Iterator[httpx.Client]:
    """A client who may write, of an empty library."""
    headers = {"Authorization": a_key(database, "write", name="desk")}
    with (
        served(create_app(settings)) as url,
        asking(url, headers=headers) as opened,
    ):
        yield opened


def send(client: httpx.Client, body: str | bytes, media_type: str = "text/markdown", **headers: str) -> httpx.Response:
    content = body if isinstance(body, bytes) else body.encode()
    return client.post("/articles", content=content, headers={"Content-Type": media_type} | headers)


def post(client: httpx.Client, *, params: dict[str, str] | None = None, **body: Any) -> httpx.Response:
    return client.post("/articles", json=body, params=params)


BODIES: dict[str, tuple[str, str]] = {
    "markdown": ("text/markdown; charset=utf-8", MARKDOWN),
    "plain text": ("text/plain", TEXT),
    "html": ("text/html", PAGE),
    "bare text in json": (JSON, json.dumps({"text": TEXT})),
    "markdown in json": (JSON, json.dumps({"markdown": MARKDOWN})),
    "html in json": (JSON, json.dumps({"html": PAGE})),
}


@pytest.mark.parametrize("form", BODIES)
def test_what_is_sent_is_stored_annotated_and_found(client: httpx.Client, form: str) -> None:
    media_type, body = BODIES[form]
    answer = send(client, body, media_type)
    assert answer.status_code == 201, answer.text
    stored = answer.json()
    assert (stored["outcome"], stored["duplicate_by"]) == ("stored", None)
    article = stored["article"]
    assert TEXT in article["text"]
    assert answer.headers["Location"] == f"/articles/{article['id']}"
    assert article["run"]["kind"] == "machine"
    assert article["counts"]["quotes"] >= 1

    read = client.get(answer.headers["Location"])
    assert (read.json(), read.headers["ETag"]) == (article, answer.headers["ETag"])
    found = client.get("/search", params={"q": '"will not leave" speaker:Saparova'}).json()
    assert [each["id"] for each in found["items"]] == [article["id"]]
    source = client.get(f"/articles/{article['id']}/source").content
    assert hashlib.sha256(source).hexdigest() == article["source"]["sha256"]


def test_the_described_examples_can_be_sent(client: httpx.Client) -> None:
    described = client.get("/openapi.json").json()["paths"]["/articles"]["post"]["requestBody"]["content"]
    for media_type, content in described.items():
        example = content["example"]
        sent = example if isinstance(example, str) else json.dumps(example)
        assert send(client, sent, media_type).status_code in (200, 201), media_type


def test_what_is_said_beside_a_document_stands_before_what_it_says_itself(client: httpx.Client) -> None:
    known = {"headline": "Another", "publisher": None}
    article = post(client, markdown=MARKDOWN, metadata=known).json()["article"]
    assert (article["headline"], article["publisher"], article["published"]) == ("Another", None, "2026-03-02")
    assert article["url"] == "https://post.example/1"


def test_a_bare_text_is_stored_as_it_is(client: httpx.Client) -> None:
    text = "---\ntitle: no front matter\n---\r\nTorn\napart  twice.\n"
    answer = post(client, params={"annotate": "false"}, text=text)
    assert answer.status_code == 201, answer.text
    article = answer.json()["article"]
    assert (article["text"], article["headline"], article["run"]) == (text, None, None)
    assert article["source"]["repairs"] == []


def test_the_charset_of_a_page_is_the_one_it_is_sent_with(client: httpx.Client) -> None:
    page = PAGE.replace("utf-8", "iso-8859-1").replace("“", "«").replace("”", "»")
    answer = send(client, page.encode("cp1251"), "text/html; charset=windows-1251")
    assert "«We will not leave,»" in answer.json()["article"]["text"]
    in_json = post(client, html=page.replace("post.example/2", "post.example/3"), params={"same_text": "true"})
    assert "«We will not leave,»" in in_json.json()["article"]["text"]


@pytest.mark.parametrize(
    ("again", "by"),
    [
        ({"markdown": MARKDOWN}, "url"),
        ({"text": TEXT}, "text"),
        ({"text": TEXT, "metadata": {"url": "https://copy.example/"}}, "text"),
    ],
)
def test_what_is_stored_already_is_not_stored_again(client: httpx.Client, again: dict[str, Any], by: str) -> None:
    first = send(client, MARKDOWN).json()["article"]
    answer = post(client, **again)
    assert answer.status_code == 200, answer.text
    assert answer.json() == {"article": first, "outcome": "unchanged", "duplicate_by": by}
    assert answer.headers["Location"] == f"/articles/{first['id']}"
    assert len(client.get("/articles").json()["items"]) == 1


def test_a_text_without_an_address_is_recognised_by_its_id(client: httpx.Client) -> None:
    assert post(client, text=TEXT).status_code == 201
    assert post(client, text=TEXT, metadata={"headline": "Other"}).json()["duplicate_by"] == "id"


def test_a_syndicated_copy_is_stored_where_that_is_asked_for(client: httpx.Client) -> None:
    send(client, MARKDOWN)
    copy = {"text": TEXT, "metadata": {"url": "https://copy.example/"}}
    assert post(client, params={"same_text": "true"}, **copy).status_code == 201
    assert len(client.get("/articles").json()["items"]) == 2


def test_another_document_under_an_address_is_refused_and_told_the_way(client: httpx.Client) -> None:
    article = send(client, MARKDOWN).json()["article"]
    answer = send(client, MARKDOWN.replace("stay", "go"))
    assert (answer.status_code, answer.json()["type"]) == (409, "urn:dateline:problem:other-document")
    assert "headline changed" in answer.json()["detail"]
    assert f"PUT /articles/{article['id']}" in answer.json()["detail"]


def test_a_text_that_takes_too_long_to_annotate_is_refused_and_nothing_is_stored(
    settings: Settings, database: Database
) -> None:
    impatient = settings.model_copy(update={"annotate_timeout_s": 0.01})
    headers = {"Authorization": a_key(database, "write")}
    with served(create_app(impatient)) as url, asking(url, headers=headers) as client:
        for answer in (post(client, text=LONG), client.post("/annotate", json={"text": LONG})):
            assert (answer.status_code, answer.json()["type"]) == (503, "urn:dateline:problem:annotation-timeout")
            assert "respond-async" in answer.json()["detail"]
        assert client.get("/articles").json()["items"] == []
        assert post(client, text=LONG, params={"annotate": "false"}).status_code == 201


def test_one_that_was_stored_bare_is_annotated_when_it_is_sent_again(client: httpx.Client) -> None:
    bare = post(client, params={"annotate": "false"}, text=TEXT).json()["article"]
    answer = post(client, text=TEXT)
    assert (answer.status_code, answer.json()["duplicate_by"]) == (201, "id")
    assert answer.json()["article"]["id"] == bare["id"]
    assert answer.json()["article"]["counts"]["quotes"] >= 1
    assert post(client, text=TEXT).json()["outcome"] == "unchanged"


def test_what_was_deleted_is_not_stored_again(client: httpx.Client) -> None:
    location = send(client, MARKDOWN).headers["Location"]
    assert client.delete(location, headers={"If-Match": "*"}).status_code == 204
    answer = send(client, MARKDOWN)
    assert answer.status_code == 409
    assert "was deleted" in answer.json()["detail"]


BAD: dict[str, tuple[str, bytes, int, str]] = {
    "no media type": ("", b"a", 415, "send the body as application/json"),
    "another media type": ("application/xml", b"<a/>", 415, "text/markdown"),
    "nothing": ("text/plain", b"", 422, "empty"),
    "no UTF-8": ("text/plain", b"fine\n\xff", 422, "line 2"),
    "a charset that is not read": ("text/plain; charset=latin1", b"a", 422, "latin1"),
    "a NUL": ("text/plain", b"a\0b", 422, "NUL"),
    "a NUL in front matter": ("text/markdown", b'---\ntitle: "a\\0b"\n---\nText.', 422, "line 2"),
    "half a surrogate pair in front matter": ("text/markdown", b'---\ntitle: "a\\ud800b"\n---\nText.', 422, ""),
    "a page without an article": ("text/html", b"<html><body></body></html>", 422, "no article"),
    "no JSON": (JSON, b"{", 422, ""),
    "no object": (JSON, b"[]", 422, ""),
    "JSON that says nothing": (JSON, b"{}", 422, "exactly one"),
    "two forms": (JSON, b'{"text": "a", "html": "b"}', 422, "exactly one"),
    "an unknown member": (JSON, b'{"text": "a", "more": 1}', 422, "/more"),
    "no day": (JSON, b'{"text": "a", "metadata": {"published": "soon"}}', 422, "/metadata/published"),
    "a NUL in JSON": (JSON, b'{"text": "a\\u0000"}', 422, "NUL"),
    "a NUL in metadata": (JSON, b'{"text": "a", "metadata": {"headline": "\\u0000"}}', 422, "NUL"),
    "half a surrogate pair": (JSON, b'{"text": "\\ud800"}', 422, ""),
    "an address that no index holds": (
        JSON,
        json.dumps({"text": "a", "metadata": {"url": "http://x/" + "é" * 2000}}).encode(),
        422,
        "longer",
    ),
    "blanks": (JSON, b'{"text": " \\n\\u00a0"}', 422, "empty"),
    "what is no address": (JSON, b'{"text": "a", "metadata": {"url": "javascript:alert(1)"}}', 422, "/metadata/url"),
    "an address": (JSON, b'{"url": "https://post.example/"}', 403, "DATELINE_FETCH_OVER_HTTP"),
}


@pytest.mark.parametrize("kind", BAD)
def test_what_cannot_be_stored_is_refused_and_says_why(client: httpx.Client, kind: str) -> None:
    media_type, body, status, said = BAD[kind]
    answer = send(client, body, media_type)
    assert (answer.status_code, answer.headers["Content-Type"]) == (status, "application/problem+json"), answer.text
    assert said in answer.json()["detail"]
    assert client.get("/articles").json()["items"] == []


def test_a_compressed_body_is_refused(client: httpx.Client) -> None:
    assert send(client, b"\x1f\x8b", **{"Content-Encoding": "gzip"}).status_code == 415


def test_who_may_not_write_is_refused_before_the_body_is_looked_at(client: httpx.Client, database: Database) -> None:
    assert send(client, "", "x/y", Authorization="").status_code == 401
    assert send(client, "", "x/y", Authorization=a_key(database, "correct")).status_code == 403


def test_every_write_is_in_the_audit_log(client: httpx.Client, database: Database) -> None:
    article = send(client, MARKDOWN, **{"X-Request-Id": "ours-1"}).json()["article"]
    send(client, MARKDOWN)
    with database.read() as session:
        entries = session.exec(select(AuditEntry).where(AuditEntry.subject == article["id"])).all()
    assert [(e.author, e.action, e.request_id) for e in entries] == [("desk", "article.store", "ours-1")]
    assert TEXT not in str(entries)


# Idempotency-Key


KEY = {"Idempotency-Key": '"8e03978e-40d5-43dd-bc93-6894a57f9324"'}


def test_a_request_that_comes_twice_is_answered_twice_and_done_once(client: httpx.Client) -> None:
    first = send(client, MARKDOWN, **KEY)
    again = send(client, MARKDOWN, **KEY)
    unquoted = send(client, MARKDOWN, **{"Idempotency-Key": KEY["Idempotency-Key"].strip('"')})
    for answer in (again, unquoted):
        assert (answer.status_code, answer.json()) == (201, first.json())
        assert answer.headers["Location"] == first.headers["Location"]
    assert send(client, MARKDOWN).status_code == 200


def test_what_was_recognised_is_recognised_again_in_the_same_way(client: httpx.Client) -> None:
    send(client, MARKDOWN)
    copy = json.dumps({"text": TEXT})
    answers = [send(client, copy, JSON, **KEY) for _ in range(2)]
    assert [(a.status_code, a.json()["duplicate_by"]) for a in answers] == [(200, "text")] * 2


def test_the_answer_is_made_anew_from_what_is_stored(client: httpx.Client, database: Database) -> None:
    location = send(client, MARKDOWN, **KEY).headers["Location"]
    assert client.delete(location, headers={"If-Match": "*"}).status_code == 204
    answer = send(client, MARKDOWN, **KEY)
    assert answer.status_code == 409
    assert "was deleted" in answer.json()["detail"]


def test_a_key_for_another_request_is_refused(client: httpx.Client) -> None:
    send(client, MARKDOWN, **KEY)
    for other in (
        send(client, MARKDOWN + "More.\n", **KEY),
        send(client, MARKDOWN, "text/plain", **KEY),
        client.post("/articles?same_text=true", content=MARKDOWN, headers={"Content-Type": "text/markdown", **KEY}),
    ):
        assert (other.status_code, other.json()["type"]) == (422, "urn:dateline:problem:idempotency-key-reused")
        assert other.json()["errors"][0]["parameter"] == "Idempotency-Key"


def test_a_key_is_its_bearers_own_and_is_kept_for_a_day(client: httpx.Client, database: Database) -> None:
    send(client, MARKDOWN, **KEY)
    theirs = send(client, TEXT, "text/plain", Authorization=a_key(database, "write"), **KEY)
    assert theirs.status_code == 200
    with database.write() as session:
        session.execute(update(table_of(IdempotencyRecord)).values(created_at=now() - KEPT - timedelta(seconds=1)))
    assert send(client, MARKDOWN + "\n", **KEY).status_code == 409
    assert send(client, MARKDOWN, **KEY).status_code == 200
    with database.read() as session:
        assert len(session.exec(select(IdempotencyRecord)).all()) == 1


def test_what_was_refused_is_not_kept(client: httpx.Client) -> None:
    assert send(client, b"\xff", "text/plain", **KEY).status_code == 422
    assert send(client, MARKDOWN, **KEY).status_code == 201


@pytest.mark.parametrize("key", ['""', '"é"', '"a', "a b", '"a\\b"', "a" * 256, '"' + "a" * 256 + '"'], ids=repr)
def test_what_is_no_key_is_refused(client: httpx.Client, key: str) -> None:
    answer = client.post(
        "/articles", content=MARKDOWN, headers={b"Idempotency-Key": key.encode(), b"Content-Type": b"text/markdown"}
    )
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["parameter"] == "Idempotency-Key"


def test_sent_by_many_at_once_it_is_done_once(client: httpx.Client) -> None:
    answers: list[httpx.Response] = []
    threads = [threading.Thread(target=lambda: answers.append(send(client, MARKDOWN, **KEY))) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [answer.status_code for answer in answers] == [201] * 6
    assert len({answer.text for answer in answers}) == 1
