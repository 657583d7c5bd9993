"""What facets add to a search that finds many articles."""

import json
import re
from collections import Counter
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from statistics import median

from benchmarks.client import Client
from benchmarks.queries import Query
from benchmarks.report import Line, median_ratio
from benchmarks.searching import milliseconds, path, total

HITS = 20_000
FACETS = ("entity", "type", "speaker", "publisher", "month")
ROUNDS = 15

_WORD = re.compile(r"\b[a-z]{3,}\b")

Times = tuple[list[float], list[float]]


def find_word(annotated: Path, size: int) -> Query:
    """The word that about HITS of ``size`` articles hold: copies hold the words of their originals."""
    holding: Counter[str] = Counter()
    with annotated.open(encoding="utf-8") as lines:
        for originals, line in enumerate(lines, 1):  # noqa: B007 - counted on the way
            record = json.loads(line)
            holding.update(set(_WORD.findall(f"{record['metadata']['headline']} {record['text']}".lower())))
    return Query(min(holding, key=lambda word: (abs(holding[word] * size / originals - HITS), word)))


def measure(client: Client, query: Query) -> Times:
    """Milliseconds of each round, with facets and without."""
    asked, bare = path(query, *FACETS), path(query)
    for each in (asked, bare):
        client.ok(each)
    rounds = [(milliseconds(partial(client.ok, asked)), milliseconds(partial(client.ok, bare))) for _ in range(ROUNDS)]
    return [ours for ours, _ in rounds], [theirs for _, theirs in rounds]


def lines(client: Client, query: Query, times: Times, of: str) -> Iterator[Line]:
    """The line of the table; ``of`` says how many articles there were."""
    ours, theirs = times
    hits = total(client, query)
    figures = f"{median(ours):.1f} to {median(theirs):.1f} ms; `{query}`, {hits:,} hits"
    what = f"facets {', '.join(FACETS)} over a query of {of}"
    yield Line(what, "the same without facets", median_ratio(ours, theirs), figures, at_most=3)
