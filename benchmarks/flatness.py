"""Whether questions about one entity cost the same in a library ten times as large."""

import json
import random
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import partial
from statistics import median

from benchmarks.client import Client
from benchmarks.multiply import Json
from benchmarks.report import Line, p95
from benchmarks.searching import milliseconds

SAMPLE = 200
TOP = 20
LISTED = 2_000
ROUNDS = 5
PAGE = 100
SEED = 4

SPEAKER = "/quotes?speaker="
ROUTES = {
    SPEAKER: "/quotes?speaker={}",
    "/entities/{id}": "/entities/{}",
    "/entities/{id}/related": "/entities/{}/related",
    "/entities/{id}/timeline": "/entities/{}/timeline?interval=month",
}

Times = dict[str, tuple[list[float], list[float]]]
"""By route: the median milliseconds for each entity sampled, in the large library and in the small one."""


def measure(large: Client, small: Client) -> Times:
    """Ask each route for entities that both libraries know, the most mentioned of the small one among them."""
    chance = random.Random(SEED)
    speakers, entities = _sample(_speakers(small), chance), _sample(_most_mentioned(small), chance)
    return {
        name: _timed(large, small, [route.format(key) for key in (speakers if name == SPEAKER else entities)])
        for name, route in ROUTES.items()
    }


def lines(times: Times, of: str, beside: str) -> Iterator[Line]:
    """The lines of the table; ``of`` and ``beside`` say how many articles the two libraries hold."""
    for name, (large, small) in times.items():
        ours, theirs = p95(large), p95(small)
        figures = f"{ours:.2f} to {theirs:.2f} ms"
        yield Line(f"`{name}` of {of}, p95", f"itself of {beside}", ours / theirs, figures, at_most=1.5)


def _timed(large: Client, small: Client, paths: Sequence[str]) -> tuple[list[float], list[float]]:
    pairs = [_pair(large, small, path) for path in paths]
    return [ours for ours, _ in pairs], [theirs for _, theirs in pairs]


def _pair(large: Client, small: Client, path: str) -> tuple[float, float]:
    """The medians of a few requests to each, in turn."""
    taken = [(milliseconds(partial(large.ok, path)), milliseconds(partial(small.ok, path))) for _ in range(ROUNDS)]
    return median(ours for ours, _ in taken), median(theirs for _, theirs in taken)


def _sample(ranked: Sequence[str], chance: random.Random) -> list[str]:
    """The first TOP, and others drawn so that the chance of each falls with its rank."""
    rest = list(ranked[TOP:])
    drawn = {rest[int(chance.random() ** 2 * len(rest))] for _ in range(SAMPLE - TOP)} if rest else set()
    return [*ranked[:TOP], *sorted(drawn)]


def _most_mentioned(client: Client) -> list[str]:
    return [item["id"] for item in _listed(client, f"/entities?limit={PAGE}")]


def _speakers(client: Client) -> list[str]:
    """Who speaks in the newest quotes, most often first."""
    quotes = _listed(client, f"/quotes?limit={PAGE}")
    spoken = Counter(item["speaker"]["id"] for item in quotes if item["speaker"])
    return [key for key, _ in spoken.most_common()]


def _listed(client: Client, path: str) -> Iterator[Json]:
    """The first LISTED items of a list."""
    following = path
    for _ in range(LISTED // PAGE):
        answer = json.loads(client.ok(following))
        yield from answer["items"]
        if answer["next"] is None:
            return
        following = f"{path}&cursor={answer['next']}"
