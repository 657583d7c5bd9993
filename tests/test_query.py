"""The query language: every string has a defined answer."""

import httpx
import pytest


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
        ("10:oil ^oil {a}", False),
        ("(zebra OR Atyrau) Astana", True),
        ("(zebra OR Atyrau) NOT Astana", False),
        ("oil NEAR/1 field", True),
        ("field NEAR oil", True),
        ("Atyrau NEAR/1 Chevron", False),
        ('publisher:"The Moscow Times" Atyrau', True),
        ("Atyrau NOT publisher:“The Moscow Times”", False),
        ("speaker:Crain", True),
        ("speaker:Crain zebra", False),
        ("entity:Chevron after:2011-11 before:2012", True),
        ("Atyrau before:2011", False),
        ('"opec:oil"', False),
        ("after:2011-10-31 before:2011-11-02", True),
        ("after:2011-11-01 NOT after:2011-11-02", True),
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
        ("((oil) gas) AND moon", 1, "cannot hold another"),
        ("(oil OR gas", 0, "never closed"),
        ("oil NEAR(gas)", 8, "NEAR stands between"),
        ("oil OR speaker:Crain", 7, "beside OR"),
        ("speeker:Crain", 0, "is no filter"),
        ("oil after:2011-13", 4, "after"),
        ("oil bl*sts", 6, "explo*"),
        ("opec:oil", 0, "is no filter"),
        ("oil | gas", 4, "write OR"),
    ],
)
def test_a_mistake_is_named_with_its_place(client: httpx.Client, query: str, position: int, says: str) -> None:
    for path in ("/search", "/articles", "/quotes"):
        answer = client.get(path, params={"q": query})
        assert answer.status_code == 422
        (error,) = answer.json()["errors"]
        assert (error["parameter"], error["position"]) == ("q", position)
        assert says in error["detail"]


@pytest.mark.parametrize(
    ("query", "position", "days"),
    [
        ("oil after:2011 before:2011", 15, "2011-01-01 or later and also 2010-12-31 or earlier"),
        ("before:2011 oil after:2012 before:2020", 16, "2012-01-01 or later and also 2010-12-31 or earlier"),
        ("after:2012 NOT after:2011", 15, "2012-01-01 or later and also 2010-12-31 or earlier"),
    ],
)
def test_dates_that_leave_no_day_are_not_found(client: httpx.Client, query: str, position: int, days: str) -> None:
    for path in ("/search", "/articles", "/quotes"):
        answer = client.get(path, params={"q": query})
        assert answer.status_code == 404
        (error,) = answer.json()["errors"]
        assert (error["parameter"], error["position"]) == ("q", position)
        assert days in error["detail"]
    assert client.get("/articles", params={"from": "2012-01-02", "to": "2012-01-01"}).json()["items"] == []


def test_nobody_can_ask_too_much(client: httpx.Client) -> None:
    assert client.get("/search", params={"q": "a" * 501}).status_code == 422
    assert client.get("/search", params={"q": " ".join(["oil"] * 120)}).status_code == 200
    assert client.get("/search", params={"q": " OR ".join(["oil"] * 60)}).status_code == 200
