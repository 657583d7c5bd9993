"""Articles made up for tests: a text, who is in it, and who says what."""

import json
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date

import httpx

from app import annotations as said
from app.config import Settings
from app.db import Database
from app.documents import read_document
from app.main import create_app
from app.services.storing import Authorship, Submission, store
from app.spans import Span
from tests.conftest import asking, served

MACHINE = Authorship("machine", "test", "1")
EDITOR = Authorship("human", "editor", "1")


@dataclass(frozen=True)
class Story:
    """An article; ``quotes`` are (speaker, words) that stand in its text, speakers among ``names``."""

    headline: str
    text: str
    published: date | None = None
    names: Sequence[tuple[str, said.EntityType]] = ()
    quotes: Sequence[tuple[str, str]] = ()

    def submission(self, by: Authorship = MACHINE) -> Submission:
        head = ["---", f"title: {json.dumps(self.headline)}", *([f"date: {self.published}"] if self.published else [])]
        data = "\n".join((*head, "---", self.text, "")).encode()
        document = read_document(data, f"{self.headline}.md")
        return Submission(document, data, f"{self.headline}.md", ((by, self._annotations(document.text)),))

    def _annotations(self, text: str) -> said.Annotations:
        mentions = []
        for number, (name, kind) in enumerate(self.names):
            start = -1
            while (start := text.find(name, start + 1)) >= 0:
                span = Span.of(text, start, start + len(name))
                mentions.append(said.Mention(**span.model_dump(), type=kind, entity=number))
        return said.Annotations(
            entities=tuple(said.Entity(name=name, type=kind) for name, kind in self.names),
            mentions=tuple(sorted(mentions, key=lambda mention: (mention.start, mention.end))),
            quotes=tuple(self._quote(text, *each) for each in self.quotes),
        )

    def _quote(self, text: str, speaker: str, words: str) -> said.Quote:
        start, at = text.index(words), text.index(speaker)
        number = next((i for i, (name, _) in enumerate(self.names) if name == speaker), None)
        source = said.Source(span=Span.of(text, at, at + len(speaker)), entity=number)
        return said.Quote(kind="direct", content=(Span.of(text, start, start + len(words)),), sources=(source,))


def tell(database: Database, stories: Iterable[Story], by: Authorship = MACHINE) -> list[str]:
    """Store them; their ids."""
    with database.write() as session:
        return [stored.id for stored in store(session, [story.submission(by) for story in stories])]


@contextmanager
def library(url: str) -> Iterator[tuple[Database, httpx.Client]]:
    """The database at ``url``, and a client of the service on it."""
    database = Database(Settings(database_url=url))
    with served(create_app(Settings(database_url=url))) as base, asking(base) as client:
        yield database, client
    database.close()
