"""Libraries of any size: copies of the annotated articles, loaded by ``dateline import``."""

import json
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from multiprocessing import get_context
from pathlib import Path
from time import perf_counter

from sqlalchemy import create_engine, inspect, text

from benchmarks.multiply import Original, copies, take_apart
from benchmarks.processes import environment, resident_mb

BLOCK = 2_000
"""Records in a file of copies; sizes are multiples of it."""
SAMPLE_S = 0.2


@dataclass(frozen=True, slots=True)
class Loading:
    """How a load went: seconds, and megabytes resident at even intervals."""

    seconds: float
    resident: list[float]

    @property
    def halves_mb(self) -> tuple[float, float]:
        """The greatest resident memory in the first half and in the second."""
        middle = max(1, len(self.resident) // 2)
        return max(self.resident[:middle], default=0), max(self.resident[middle:], default=0)


def write_copies(annotated: Path, folder: Path, size: int, jobs: int) -> list[Path]:
    """Files of records, ``size`` in all; those that are there already are used as they are."""
    folder.mkdir(exist_ok=True)
    files = [folder / f"{first:07}.jsonl" for first in range(0, size, BLOCK)]
    missing = [file for file in files if not file.is_file()]
    if missing:
        with ProcessPoolExecutor(jobs, get_context("spawn")) as pool:
            list(pool.map(_write_block, [annotated] * len(missing), missing))
    return files


def load(files: list[Path], database_url: str) -> Loading:
    """Import the files into a new database, watching the memory of the process that does."""
    settings = environment(database_url)
    subprocess.run([sys.executable, "-m", "app", "migrate"], env=settings, stdout=subprocess.DEVNULL, check=True)
    # Of an article of one sentence all copies have the same text.
    command = [sys.executable, "-m", "app", "import", "--same-text", *map(str, files)]
    begun = perf_counter()
    process = subprocess.Popen(command, env=settings, stdout=subprocess.DEVNULL)
    resident = list(_sampled(process))
    seconds = perf_counter() - begun
    if process.returncode:
        raise RuntimeError(f"dateline import ended with {process.returncode}")
    return Loading(seconds, resident)


def count(database_url: str) -> int:
    """How many articles a database holds; 0 where there is no such table yet."""
    engine = create_engine(database_url)
    try:
        with engine.connect() as connection:
            there = inspect(connection).has_table("article")
            return int(connection.execute(text("SELECT count(*) FROM article")).scalar_one()) if there else 0
    finally:
        engine.dispose()


def remove(database: Path) -> None:
    """Remove a database with what SQLite keeps beside it."""
    for suffix in ("", "-wal", "-shm"):
        database.with_name(database.name + suffix).unlink(missing_ok=True)


def _sampled(process: subprocess.Popen[bytes]) -> Iterator[float]:
    while True:
        try:
            process.wait(SAMPLE_S)
        except subprocess.TimeoutExpired:
            yield resident_mb(process.pid)
        else:
            return


@lru_cache(maxsize=1)
def _originals(annotated: Path) -> list[Original]:
    with annotated.open(encoding="utf-8") as lines:
        return [take_apart(json.loads(line), f"{number:05}") for number, line in enumerate(lines, 1)]


def _write_block(annotated: Path, file: Path) -> None:
    first = int(file.stem)
    partial = file.with_suffix(".partial")
    with partial.open("w", encoding="utf-8") as out:
        out.writelines(f"{line}\n" for line in copies(_originals(annotated), first, first + BLOCK))
    partial.rename(file)
