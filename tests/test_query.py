"""The query language: every string has a defined answer."""

import re

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import QuerySyntaxError
from app.search.query import PATTERN, to_fts5

PIECES = [
    '"',
    "“",
    "”",
    "«",
    " ",
    "\n",
    "AND",
    "OR",
    "NOT",
    "AND NOT ",
    "oil",
    "Atyr*",
    "\0",
    "C++",
    "it's",
    "\xa0",
    "*",
    "-",
    "--",
    "(",
    ")",
]


@given(st.lists(st.sampled_from(PIECES), max_size=9).map("".join) | st.text(max_size=20))
def test_the_published_pattern_is_the_grammar(query: str) -> None:
    try:
        to_fts5(query)
        parses = True
    except QuerySyntaxError as error:
        assert 0 <= (error.faults[0].position or 0) <= len(query)
        parses = False
    assert parses == bool(re.search(PATTERN, query))


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("Atyrau", True),
        ("atyrau ASTANA", True),
        ("Atyrau zebra", False),
        ("zebra OR Atyrau", True),
        ("Atyrau NOT Astana", False),
        ("Atyrau AND NOT zebra", True),
        ("zebra OR Atyrau NOT Astana", False),
        ('"oil field"', True),
        ("“oil field”", True),
        ("«field oil»", False),
        ("expl*", True),
        ("expl", False),
        ('"oil fie"*', True),
        ('"oil fie"', False),
        ("oil - field", True),
        ("government's", True),
        ("government’s", True),
        ("Novosti-Kazakhstan", True),
        ("átyraü", True),
        ("C++", False),
        ("and", True),
        ("Atyrau +++", True),
        ("+++", False),
        ("*", False),
        ('""', False),
        ("\0", False),
        ("Atyrau\0", True),
        ("NEAR text:oil ^oil {a}", False),
        ("headline:oil", False),
        ("staged", True),
    ],
)
def test_a_query_means_what_a_reader_expects(client: httpx.Client, query: str, found: bool) -> None:
    answer = client.get("/search", params={"q": query})
    assert answer.status_code == 200, answer.text
    assert bool(answer.json()["items"]) == found


@pytest.mark.parametrize(
    ("query", "position", "says"),
    [
        ('oil "gas', 4, "never closed"),
        ("AND oil", 0, "nothing before"),
        ("oil AND", 4, "nothing behind"),
        ("oil OR AND gas", 7, "cannot follow"),
        ("oil OR NOT gas", 7, "cannot follow"),
        ("NOT oil", 0, "nothing before"),
        ("   ", 0, "empty"),
        ("oil -gas", 4, "write NOT"),
        ("(oil OR gas) AND moon", 0, "group nothing"),
        ("oil NEAR(gas)", 8, "group nothing"),
    ],
)
def test_a_mistake_is_named_with_its_place(client: httpx.Client, query: str, position: int, says: str) -> None:
    for path in ("/search", "/articles", "/quotes"):
        answer = client.get(path, params={"q": query})
        assert answer.status_code == 422
        (error,) = answer.json()["errors"]
        assert (error["parameter"], error["position"]) == ("q", position)
        assert says in error["detail"]


def test_nobody_can_ask_too_much(client: httpx.Client) -> None:
    assert client.get("/search", params={"q": "a" * 501}).status_code == 422
    assert client.get("/search", params={"q": " ".join(["oil"] * 120)}).status_code == 200
    assert client.get("/search", params={"q": " OR ".join(["oil"] * 60)}).status_code == 200
