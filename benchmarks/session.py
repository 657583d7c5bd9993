"""A server on one library, and everything that is asked of it."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, field, replace
from types import TracebackType
from typing import Self

from benchmarks import facets, flatness, lookups, processes, searching
from benchmarks.client import Client
from benchmarks.engines import Engine, Fts5, RankedFirst, Tantivy, build_fts5, build_tantivy
from benchmarks.load import Load
from benchmarks.processes import Server
from benchmarks.queries import MIX
from benchmarks.report import Line
from benchmarks.workshop import Workshop

TENTH = 10
MEMORY_MB = 150


@dataclass(frozen=True, slots=True)
class Effort:
    """How much is asked: rounds, and seconds each side of each round takes."""

    rounds: int
    seconds: float


@dataclass(slots=True)
class Session:
    """The library of ``size`` articles at ``url``, and one of a tenth of them where there is one.

    ``beside`` names the engines that it is measured next to.
    """

    workshop: Workshop
    size: int
    url: str
    tenth_url: str | None
    effort: Effort
    beside: tuple[str, ...]
    details: dict[str, object] = field(default_factory=dict)
    _stack: ExitStack = field(default_factory=ExitStack)
    _server: Server | None = None

    @property
    def of(self) -> str:
        """The size in words."""
        return f"{self.size:,} articles"

    @property
    def server(self) -> Server:
        """The server, started when it is first asked for."""
        if self._server is None:
            self._server = self._stack.enter_context(self._dateline(self.url, "benchmarks.empty"))
        return self._server

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.__exit__(kind, error, trace)

    def lookups(self) -> Iterator[Line]:
        """/articles/{id} next to {} and to Datasette."""
        articles = self.workshop.sample(self.size)
        with ExitStack() as stack:
            sides = lookups.sides(self.server.port, articles)
            if "datasette" in self.beside:
                library = self.workshop.library(self.size)
                other = stack.enter_context(processes.datasette(library))
                sides |= lookups.beside_datasette(other.port, library.stem, articles)
            rates = lookups.measure(self._for(sides), self.effort.rounds)
        self.details["requests per second"] = rates
        yield from lookups.lines(rates, self.of)

    def search(self) -> Iterator[Line]:
        """/search next to the other engines, those built that are not there."""
        with Client(self.server.port) as client:
            # The others find articles only.
            ours = {"dateline": searching.Service(client, only="articles"), "everything": searching.Service(client)}
            times = searching.measure(ours | self._engines())
        self.details["search, ms"] = {name: dict(zip(map(str, MIX), each, strict=True)) for name, each in times.items()}
        yield from searching.lines(times, self.of)

    def flatness(self) -> Iterator[Line]:
        """Questions about one entity next to the same in a library of a tenth of the size."""
        if self.tenth_url is None:
            return
        port = self.server.port
        with self._dateline(self.tenth_url) as other, Client(port) as ours, Client(other.port) as theirs:
            times = flatness.measure(ours, theirs)
        self.details["entities, ms"] = times
        yield from flatness.lines(times, self.of, f"{self.size // TENTH:,} articles")

    def facets(self) -> Iterator[Line]:
        """A query that finds many, with facets next to without."""
        query = facets.find_word(self.workshop.annotated(), self.size)
        with Client(self.server.port) as client:
            times = facets.measure(client, query)
            self.details["facets, ms"] = times
            yield from facets.lines(client, query, times, self.of)

    def memory(self) -> Iterator[Line]:
        """What the server holds after all that was asked of it."""
        rss, pss = self.server.memory_mb()
        what = f"memory of a serving process that has not annotated, behind the above, {self.of}"
        yield Line(what, "", rss, f"RSS {rss:.0f} MB, PSS {pss:.0f} MB", at_most=MEMORY_MB, unit=" MB")

    def workers(self) -> Iterator[Line]:
        """/articles/{id} with two workers next to one."""
        articles = [article.path for article in self.workshop.sample(self.size)]
        with self._dateline(self.url) as one, self._dateline(self.url, "app", "--workers", "2") as two:
            sides = self._for({"one": Load(one.port, articles), "two": Load(two.port, articles)})
            rates = lookups.measure(sides, self.effort.rounds)
        self.details["workers, requests per second"] = rates
        yield from lookups.worker_lines(rates, self.of)

    def _engines(self) -> dict[str, Engine]:
        engines: dict[str, Engine] = {}
        library, folder = self.workshop.library(self.size), self.workshop.folder
        if "fts5" in self.beside:
            plain = folder / f"fts5-{self.size}.db"
            build_fts5(library, plain)
            engines |= {"fts5": Fts5(plain), "ranked": RankedFirst(plain)}
        if "tantivy" in self.beside:
            index = folder / f"tantivy-{self.size}"
            build_tantivy(library, index)
            engines["tantivy"] = Tantivy(index)
        return engines

    def _dateline(self, url: str, module: str = "app", *options: str) -> AbstractContextManager[Server]:
        return processes.dateline(url, *options, module=module)

    def _for(self, sides: dict[str, Load]) -> dict[str, Load]:
        return {name: replace(load, seconds=self.effort.seconds) for name, load in sides.items()}
