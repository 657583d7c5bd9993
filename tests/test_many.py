"""Lists over many articles: orders, pages, names that several entities bear."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import httpx
import pytest
from sqlmodel import select

from app import annotations as said
from app.config import Settings
from app.db import Database
from app.documents import Document, read_document
from app.main import create_app
from app.models import Article
from app.services.storing import Authorship, Submission, store
from app.spans import Span
from tests.conftest import asking, served
from tests.databases import Databases

ARTICLES = 23


def article_of(number: int) -> tuple[Document, bytes]:
    """Document ``number``: "oil" stands in it that many times modulo five."""
    day = date(2020, 1, 1) + timedelta(days=number // 3)
    oil = " ".join(["oil"] * (number % 5))
    head = f"---\ntitle: Article {number}\ndate: {day}\n---\n" if number != 7 else "---\ntitle: Undated\n---\n"
    data = f"{head}“Paris is calm,” Ada said. {oil} and gas, number {number}.\n".encode()
    return read_document(data, f"{number}.md"), data


def put(database: Database, number: int) -> None:
    """Store article ``number``, annotated; one Paris is a person."""
    document, data = article_of(number)
    kind: said.EntityType = "PERSON" if number == 3 else "GPE"
    spans = [("Paris", kind), ("Ada", "PERSON")]
    mentions = [
        said.Mention(start=(a := document.text.index(word)), end=a + len(word), exact=word, type=t, entity=i)
        for i, (word, t) in enumerate(spans)
    ]
    a, b = document.text.index("Paris"), document.text.index("”")
    ada = said.Source(span=Span(**mentions[1].model_dump(include={"start", "end", "exact"})), entity=1)
    quote = said.Quote(kind="direct", content=(Span.of(document.text, a, b),), sources=(ada,))
    entities = tuple(said.Entity(name=word, type=t) for word, t in spans)
    annotations = said.Annotations(entities=entities, mentions=tuple(mentions), quotes=(quote,))
    submission = Submission(document, data, f"{number}.md", ((Authorship("machine", "test", "1"), annotations),))
    with database.write() as session:
        store(session, [submission])


def disagree(database: Database) -> None:
    """Let people annotate article 5, otherwise than the machine."""
    document, data = article_of(5)
    start = document.text.index("Paris")
    paris = said.Mention(start=start, end=start + 5, exact="Paris", type="PERSON", entity=0)
    made = said.Annotations(entities=(said.Entity(name="Paris", type="PERSON"),), mentions=(paris,))
    with database.write() as session:
        store(session, [Submission(document, data, "5.md", ((Authorship("human", "editor", "1"), made),))])


@pytest.fixture(scope="module")
def url(databases: Databases, migrated: str) -> str:
    return databases.create(migrated)


@pytest.fixture(scope="module")
def database(url: str) -> Iterator[Database]:
    opened = Database(Settings(database_url=url))
    for number in range(ARTICLES):
        put(opened, number)
    disagree(opened)
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def client(url: str, database: Database) -> Iterator[httpx.Client]:
    with served(create_app(Settings(database_url=url))) as base, asking(base) as opened:
        yield opened


def pages(client: httpx.Client, path: str, **parameters: Any) -> list[Any]:
    """All items of a list, page by page."""
    items, cursor = [], None
    while True:
        answer = client.get(path, params=parameters | ({"cursor": cursor} if cursor else {}))
        assert answer.status_code == 200, answer.text
        items += answer.json()["items"]
        cursor = answer.json()["next"]
        if cursor is None:
            return items


@pytest.mark.parametrize("sort", ["newest", "oldest", "relevance"])
@pytest.mark.parametrize("path", ["/articles", "/search"])
@pytest.mark.parametrize("limit", [1, 4, 100])
def test_every_order_pages_through_all_of_it_once(client: httpx.Client, path: str, sort: str, limit: int) -> None:
    items = pages(client, path, q="gas", sort=sort, limit=limit)
    assert len({item["id"] for item in items}) == len(items) == ARTICLES
    assert items == pages(client, path, q="gas", sort=sort, limit=100)


def test_newest_and_oldest_are_in_order_the_undated_last_or_first(client: httpx.Client) -> None:
    newest = [item["published"] for item in pages(client, "/articles", limit=5)]
    assert newest[-1] is None
    assert newest[:-1] == sorted(newest[:-1], reverse=True)
    oldest = [item["published"] for item in pages(client, "/articles", limit=5, sort="oldest")]
    assert oldest[0] is None
    assert oldest[1:] == sorted(oldest[1:])


def test_relevance_puts_first_what_says_it_most(client: httpx.Client) -> None:
    items = pages(client, "/search", q="oil", limit=4)
    counts = [len(item["highlights"]) for item in items]
    assert counts == sorted(counts, reverse=True)
    assert counts[0] == 4


def test_an_ambiguous_name_is_answered_with_the_candidates(client: httpx.Client) -> None:
    answer = client.get("/quotes", params={"about": "Paris"})
    assert answer.status_code == 409
    candidates = answer.json()["candidates"]
    assert sorted(candidate["type"] for candidate in candidates) == ["GPE", "PERSON"]
    counts = {c["type"]: len(pages(client, "/quotes", about=c["id"])) for c in candidates}
    assert counts == {"GPE": ARTICLES - 2, "PERSON": 1}


def test_runs_that_disagree_are_told_apart(client: httpx.Client) -> None:
    """Article 5 has people's annotations too: for them Paris is a person, and Ada says nothing."""
    assert {
        c["type"] for c in client.get("/quotes", params={"about": "Paris", "run": "human"}).json()["items"]
    } == set()
    human = client.get("/entities", params={"run": "human"}).json()["items"]
    assert [(e["name"], e["type"], e["articles"]) for e in human] == [("Paris", "PERSON", 1)]
    assert client.get("/suggest", params={"q": "ada", "run": "human"}).json()["items"] == []
    assert client.get("/entities/Paris/related", params={"run": "human"}).json()["items"] == []
    for run, labels in (("human", ["Paris"]), ("machine", ["Ada", "Paris"])):
        facet = client.get("/search", params={"q": '"number 5"', "facet": "entity", "run": run}).json()["facets"]
        assert [value["label"] for value in facet["entity"]] == labels
    ada = client.get("/entities/Ada").json()
    assert (ada["articles"], client.get("/entities/Ada?run=machine").json()["articles"]) == (ARTICLES - 1, ARTICLES)


def test_quotes_are_narrowed_by_date(client: httpx.Client) -> None:
    days = {
        q["article"]["published"] for q in pages(client, "/quotes", speaker="Ada", limit=100, **{"from": "2020-01-05"})
    }
    assert days and min(days) == "2020-01-05"


def test_a_common_word_costs_no_more_than_it_must(database: Database, client: httpx.Client) -> None:
    data = ("# Long\n\n" + "the mayor spoke of the sea and " * 10_000).encode()
    with database.write() as session:
        store(session, [Submission(read_document(data, "long.md"), data, "long.md")])
    hit = client.get("/search", params={"q": "the", "limit": 1}).json()["items"][0]
    assert len(hit["highlights"]) == 100
    assert "<mark>the</mark>" in hit["snippet"]["html"]
    with database.write() as session:
        session.delete(session.exec(select(Article).where(Article.headline == "Long")).one())


def test_counts_and_facets_are_over_all_that_is_found(client: httpx.Client) -> None:
    answer = client.get("/search", params={"q": "oil", "limit": 1, "total": True, "facet": ["month", "speaker"]}).json()
    wanted = sum(number % 5 > 0 for number in range(ARTICLES))
    assert answer["total"] == wanted
    assert [(value["label"], value["articles"]) for value in answer["facets"]["speaker"]] == [("Ada", wanted)]
    assert sum(value["articles"] for value in answer["facets"]["month"]) == wanted - 1


def test_pages_hold_while_articles_are_added(database: Database, client: httpx.Client) -> None:
    before = {item["id"] for item in pages(client, "/articles", limit=100)}
    seen, cursor, number = [], None, ARTICLES
    while True:
        page = client.get("/articles", params={"limit": 4} | ({"cursor": cursor} if cursor else {})).json()
        seen += [item["id"] for item in page["items"]]
        put(database, number)
        number += 1
        cursor = page["next"]
        if cursor is None:
            break
    assert len(set(seen)) == len(seen)
    assert before <= set(seen)


def test_quotes_stand_newest_article_first_and_in_text_order(client: httpx.Client) -> None:
    dates = [quote["article"]["published"] or "" for quote in pages(client, "/quotes", speaker="Ada", limit=7)]
    assert dates == sorted(dates, reverse=True)
