"""Requests a second of /articles/{id}, each side in turn in every round."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import median

from benchmarks import empty
from benchmarks.load import Load
from benchmarks.report import Line, median_ratio

Rates = dict[str, list[float]]

EMPTY = "an endpoint of the same app that returns `{}`"


@dataclass(frozen=True, slots=True)
class Article:
    """What an article is called: by the world, and in the database."""

    public_id: str
    key: int

    @property
    def path(self) -> str:
        """Where it is."""
        return f"/articles/{self.public_id}"


def measure(sides: Mapping[str, Load], rounds: int) -> Rates:
    """Requests a second of each side in each round."""
    rates: Rates = {name: [] for name in sides}
    for _ in range(rounds):
        for name, load in sides.items():
            rates[name].append(load.requests_per_second())
    return rates


def sides(port: int, articles: Sequence[Article]) -> dict[str, Load]:
    """The articles and {}, at one server (benchmarks.empty)."""
    load = Load(port, [article.path for article in articles])
    return {
        "articles": load,
        "empty": Load(port, [empty.PATH]),
        "conditional": replace(load, conditional=True),
    }


def beside_datasette(port: int, database: str, articles: Sequence[Article]) -> dict[str, Load]:
    """The same articles as rows at Datasette."""
    return {"datasette": Load(port, [f"/{database}/article/{article.key}.json" for article in articles])}


def lines(rates: Rates, of: str) -> Iterator[Line]:
    """The lines of the table; ``of`` says how many articles there were."""
    what = f"`/articles/{{id}}` of {of}, 16 connections, one worker"

    def line(what: str, ours: str, beside: str, theirs: str, at_least: float) -> Line:
        reached = median_ratio(rates[ours], rates[theirs])
        figures = f"{median(rates[ours]):,.0f} to {median(rates[theirs]):,.0f} requests/s"
        return Line(what, beside, reached, figures, at_least=at_least)

    yield line(what, "articles", EMPTY, "empty", 0.6)
    yield line(f"{what}, with If-None-Match", "conditional", EMPTY, "empty", 0.8)
    if "datasette" in rates:
        yield line(what, "articles", "Datasette's row page (JSON) on the same file", "datasette", 6)


def worker_lines(rates: Rates, of: str) -> Iterator[Line]:
    """What a second worker adds, on a machine whose processors the asking process shares."""
    one, two = rates["one"], rates["two"]
    figures = f"{median(two):,.0f} to {median(one):,.0f} requests/s"
    yield Line(f"`/articles/{{id}}` of {of}, `--workers 2`", "`--workers 1`", median_ratio(two, one), figures)
