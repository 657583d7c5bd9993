"""What is found: filters at their edges, orders, pages; the same on both engines."""

import base64
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from typing import Any

import httpx
import pytest

from app.config import Settings
from app.db import Database
from app.services.storing import store
from tests.databases import Databases
from tests.lines import line, put
from tests.stories import Story, library, tell


@pytest.fixture
def opened(settings: Settings) -> Iterator[tuple[Database, httpx.Client]]:
    """An empty library of the test's own, and a client of the service on it."""
    with library(settings.database_url) as both:
        yield both


@pytest.fixture(scope="module")
def empty(databases: Databases, migrated: str) -> Iterator[httpx.Client]:
    """A client of a library that stays empty."""
    with library(databases.create(migrated)) as (_, client):
        yield client


def get(client: httpx.Client, path: str, **parameters: Any) -> Any:
    answer = client.get(path, params={name.rstrip("_"): value for name, value in parameters.items()} or None)
    assert answer.status_code == 200, answer.text
    return answer.json()


def ids(client: httpx.Client, path: str, **parameters: Any) -> list[str]:
    """Items by their first word: the one that a test gives each."""
    found = [item.get("text") or item["headline"] for item in get(client, path, **parameters)["items"]]
    return [text.split()[0] for text in found]


def headlined(name: str, text: str = "the news", **more: Any) -> Any:
    return line(f"{name}: {text}", headline=name, **more)


# Filters


@pytest.mark.parametrize("words", ["", "news "])
def test_not_of_a_publisher_is_also_of_none(opened: tuple[Database, httpx.Client], words: str) -> None:
    database, client = opened
    put(database, headlined("A", publisher="Sea"), headlined("B", publisher="Land"), headlined("C"))
    assert ids(client, "/articles", q=f"{words}NOT publisher:sea", sort="oldest") == ["B", "C"]
    assert ids(client, "/articles", q=f"{words}NOT publisher:nobody", sort="oldest") == ["A", "B", "C"]
    assert ids(client, "/articles", q=f"{words}publisher:nobody") == []


@pytest.mark.parametrize("path", ["/articles", "/search", "/quotes"])
def test_dates_that_no_position_can_tell_apart_are_told_apart(opened: tuple[Database, httpx.Client], path: str) -> None:
    database, client = opened
    years = ["0001", "1450", "1599", "1600", "2011", "2317", "2318", "9999"]
    for year in years:
        said = f"{year} was good"
        day = date(int(year), 1, 1)
        put(
            database,
            headlined(year, f"{said}, says X", published=day, names=[("X", "PERSON")], quotes=[("X", said, "speech")]),
        )
    put(database, headlined("none", "none was good, says X"))
    for first in ("0001", "1500", "1600", "2317", "2318", "9999"):
        for last in ("0001", "1500", "1599", "1600", "2317", "2318", "9999"):
            wanted = [year for year in years if first <= year <= last]
            found = ids(client, path, q="good", sort="oldest", from_=f"{first}-01-01", to=f"{last}-12-31")
            assert sorted(found) == wanted
    assert sorted(ids(client, path, q="good before:1600")) == ["0001", "1450", "1599"]
    assert sorted(ids(client, path, q="good after:1600 before:1601")) == ["1600"]


def test_a_filter_given_twice_is_one(opened: tuple[Database, httpx.Client]) -> None:
    database, client = opened
    text = "Ada saw Bob. “Fine,” Ada said."
    put(
        database,
        line(
            f"A {text}", headline="A", names=[("Ada", "PERSON"), ("Bob", "PERSON")], quotes=[("Ada", "Fine", "speech")]
        ),
    )
    for path in ("/articles", "/search"):
        assert ids(client, path, q="speaker:Ada speaker:Ada entity:Bob", entity="Bob", speaker="Ada") == ["A"]
        assert ids(client, path, q="speaker:Ada NOT speaker:Ada") == []
    assert ids(client, "/quotes", q="speaker:Ada NOT speaker:Bob", speaker="Ada") == ["Fine"]
    assert ids(client, "/quotes", q="speaker:Ada speaker:Bob") == []


@pytest.mark.parametrize("rest", ["", "/articles", "/mentions", "/quotes", "/related", "/timeline"])
def test_a_run_that_is_not_there_is_not_found_by_id_either(opened: tuple[Database, httpx.Client], rest: str) -> None:
    database, client = opened
    put(database, headlined("A", "Ada", names=[("Ada", "PERSON")]))
    key = get(client, "/entities")["items"][0]["id"]
    for name in ("Ada", key):
        answer = client.get(f"/entities/{name}{rest}", params={"run": "run_aaaaaaaaaaaaaaaa"})
        assert answer.status_code == 404


# Pages


@pytest.mark.parametrize("name", ["Министерство иностранных дел " * 6, "ministry " * 60])
def test_long_names_have_cursors_too(opened: tuple[Database, httpx.Client], name: str) -> None:
    database, client = opened
    names = [(f"{name}{n}", "ORG") for n in range(3)]
    put(database, line(". ".join(name for name, _ in names), names=names))
    found: list[str] = []
    cursor = None
    while cursor or not found:
        page = get(client, "/entities", sort="name", limit=1, **({"cursor": cursor} if cursor else {}))
        found += [item["name"] for item in page["items"]]
        cursor = page["next"]
    assert found == [name for name, _ in names]


MADE_UP = ["\ud800", 1.5, None, [], 2**70, True, "", "x"]


@pytest.mark.parametrize(
    "path",
    [
        "/entities?sort=name&limit=1",
        "/articles?limit=1",
        "/search?limit=1&q=news",
        "/entities/A/related?limit=1",
        "/quotes?limit=1&sort=oldest",
    ],
)
def test_a_cursor_that_was_made_up_is_refused_or_harmless(opened: tuple[Database, httpx.Client], path: str) -> None:
    database, client = opened
    names = [(name, "ORG") for name in "ABC"]
    said = [("A", "news of A", "speech")]
    put(database, *(headlined(n, f"news of A, B, C, {n}", names=names, quotes=said) for n in "ABC"))
    given = get(client, path)["next"]
    tag, *rest = json.loads(base64.urlsafe_b64decode(given + "=" * (-len(given) % 4)))
    assert get(client, f"{path}&cursor={given}")["items"]
    for key in MADE_UP:
        for made in ([tag, *([key] * len(rest))], [tag, key, *rest[1:]], [tag, *rest[:-1], key], [tag], [key]):
            cursor = base64.urlsafe_b64encode(json.dumps(made).encode()).decode().rstrip("=")
            assert client.get(f"{path}&cursor={cursor}").status_code in (200, 404)


# Quotes


def test_quotes_of_an_article_stand_in_text_order_however_they_were_handed_in(
    opened: tuple[Database, httpx.Client],
) -> None:
    database, client = opened
    said = [(None, words, "speech") for words in ("third it is", "first it is", "second it is")]
    put(database, headlined("A", "first it is, second it is, third it is", quotes=said))
    key = get(client, "/articles")["items"][0]["id"]
    for path in ("/quotes", f"/articles/{key}/quotes"):
        for sort in ("newest", "oldest") if path == "/quotes" else (None,):
            assert ids(client, path, **({"sort": sort} if sort else {})) == ["first", "second", "third"]


# Facets


def test_facets_count_articles_that_nobody_has_annotated(opened: tuple[Database, httpx.Client]) -> None:
    database, client = opened
    story = Story("Bare", "the news", date(2011, 10, 31))
    bare = replace(story.submission(), runs=())
    with database.write() as session:
        store(session, [bare])
    asked = {"q": "news", "facet": ["month", "publisher", "entity"]}
    facets = get(client, "/search", **asked)["facets"]
    assert [(value["value"], value["articles"]) for value in facets["month"]] == [("2011-10", 1)]
    tell(database, [story])
    assert get(client, "/search", **asked)["facets"] == facets
    put(database, headlined("B", published=date(2011, 10, 1), publisher="Sea"))
    facets = get(client, "/search", **asked)["facets"]
    assert [(value["value"], value["articles"]) for value in facets["month"]] == [("2011-10", 2)]
    assert [(value["value"], value["articles"]) for value in facets["publisher"]] == [("Sea", 1)]


def test_facets_of_many_ties_are_the_same_however_they_are_counted(opened: tuple[Database, httpx.Client]) -> None:
    database, client = opened
    names = [(f"N{number}x", "ORG") for number in range(150)]
    put(database, *(headlined(f"A{n}", ", ".join(name for name, _ in names[n:]), names=names[n:]) for n in (0, 140)))
    found = {
        run: get(client, "/search", q="N145x", facet="entity", run=run)["facets"]["entity"]
        for run in ("served", "machine")
    }
    assert found["served"] == found["machine"]
    assert [(value["label"], value["articles"]) for value in found["served"]] == [
        (f"N{n}x", 2) for n in range(140, 150)
    ]
    one = {run: get(client, "/search", q="N9x", facet="entity", run=run)["facets"]["entity"] for run in found}
    assert one["served"] == one["machine"]
    assert {value["label"] for value in one["served"]} <= {f"N{n}x" for n in range(50)}


# Nothing, and much


EMPTY = [
    "/articles?total=true",
    "/articles?q=oil&sort=relevance&total=true",
    "/articles?publisher=x",
    "/search?q=oil&total=true&facet=entity&facet=type&facet=speaker&facet=publisher&facet=month",
    "/search?q=oil&facet=entity&facet=type&facet=speaker&facet=publisher&facet=month&run=machine",
    "/search?q=publisher:x&facet=month",
    "/quotes?total=true",
    "/quotes?sort=oldest&total=true",
    "/quotes?q=oil",
    "/entities?total=true",
    "/entities?sort=name",
    "/entities?q=a&run=machine",
    "/suggest?q=atyrau",
    "/runs?total=true",
]


@pytest.mark.parametrize("path", EMPTY)
def test_an_empty_library_answers_with_nothing(empty: httpx.Client, path: str) -> None:
    answer = get(empty, path)
    assert (answer["items"], answer["next"]) == ([], None)
    assert not any(answer.get("facets", {}).values())
    assert answer.get("total") in (None, 0)


@pytest.fixture(scope="module")
def bare(databases: Databases, migrated: str) -> Iterator[tuple[str, httpx.Client]]:
    """An article that nobody has annotated."""
    with library(databases.create(migrated)) as (database, client):
        with database.write() as session:
            (stored,) = store(session, [replace(Story("Bare", "the news").submission(), runs=())])
        yield stored.id, client


@pytest.mark.parametrize(
    "rest", ["", "/entities", "/mentions", "/quotes", "/annotations", "/similar", "/text", "/source"]
)
def test_an_article_that_nobody_has_annotated_answers_all_the_same(bare: tuple[str, httpx.Client], rest: str) -> None:
    article, client = bare
    for run in ("", "?run=machine", "?run=human"):
        if run and rest in ("", "/similar", "/text", "/source"):
            continue
        answer = client.get(f"/articles/{article}{rest}{run}")
        assert answer.status_code == 200
        if rest not in ("/text", "/source"):
            assert not answer.json().get("items")


LONG = [
    " ".join("abcdefghij"[n % 10] for n in range(250)),
    " OR ".join(f"w{n}" for n in range(70)),
    " ".join(f"{chr(97 + n % 26)}*" for n in range(166)),
    "(" + " OR ".join(f"{chr(97 + n % 26)}*" for n in range(80)) + ") NOT zz*",
    " NEAR/99 ".join(f"w{n}" for n in range(40)),
    '"' + " ".join("abcdefghij"[n % 10] for n in range(240)) + '"',
    "a NOT " + " NOT ".join(f"w{n}" for n in range(60)),
]


@pytest.fixture(scope="module")
def wordy(databases: Databases, migrated: str) -> Iterator[httpx.Client]:
    """A client of a library in which each of these finds at most one article, and one quote."""
    letters = [*"abcdefghijklmnopqrstuvwxyz", *("abcdefghij"[n % 10] for n in range(250))]
    text = " ".join([*(f"w{n}" for n in range(80)), *letters])
    with library(databases.create(migrated)) as (database, client):
        put(database, line(text, quotes=[(None, text, "speech")]), line("99", quotes=[(None, "99", "speech")]))
        yield client


@pytest.mark.parametrize("path", ["/articles", "/search", "/quotes"])
@pytest.mark.parametrize("number", range(len(LONG)))
def test_the_longest_queries_are_answered(wordy: httpx.Client, path: str, number: int) -> None:
    assert len(LONG[number]) <= 500
    more = {} if path == "/quotes" else {"sort": "relevance"}
    found = get(wordy, path, q=LONG[number], **more)["items"]
    assert len(found) == (0 if number == len(LONG) - 1 else 1)
