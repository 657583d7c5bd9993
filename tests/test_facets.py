"""Facets: what they count is what one counts by hand, under any filters and for any runs."""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date
from random import Random
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st

from app.db import Database
from app.services.importing import ArticleRecord
from app.services.storing import Submission, store
from tests.databases import Databases
from tests.lines import Line, line
from tests.stories import EDITOR, MACHINE, library

NAMES = [("Ada", "PERSON"), ("Bob", "PERSON"), ("Oslo", "GPE"), ("UN", "ORG"), ("Nato", "ORG")]
FACETS = ("entity", "type", "speaker", "publisher", "month")
WORDS = ("oil", "gas", "tea")


def made_up(chance: Random, number: int) -> Line:
    """An article of some of everything; without annotations, now and then."""
    here = chance.sample(NAMES, chance.randint(0, len(NAMES)))
    words = " ".join(chance.choices(WORDS, k=chance.randint(1, 4)))
    said = [f"thing {n}" for n in range(chance.randint(0, 3))]
    speakers = [None, *(name for name, _ in here)]
    return line(
        f"Number {number}, {words}: {', '.join(said)}. {', '.join(name for name, _ in here)}.",
        names=here,
        quotes=[(chance.choice(speakers), words, chance.choice(["speech", "speech", "scare"])) for words in said],
        published=chance.choice([None, date(2020, 1, 5), date(2020, 1, 31), date(2020, 3, 1), date(1450, 1, 1)]),
        publisher=chance.choice([None, "Sea", "Land"]),
    )


def stored(database: Database) -> list[dict[str, Line]]:
    """Forty articles; by kind of run, what it says of each."""
    chance = Random(4)
    articles = []
    with database.write() as session:
        for number in range(40):
            machine = made_up(chance, number)
            human = machine | {"quotes": machine["quotes"][:1], "mentions": machine["mentions"][:1]}
            kinds = chance.choice([("machine",), ("machine", "human"), ("human",), ()])
            said = {"machine": machine, "human": human}
            record = ArticleRecord.model_validate(machine).submission()
            by = {"machine": MACHINE, "human": EDITOR}
            runs = tuple((by[kind], ArticleRecord.model_validate(said[kind]).submission().runs[0][1]) for kind in kinds)
            store(session, [Submission(record.document, record.data, record.name, runs)])
            articles.append({"article": machine, **{kind: said[kind] for kind in kinds}})
    return articles


@pytest.fixture(scope="module")
def opened(databases: Databases, migrated: str) -> Iterator[tuple[list[dict[str, Line]], httpx.Client]]:
    with library(databases.create(migrated)) as (database, client):
        yield stored(database), client


def annotations(article: dict[str, Line], run: str) -> Line:
    nothing: Line = {"mentions": [], "quotes": [], "entities": []}
    if run == "served":
        return article.get("human") or article.get("machine") or nothing
    return article.get(run) or nothing


def mentioned(said: Line) -> set[str]:
    return {said["entities"][mention["entity"]]["name"] for mention in said["mentions"]}


def speaking(said: Line) -> set[str]:
    sources = [source for quote in said["quotes"] if quote["use"] == "speech" for source in quote["sources"]]
    return {said["entities"][source["entity"]]["name"] for source in sources}


def values(article: dict[str, Line], run: str) -> dict[str, set[str]]:
    """By facet, what the article counts for."""
    said, meta = annotations(article, run), article["article"]["metadata"]
    names = mentioned(said)
    return {
        "entity": names,
        "type": {dict(NAMES)[name] for name in names},
        "speaker": speaking(said),
        "publisher": {meta["publisher"]} - {None},
        # What was published before 1600 counts as of its first day.
        "month": {max(meta["published"], "1600-01-01")[:7]} if meta["published"] else set(),
    }


FILTERS = st.fixed_dictionaries(
    {
        "words": st.sampled_from([*WORDS, "number"]),
        "without": st.sampled_from([None, *WORDS]),
        "entity": st.sampled_from([None, "Ada", "Oslo", "NOT Ada", "NOT Oslo"]),
        "speaker": st.sampled_from([None, None, "Ada", "Bob", "NOT Ada"]),
        "publisher": st.sampled_from([None, None, "sea", "NOT sea", "nobody"]),
        "since": st.sampled_from([None, None, "2020-01-31", "1400-01-01", "1500-01-01"]),
        "until": st.sampled_from([None, None, "2020-01-31"]),
        "run": st.sampled_from(["served", "human", "machine"]),
    }
)


def holds(wanted: str | None, there: set[str]) -> bool:
    if wanted is None:
        return True
    name = wanted.removeprefix("NOT ")
    return (name in there) != wanted.startswith("NOT ")


def is_found(article: dict[str, Line], f: dict[str, Any]) -> bool:
    said, text, meta = (
        annotations(article, f["run"]),
        article["article"]["text"].lower(),
        article["article"]["metadata"],
    )
    day = meta["published"]
    dated = (f["since"] is None and f["until"] is None) or (
        day is not None and (f["since"] or "0001") <= day <= (f["until"] or "9999")
    )
    return (
        f["words"] in text
        and not (f["without"] and f["without"] in text)
        and holds(f["entity"], mentioned(said))
        and holds(f["speaker"], speaking(said))
        and holds(f["publisher"], {(meta["publisher"] or "").lower()})
        and dated
    )


def asked(f: dict[str, Any]) -> dict[str, Any]:
    """The same as parameters."""
    names = [
        f"NOT {name}:{value.removeprefix('NOT ')}" if value.startswith("NOT ") else f"{name}:{value}"
        for name in ("entity", "speaker", "publisher")
        if (value := f[name])
    ]
    q = " ".join([f["words"], *([f"NOT {f['without']}"] if f["without"] else []), *names])
    dates = {name: f[key] for name, key in (("from", "since"), ("to", "until")) if f[key]}
    return {"q": q, "facet": FACETS, "run": f["run"], "total": True, "limit": 100, **dates}


@pytest.mark.parametrize("few", [0, 500])
@given(FILTERS)
@examples(deadline=None, max_examples=40, suppress_health_check=list(HealthCheck))
def test_facets_are_what_one_counts_by_hand(
    opened: tuple[Sequence[dict[str, Line]], httpx.Client],
    monkeypatch: pytest.MonkeyPatch,
    few: int,
    filters: dict[str, Any],
) -> None:
    """Whether a name leaves so few articles that they are looked at one by one, or not."""
    monkeypatch.setattr("app.search.articles.FEW", few)
    monkeypatch.setattr("app.search.quotes.FEW", few)
    articles, client = opened
    answer = client.get("/search", params=asked(filters))
    if answer.status_code == 404:  # nobody of that name in the runs chosen
        assert filters["run"] != "served"
        return
    assert answer.status_code == 200, answer.text
    found = [article for article in articles if is_found(article, filters)]
    assert answer.json()["total"] == len(answer.json()["items"]) == len(found)
    for facet in FACETS:
        counted = Counter(value for article in found for value in values(article, filters["run"])[facet])
        expected = sorted(counted.items(), key=lambda each: (-each[1], each[0]))
        given_ = [(value["label"], value["articles"]) for value in answer.json()["facets"][facet]]
        assert given_ == expected, facet
