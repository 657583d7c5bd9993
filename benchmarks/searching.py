"""/search and what is next to it, query by query: every engine in turn in every round."""

import json
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from statistics import median
from time import perf_counter
from urllib.parse import urlencode

from benchmarks.client import Client
from benchmarks.engines import BEST, Engine
from benchmarks.queries import COMMONEST, MIX, Query
from benchmarks.report import Line, median_ratio

Times = dict[str, list[float]]
"""By engine: the median milliseconds of each query of the mix."""

ROUNDS = 9
FEW_ROUNDS = 3
ENOUGH_S = 4.0
"""A query that has taken so long altogether is asked FEW_ROUNDS times only."""

BESIDE = {
    "fts5": ("the bare SQL on an open connection", 1.5, None),
    "ranked": ("the bare SQL, highlighting only the 20 it has ranked", None, None),
    "tantivy": ("tantivy on the same text, top 20 with snippets", 3.0, 10.0),
}
"""What to call an engine, and what is asked next to it: of the median query, and of the commonest word."""


class Service:
    """/search over a connection that is kept."""

    def __init__(self, client: Client, **more: str) -> None:
        self._client = client
        self._more = more

    def search(self, query: Query) -> bytes:
        """The answer as it comes, 20 best with their highlights."""
        return self._client.ok(path(query, **self._more))


def path(query: Query, *facets: str, **more: str) -> str:
    """The request for the 20 best."""
    asked = [("q", query.dateline), ("limit", str(BEST)), *(("facet", name) for name in facets), *more.items()]
    return f"/search?{urlencode(asked)}"


def total(client: Client, query: Query) -> int:
    """How many articles the service finds."""
    return int(json.loads(client.ok(path(query, total="true")))["total"])


def measure(engines: Mapping[str, Engine]) -> Times:
    """The median milliseconds of every query at every engine."""
    medians = [_medians(query, engines) for query in MIX]
    return {name: [each[name] for each in medians] for name in engines}


def lines(times: Times, of: str) -> Iterator[Line]:
    """The lines of the table; ``of`` says how many articles there were. Figures alone where nothing is next to it."""
    commonest = MIX.index(COMMONEST)
    beside_articles = times.pop("everything")
    yield Line(
        f"`/search` of {of} with the quotes and entities that it finds too, median",
        "the same, articles only",
        median(beside_articles) / median(times["dateline"]),
        f"{median(beside_articles):.2f} to {median(times['dateline']):.2f} ms",
    )
    what = f"`/search` of {of}, 20 best with highlights, {len(MIX)} queries, median"
    the_commonest = f"the same, the commonest word (`{COMMONEST}`)"
    if len(times) == 1:
        yield Line(what, "", median(times["dateline"]), "", unit=" ms")
        yield Line(the_commonest, "", times["dateline"][commonest], "", unit=" ms")
    for name, (beside, median_at_most, commonest_at_most) in BESIDE.items():
        if name in times:
            ours, theirs = times["dateline"], times[name]
            by_query = f"; query by query {median_ratio(ours, theirs):.3g}"
            yield _line(what, beside, median(ours), median(theirs), median_at_most, by_query)
            yield _line(the_commonest, beside, ours[commonest], theirs[commonest], commonest_at_most)


def milliseconds(call: Callable[[], object]) -> float:
    """How long the call takes."""
    begun = perf_counter()
    call()
    return (perf_counter() - begun) * 1000


def _medians(query: Query, engines: Mapping[str, Engine]) -> dict[str, float]:
    taken: dict[str, list[float]] = {name: [] for name in engines}
    begun = perf_counter()
    for done in range(ROUNDS):
        if done >= FEW_ROUNDS and perf_counter() - begun > ENOUGH_S:
            break
        for name, engine in engines.items():
            engine.search(query)  # or its time would depend on what whoever came before has left in the caches
            taken[name].append(milliseconds(partial(engine.search, query)))
    return {name: median(times) for name, times in taken.items()}


def _line(what: str, beside: str, ours: float, theirs: float, at_most: float | None, more: str = "") -> Line:
    return Line(what, beside, ours / theirs, f"{ours:.2f} to {theirs:.2f} ms{more}", at_most=at_most)
