"""Runs beside each other: what one says otherwise than another, all of it and nothing else."""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.schemas.base import EntityRef
from app.schemas.runs import ComparedMention
from app.services.comparing import compare
from tests.databases import Databases
from tests.lines import Line, line, put
from tests.stories import library

TEXT = "“Prices will rise,” Ada Lovelace said in Paris. “We must save,” Bob Bell added, and Ada Lovelace agreed."
NAMES = [("Ada Lovelace", "PERSON"), ("Paris", "PERSON"), ("Bob Bell", "PERSON")]
QUOTES = [("Ada Lovelace", "Prices will rise,", "speech"), ("Bob Bell", "We must save,", "speech")]


def version(number: int, names: Sequence[tuple[str, str]], quotes: Sequence[tuple[str | None, str, str]]) -> Line:
    made = line(TEXT, names=names, quotes=quotes, headline="Prices", url="https://example.org/prices")
    return made | {"annotator": {"name": "test", "version": str(number)}}


FIRST = version(1, NAMES, QUOTES)
SECOND = version(
    2,
    [("Ada Lovelace", "PERSON"), ("Paris", "GPE"), ("Bell", "ORG")],
    [("Bell", "Prices will rise,", "speech"), (None, "must save", "speech")],
)
OTHER = line("Nobody was here.", annotator="another", url="https://example.org/nobody")


@pytest.fixture(scope="module")
def client(databases: Databases, migrated: str) -> Iterator[httpx.Client]:
    with library(databases.create(migrated)) as (database, opened):
        put(database, FIRST, SECOND, OTHER)
        yield opened


@pytest.fixture(scope="module")
def runs(client: httpx.Client) -> dict[str, str]:
    """Ids of runs, by the version of their annotator."""
    listed = client.get("/runs").json()["items"]
    return {run["version"] if run["annotator"] == "test" else "other": run["id"] for run in listed}


def diff(client: httpx.Client, one: str, other: str) -> Any:
    answer = client.get(f"/runs/{one}/diff/{other}")
    assert answer.status_code == 200, answer.text
    return answer.json()


def exact(items: Sequence[dict[str, Any]]) -> list[str]:
    return [item["exact"] for item in items]


def test_mentions_are_added_removed_and_changed(client: httpx.Client, runs: dict[str, str]) -> None:
    found = diff(client, runs["1"], runs["2"])["mentions"]
    assert (exact(found["removed"]), exact(found["added"])) == (["Bob Bell"], ["Bell"])
    (paris,) = found["changed"]
    assert paris["fields"] == ["type", "entity"]
    assert (paris["before"]["type"], paris["after"]["type"]) == ("PERSON", "GPE")
    assert paris["before"]["id"].startswith(runs["1"]) and paris["after"]["id"].startswith(runs["2"])
    assert found["unchanged"] == 2  # Ada Lovelace, twice


def test_quotes_and_who_said_them_are_compared(client: httpx.Client, runs: dict[str, str]) -> None:
    found = diff(client, runs["1"], runs["2"])["quotes"]
    assert [quote["content"][0]["exact"] for quote in found["removed"]] == ["We must save,"]
    assert [quote["content"][0]["exact"] for quote in found["added"]] == ["must save"]
    (rise,) = found["changed"]
    assert rise["fields"] == ["sources"]
    assert [rise[side]["sources"][0]["entity"]["name"] for side in ("before", "after")] == ["Ada Lovelace", "Bell"]
    assert found["unchanged"] == 0


def test_entities_are_compared_by_name_and_type(client: httpx.Client, runs: dict[str, str]) -> None:
    found = diff(client, runs["1"], runs["2"])["entities"]
    assert [(e["name"], e["type"]) for e in found["removed"]] == [("Paris", "PERSON"), ("Bob Bell", "PERSON")]
    assert [(e["name"], e["type"]) for e in found["added"]] == [("Paris", "GPE"), ("Bell", "ORG")]
    assert found["unchanged"] == 1


def test_the_other_way_round_is_the_same_difference(client: httpx.Client, runs: dict[str, str]) -> None:
    there, back = diff(client, runs["1"], runs["2"]), diff(client, runs["2"], runs["1"])
    assert (there["before"], there["after"]) == (back["after"], back["before"])
    for part in ("entities", "mentions", "quotes"):
        assert (there[part]["added"], there[part]["removed"]) == (back[part]["removed"], back[part]["added"])


def test_a_run_is_no_different_from_itself(client: httpx.Client, runs: dict[str, str]) -> None:
    found = diff(client, runs["1"], runs["1"])
    nothing: dict[str, Any] = {"added": [], "removed": [], "changed": []}
    assert (found["mentions"], found["quotes"]) == (nothing | {"unchanged": 4}, nothing | {"unchanged": 2})
    assert found["before"] == found["after"] == client.get(f"/runs/{runs['1']}").json()


def test_runs_over_other_texts_are_refused(client: httpx.Client, runs: dict[str, str]) -> None:
    answer = client.get(f"/runs/{runs['1']}/diff/{runs['other']}")
    assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json")
    (fault,) = answer.json()["errors"]
    assert fault["parameter"] == "other"
    assert "revision 1 of art_" in fault["detail"]


@pytest.mark.parametrize(("path", "parameter"), [("{absent}/diff/{run}", "id"), ("{run}/diff/{absent}", "other")])
def test_a_run_that_is_not_there_is_named(
    client: httpx.Client, runs: dict[str, str], path: str, parameter: str
) -> None:
    answer = client.get("/runs/" + path.format(run=runs["1"], absent="run_" + "a" * 16))
    assert answer.status_code == 404
    assert [fault["parameter"] for fault in answer.json()["errors"]] == [parameter]


MENTIONS = st.lists(
    st.builds(
        ComparedMention,
        id=st.text(min_size=1, max_size=3),
        start=(starts := st.integers(0, 3)),
        end=starts.map(lambda start: start + 4),
        exact=st.just("x"),
        type=st.sampled_from(["PERSON", "ORG"]),
        entity=st.sampled_from([None, EntityRef(id=f"ent_{'a' * 16}", name="A", type="ORG")]),
        value=st.none(),
        place=st.just("body"),
        rule=st.none(),
        confidence=st.sampled_from([0.5, 1.0]),
    ),
    max_size=8,
)


def said(mentions: Sequence[ComparedMention]) -> Counter[str]:
    return Counter(mention.model_dump_json(exclude={"id"}) for mention in mentions)


@given(MENTIONS, MENTIONS)
def test_what_is_different_makes_the_one_of_the_other(
    before: list[ComparedMention], after: list[ComparedMention]
) -> None:
    found = compare(before, after)
    old, new = ([getattr(change, side) for change in found.changed] for side in ("before", "after"))
    assert said(before) - said(found.removed) - said(old) == said(after) - said(found.added) - said(new)
    assert len(before) == found.unchanged + len(old) + len(found.removed)
    for change in found.changed:
        assert (change.before.start, change.before.end) == (change.after.start, change.after.end)
        assert change.fields
    # What only one of them has stands where the other has nothing more.
    assert not {(m.start, m.end) for m in found.added} & {(m.start, m.end) for m in found.removed}
    for part in (found.added, found.removed, old):
        assert [(m.start, m.end) for m in part] == sorted((m.start, m.end) for m in part)
