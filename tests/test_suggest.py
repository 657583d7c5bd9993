"""/suggest: names as one types, and in spite of typos."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.annotations import EntityType
from tests.databases import Databases
from tests.stories import Story, library, tell

# By how often they are mentioned.
NAMES: dict[tuple[str, EntityType], int] = {
    ("Kazakhstan", "GPE"): 6,
    ("Nursultan Nazarbayev", "PERSON"): 5,
    ("Iraq", "GPE"): 4,
    ("Barack Obama", "PERSON"): 3,
    ("Iran", "GPE"): 2,
    ("Владимир Путин", "PERSON"): 2,
    ("Karzai", "PERSON"): 1,
    ("Abu Bakr", "PERSON"): 1,
    ("Percent%", "ORG"): 1,
}


@pytest.fixture(scope="module")
def client(databases: Databases, migrated: str) -> Iterator[httpx.Client]:
    text = " ".join(f"{name}. " * times for (name, _), times in NAMES.items())
    with library(databases.create(migrated)) as (database, opened):
        tell(database, [Story("All", text, names=[*NAMES])])
        yield opened


def suggest(client: httpx.Client, q: str, **parameters: Any) -> list[tuple[str, bool]]:
    answer = client.get("/suggest", params={"q": q} | parameters)
    assert answer.status_code == 200, answer.text
    return [(item["name"], item["typo"]) for item in answer.json()["items"]]


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("obmaa", "Barack Obama"),  # two neighbours swapped
        ("boama", "Barack Obama"),  # the first two
        ("obana", "Barack Obama"),  # a wrong letter
        ("abama", "Barack Obama"),  # the first one wrong
        ("bama", "Barack Obama"),  # the first one missing
        ("xobama", "Barack Obama"),  # one too many in front
        ("obaama", "Barack Obama"),
        ("barak obana", "Barack Obama"),  # a typo in each word
        ("obana bar", "Barack Obama"),  # a short word must be right
        ("irsq", "Iraq"),
        ("iarq", "Iraq"),
        ("ixaq", "Iraq"),
        ("khazakstan", "Kazakhstan"),  # two edits in a long word
        ("kazakst", "Kazakhstan"),  # half typed
        ("nazarbajev", "Nursultan Nazarbayev"),
        ("nasarbaje", "Nursultan Nazarbayev"),
        ("путен", "Владимир Путин"),
        ("ПУТНИ", "Владимир Путин"),
        ("percemt", "Percent%"),
    ],
)
def test_a_name_is_found_in_spite_of_a_typo(client: httpx.Client, typed: str, meant: str) -> None:
    assert (meant, True) in suggest(client, typed)


@pytest.mark.parametrize(
    "typed",
    [
        "ubm",  # short words must be right
        "oxyma",  # two edits in a short word
        "kuzukzstan",  # three in a long one
        "obana xyz",  # every word must be there
        "%%%%",
        "____",
        '"" OR',
    ],
)
def test_what_is_too_far_away_is_not_found(client: httpx.Client, typed: str) -> None:
    assert suggest(client, typed) == []


def test_names_that_begin_as_typed_stand_first_each_kind_most_mentioned_first(client: httpx.Client) -> None:
    assert suggest(client, "iran") == [("Iran", False), ("Iraq", True)]
    assert suggest(client, "kaza") == [("Kazakhstan", False), ("Nursultan Nazarbayev", True), ("Karzai", True)]
    assert suggest(client, "kaza", limit=2) == [("Kazakhstan", False), ("Nursultan Nazarbayev", True)]
    assert suggest(client, "kaza", limit=1) == [("Kazakhstan", False)]


def test_a_typo_is_looked_past_among_the_annotations_chosen(client: httpx.Client) -> None:
    assert suggest(client, "obmaa", run="machine") == [("Barack Obama", True)]
    assert suggest(client, "obmaa", run="human") == []


def test_lists_and_names_are_not_guessed(client: httpx.Client) -> None:
    assert client.get("/entities", params={"q": "obmaa"}).json()["items"] == []
    assert client.get("/entities/obmaa").status_code == 404


LETTERS = "abknoz"


@given(
    place=st.integers(0, 5), letter=st.sampled_from(LETTERS), edit=st.sampled_from(["add", "drop", "change", "swap"])
)
def test_every_edit_of_a_word_is_forgiven(client: httpx.Client, place: int, letter: str, edit: str) -> None:
    word = "karzai"
    head, tail = word[:place], word[place:]
    typed = {
        "add": head + letter + tail,
        "drop": head + tail[1:],
        "change": head + letter + tail[1:],
        "swap": head + tail[1:2] + tail[:1] + tail[2:],
    }[edit]
    assert "Karzai" in {name for name, _ in suggest(client, typed)}
