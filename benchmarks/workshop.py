"""The work folder: what a run builds, and a later run finds there."""

import random
import shutil
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from benchmarks import corpus, library
from benchmarks.library import Loading
from benchmarks.lookups import Article

SAMPLE = 1_000
SEED = 4


@dataclass(frozen=True, slots=True)
class Workshop:
    """The folder, the corpus to begin with, and how many processes build."""

    folder: Path
    corpus: Path | None
    jobs: int

    def annotated(self) -> Path:
        """The corpus, annotated: it is annotated the first time."""
        path = self.folder / "annotated.jsonl"
        if self.corpus is None and not path.is_file():
            raise FileNotFoundError(f"{path} is not there yet: name the corpus with --corpus")
        return path if self.corpus is None else corpus.annotate(self.corpus, self.folder, self.jobs)

    def library(self, size: int) -> Path:
        """Where the library of ``size`` articles is, or will be."""
        return self.folder / f"library-{size}.db"

    def url(self, size: int) -> str:
        """The same for DATELINE_DATABASE_URL."""
        return f"sqlite:///{self.library(size).resolve()}"

    def build(self, size: int) -> None:
        """Load a library of ``size`` articles unless it is there."""
        if not self.library(size).is_file():
            self.load(size)

    def load(self, size: int) -> Loading:
        """Load a library of ``size`` articles, in the place of the one that is there."""
        files = library.write_copies(self.annotated(), self.folder / "copies", size, self.jobs)
        path = self.library(size)
        partial = path.with_suffix(".partial")
        library.remove(partial)
        loading = library.load(files, f"sqlite:///{partial.resolve()}")
        _gather(partial)
        library.remove(path)
        partial.rename(path)
        return loading

    def sample(self, size: int) -> list[Article]:
        """Articles drawn from all over the library, the same ones each time."""
        keys = random.Random(SEED).sample(range(1, size + 1), min(size, SAMPLE))
        with closing(sqlite3.connect(self.library(size))) as connection:
            statement = f"SELECT public_id, id FROM article WHERE id IN ({', '.join(map(str, keys))})"
            found = [Article(*row) for row in connection.execute(statement)]
        random.Random(SEED).shuffle(found)
        return found

    def tidy(self) -> None:
        """Remove the copies, which no built library needs."""
        shutil.rmtree(self.folder / "copies", ignore_errors=True)

    def clear(self) -> None:
        """Remove everything but the annotated corpus."""
        for path in self.folder.iterdir():
            if path.is_dir():
                shutil.rmtree(path)
            elif path.name != "annotated.jsonl":
                path.unlink()


def _gather(path: Path) -> None:
    """Bring what is in the write-ahead log into the file."""
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
