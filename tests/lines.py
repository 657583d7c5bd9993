"""Lines made up for tests, as ``dateline import`` takes them: a text, who is in it, and who says what."""

import json
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from app.db import Database
from app.services.importing import FailedLine, ImportSummary, import_lines

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


def load(database: Database, lines: Iterable[Line | bytes]) -> tuple[ImportSummary, list[FailedLine]]:
    """Import them; what became of them."""
    summary = ImportSummary()
    printed = [each if isinstance(each, bytes) else json.dumps(each).encode() for each in lines]
    failed = list(import_lines(database, printed, summary, lambda _bytes: None))
    return summary, failed


def put(database: Database, *lines: Line) -> None:
    """Import lines that are as they should be."""
    _, failed = load(database, lines)
    assert failed == []
