"""Lines made up for tests, as ``dateline import`` takes them: a text, who is in it, and who says what."""

import json
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from app.db import Database
from app.services.importing import Importer, LineResult
from app.services.journal import Writer

Line = dict[str, Any]


def line(
    text: str,
    *,
    names: Sequence[tuple[str, str]] = (),
    quotes: Sequence[tuple[str | None, str, str]] = (),
    published: date | None = None,
    publisher: str | None = None,
    annotator: str = "test",
    **metadata: str,
) -> Line:
    """An article; ``names`` are (name, type), mentioned wherever it stands; ``quotes`` (speaker, words, use)."""
    mentions = [
        {**_span(text, start, name), "type": kind, "entity": number}
        for number, (name, kind) in enumerate(names)
        for start in range(len(text))
        if text.startswith(name, start)
    ]
    return {
        "metadata": {"published": published and published.isoformat(), "publisher": publisher, **metadata},
        "text": text,
        "annotator": {"name": annotator, "version": "1"},
        "entities": [{"name": name, "type": kind} for name, kind in names],
        "mentions": sorted(mentions, key=lambda mention: mention["start"]),
        "quotes": [_quote(text, [name for name, _ in names], *quote) for quote in quotes],
    }


def _quote(text: str, names: list[str], speaker: str | None, words: str, use: str) -> Line:
    source = [] if speaker is None else [{"entity": names.index(speaker)}]
    return {"kind": "direct", "use": use, "content": [_span(text, text.index(words), words)], "sources": source}


def _span(text: str, start: int, exact: str) -> Line:
    return {"start": start, "end": start + len(exact), "exact": exact}


IMPORTER = Writer("tests")


def load(database: Database, lines: Iterable[Line | bytes], *, same_text: bool = True) -> list[LineResult]:
    """Import them; what became of each."""
    importer = Importer(database, IMPORTER, same_text=same_text)
    return [result for batch in importer.batches(map(printed, lines)) for result in importer.store(batch)]


def printed(line: Line | bytes) -> bytes:
    """A line as it stands in a file."""
    return line if isinstance(line, bytes) else json.dumps(line).encode() + b"\n"


def put(database: Database, *lines: Line) -> None:
    """Import lines that are as they should be."""
    assert [result.detail for result in load(database, lines) if result.outcome == "failed"] == []
