"""Documents on disk: which there are, and which could not be used."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from app.config import shipped

DOCUMENTS = frozenset({".htm", ".html", ".md", ".markdown", ".txt"})


@dataclass(frozen=True, slots=True)
class Failure:
    """A file that was not loaded, and why."""

    path: Path
    reason: str

    @classmethod
    def of(cls, path: Path, error: Exception) -> Self:
        """The failure that ``error`` is; the path is not said twice."""
        path = Path(printable(str(path)))
        if isinstance(error, IsADirectoryError):
            return cls(path, f"there is no document ({', '.join(sorted(DOCUMENTS))}) in this folder")
        return cls(path, error.strerror if isinstance(error, OSError) and error.strerror else str(error))


def printable(name: str) -> str:
    """A file's name as text: bytes in it that are not UTF-8 come out as U+FFFD."""
    return os.fsencode(name).decode(errors="replace")


def find_documents(paths: Sequence[Path]) -> list[Path]:
    """The files named, and all documents below the folders named; seed_data/ where none is named."""
    found: list[Path] = []
    for path in paths or [shipped("seed_data")]:
        inside = sorted(p for p in path.rglob("*") if p.suffix in DOCUMENTS and p.is_file())
        found += inside or [path]
    return list(dict.fromkeys(found))
