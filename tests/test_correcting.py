"""Correcting over HTTP: people decide about mentions, quotes and entities, and undo what they decided."""

from collections.abc import Iterator
from datetime import date
from typing import Any

import httpx
import pytest
from sqlalchemy import text
from sqlmodel import select

from app import annotations as said
from app.config import Settings
from app.db import Database
from app.models import AuditEntry
from app.services.auditing import audit
from app.services.reindexing import reindex
from app.services.storing import Authorship, Submission, store
from tests.keys import MAKER, a_key
from tests.stories import EDITOR, Story, library, tell

TEXT = (
    "Ada Lovelace came to Oslo on Monday.\n\n“We count on it,” Lovelace said. Babbage agreed with the Countess.\n\nFin."
)
STORY = Story(
    "Ada speaks in Oslo",
    TEXT,
    date(2011, 11, 1),
    [("Ada Lovelace", "PERSON"), ("Oslo", "GPE"), ("Babbage", "PERSON")],
    [("Babbage", "We count on it")],
)
OTHER = Story(
    "Babbage builds", "Babbage builds in Paris. “It counts,” Babbage said.", date(2012, 1, 1),
    [("Babbage", "PERSON"), ("Paris", "GPE")], [("Babbage", "It counts")],
)  # fmt: skip
AGAIN = Authorship("machine", "test", "2")

Json = dict[str, Any]


class Desk:
    """A client who may correct, in a library of two articles."""

    def __init__(self, database: Database, client: httpx.Client) -> None:
        self.database = database
        self.client = client
        self.article, self.other = tell(database, [STORY, OTHER])

    def get(self, path: str, **query: Any) -> Any:
        answer = self.client.get(path, params=query)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def items(self, path: str, **query: Any) -> list[Json]:
        found: list[Json] = self.get(path, **query)["items"]
        return found

    def send(self, path: str, **body: Any) -> httpx.Response:
        """A decision, with the ETag of what it is about."""
        etag = self.client.get(path).headers["ETag"]
        return self.client.post(f"{path}/decisions", json=body, headers={"If-Match": etag})

    def decide(self, path: str, **body: Any) -> str:
        answer = self.send(path, **body)
        assert answer.status_code == 201, answer.text
        assert answer.headers["Location"] == f"/decisions/{answer.json()['id']}"
        self.check()
        return str(answer.json()["id"])

    def about_words(self, action: str, subject: str, **body: Any) -> str:
        return self.decide(f"/articles/{self.article}", action=action, subject=subject, **body)

    def try_undoing(self, decision: str) -> httpx.Response:
        etag = self.client.get(f"/decisions/{decision}").headers["ETag"]
        return self.client.delete(f"/decisions/{decision}", headers={"If-Match": etag})

    def undo(self, decision: str) -> None:
        answer = self.try_undoing(decision)
        assert (answer.status_code, answer.json()["stands"]) == (200, False), answer.text
        self.check()

    def entity(self, name: str, **query: Any) -> Json:
        found: Json = self.get(f"/entities/{name}", **query)
        return found

    def mentions(self, **query: Any) -> dict[str, str | None]:
        """By its words, whom each mention in the first article means."""
        found = self.items(f"/articles/{self.article}/mentions", **query)
        return {each["exact"]: each["entity"] and each["entity"]["name"] for each in found}

    def check(self) -> None:
        """That all that is derived is in step."""
        assert [str(each) for each in audit(self.database, lambda *_: None)] == []


@pytest.fixture
def desk(settings: Settings) -> Iterator[Desk]:
    with library(settings.database_url) as (database, client):
        reindex(database, MAKER, lambda *_: None)
        client.headers["Authorization"] = a_key(database, "correct", name="desk")
        yield Desk(database, client)


def span(words: str, whole: str = TEXT) -> Json:
    start = whole.index(words)
    return {"start": start, "end": start + len(words), "exact": words}


def mention_of(desk: Desk, words: str) -> str:
    found = desk.items(f"/articles/{desk.article}/mentions")
    return str(next(each["id"] for each in found if each["exact"] == words))


def quote_of(desk: Desk, words: str = "We count on it") -> Json:
    return next(each for each in desk.items(f"/articles/{desk.article}/quotes") if each["text"] == words)


def errors(answer: httpx.Response) -> list[tuple[str | None, str]]:
    assert answer.headers["Content-Type"] == "application/problem+json"
    return [(each.get("pointer"), each["detail"]) for each in answer.json()["errors"]]


# Mentions


def test_a_mention_is_added_with_an_entity_by_id(desk: Desk) -> None:
    ada = desk.entity("Ada Lovelace")["id"]
    decision = desk.about_words("add", "mention", mention=span("Countess") | {"type": "PERSON", "entity": {"id": ada}})
    (added,) = [m for m in desk.items(f"/articles/{desk.article}/mentions") if m["exact"] == "Countess"]
    assert (added["entity"]["id"], added["rule"], added["confidence"]) == (ada, decision, 1.0)
    assert added["run"]["kind"] == "human"
    assert desk.entity("Ada Lovelace")["mentions"] == 2
    desk.undo(decision)
    assert "Countess" not in desk.mentions()
    assert desk.entity("Ada Lovelace")["mentions"] == 1


def test_a_mention_is_added_with_an_entity_by_name_that_is_made_where_there_is_none(desk: Desk) -> None:
    body = span("Countess") | {"type": "PERSON", "entity": {"name": "A. K. Lovelace", "type": "PERSON"}}
    desk.about_words("add", "mention", mention=body)
    assert desk.mentions()["Countess"] == "A. K. Lovelace"
    assert desk.entity("A. K. Lovelace")["mentions"] == 1
    body = span("Monday") | {"type": "PERSON", "entity": {"name": "BABBAGE", "type": "PERSON"}}
    desk.about_words("add", "mention", mention=body)
    assert desk.mentions()["Monday"] == "Babbage"


def test_a_value_is_added_with_what_it_means(desk: Desk) -> None:
    desk.about_words("add", "mention", mention=span("Monday") | {"type": "DATE", "value": "2011-10-31"})
    (added,) = desk.items(f"/articles/{desk.article}/mentions", type="DATE")
    assert (added["exact"], added["value"], added["entity"]) == ("Monday", "2011-10-31", None)
    answer = desk.send(
        f"/articles/{desk.article}", action="add", subject="mention",
        mention=span("Monday") | {"type": "DATE", "entity": {"name": "Monday", "type": "EVENT"}},
    )  # fmt: skip
    assert (answer.status_code, errors(answer)) == (422, [("/mention/entity", "a DATE is a value, and no entity")])


def test_a_name_in_the_place_of_an_entity_is_told_what_it_is_not(desk: Desk) -> None:
    named = span("Oslo") | {"type": "GPE", "entity": "Oslo"}
    answer = desk.send(f"/articles/{desk.article}", action="add", subject="mention", mention=named)
    assert (answer.status_code, errors(answer)) == (422, [("/mention/entity", "is not an object")])


def test_a_mention_is_changed_rejected_and_accepted(desk: Desk) -> None:
    before = desk.mentions()
    target = mention_of(desk, "Oslo")
    wider = span("to Oslo") | {"type": "FAC", "entity": None}
    changed = desk.about_words("change", "mention", target=target, mention=wider)
    assert "Oslo" not in desk.mentions() and desk.mentions()["to Oslo"] is None
    rejected = desk.about_words("reject", "mention", target=mention_of(desk, "to Oslo"))
    assert desk.mentions() == {name: whom for name, whom in before.items() if name != "Oslo"}
    accepted = desk.about_words("accept", "mention", target=target)
    assert desk.mentions() == before
    for decision in (changed, accepted, rejected):
        desk.undo(decision)
    assert desk.mentions() == before
    assert desk.get(f"/articles/{desk.article}")["run"]["kind"] == "machine"


def test_what_nobody_decided_about_keeps_its_rule_and_confidence(desk: Desk) -> None:
    before = {each["exact"]: each for each in desk.items(f"/articles/{desk.article}/mentions")}
    desk.about_words("reject", "mention", target=mention_of(desk, "Oslo"))
    for each in desk.items(f"/articles/{desk.article}/mentions"):
        same = ("start", "type", "entity", "rule", "confidence", "place", "paragraph")
        assert {name: each[name] for name in same} == {name: before[each["exact"]][name] for name in same}


# Quotes


def test_a_quote_is_changed_to_another_speaker(desk: Desk) -> None:
    before = quote_of(desk)
    ada = desk.entity("Ada Lovelace")["id"]
    sources = [{"span": span("Lovelace said") | {"end": span("Lovelace said")["end"] - 5, "exact": "Lovelace"},
                "entity": {"id": ada}, "antecedent": span("Ada Lovelace")}]  # fmt: skip
    quote = {"kind": "direct", "content": [span("We count on it")], "cue": span("said"), "sources": sources}
    decision = desk.about_words("change", "quote", target=before["id"], quote=quote)
    after = quote_of(desk)
    assert (after["speaker"]["id"], after["rule"], after["confidence"]) == (ada, decision, 1.0)
    (link,) = after["sources"]
    assert (link["span"]["exact"], link["antecedent"]["exact"], link["rule"]) == ("Lovelace", "Ada Lovelace", decision)
    assert after["cue"]["exact"] == "said"
    assert [each["text"] for each in desk.items("/quotes", speaker=ada)] == ["We count on it"]
    assert desk.get(f"/quotes/{after['id']}/verify")["holds"]
    assert desk.entity("Ada Lovelace")["quotes"]["speaker"] == 1
    desk.undo(decision)
    assert quote_of(desk) == before


def test_a_quote_is_added_in_pieces_through_somebody_rejected_and_accepted(desk: Desk) -> None:
    babbage = {"id": desk.entity("Babbage")["id"]}
    quote = {
        "kind": "indirect",
        "content": [span("Babbage agreed"), span("with the Countess")],
        "sources": [{"entity": babbage}, {"entity": {"name": "SITE", "type": "ORG"}}, {}],
    }
    added = desk.about_words("add", "quote", quote=quote)
    made = quote_of(desk, "Babbage agreed with the Countess")
    assert [each["role"] for each in made["sources"]] == ["speaker", "relayed", "relayed"]
    assert [each["entity"] and each["entity"]["name"] for each in made["sources"]] == ["Babbage", "SITE", None]
    assert [each["text"] for each in desk.items("/quotes", via="SITE")] == [made["text"]]
    assert [each["text"] for each in desk.items("/quotes", q="agreed")] == [made["text"]]
    assert [each["text"] for each in desk.items("/quotes", about="Babbage")] == [made["text"]]
    desk.about_words("reject", "quote", target=made["id"])
    assert desk.items("/quotes", q="agreed") == []
    desk.about_words("accept", "quote", target=made["id"])
    assert desk.items("/quotes", q="agreed") != []
    desk.undo(added)  # it was accepted since
    assert desk.items("/quotes", q="agreed") != []


def test_whom_people_have_made_a_speaker_is_in_lists_without_a_mention(desk: Desk) -> None:
    hopper = {"entity": {"name": "Grace Hopper", "type": "PERSON"}}
    quote = {"kind": "direct", "content": [span("We count on it")], "sources": [hopper]}
    desk.about_words("change", "quote", target=quote_of(desk)["id"], quote=quote)
    for path, query in (("/entities", {"q": "hopper"}), ("/suggest", {"q": "grace h"})):
        assert [each["name"] for each in desk.items(path, **query)] == ["Grace Hopper"]
    assert "Grace Hopper" in {each["name"] for each in desk.items("/entities")}


def test_a_quote_can_be_no_speech(desk: Desk) -> None:
    quote = {"kind": "direct", "use": "scare", "content": [span("We count on it")]}
    desk.about_words("change", "quote", target=quote_of(desk)["id"], quote=quote)
    assert [each["use"] for each in desk.items("/quotes", use="scare")] == ["scare"]
    assert desk.entity("Babbage")["quotes"]["speaker"] == 1  # of the other article


# What is sent


BAD: list[tuple[Json, list[str | None]]] = [
    ({"action": "add", "subject": "mention"}, ["/mention"]),
    ({"action": "accept", "subject": "mention"}, ["/target"]),
    ({"action": "reject", "subject": "quote", "target": "run_aaaaaaaaaaaaaaaa.q0", "quote": {
        "kind": "direct", "content": [span("Oslo")]}}, ["/quote"]),
    ({"action": "reject", "subject": "mention", "target": "run_aaaaaaaaaaaaaaaa.m0"}, ["/target"]),
    ({"action": "reject", "subject": "mention", "target": "run_aaaaaaaaaaaaaaaa.q0"}, ["/target"]),
    ({"action": "add", "subject": "mention", "mention": span("Oslo") | {"start": 0, "type": "GPE"}}, ["/mention"]),
    ({"action": "add", "subject": "mention", "mention": {"start": 5000, "end": 5004, "exact": "Oslo", "type": "GPE"}},
     ["/mention"]),
    ({"action": "add", "subject": "mention", "mention": span("Oslo") | {"type": "TOWN"}}, ["/mention/type"]),
    ({"action": "add", "subject": "mention", "mention": span("Oslo") | {"type": "GPE", "entity": {"name": "Oslo"}}},
     ["/mention/entity"]),
    ({"action": "add", "subject": "mention", "mention": span("Oslo") | {"type": "GPE", "entity": {
        "id": "ent_aaaaaaaaaaaaaaaa"}}}, ["/mention/entity"]),
    ({"action": "add", "subject": "quote", "quote": {"kind": "direct", "content": [
        span("Oslo"), span("Monday") | {"exact": "Sunday"}], "cue": span("said") | {"end": 3}, "sources": [
        {"span": span("Oslo") | {"exact": "Olso"}}]}},
     ["/quote/content/1", "/quote/cue", "/quote/sources/0/span"]),
    ({"action": "add", "subject": "quote", "quote": {"kind": "direct", "content": [span("Monday"), span("Oslo")]}},
     ["/quote/content/1"]),
    ({"action": "add", "subject": "quote", "quote": {"kind": "direct", "content": []}}, ["/quote/content"]),
    ({"action": "merge", "subject": "mention"}, ["/action"]),
    ({"action": "add", "subject": "mention", "mention": span("Oslo") | {"type": "GPE"}, "commment": "?"},
     ["/commment"]),
]  # fmt: skip


@pytest.mark.parametrize(("body", "pointers"), BAD, ids=lambda each: str(each)[:60])
def test_what_makes_no_sense_is_refused_with_its_place(desk: Desk, body: Json, pointers: list[str | None]) -> None:
    answer = desk.send(f"/articles/{desk.article}", **body)
    assert (answer.status_code, [pointer for pointer, _ in errors(answer)]) == (422, pointers), answer.text
    assert desk.items("/decisions") == []
    assert desk.get(f"/articles/{desk.article}")["run"]["kind"] == "machine"


def test_what_is_of_an_earlier_text_or_another_article_is_no_target(desk: Desk) -> None:
    elsewhere = desk.items(f"/articles/{desk.other}/quotes")[0]["id"]
    answer = desk.send(f"/articles/{desk.article}", action="reject", subject="quote", target=elsewhere)
    assert (answer.status_code, errors(answer)[0][0]) == (422, "/target")
    earlier = quote_of(desk)["id"]
    etag = desk.client.get(f"/articles/{desk.article}").headers["ETag"]
    headers = {"If-Match": etag, "Authorization": a_key(desk.database, "write")}
    body = {"text": "Ada. " + TEXT, "metadata": {"headline": STORY.headline}}
    assert desk.client.put(f"/articles/{desk.article}?annotate=false", json=body, headers=headers).status_code == 200
    answer = desk.send(f"/articles/{desk.article}", action="reject", subject="quote", target=earlier)
    assert (answer.status_code, errors(answer)) == (422, [("/target", "is of revision 1, and the newest is 2")])


def test_who_may_decide_and_about_which_state(desk: Desk) -> None:
    path, body = f"/articles/{desk.article}/decisions", {"action": "accept", "subject": "quote"}
    body["target"] = quote_of(desk)["id"]
    etag = desk.client.get(f"/articles/{desk.article}").headers["ETag"]
    for key, status in (("", 401), (a_key(desk.database, "write"), 403), (a_key(desk.database, "read"), 403)):
        headers = {"If-Match": etag, "Authorization": key}
        assert desk.client.post(path, json=body, headers=headers).status_code == status
    assert desk.client.post(path, json=body).status_code == 428
    assert desk.client.post(path, json=body, headers={"If-Match": '"other"'}).status_code == 412
    assert desk.client.post(path, json=body, headers={"If-Match": f"W/{etag}"}).status_code == 412
    done = desk.client.post(path, json=body, headers={"If-Match": etag})
    assert (done.status_code, done.headers["ETag"]) == (
        201, desk.client.get(done.headers["Location"]).headers["ETag"]
    )  # fmt: skip
    assert desk.client.post(path, json=body, headers={"If-Match": etag}).status_code == 412
    assert desk.client.post(path, json=body, headers={"If-Match": "*"}).status_code == 201
    missing = "/articles/art_aaaaaaaaaaaaaaaa/decisions"
    assert desk.client.post(missing, json=body, headers={"If-Match": "*"}).status_code == 404
    undo = f"/decisions/{done.json()['id']}"
    assert desk.client.delete(undo).status_code == 428
    assert desk.client.delete(undo, headers={"If-Match": '"other"'}).status_code == 412
    assert desk.client.delete(undo, headers={"If-Match": "*", "Authorization": ""}).status_code == 401
    assert desk.client.delete(undo, headers={"If-Match": "*"}).status_code == 200
    assert desk.client.delete(undo, headers={"If-Match": "*"}).status_code == 409


def test_what_is_sent_twice_with_a_key_is_done_once(desk: Desk) -> None:
    body = {"action": "reject", "subject": "quote", "target": quote_of(desk)["id"]}
    etag = desk.client.get(f"/articles/{desk.article}").headers["ETag"]
    headers = {"If-Match": etag, "Idempotency-Key": "one"}
    first, second = (
        desk.client.post(f"/articles/{desk.article}/decisions", json=body, headers=headers) for _ in range(2)
    )
    assert (first.status_code, first.json()) == (second.status_code, second.json())
    assert len(desk.items("/decisions")) == 1


def test_decisions_are_listed_with_author_and_time_and_in_the_audit_log(desk: Desk) -> None:
    one = desk.about_words("reject", "quote", target=quote_of(desk)["id"], comment="nobody said so")
    two = desk.decide("/entities/Babbage", action="accept")
    assert [each["id"] for each in desk.items("/decisions")] == [two, one]
    made = desk.get(f"/decisions/{one}")
    assert (made["author"], made["comment"], made["stands"]) == ("desk", "nobody said so", True)
    assert made["was"]["sources"][0]["entity"] == {"name": "Babbage", "type": "PERSON"}
    assert made["becomes"] is None
    babbage = desk.entity("Babbage")["id"]
    desk.undo(two)

    def listed(**query: Any) -> list[str]:
        return [each["id"] for each in desk.items("/decisions", **query)]

    assert listed(article=desk.article) == [one] and listed(entity=babbage) == [two]
    assert listed(undone=True) == [two] and listed(undone=False) == [one] and listed(author="nobody") == []
    assert listed(limit=1) == [two]
    undone = desk.get(f"/decisions/{two}")
    assert (undone["undone_by"], undone["stands"]) == ("desk", False) and undone["undone_at"]
    assert desk.client.get("/decisions", params={"entity": "ent_aaaaaaaaaaaaaaaa"}).status_code == 404
    with desk.database.read() as session:
        entries = session.exec(select(AuditEntry).where(AuditEntry.author == "desk")).all()
    written = [(entry.action, entry.subject) for entry in entries]
    assert written == [("decision.make", one), ("decision.make", two), ("decision.undo", two)]
    assert all(entry.request_id for entry in entries)


# Whoever annotates


def another(by: Authorship = AGAIN, quotes: tuple[tuple[str, str], ...] = ()) -> Submission:
    """The same article as another version of the annotator has it."""
    return Story(STORY.headline, STORY.text, STORY.published, STORY.names, quotes).submission(by)


def test_decisions_outlive_other_versions_of_the_annotator(desk: Desk) -> None:
    desk.about_words("add", "mention", mention=span("Countess") | {"type": "PERSON", "entity": None})
    desk.about_words("accept", "quote", target=quote_of(desk)["id"])
    rejected = desk.about_words("reject", "mention", target=mention_of(desk, "Oslo"))
    with desk.database.write() as session:
        store(session, [another(quotes=(("Ada Lovelace", "We count on it"), ("Babbage", "Fin")))])
    desk.check()
    run = desk.get(f"/articles/{desk.article}")["run"]
    assert (run["kind"], run["annotator"], len(run["parameters"]["decisions"])) == ("human", "decisions", 3)
    base = desk.get(f"/runs/{run['parameters']['base']}")
    assert (base["kind"], base["version"]) == ("machine", "2")
    assert quote_of(desk)["speaker"]["name"] == "Babbage"  # as it was accepted
    assert quote_of(desk, "Fin")["rule"] is None
    assert set(desk.mentions()) == {"Ada Lovelace", "Babbage", "Countess"}
    assert "Oslo" in desk.mentions(run="machine")
    desk.undo(rejected)
    assert "Oslo" in desk.mentions()


def test_people_who_annotate_all_of_it_are_what_decisions_are_about(desk: Desk) -> None:
    rejected = desk.about_words("reject", "mention", target=mention_of(desk, "Oslo"))
    with desk.database.write() as session:
        store(session, [another(EDITOR), another(AGAIN)])
    desk.check()
    run = desk.get(f"/articles/{desk.article}")["run"]
    assert desk.get(f"/runs/{run['parameters']['base']}")["annotator"] == "editor"
    assert desk.items(f"/articles/{desk.article}/quotes") == []
    assert "Oslo" not in desk.mentions()
    desk.undo(rejected)
    assert desk.get(f"/articles/{desk.article}")["run"]["annotator"] == "editor"


def test_an_article_that_nobody_annotated_can_be_decided_about(desk: Desk) -> None:
    story = Story("Bare", "Ada Lovelace is in Oslo.").submission()
    with desk.database.write() as session:
        (stored,) = store(session, [Submission(story.document, story.data, story.name)])
    body = {"start": 0, "end": 12, "exact": "Ada Lovelace", "type": "PERSON"}
    entity = {"name": "Ada Lovelace", "type": "PERSON"}
    decision = desk.decide(f"/articles/{stored.id}", action="add", subject="mention", mention=body | {"entity": entity})
    assert desk.get(f"/articles/{stored.id}")["run"]["parameters"]["base"] is None
    assert desk.entity("Ada Lovelace")["articles"] == 2
    desk.undo(decision)
    assert desk.get(f"/articles/{stored.id}")["run"] is None
    assert desk.entity("Ada Lovelace")["articles"] == 1


# Entities: names


def test_an_entity_gets_another_name_and_keeps_it(desk: Desk) -> None:
    before = desk.entity("Babbage")
    decision = desk.decide(f"/entities/{before['id']}", action="change", name="Charles Babbage")
    after = desk.entity("Charles Babbage")
    assert (after["id"], after["aliases"], after["mentions"]) == (before["id"], ["Babbage"], before["mentions"])
    assert desk.entity("Babbage")["id"] == before["id"]
    assert [each["name"] for each in desk.items("/suggest", q="charl")] == ["Charles Babbage"]
    names = [each["name"] for each in desk.items("/entities", sort="name")]
    assert names == sorted(names) and "Charles Babbage" in names
    tell(desk.database, [Story("New", "Babbage is here.", names=[("Babbage", "PERSON")])])
    assert desk.entity("Charles Babbage")["articles"] == before["articles"] + 1
    desk.undo(decision)
    assert desk.entity("Babbage")["name"] == "Babbage"
    assert desk.client.get("/entities/Charles Babbage").status_code == 404


def test_an_entity_loses_a_name_that_runs_still_call_it(desk: Desk) -> None:
    called = said.Entity(name="Babbage", type="PERSON", aliases=("Cabbage",), identifiers={"viaf": "1"})
    called_so = Story("New", "Cabbage is here.").submission()
    said_so = said.Annotations(
        entities=(called,), mentions=(said.Mention(**span("Cabbage", "Cabbage is here."), type="PERSON", entity=0),)
    )

    def say(version: str) -> None:
        runs = ((Authorship("machine", "test", version), said_so),)
        with desk.database.write() as session:
            store(session, [Submission(called_so.document, called_so.data, called_so.name, runs)])

    say("5")
    assert desk.entity("Babbage")["aliases"] == ["Cabbage"]
    decision = desk.decide("/entities/Babbage", action="change", aliases=["Charles"], identifiers={"wikidata": "Q1"})
    changed = desk.entity("Babbage")
    assert (changed["aliases"], changed["identifiers"]) == (["Charles"], {"wikidata": "Q1"})
    assert desk.client.get("/entities/Cabbage").status_code == 404
    say("6")
    desk.check()
    assert desk.entity("Babbage") == changed
    assert desk.get(f"/decisions/{decision}")["change"] == {
        "name": None, "added": ["Charles"], "removed": ["Cabbage"], "identifiers": {"wikidata": "Q1"},
        "forgotten": ["viaf"],
    }  # fmt: skip
    desk.undo(decision)
    restored = desk.entity("Cabbage")
    assert (restored["aliases"], restored["identifiers"]) == (["Cabbage"], {"viaf": "1"})


def test_names_are_changed_and_undone_in_any_order(desk: Desk) -> None:
    one = desk.decide("/entities/Babbage", action="change", name="Charles Babbage")
    two = desk.decide("/entities/Babbage", action="change", name="C. Babbage", identifiers={"viaf": "2"})
    desk.undo(one)
    assert (desk.entity("Babbage")["name"], desk.entity("Babbage")["aliases"]) == ("C. Babbage", ["Babbage"])
    desk.undo(two)
    assert (desk.entity("Babbage")["name"], desk.entity("Babbage")["aliases"]) == ("Babbage", [])


def test_an_entity_of_another_type_is_the_one_of_that_type(desk: Desk) -> None:
    old = desk.entity("Paris")["id"]
    decision = desk.decide("/entities/Paris", action="change", type="PERSON")
    new = desk.entity("Paris")
    assert (new["type"], new["mentions"]) == ("PERSON", 1)
    moved = desk.client.get(f"/entities/{old}")
    assert (moved.status_code, moved.headers["Location"]) == (308, f"/entities/{new['id']}")
    desk.undo(decision)
    assert desk.entity("Paris")["type"] == "GPE"
    assert desk.client.get(f"/entities/{new['id']}").status_code == 404


# Entities: merging


def test_merged_entities_are_one_everywhere(desk: Desk) -> None:
    ada, babbage = desk.entity("Ada Lovelace"), desk.entity("Babbage")
    decision = desk.decide(f"/entities/{ada['id']}", action="merge", into=babbage["id"])
    both = desk.entity("Babbage")
    assert (both["mentions"], both["articles"], both["aliases"]) == (3 + 1, 2, ["Ada Lovelace"])
    assert desk.entity("Ada Lovelace")["id"] == babbage["id"]
    assert ada["id"] not in [each["id"] for each in desk.items("/entities")]
    assert [each["id"] for each in desk.items("/suggest", q="ada")] == [babbage["id"]]
    assert ada["id"] not in [each["id"] for each in desk.items("/entities/Babbage/related")]
    facets = desk.get("/search", q="Oslo", facet="entity")["facets"]["entity"]
    assert babbage["id"] in [each["value"] for each in facets] and ada["id"] not in [each["value"] for each in facets]
    assert {each["id"] for each in desk.items("/articles", entity=ada["id"])} == {desk.article, desk.other}
    assert {each["text"] for each in desk.items("/quotes", speaker=ada["id"])} == {"We count on it", "It counts"}
    assert desk.mentions()["Ada Lovelace"] == "Babbage"
    assert desk.mentions(run="machine")["Ada Lovelace"] == "Babbage"
    tell(desk.database, [Story("New", "Ada Lovelace is here.", names=[("Ada Lovelace", "PERSON")])])
    assert desk.entity("Babbage")["articles"] == 3
    desk.check()
    desk.undo(decision)
    assert desk.entity(ada["id"])["articles"] == 2
    assert desk.entity("Babbage")["mentions"] == babbage["mentions"] and desk.entity("Babbage")["aliases"] == []


def test_the_id_of_a_merged_entity_leads_to_the_one_it_is(desk: Desk) -> None:
    ada, babbage = desk.entity("Ada Lovelace")["id"], desk.entity("Babbage")["id"]
    oslo = desk.entity("Oslo")["id"]
    desk.decide(f"/entities/{ada}", action="merge", into="Babbage")
    desk.decide(f"/entities/{babbage}", action="merge", into=oslo)
    for part in ("", "/articles", "/mentions", "/quotes?role=about&limit=3", "/related", "/timeline?interval=day"):
        answer = desk.client.get(f"/entities/{ada}{part}")
        assert (answer.status_code, answer.headers["Location"]) == (308, f"/entities/{oslo}{part}")
        assert answer.headers["Cache-Control"] == "no-store"
        followed = desk.client.get(f"/entities/{ada}{part}", follow_redirects=True)
        assert (followed.status_code, followed.json()) == (200, desk.client.get(f"/entities/{oslo}{part}").json())
    answer = desk.client.post(f"/entities/{ada}/decisions", json={"action": "reject"}, headers={"If-Match": "*"})
    assert answer.status_code == 409 and oslo in answer.json()["detail"]


def test_an_entity_is_not_merged_into_itself(desk: Desk) -> None:
    ada, babbage = desk.entity("Ada Lovelace")["id"], desk.entity("Babbage")["id"]
    for into in (babbage, "Babbage"):
        answer = desk.send(f"/entities/{babbage}", action="merge", into=into)
        assert (answer.status_code, errors(answer)[0][0]) == (422, "/into")
    desk.decide(f"/entities/{ada}", action="merge", into=babbage)
    assert desk.send(f"/entities/{babbage}", action="merge", into=ada).status_code == 422
    assert errors(desk.send(f"/entities/{babbage}", action="merge", into="Nobody"))[0][0] == "/into"


def test_merges_into_each_other_are_undone_in_any_order(desk: Desk) -> None:
    before = [desk.entity(name) for name in ("Ada Lovelace", "Babbage", "Oslo")]
    one = desk.decide("/entities/Ada Lovelace", action="merge", into="Babbage")
    two = desk.decide("/entities/Babbage", action="merge", into="Oslo")
    assert desk.entity("Oslo")["aliases"] == ["Ada Lovelace", "Babbage"]
    desk.undo(one)
    assert desk.entity("Ada Lovelace") == before[0]
    assert desk.entity("Oslo")["aliases"] == ["Babbage"]
    desk.undo(two)
    assert [desk.entity(name) for name in ("Ada Lovelace", "Babbage", "Oslo")] == before


def test_what_was_decided_about_a_merged_entity_is_listed_with_the_one_it_is(desk: Desk) -> None:
    babbage = desk.entity("Babbage")["id"]
    one = desk.decide("/entities/Ada Lovelace", action="change", aliases=["Countess of Lovelace"])
    two = desk.decide("/entities/Ada Lovelace", action="merge", into=babbage)
    assert [each["id"] for each in desk.items("/decisions", entity=babbage)] == [two, one]
    assert desk.entity("Countess of Lovelace")["id"] == babbage
    desk.undo(one)
    assert desk.entity("Babbage")["aliases"] == ["Ada Lovelace"]


def test_an_alias_of_several_is_ambiguous_and_the_most_mentioned_comes_first(desk: Desk) -> None:
    names = ("Ada Lovelace", "Babbage", "Oslo")
    for name in names:
        desk.decide(f"/entities/{name}", action="change", aliases=["The Engine"])
    answer = desk.client.get("/entities/the engine")
    assert answer.status_code == 409
    found = [each["name"] for each in answer.json()["candidates"]]
    assert sorted(found) == sorted(names)
    mentions = [desk.entity(name)["mentions"] for name in found]
    assert mentions == sorted(mentions, reverse=True)


def test_a_name_of_ones_own_comes_before_an_alias_of_somebody_who_is_not_mentioned_more(desk: Desk) -> None:
    babbage, oslo = desk.entity("Babbage"), desk.entity("Oslo")
    assert babbage["mentions"] > oslo["mentions"]
    desk.decide(f"/entities/{oslo['id']}", action="change", aliases=["Babbage"])
    assert desk.entity("Babbage")["id"] == babbage["id"]
    others = desk.client.get("/entities/Babbage", params={"run": "machine"})
    assert others.status_code == 409, "mentions are counted of served runs"
    desk.decide(f"/entities/{babbage['id']}", action="change", aliases=["Oslo"])
    answer = desk.client.get("/entities/Oslo")
    assert answer.status_code == 409
    assert [each["name"] for each in answer.json()["candidates"]] == ["Babbage", "Oslo"]


# Entities: splitting


def test_articles_are_split_off_to_a_new_entity(desk: Desk) -> None:
    before = desk.entity("Babbage")
    decision = desk.decide(f"/entities/{before['id']}", action="split", articles=[desk.other], name="Babbage (builder)")
    new = desk.entity("Babbage (builder)")
    assert (new["aliases"], new["articles"], new["quotes"]["speaker"]) == (["Babbage"], 1, 1)
    assert desk.entity(before["id"])["articles"] == 1
    ambiguous = desk.client.get("/entities/Babbage")
    assert ambiguous.status_code == 409
    assert {each["id"] for each in ambiguous.json()["candidates"]} == {before["id"], new["id"]}
    assert [each["id"] for each in desk.items("/articles", entity=new["id"])] == [desk.other]
    with desk.database.write() as session:
        store(session, [OTHER.submission(AGAIN)])
    desk.check()
    assert desk.entity(new["id"])["mentions"] == new["mentions"]
    desk.undo(decision)
    assert desk.entity("Babbage") == before
    assert desk.client.get(f"/entities/{new['id']}").status_code == 404


def test_articles_are_split_off_to_an_entity_that_is_there(desk: Desk) -> None:
    decision = desk.decide("/entities/Babbage", action="split", articles=[desk.other], into="Ada Lovelace")
    assert desk.entity("Ada Lovelace")["quotes"]["speaker"] == 1
    made = desk.get(f"/decisions/{decision}")
    assert (made["into"]["name"], made["articles"]) == ("Ada Lovelace", [desk.other])
    circle = desk.send("/entities/Ada Lovelace", action="merge", into="Babbage")  # who is Ada there
    assert circle.status_code == 409 and decision in circle.json()["detail"]
    merged = desk.decide("/entities/Babbage", action="merge", into="Oslo")
    assert desk.entity("Oslo")["articles"] == 1 and desk.entity("Ada Lovelace")["articles"] == 2
    desk.undo(decision)
    assert desk.entity("Oslo")["articles"] == 2 and desk.entity("Ada Lovelace")["articles"] == 1
    desk.undo(merged)


def test_an_entity_is_not_itself_by_way_of_another_one(desk: Desk) -> None:
    split = desk.decide("/entities/Babbage", action="split", articles=[desk.other], into="Ada Lovelace")
    answer = desk.send("/entities/Ada Lovelace", action="split", articles=[desk.other], into="Babbage")
    assert answer.status_code == 409 and split in answer.json()["detail"]


def test_what_does_not_speak_of_it_is_not_split_off(desk: Desk) -> None:
    ids = [desk.other, desk.article, "art_aaaaaaaaaaaaaaaa"]
    answer = desk.send("/entities/Paris", action="split", articles=ids, name="Paris (Texas)")
    assert (answer.status_code, [pointer for pointer, _ in errors(answer)]) == (422, ["/articles/1", "/articles/2"])
    answer = desk.send("/entities/Paris", action="split", articles=[desk.other], name="Oslo")
    assert answer.status_code == 409
    for extra in ({}, {"name": "X", "into": "Oslo"}, {"into": "Oslo", "aliases": []}, {"name": "X", "type": "ORG"}):
        assert desk.send("/entities/Paris", action="split", articles=[desk.other], **extra).status_code == 422
    assert desk.items("/decisions") == []


def test_in_an_article_that_was_split_off_the_entity_is_named_by_its_own_id(desk: Desk) -> None:
    babbage = desk.entity("Babbage")["id"]
    split = desk.decide(f"/entities/{babbage}", action="split", articles=[desk.article], name="Babbage (other)")
    other = desk.entity("Babbage (other)")["id"]
    body = span("Countess") | {"type": "PERSON"}
    answer = desk.send(
        f"/articles/{desk.article}", action="add", subject="mention", mention=body | {"entity": {"id": babbage}}
    )
    assert answer.status_code == 409 and split in answer.json()["detail"]
    decision = desk.about_words("add", "mention", mention=body | {"entity": {"id": other}})
    assert desk.mentions()["Countess"] == "Babbage (other)"
    refused = desk.try_undoing(split)
    assert refused.status_code == 409 and decision in refused.json()["detail"]
    desk.undo(decision)
    desk.undo(split)


# Entities: adding and rejecting


def test_an_entity_is_added_before_any_article_speaks_of_it(desk: Desk) -> None:
    body = {"name": "Mary Somerville", "type": "PERSON", "aliases": ["Somerville"], "identifiers": {"viaf": "3"}}
    answer = desk.client.post("/entities", json=body)
    assert answer.status_code == 201
    made = desk.client.get(answer.headers["Location"])
    assert (made.json(), made.headers["ETag"]) == (answer.json(), answer.headers["ETag"])
    assert (made.json()["aliases"], made.json()["mentions"]) == (["Somerville"], 0)
    assert desk.client.post("/entities", json=body).status_code == 409
    assert "Mary Somerville" not in [each["name"] for each in desk.items("/entities")]
    entity = {"id": made.json()["id"]}
    mention = desk.about_words("add", "mention", mention=span("Countess") | {"type": "PERSON", "entity": entity})
    assert desk.entity("Somerville")["mentions"] == 1
    (added,) = desk.items("/decisions", entity=made.json()["id"])
    refused = desk.try_undoing(added["id"])
    assert refused.status_code == 409 and mention in refused.json()["detail"]
    desk.undo(mention)
    desk.undo(added["id"])
    assert desk.client.get("/entities/Somerville").status_code == 404


def test_undoing_what_made_an_entity_forgets_it(desk: Desk) -> None:
    answer = desk.client.post("/entities", json={"name": "Mary Somerville", "type": "PERSON"})
    (added,) = desk.items("/decisions")
    change = desk.decide(answer.headers["Location"], action="change", name="M. Somerville")
    refused = desk.try_undoing(added["id"])
    assert refused.status_code == 409 and change in refused.json()["detail"]
    desk.undo(change)
    desk.undo(added["id"])
    assert desk.client.get(answer.headers["Location"]).status_code == 404
    assert [each["entity"]["name"] for each in desk.items("/decisions")] == ["Mary Somerville", "Mary Somerville"]
    assert desk.client.post("/entities", json={"name": "Mary Somerville", "type": "PERSON"}).status_code == 201


def test_an_entity_that_runs_came_to_name_stays_when_the_decision_is_undone(desk: Desk) -> None:
    body = {"name": "Mary Somerville", "type": "PERSON", "aliases": ["Somerville"]}
    place = desk.client.post("/entities", json=body).headers["Location"]
    tell(desk.database, [Story("New", "Mary Somerville is here.", names=[("Mary Somerville", "PERSON")])])
    desk.undo(desk.items("/decisions")[0]["id"])
    assert desk.get(place)["aliases"] == [] and desk.get(place)["mentions"] == 1


def test_a_rejected_entity_is_gone_and_its_mentions_are_nobodys(desk: Desk) -> None:
    babbage = desk.entity("Babbage")
    decision = desk.decide("/entities/Babbage", action="reject")
    for part in ("", "/articles", "/quotes"):
        assert desk.client.get(f"/entities/{babbage['id']}{part}").status_code == 410
    assert desk.client.get("/entities/Babbage").status_code == 404
    assert desk.client.get("/articles", params={"entity": babbage["id"]}).status_code == 404
    assert babbage["id"] not in [each["id"] for each in desk.items("/entities")]
    assert desk.items("/suggest", q="babb") == []
    assert desk.mentions()["Babbage"] is None
    (unlinked,) = [m for m in desk.items(f"/articles/{desk.article}/mentions") if m["exact"] == "Babbage"]
    assert unlinked["candidates"] == []
    assert quote_of(desk)["speaker"] is None
    tell(desk.database, [Story("New", "Babbage is here.", names=[("Babbage", "PERSON")])])
    assert desk.client.get("/entities/Babbage").status_code == 404
    answer = desk.client.post(
        f"/entities/{babbage['id']}/decisions", json={"action": "accept"}, headers={"If-Match": "*"}
    )
    assert answer.status_code == 410
    assert desk.client.post("/entities", json={"name": "Babbage", "type": "PERSON"}).status_code == 409
    desk.undo(decision)
    assert desk.entity("Babbage")["articles"] == babbage["articles"] + 1


ENTITY_BAD: list[tuple[Json, list[str | None]]] = [
    ({"action": "accept", "name": "X"}, ["/name"]),
    ({"action": "merge"}, ["/into"]),
    ({"action": "merge", "into": "Oslo", "articles": ["art_aaaaaaaaaaaaaaaa"]}, ["/articles"]),
    ({"action": "change"}, [""]),
    ({"action": "change", "name": "Babbage"}, [""]),
    ({"action": "change", "type": "ORG", "name": "X"}, ["/type"]),
    ({"action": "change", "name": "…"}, ["/name"]),
    ({"action": "change", "name": "A\nB"}, ["/name"]),
    ({"action": "change", "aliases": ["A\0"]}, ["/aliases/0"]),
    ({"action": "change", "identifiers": {"viaf": ""}}, ["/identifiers/viaf"]),
    ({"action": "change", "type": "PERSON"}, ["/type"]),
    ({"action": "add"}, ["/action"]),
]


@pytest.mark.parametrize(("body", "pointers"), ENTITY_BAD, ids=lambda each: str(each)[:60])
def test_what_makes_no_sense_about_an_entity_is_refused(desk: Desk, body: Json, pointers: list[str | None]) -> None:
    answer = desk.send("/entities/Babbage", **body)
    assert (answer.status_code, [pointer for pointer, _ in errors(answer)]) == (422, pointers), answer.text
    assert desk.items("/decisions") == []


def test_a_name_that_another_bears_is_not_given(desk: Desk) -> None:
    answer = desk.send("/entities/Babbage", action="change", name="Ada Lovelace")
    assert answer.status_code == 409 and "merge" in answer.json()["detail"]


def test_the_etag_of_an_entity_is_that_of_its_state(desk: Desk) -> None:
    one, two = (desk.client.get(f"/entities/{name}") for name in ("Babbage", desk.entity("Babbage")["id"]))
    assert one.headers["ETag"] == two.headers["ETag"]
    assert desk.client.get("/entities/Babbage", headers={"If-None-Match": one.headers["ETag"]}).status_code == 304
    desk.decide("/entities/Babbage", action="change", name="Charles Babbage")
    answer = desk.client.post(
        "/entities/Babbage/decisions", json={"action": "accept"}, headers={"If-Match": one.headers["ETag"]}
    )
    assert answer.status_code == 412


# What checks and copies


@pytest.mark.parametrize(
    ("damage", "said_so"),
    [
        ("UPDATE mention SET named_id = entity_id, entity_id = NULL WHERE id = 1", "mention (id 1): names entity 1"),
        ("UPDATE quote_source SET named_id = entity_id, entity_id = NULL", "quote_source (quote_id 1, ordinal 0): "),
        ("DELETE FROM quote_about", "quote_about (quote_id "),
        ("UPDATE entity_alias SET shown = false WHERE id = 1", "alias_word (alias_id 1): not the words of"),
    ],
)
def test_what_is_not_as_was_decided_is_found(desk: Desk, damage: str, said_so: str) -> None:
    quote = {"kind": "indirect", "content": [span("Babbage agreed")]}
    desk.about_words("add", "quote", quote=quote)
    with desk.database.write() as session:
        session.connection().execute(text(damage))
    assert any(str(each).startswith(said_so) for each in audit(desk.database, lambda *_: None))


def test_making_anew_what_is_derived_changes_nothing(desk: Desk) -> None:
    desk.about_words("reject", "quote", target=quote_of(desk)["id"])
    desk.decide("/entities/Babbage", action="change", name="Charles Babbage", aliases=[])
    desk.decide("/entities/Ada Lovelace", action="merge", into="Charles Babbage")
    desk.decide("/entities/Paris", action="reject")
    paths = ("/entities", "/suggest?q=ada", "/quotes", f"/articles/{desk.article}", "/search?q=Oslo&facet=entity")
    before = [desk.client.get(path).json() for path in paths]
    assert [each["matched"] for each in before[1]["items"]] == ["Ada Lovelace"]
    reindex(desk.database, MAKER, lambda *_: None)
    desk.check()
    assert before == [desk.client.get(path).json() for path in paths]
