"""Every quote answers who, through whom, in what words, where, by which run, how surely, and what is not known."""

from typing import Any

import httpx

from app import annotations as said
from app.config import Settings
from app.db import Database
from app.documents import plain_document
from app.main import create_app
from app.services.storing import Submission, store
from app.spans import Span
from tests.conftest import asking, served
from tests.stories import MACHINE


def get(client: httpx.Client, path: str, **parameters: object) -> Any:
    answer = client.get(path, params=parameters)  # type: ignore[arg-type]
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_a_quote_answers_all_of_it(client: httpx.Client) -> None:
    (found,) = get(client, "/quotes", q='"last breath"')["items"]
    quote = get(client, found["links"]["self"])
    speaker, relay = quote["sources"]
    assert quote["speaker"] == speaker["entity"]
    assert (speaker["entity"]["name"], speaker["role"]) == ("Bolat Daukenov", "speaker")
    assert (relay["entity"]["name"], relay["role"]) == ("Novosti-Kazakhstan", "relayed")
    assert quote["text"] == 'Monday\'s bombings were the "last breath" of the group of people arrested'
    text = get(client, quote["links"]["article"])["text"]
    for span in (*quote["content"], quote["cue"], speaker["span"], relay["span"]):
        assert text[span["start"] : span["end"]] == span["exact"]
    assert {quote["confidence"], speaker["confidence"], relay["confidence"]} == {1.0}
    assert quote["unresolved"] == []


def test_every_quote_says_by_which_run_it_is_and_what_is_not_known(client: httpx.Client) -> None:
    quotes = get(client, "/quotes", limit=100)["items"]
    for quote in quotes:
        run = get(client, quote["links"]["run"])
        assert quote["run"] == {name: run[name] for name in ("id", "kind", "annotator", "version")}
    assert {quote["text"]: quote["unresolved"] for quote in quotes if quote["unresolved"]} == {
        "acts of terror.": ["/speaker"]
    }


def test_a_source_that_stands_for_nobody_known_is_told(settings: Settings, database: Database) -> None:
    text = "“It will rain,” said a friend of the family, the Post reported."
    friend = said.Source(span=Span.of(text, 21, 43))
    post = said.Source(span=Span.of(text, 45, 53), entity=0)
    rain = said.Quote(kind="direct", content=(Span.of(text, 1, 14),), sources=(friend, post))
    made = said.Annotations(entities=(said.Entity(name="Post", type="ORG"),), quotes=(rain,))
    with database.write() as session:
        store(session, [Submission(plain_document(text, said.Metadata()), b"", "a.txt", ((MACHINE, made),))])
    with served(create_app(settings)) as url, asking(url) as client:
        (quote,) = get(client, "/quotes")["items"]
    assert (quote["speaker"], quote["sources"][0]["span"]["exact"]) == (None, "a friend of the family")
    assert quote["unresolved"] == ["/sources/0/entity"]
