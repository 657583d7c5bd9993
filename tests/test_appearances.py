"""/quotes/{id}/appearances: the same words in several articles, and what only looks like it."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from typing import Any

import httpx
import pytest

from app.search.appearances import Statement, compare
from app.search.paging import encode
from tests.databases import Databases
from tests.stories import EDITOR, Story, library, tell

SAID = "We will not leave the city before the trial of the two men is over"


def story(name: str, words: str, published: date | None, speaker: str = "Ada Lovelace") -> Story:
    text = f"“{words},” {speaker} said. Rain fell in {name}."
    return Story(name, text, published, [(speaker, "PERSON")], [(speaker, words)])


STORIES = [
    story("Undated", SAID, None),
    story("Later", SAID.upper() + "!", date(2012, 3, 1), "Someone Else"),
    story("First", "We won't leave the city… before the trial of the two men is over", date(2011, 1, 5)),
    story("Asked", SAID, date(2011, 5, 1)),
    story("Excerpt", "leave the city before the trial", date(2011, 6, 1)),  # of what? they will not
    story("Cut", "before the trial of the two men is over", date(2011, 6, 2)),
    story("Left out", "We will not leave the city … is over", date(2011, 6, 3)),
    story("Longer", f"Hear me. {SAID}, and then we shall see", date(2011, 6, 4)),
    story("Reported", "they would not leave the city before the trial of the two men was over", date(2011, 6, 5)),
    story("Denied", SAID.replace("not ", ""), date(2011, 6, 6)),
    story("Numbered", SAID.replace("two", "three"), date(2011, 6, 7)),
    story("Exchanged", SAID.replace("city", "village"), date(2011, 6, 8)),
    story("Unrelated", "The trial of the men will be over before we leave the two cities", date(2011, 6, 9)),
    story("Short", "the two men", date(2011, 6, 10)),
    story("Short again", "The two men.", date(2011, 6, 11)),
]
# By headline: how its quote matches that of "Asked", in the order of their appearance.
MATCHES = {
    "First": "equal",
    "Asked": "equal",
    "Cut": "excerpt",
    "Left out": "excerpt",
    "Longer": "excerpt",
    "Reported": "near",
    "Later": "equal",
    "Undated": "equal",
}


@pytest.fixture(scope="module")
def client(databases: Databases, migrated: str) -> Iterator[httpx.Client]:
    with library(databases.create(migrated)) as (database, opened):
        tell(database, STORIES)
        yield opened


def quote_in(client: httpx.Client, headline: str) -> str:
    for quote in client.get("/quotes", params={"limit": 100}).json()["items"]:
        if quote["article"]["headline"] == headline:
            found: str = quote["id"]
            return found
    raise LookupError(headline)


def appearances(client: httpx.Client, headline: str, **parameters: Any) -> Any:
    answer = client.get(f"/quotes/{quote_in(client, headline)}/appearances", params=parameters)
    assert answer.status_code == 200, answer.text
    return answer.json()


def headlines(answer: Any) -> list[str]:
    return [item["article"]["headline"] for item in answer["items"]]


def test_the_same_words_are_one_utterance_first_seen_first(client: httpx.Client) -> None:
    answer = appearances(client, "Asked", total=True)
    assert {item["article"]["headline"]: item["match"] for item in answer["items"]} == MATCHES
    assert headlines(answer) == list(MATCHES)
    assert answer["first"] == answer["items"][0]
    assert (answer["articles"], answer["total"]) == (len(MATCHES), len(MATCHES))
    assert [item["similarity"] for item in answer["items"] if item["match"] == "equal"] == [1, 1, 1, 1]
    assert {item["speaker"]["name"] for item in answer["items"]} == {"Ada Lovelace", "Someone Else"}


@pytest.mark.parametrize("headline", MATCHES)
def test_whichever_is_asked_for_the_first_is_the_same(client: httpx.Client, headline: str) -> None:
    answer = appearances(client, headline)
    assert headline in headlines(answer)
    assert answer["first"]["article"]["headline"] == "First" or headline in ("Cut", "Left out", "Reported")


def test_few_words_are_the_same_only_when_they_are_all(client: httpx.Client) -> None:
    assert headlines(appearances(client, "Short")) == ["Short", "Short again"]


def test_it_is_answered_in_pages(client: httpx.Client) -> None:
    found: list[str] = []
    cursor: dict[str, str] = {}
    while True:
        answer = appearances(client, "Asked", limit=3, **cursor)
        assert (answer["first"]["article"]["headline"], answer["articles"]) == ("First", len(MATCHES))
        found += headlines(answer)
        if answer["next"] is None:
            break
        cursor = {"cursor": answer["next"]}
    assert found == list(MATCHES)


def test_what_is_no_cursor_of_it_is_refused(client: httpx.Client) -> None:
    asked, other = quote_in(client, "Asked"), quote_in(client, "Later")
    theirs = client.get(f"/quotes/{other}/appearances", params={"limit": 1}).json()["next"]
    forged = encode(["x"], f"appearances of {asked} {{}}")
    for cursor in (theirs, forged, "x"):
        assert client.get(f"/quotes/{asked}/appearances", params={"cursor": cursor}).status_code == 404


def test_a_quote_leads_there(client: httpx.Client) -> None:
    links = client.get(f"/quotes/{quote_in(client, 'Asked')}").json()["links"]
    assert client.get(links["appearances"]).status_code == 200
    assert client.get("/quotes/run_aaaaaaaaaaaaaaaa.q0/appearances").status_code == 404


def test_only_what_is_served_appears(databases: Databases, migrated: str) -> None:
    one, other = story("One", SAID, date(2011, 1, 1)), story("Other", SAID, date(2012, 1, 1))
    with library(databases.create(migrated)) as (database, client):
        tell(database, [one, other])
        machine = quote_in(client, "One")
        tell(database, [replace(one, quotes=())], by=EDITOR)
        answer = client.get(f"/quotes/{machine}/appearances").json()
        assert (headlines(answer), answer["articles"]) == (["Other"], 1)
        tell(database, [replace(other, quotes=())], by=EDITOR)
        answer = client.get(f"/quotes/{machine}/appearances").json()
        assert answer == {"items": [], "next": None, "total": None, "first": None, "articles": 0}


def match(one: str, other: str) -> str | None:
    """How they compare, whichever comes first."""
    ways = [compare(Statement.of(a), Statement.of(b)) for a, b in ((one, other), (other, one))]
    assert ways[0] == ways[1]
    return ways[0] and ways[0][0]


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("We can't go on.", "“We CANNOT go on”", "equal"),
        ("It’s over, they don’t want it", "it's over — they do not want it", "equal"),
        ("Élan, naïveté and verve", "elan, naivete, and verve", "equal"),
        ("Nobody can say what happened there", "what happened there", None),  # three words are too few
        ("Nobody can say what happened there", "can say what happened there", None),  # cut off from its negation
        ("I am told that nobody can say what happened", "nobody can say what happened", "excerpt"),
        ("He said the company filed with the regulator of the state and went home", "filed with the regulator", None),
        ("We will … leave the city tomorrow", "We will not leave the city tomorrow", None),
        ("We will . . . leave the city", "We will surely and happily leave the city", "excerpt"),
        ("leave the city … we will not", "We will not leave the city", None),  # the other way round
        ("Stocks of wheat are at their lowest in years", "Stocks of beans are at their lowest in years", None),
        ("Prices will rise by the end of the year", "Prices will fall by the end of the year", None),
        ("Prices will increase by the end of the year", "Prices will decrease by the end of the year", None),
        (
            "Oil was shipped from Iran to the ports in the south",
            "Oil was shipped from Iraq to the ports in the south",
            None,
        ),
        ("The banks in Austria are safe and sound today", "The banks in Australia are safe and sound today", None),
        ("It rose 5 percent to 10 on the day it opened", "It rose 10 percent to 5 on the day it opened", None),
        ("There were 1,000 people in the square on that day", "There were 100 people in the square on that day", None),
        ("There were 2 people in the old square that day", "There were two people in the old square that day", "near"),
        ("I have never seen him with my own two eyes", "I have seen him with my own two eyes", None),
        ("We were organising a march through the city", "We were organizing a march through the city", "near"),
        (
            "I believe that in the end my people will win this long and bitter war",
            "he believed that in the end his people will win this long and bitter war",
            "near",
        ),
        ("The ministry has asked the banks to sell", "The ministry has asked Japanese banks to sell", "near"),
        ("Almost nothing here is like anything over there", "But something else entirely was said by them", None),
    ],
)
def test_what_is_one_utterance_and_what_is_not(one: str, other: str, expected: str | None) -> None:
    assert match(one, other) == expected
