"""/articles/{id}/similar: what is about the same, and what is nearly the same."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import httpx
import pytest

from app.annotations import EntityType
from tests.databases import Databases
from tests.stories import EDITOR, Story, library, tell

DAY = date(2011, 11, 1)
ATYRAU: tuple[str, EntityType] = ("Atyrau", "GPE")
KULOV: tuple[str, EntityType] = ("Daniyar Kulov", "PERSON")
ASTANA: tuple[str, EntityType] = ("Astana", "GPE")

REPORT = (
    "Two blasts shook the regional administration building in Atyrau on Monday, prosecutors said. Nobody but the man "
    "who carried the bomb was hurt. Prosecutor Daniyar Kulov said investigators were looking for the people who had "
    "made the explosives, and that schools in the city would stay open. Windows were broken in three houses nearby."
)
STORIES = {
    "report": Story("Blasts shake Atyrau", REPORT, DAY, [ATYRAU, KULOV]),
    "reprint": Story(
        "Explosions in oil city",
        REPORT.replace("Nobody but", "No one but") + " Work goes on.",
        DAY + timedelta(days=300),
        [ATYRAU, KULOV],
    ),
    "sequel": Story(
        "Trial of bomb makers opens",
        "The trial of two men opened in Atyrau. They made explosives, Daniyar Kulov told the court.",
        DAY + timedelta(days=30),
        [ATYRAU, KULOV],
    ),
    "words": Story("Blasts at a quarry", "Blasts at a quarry woke the village again. Explosives are dear.", DAY),
    "other": Story("Astana gets a museum", "A museum of glass opened in Astana, with a café.", DAY, [ASTANA]),
}


def filler(number: int) -> Story:
    """One of many reports from the same city, of the months between the report and its reprint."""
    text = f"Report {number}: gusts of wind were felt in Atyrau, and in Astana the museum is closed on day {number}."
    return Story(f"Weather {number}", text, DAY + timedelta(days=40 + number), [ATYRAU, ASTANA])


@pytest.fixture(scope="module")
def opened(databases: Databases, migrated: str) -> Iterator[tuple[dict[str, str], httpx.Client]]:
    with library(databases.create(migrated)) as (database, client):
        ids = dict(zip(STORIES, tell(database, STORIES.values()), strict=True))
        tell(database, map(filler, range(120)))
        yield ids, client


@pytest.fixture
def ids(opened: tuple[dict[str, str], httpx.Client]) -> dict[str, str]:
    return opened[0]


@pytest.fixture
def client(opened: tuple[dict[str, str], httpx.Client]) -> httpx.Client:
    return opened[1]


def similar(client: httpx.Client, article: str, **parameters: Any) -> list[Any]:
    answer = client.get(f"/articles/{article}/similar", params=parameters)
    assert answer.status_code == 200, answer.text
    assert answer.json()["next"] is None
    items: list[Any] = answer.json()["items"]
    assert [item["score"] for item in items] == sorted((item["score"] for item in items), reverse=True)
    return items


def test_a_near_duplicate_is_first_and_marked_however_much_is_nearer_in_time(
    client: httpx.Client, ids: dict[str, str]
) -> None:
    first, *rest = similar(client, ids["report"], limit=100)
    assert first["id"] == ids["reprint"]
    assert first["duplicate"] and 0.8 <= first["resemblance"] < 1
    assert not any(item["duplicate"] for item in rest)
    back = similar(client, ids["reprint"])[0]
    assert (back["id"], back["resemblance"]) == (ids["report"], first["resemblance"])


def test_what_is_about_the_same_people_comes_before_what_happens_in_the_same_place(
    client: httpx.Client, ids: dict[str, str]
) -> None:
    found = similar(client, ids["report"], limit=100)
    assert found[1]["id"] == ids["sequel"]
    assert [entity["name"] for entity in found[1]["entities"]] == ["Daniyar Kulov", "Atyrau"]  # the rarest first
    weather = next(item for item in found if item["headline"].startswith("Weather"))
    assert [entity["name"] for entity in weather["entities"]] == ["Atyrau"]
    assert 0 < weather["score"] < found[1]["score"] < found[0]["score"] <= 1


def test_terms_alone_make_similar(client: httpx.Client, ids: dict[str, str]) -> None:
    """Nobody is named in it, but it is about blasts as well."""
    found = {item["id"]: item for item in similar(client, ids["report"], limit=100)}
    assert found[ids["words"]]["entities"] == []
    assert ids["report"] in {item["id"] for item in similar(client, ids["words"], limit=100)}
    assert ids["other"] not in found


def test_an_article_is_not_similar_to_itself_and_the_limit_holds(client: httpx.Client, ids: dict[str, str]) -> None:
    found = [item["id"] for item in similar(client, ids["report"], limit=100)]
    assert ids["report"] not in found
    assert 50 < len(found) == len(set(found)) <= 100
    assert [item["id"] for item in similar(client, ids["report"], limit=3)] == found[:3]
    assert len(similar(client, ids["report"])) == 20


@pytest.mark.parametrize("parameters", [{"limit": 101}, {"limit": 0}, {"cursor": "x"}, {"run": "human"}])
def test_what_cannot_be_asked_is_refused(client: httpx.Client, ids: dict[str, str], parameters: dict[str, Any]) -> None:
    assert client.get(f"/articles/{ids['report']}/similar", params=parameters).status_code == 422


def test_an_article_leads_there(client: httpx.Client, ids: dict[str, str]) -> None:
    assert client.get(client.get(f"/articles/{ids['report']}").json()["links"]["similar"]).status_code == 200
    assert client.get("/articles/art_aaaaaaaaaaaaaaaa/similar").status_code == 404


def test_an_article_alone_is_similar_to_none(databases: Databases, migrated: str) -> None:
    with library(databases.create(migrated)) as (database, client):
        (alone,) = tell(database, [STORIES["report"]])
        assert similar(client, alone) == []


def test_only_annotations_that_are_served_count(databases: Databases, migrated: str) -> None:
    """People say that the museum is about nothing: what the machine found there makes it similar no longer."""
    one, other = STORIES["other"], Story("Rain", "Rain fell on Astana.", DAY, [ASTANA])
    with library(databases.create(migrated)) as (database, client):
        museum, rain = tell(database, [one, other])
        assert [item["id"] for item in similar(client, rain)] == [museum]
        tell(database, [replace(one, names=())], by=EDITOR)
        assert similar(client, rain) == []
