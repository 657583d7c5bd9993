"""/articles/{id}/annotations against the W3C Web Annotation Data Model (Recommendation, 2017)."""

from typing import Any

import httpx
import pytest

MOTIVATIONS = {"classifying", "describing", "identifying"}  # of the 13 in section 3.3.5, those in use here


@pytest.fixture(scope="module")
def answer(client: httpx.Client) -> httpx.Response:
    article = client.get("/articles").json()["items"][0]
    return client.get(article["links"]["annotations"], params={"limit": 100})


def test_the_media_type_is_that_of_the_protocol(answer: httpx.Response) -> None:
    assert answer.headers["content-type"] == 'application/ld+json; profile="http://www.w3.org/ns/anno.jsonld"'


def test_the_page_is_an_annotation_page(answer: httpx.Response) -> None:
    page = answer.json()
    assert page["@context"] == "http://www.w3.org/ns/anno.jsonld"
    assert page["type"] == "AnnotationPage"
    assert page["partOf"]["type"] == "AnnotationCollection"
    for iri in (page["id"], page["partOf"]["id"]):
        assert httpx.URL(iri).is_absolute_url
    assert page["items"]


def test_every_annotation_is_one(client: httpx.Client, answer: httpx.Response) -> None:
    ids = [annotation["id"] for annotation in answer.json()["items"]]
    assert len(set(ids)) == len(ids)
    for annotation in answer.json()["items"]:
        assert annotation["type"] == "Annotation"
        assert annotation["motivation"] in MOTIVATIONS
        assert annotation["creator"]["type"] in {"Person", "Software"}
        assert annotation["created"].endswith("Z")
        assert httpx.URL(annotation["id"]).is_absolute_url
        for body in annotation["body"]:
            assert_body(client, body)


def assert_body(client: httpx.Client, body: dict[str, Any]) -> None:
    if body["type"] == "TextualBody":
        assert body["purpose"] == "classifying" and body["value"]
    else:
        assert body["type"] == "SpecificResource" and body["purpose"] == "identifying"
        assert client.get(body["source"]).status_code == 200


def test_selectors_find_the_words_in_the_text(client: httpx.Client, answer: httpx.Response) -> None:
    for annotation in answer.json()["items"]:
        targets = annotation["target"]
        for target in targets if isinstance(targets, list) else [targets]:
            text = client.get(target["source"]).text
            position, quote = target["selector"]
            assert position["type"] == "TextPositionSelector"
            assert quote["type"] == "TextQuoteSelector"
            start, end = position["start"], position["end"]
            assert text[start:end] == quote["exact"]
            assert text[:start].endswith(quote["prefix"]) and text[end:].startswith(quote["suffix"])


def test_quotes_and_mentions_are_both_there(answer: httpx.Response) -> None:
    values = {body.get("value") for annotation in answer.json()["items"] for body in annotation["body"]}
    assert {"direct speech", "mixed speech", "PERSON", "ORG"} <= values


def test_the_next_page_is_an_iri(client: httpx.Client, answer: httpx.Response) -> None:
    first = client.get(answer.url.copy_with(query=b"limit=2")).json()
    assert client.get(first["next"]).json()["items"] == answer.json()["items"][2:4]
