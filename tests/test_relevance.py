"""Relevance: by how much an article is about the words asked for, newest first where that is equal."""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta

import httpx
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st

from tests.databases import Databases
from tests.lines import Line, line, put
from tests.stories import library

WORDS = ("oil", "gas", "coal")
TIMES = (0, 1, 2, 3, 4, 5, 6, 9, 10, 12)
# (least times in the text, level); 9 stands for the headline.
LEVELS = ((10, 8), (6, 7), (4, 6), (3, 5), (2, 4))


def article(number: int) -> Line:
    """Each word so many times in the text, and the first of them in the headline now and then; days repeat."""
    times = [TIMES[(number * step) % len(TIMES)] for step in (1, 3, 7)]
    said = " and ".join(f"the {word}" for word, n in zip(WORDS, times, strict=True) for _ in range(n))
    headline = f"{number} {'oil' if number % 7 == 0 else 'news'}"
    day = date(2020, 1, 1) + timedelta(days=number * 5 % 13) if number % 11 else None
    return line(f"Number {number}, {said}.", headline=headline, published=day)


@pytest.fixture(scope="module")
def opened(databases: Databases, migrated: str) -> Iterator[tuple[Sequence[Line], httpx.Client]]:
    articles = [article(number) for number in range(60)]
    with library(databases.create(migrated)) as (database, client):
        for each in articles:
            put(database, each)
        yield articles, client


def level(each: Line, word: str) -> int | None:
    """How much an article is about a word; None where it does not have it."""
    if word in each["metadata"]["headline"].split():
        return 9
    times = each["text"].count(f"the {word}")
    return next((level for least, level in LEVELS if times >= least), 0) if times else None


def about(each: Line, query: str) -> int | None:
    """Of words that must all stand there, the least level; of alternatives, the greatest."""
    wanted, _, unwanted = query.removeprefix("(").replace(")", "").partition(" NOT ")
    if unwanted and level(each, unwanted) is not None:
        return None
    if " OR " in wanted:
        found = [at for word in wanted.split(" OR ") if (at := level(each, word)) is not None]
        return max(found, default=None)
    levels = [level(each, word) for word in wanted.split()]
    return None if None in levels else min(at for at in levels if at is not None)


QUERIES = st.builds(
    lambda words, joined, unwanted: f"({joined.join(words)})" + (f" NOT {unwanted}" if unwanted not in words else ""),
    st.lists(st.sampled_from(WORDS), min_size=1, max_size=3, unique=True),
    st.sampled_from([" ", " OR "]),
    st.sampled_from(WORDS),
)


@given(QUERIES, st.integers(3, 40))
@examples(deadline=None, max_examples=40, suppress_health_check=list(HealthCheck))
def test_articles_stand_in_order_of_how_much_they_are_about_it(
    opened: tuple[Sequence[Line], httpx.Client], query: str, limit: int
) -> None:
    articles, client = opened
    found = [
        (at, each["metadata"]["published"] or "", n)
        for n, each in enumerate(articles)
        if (at := about(each, query)) is not None
    ]
    wanted = [str(number) for *_, number in sorted(found, reverse=True)]
    seen: list[str] = []
    cursor: str | None = None
    while cursor is not None or not seen:
        more = {} if cursor is None else {"cursor": cursor}
        page = client.get("/search", params={"q": query, "limit": limit, **more}).json()
        seen += [item["headline"].split()[0] for item in page["items"]]
        cursor = page["next"]
        if not page["items"]:
            break
    assert seen == wanted, query
