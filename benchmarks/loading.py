"""Loading next to executemany: the very rows of a library into the same tables, with nothing else to do.

The rows are read back from a library that ``dateline import`` has made and inserted into an empty one: as many
articles at a time, each time in one transaction, with the same indexes and the same durability. The words that
the full-text indexes hold are inserted as rows too, and the triggers that would find them are dropped. What
makes a load slower is left out: nothing is parsed, checked, looked up or counted, not even a foreign key.
"""

import random
import re
import sqlite3
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from time import perf_counter

from app.db.sqlite import WRITER_CACHE_KIB
from app.search.fts import install_functions
from app.services.importing import BATCH
from benchmarks.library import Loading
from benchmarks.processes import environment
from benchmarks.report import Line

Rows = list[tuple[object, ...]]

# How the rows of a batch of articles are found, by the first of these columns that a table has.
_ARTICLES = "SELECT {} FROM article WHERE id > ?1 AND id <= ?2"
_RUNS = f"SELECT id FROM run WHERE article_id IN ({_ARTICLES.format('id')})"
_OF_ARTICLES = {
    "article_id": _ARTICLES.format("id"),
    "run_id": _RUNS,
    "quote_id": f"SELECT id FROM quote WHERE run_id IN ({_RUNS})",
    "position": _ARTICLES.format("position"),
}
_CONTENT = re.compile(r"content='(?P<table>\w+)',\s*content_rowid='(?P<key>\w+)'")


@dataclass(frozen=True, slots=True)
class Target:
    """A table to fill: the statement that inserts a row, and the one that reads those of a batch.

    ``read`` is None for a table whose rows belong to no one article: it is filled evenly over the load.
    """

    name: str
    insert: str
    read: str | None
    everything: str


def executemany(library: Path, target: Path) -> float:
    """Seconds it takes to insert all rows of ``library`` into a new database at ``target``."""
    migrate = [sys.executable, "-m", "app", "migrate"]
    settings = environment(f"sqlite:///{target}")
    subprocess.run(migrate, env=settings, stdout=subprocess.DEVNULL, check=True)
    with closing(sqlite3.connect(library)) as source, closing(sqlite3.connect(target, isolation_level=None)) as sink:
        install_functions(source)
        _prepare(sink)
        targets = list(_targets(sink))
        return sum(_insert(sink, rows) for rows in _batches(source, targets))


def lines(loaded: Loading, bare_s: float, size: int) -> Iterator[Line]:
    """The lines of the table: articles a second, and whether memory is flat."""
    ours, theirs = size / loaded.seconds, size / bare_s
    what = f"loading {size:,} articles that are annotated, `dateline import`"
    figures = f"{ours:,.0f} to {theirs:,.0f} articles/s"
    yield Line(what, "executemany of the same rows into the same tables", ours / theirs, figures, at_least=0.5)
    first, second = loaded.halves_mb
    figures = f"at most {second:.0f} MB, {first:.0f} MB in the first half"
    yield Line("its memory in the second half", "in the first", second / first if first else 1.0, figures, at_most=1.1)


def _prepare(sink: sqlite3.Connection) -> None:
    """As durable as the service, without triggers."""
    sink.execute("PRAGMA synchronous = FULL")
    sink.execute(f"PRAGMA cache_size = -{WRITER_CACHE_KIB}")
    for (name,) in sink.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
        sink.execute(f"DROP TRIGGER {name}")


def _targets(sink: sqlite3.Connection) -> Iterator[Target]:
    """The empty tables and the full-text tables, in the order in which they were made."""
    tables = sink.execute("SELECT name, sql FROM sqlite_master WHERE type = 'table' ORDER BY rootpage = 0").fetchall()
    virtual = [name for name, sql in tables if sql.startswith("CREATE VIRTUAL")]
    for name, sql in tables:
        content = _CONTENT.search(sql)
        if content:
            yield _full_text(sink, name, content["table"], content["key"])
        elif not name.startswith((*(f"{each}_" for each in virtual), "sqlite_")) and _is_empty(sink, name):
            yield _target(name, name, _columns(sink, name))


def _is_empty(sink: sqlite3.Connection, name: str) -> bool:
    return sink.execute(f'SELECT 1 FROM "{name}"').fetchone() is None


def _columns(sink: sqlite3.Connection, name: str) -> list[str]:
    return [column for _, column, *_ in sink.execute(f'PRAGMA table_info("{name}")')]


def _full_text(sink: sqlite3.Connection, name: str, content: str, key: str) -> Target:
    """The words as the index reads them; ascending, since FTS5 writes out what it holds when a row id falls."""
    columns = [key, *_columns(sink, name)]
    target = _target(name, content, columns, key)
    return Target(name, target.insert.replace(f'"{key}"', "rowid", 1), target.read, target.everything)


def _target(name: str, source: str, columns: Sequence[str], order: str | None = None) -> Target:
    listed = ", ".join(f'"{column}"' for column in columns)
    insert = f'INSERT INTO "{name}" ({listed}) VALUES ({", ".join("?" * len(columns))})'
    everything = f'SELECT {listed} FROM "{source}"' + (f' ORDER BY "{order}"' if order else "")
    condition = _condition(source, columns)
    read = f'SELECT {listed} FROM "{source}" WHERE {condition}' + (f' ORDER BY "{order}"' if order else "")
    return Target(name, insert, read if condition else None, everything)


def _condition(source: str, columns: Sequence[str]) -> str | None:
    if source == "article":
        return "id > ?1 AND id <= ?2"
    if source == "quote_words":
        return f"position IN (SELECT position FROM quote WHERE run_id IN ({_RUNS}))"
    found = next((column for column in _OF_ARTICLES if column in columns), None)
    return found and f"{found} IN ({_OF_ARTICLES[found]})"


def _batches(source: sqlite3.Connection, targets: list[Target]) -> Iterator[list[tuple[str, Rows]]]:
    """What to insert in each transaction: statements with their rows."""
    (last,) = source.execute("SELECT max(id) FROM article").fetchone()
    edges = [*range(0, last, BATCH), last]
    shared = {target.name: _shuffled(source, target) for target in targets if target.read is None}
    for first, end in pairwise(edges):
        yield [
            (
                target.insert,
                _share(shared[target.name], first / last, end / last)
                if target.read is None
                else source.execute(target.read, (first, end)).fetchall(),
            )
            for target in targets
        ]


def _shuffled(source: sqlite3.Connection, target: Target) -> Rows:
    """All rows; what is counted by day in no order, as days come in none."""
    rows = source.execute(target.everything).fetchall()
    if "day" in target.insert:
        random.Random(0).shuffle(rows)
    return rows


def _share(rows: Rows, first: float, end: float) -> Rows:
    return rows[round(first * len(rows)) : round(end * len(rows))]


def _insert(sink: sqlite3.Connection, batch: list[tuple[str, Rows]]) -> float:
    begun = perf_counter()
    sink.execute("BEGIN IMMEDIATE")
    for statement, rows in batch:
        sink.executemany(statement, rows)
    sink.execute("COMMIT")
    return perf_counter() - begun
