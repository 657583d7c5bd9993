"""What is handed in to be stored, and what comes of it."""

import base64
import hashlib
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any, Literal

from app.annotations import Annotations
from app.documents import Document
from app.errors import InvalidInput
from app.models import Run, now

RunKind = Literal["human", "machine"]
Row = dict[str, Any]
Rows = list[Row]

# What an index of PostgreSQL holds, in UTF-8, with room to spare (a third of a page).
MAX_INDEXED = 2_000


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

    @cached_property
    def text_sha256(self) -> str:
        """Of the text in UTF-8, in hexadecimal."""
        return hashlib.sha256(self.document.text.encode()).hexdigest()

    def check(self) -> None:
        """Raise InvalidInput for what no index or no database holds: a name too long, a NUL."""
        metadata = self.document.metadata
        for name, value in metadata:
            if isinstance(value, str) and "\0" in value:
                raise InvalidInput(f"the {name} holds a NUL, which PostgreSQL does not")
        entities = [entity for _, annotations in self.runs for entity in annotations.entities]
        names = (name for entity in entities for name in (entity.name, *entity.aliases))
        for indexed in (metadata.url or "", metadata.publisher or "", *names):
            if len(indexed) * 4 > MAX_INDEXED and len(indexed.encode()) > MAX_INDEXED:
                raise InvalidInput(f"{indexed[:40]!r}… is longer than {MAX_INDEXED} bytes")


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
