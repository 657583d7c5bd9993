"""A stored run as what an annotator says: the inverse of storing it."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from app import annotations as said
from app.db import ReadSession, WriteSession
from app.models import Entity, Mention, Quote, QuoteContent, QuoteSource
from app.services.storing.submission import Rows
from app.services.storing.tables import rows_where
from app.spans import Span


def annotations_of(session: ReadSession | WriteSession, run_id: int) -> said.Annotations:
    """What the run with this key says, its entities named so that storing it again links to the same ones.

    Entities are those that the run names, whatever people decided since; their other names are left out.
    """
    mentions = sorted(_rows(session, Mention, "run_id", [run_id]), key=lambda row: row["ordinal"])
    quotes = sorted(_rows(session, Quote, "run_id", [run_id]), key=lambda row: row["ordinal"])
    keys = [row["id"] for row in quotes]
    content, sources = (_by_quote(_rows(session, model, "quote_id", keys)) for model in (QuoteContent, QuoteSource))
    places = _places([*mentions, *(source for each in sources.values() for source in each)])
    return said.Annotations(
        entities=tuple(_entities(session, places)),
        mentions=tuple(_mention(row, places) for row in mentions),
        quotes=tuple(_quote(row, content[row["id"]], sources[row["id"]], places) for row in quotes),
    )


def _rows(session: ReadSession | WriteSession, model: Any, column: str, keys: list[int]) -> Rows:
    return [row._asdict() for row in rows_where(session, model, column, keys)]


def _by_quote(rows: Rows) -> dict[int, Rows]:
    found: dict[int, Rows] = defaultdict(list)
    for row in sorted(rows, key=lambda row: row["ordinal"]):
        found[row["quote_id"]].append(row)
    return found


def _named(row: dict[str, Any]) -> int | None:
    key: int | None = row["named_id"] if row["named_id"] is not None else row["entity_id"]
    return key


def _places(rows: Iterable[dict[str, Any]]) -> dict[int | None, int | None]:
    """By the keys of entities, in order of appearance: their places in Annotations.entities."""
    keys = dict.fromkeys(key for row in rows if (key := _named(row)) is not None)
    return {None: None, **{key: place for place, key in enumerate(keys)}}


def _entities(session: ReadSession | WriteSession, places: dict[int | None, int | None]) -> list[said.Entity]:
    keys = [key for key in places if key is not None]
    rows = {row.id: row._asdict() for row in rows_where(session, Entity, "id", keys)}
    by_runs = {key: row["by_runs"] or row for key, row in rows.items()}
    return [
        said.Entity(name=by_runs[key]["name"], type=rows[key]["type"], identifiers=by_runs[key]["identifiers"])
        for key in keys
    ]


def _mention(row: dict[str, Any], places: dict[int | None, int | None]) -> said.Mention:
    fields = ("type", "start", "end", "exact", "value", "place", "rule", "confidence")
    return said.Mention(entity=places[_named(row)], **{name: row[name] for name in fields})


def _quote(row: dict[str, Any], content: Rows, sources: Rows, places: dict[int | None, int | None]) -> said.Quote:
    return said.Quote(
        kind=row["kind"],
        use=row["use"],
        content=tuple(Span(start=piece["start"], end=piece["end"], exact=piece["exact"]) for piece in content),
        cue=_span(row, "cue_"),
        sources=tuple(
            said.Source(
                span=_span(source, ""),
                entity=places[_named(source)],
                antecedent=_span(source, "antecedent_"),
                rule=source["rule"],
                confidence=source["confidence"],
            )
            for source in sources
        ),
        rule=row["rule"],
        confidence=row["confidence"],
    )


def _span(row: dict[str, Any], part: str) -> Span | None:
    if row[f"{part}start"] is None:
        return None
    return Span(**{name: row[f"{part}{name}"] for name in ("start", "end", "exact")})
