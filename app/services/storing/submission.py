"""What is handed in to be stored, and what comes of it."""

import base64
import hashlib
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any, Literal

from app.annotations import Annotations
from app.documents import Document
from app.models import Run, now

RunKind = Literal["human", "machine"]
Row = dict[str, Any]
Rows = list[Row]


@dataclass(frozen=True, slots=True)
class Authorship:
    """Who annotated, with what, when: what a run records beside its annotations."""

    kind: RunKind
    annotator: str
    version: str
    model: str | None = None
    parameters: dict[str, Any] = field(default_factory=dict)
    created_at: datetime = field(default_factory=now)

    def made(self, run: Run | None) -> bool:
        """Whether ``run`` is by this author, so configured."""
        ours = (self.kind, self.annotator, self.version, self.model, self.parameters)
        return run is not None and ours == (run.kind, run.annotator, run.version, run.model, run.parameters)


@dataclass(frozen=True)
class Submission:
    """A document with the bytes it was read from, its name there, and its annotations by whoever made them."""

    document: Document
    data: bytes
    name: str
    runs: tuple[tuple[Authorship, Annotations], ...] = ()

    @cached_property
    def identity(self) -> str:
        """The public id of its article: by its URL, or else by its bytes."""
        return public_id("art", self.document.metadata.url or hashlib.sha256(self.data).hexdigest())


@dataclass(frozen=True, slots=True)
class Stored:
    """An article that is stored, whether it or a run over it was not before, and the public ids of the runs."""

    key: int
    id: str
    is_new: bool
    runs: tuple[str, ...]


def public_id(prefix: str, *parts: str) -> str:
    """An opaque id that the parts alone decide: the prefix and 80 bits of their SHA-256."""
    digest = hashlib.sha256("\0".join(parts).encode()).digest()[:10]
    return f"{prefix}_{base64.b32encode(digest).decode().lower()}"
