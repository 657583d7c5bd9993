"""A run from beginning to end, step by step."""

import subprocess
import sys
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import partial

from benchmarks import library, loading
from benchmarks.processes import environment
from benchmarks.report import Line
from benchmarks.session import TENTH, Effort, Session
from benchmarks.workshop import Workshop

SQLITE_BESIDE = ("datasette", "fts5", "tantivy")
LARGE_BESIDE = ("tantivy",)


class Measure(StrEnum):
    """What can be measured."""

    LOADING = "loading"
    ARTICLES = "articles"
    SEARCH = "search"
    FACETS = "facets"
    ENTITIES = "entities"
    MEMORY = "memory"
    WORKERS = "workers"


@dataclass(frozen=True, slots=True)
class Step:
    """What is done next: in words, and what does it and gives lines of the table."""

    description: str
    run: Callable[[], Iterable[Line]]


Steps = Generator[Step, None, None]
"""Steps to be run as they come: servers run from the first that needs them to the last, or until one fails."""


@dataclass(slots=True)
class Benchmark:
    """A run: the first of the sizes is measured in all respects, the others where size matters.

    ``postgres_urls``: databases for the first size and, where there is one, for a tenth of it.
    """

    workshop: Workshop
    sizes: Sequence[int]
    measures: Sequence[Measure]
    effort: Effort
    postgres_urls: Sequence[str] = ()
    details: dict[str, object] = field(default_factory=dict)

    def on_sqlite(self) -> Steps:
        """What is built and measured on SQLite."""
        yield Step("Annotating the corpus", self._annotate)
        if Measure.LOADING in self.measures:
            yield Step(f"Loading {self.sizes[0]:,} articles, next to executemany", self._loading)
        for size in self.sizes:
            for needed in (size // TENTH, size):
                yield Step(f"Loading {needed:,} articles", partial(self._build, needed))
            beside = SQLITE_BESIDE if size == self.sizes[0] else LARGE_BESIDE
            url, tenth_url = self.workshop.url(size), self.workshop.url(size // TENTH)
            yield from self._session(Session(self.workshop, size, url, tenth_url, self.effort, beside))

    def on_postgres(self) -> Steps:
        """The same questions to PostgreSQL, to which the libraries are copied; nothing is measured next to it."""
        size = self.sizes[0]
        for url, copied in zip(self.postgres_urls, (size, size // TENTH), strict=False):
            yield Step(f"Copying {copied:,} articles to PostgreSQL", partial(self._copy, copied, url))
        if self.postgres_urls:
            whole, tenth = self.postgres_urls[0], next(iter(self.postgres_urls[1:]), None)
            yield from self._session(Session(self.workshop, size, whole, tenth, self.effort, ()), "PostgreSQL, ")

    def _session(self, session: Session, name: str = "") -> Steps:
        asked = {
            Measure.ARTICLES: session.lookups,
            Measure.SEARCH: session.search,
            Measure.FACETS: session.facets,
            Measure.ENTITIES: session.flatness,
            Measure.MEMORY: session.memory,
        }
        if session.size == self.sizes[0]:
            asked[Measure.WORKERS] = session.workers
        with session:
            for measure, run in asked.items():
                if measure in self.measures:
                    yield Step(f"{name}{session.of}: {measure}", run)
        self.details[f"{name}{session.of}"] = session.details

    def _annotate(self) -> Iterable[Line]:
        self.workshop.annotated()
        return ()

    def _build(self, size: int) -> Iterable[Line]:
        self.workshop.build(size)
        return ()

    def _copy(self, size: int, url: str) -> Iterable[Line]:
        if library.count(url) != size:
            command = [sys.executable, "-m", "app", "copy", self.workshop.url(size), url]
            subprocess.run(command, env=environment(url), stdout=subprocess.DEVNULL, check=True)
        return ()

    def _loading(self) -> Iterator[Line]:
        size, folder = self.sizes[0], self.workshop.folder
        loaded = self.workshop.load(size)
        baseline = folder / "executemany.db"
        library.remove(baseline)
        bare = loading.executemany(self.workshop.library(size), baseline)
        library.remove(baseline)
        self.details["loading"] = {"seconds": loaded.seconds, "executemany": bare, "resident, MB": loaded.resident}
        yield from loading.lines(loaded, bare, size)
