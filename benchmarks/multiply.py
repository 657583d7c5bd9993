"""Many articles out of few: copies of annotated articles with their sentences in another order.

Sentences move in units that no span and no quotation crosses the edge of, so that each span can be
moved with its unit and still says its words. A record is turned once into templates with room for
the offsets; a copy then costs a shuffle and some formatting.
"""

import json
import random
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import pairwise
from typing import Any

FIRST_DAY = date(1987, 1, 1)
DAYS = (date(2024, 12, 31) - FIRST_DAY).days + 1
PUBLISHERS = [
    f"The {place} {name}"
    for place in ("Northern", "Harbour", "Capital", "Valley", "Lakeside", "Island", "Eastern", "Prairie")
    for name in ("Times", "Post", "Herald", "Courier", "Gazette")
]
UNITS_IN_PARAGRAPH = 2

Json = dict[str, Any]

_GAP = re.compile(r"""(?<=[.!?])["”’']?(?P<space>\s+)(?=["“‘(+<]?[A-Z0-9])|(?P<break>\n\s*)""")
_ROOM = json.dumps("\0")


@dataclass(frozen=True, slots=True)
class Piece:
    """A mention or a quote as JSON with room for offsets, and its spans: unit, start and end in that unit."""

    template: str
    spans: tuple[tuple[int, int, int], ...]

    def at(self, starts: Sequence[int]) -> str:
        """The JSON when the units start there."""
        return self.template % tuple(
            offset for unit, start, end in self.spans for offset in (starts[unit] + start, starts[unit] + end)
        )


@dataclass(frozen=True, slots=True)
class Unit:
    """Sentences that stay together, with the mentions and quotes that begin in them."""

    text: str
    length: int
    mentions: list[Piece] = field(default_factory=list)
    quotes: list[Piece] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Original:
    """An annotated article, taken apart: every string in it is JSON."""

    name: str
    annotator: str
    headline: str
    entities: str
    units: tuple[Unit, ...]

    def copy(self, number: int) -> str:
        """A record of ``dateline annotate``: the sentences shuffled, under a day, publisher and address of its own."""
        chance = random.Random(f"{self.name}/{number}")
        order = list(range(len(self.units)))
        chance.shuffle(order)
        text, starts = self._text(order)
        mentions = ", ".join(m.at(starts) for unit in order for m in self.units[unit].mentions)
        quotes = ", ".join(q.at(starts) for unit in order for q in self.units[unit].quotes)
        return (
            f'{{"annotator": {self.annotator}, "document": "{self.name}-{number}.md", '
            f'"metadata": {self._metadata(number, chance)}, "text": "{text}", '
            f'"entities": {self.entities}, "mentions": [{mentions}], "quotes": [{quotes}]}}'
        )

    def _text(self, order: list[int]) -> tuple[str, list[int]]:
        starts, pieces, position = [0] * len(order), [], 0
        for place, unit in enumerate(order, 1):
            starts[unit] = position
            ends_paragraph = place % UNITS_IN_PARAGRAPH == 0
            pieces += [self.units[unit].text, r"\n\n" if ends_paragraph else " "]
            position += self.units[unit].length + (2 if ends_paragraph else 1)
        return "".join(pieces[:-1]), starts

    def _metadata(self, number: int, chance: random.Random) -> str:
        day = FIRST_DAY + timedelta(int(chance.random() * DAYS))
        # A square: the first publisher has a sixth of all articles, the last a hundredth.
        publisher = PUBLISHERS[int(chance.random() ** 2 * len(PUBLISHERS))]
        return (
            f'{{"headline": {self.headline}, "published": "{day}", "publisher": "{publisher}", "dateline": null, '
            f'"url": "https://news.example/reuters/{self.name}/{number}"}}'
        )


def take_apart(record: Json, name: str) -> Original:
    """The units of a record of ``dateline annotate``; ``name`` is what tells it from the others."""
    text = record["text"]
    edges = _edges(text, list(_kept_whole(record)))
    units = tuple(Unit(_json(text[start:end])[1:-1], end - start) for start, end in edges)
    unit_at = [unit for unit, (start, end) in enumerate(_filled(edges)) for _ in range(start, end)]
    starts = [start for start, _ in edges]
    for mention in record["mentions"]:
        units[unit_at[mention["start"]]].mentions.append(_piece(mention, unit_at, starts))
    for quote in sorted(record["quotes"], key=lambda q: q["content"][0]["start"]):
        units[unit_at[quote["content"][0]["start"]]].quotes.append(_piece(quote, unit_at, starts))
    headline = _json(record["metadata"]["headline"])
    return Original(name, _json(record["annotator"]), headline, _json(record["entities"]), units)


def copies(originals: Sequence[Original], first: int, last: int) -> Iterator[str]:
    """The records from number ``first`` up to ``last``: all originals in turn, again and again."""
    for number in range(first, last):
        copy, original = divmod(number, len(originals))
        yield originals[original].copy(copy)


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def _edges(text: str, whole: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Where units start and end: between sentences, but not within anything that stays whole."""
    covered = bytearray(len(text))
    for start, end in whole:
        covered[start:end] = b"\1" * (end - start)
    gaps = (found.span(found.lastgroup or 0) for found in _GAP.finditer(text))
    free = [(start, end) for start, end in gaps if not any(covered[start:end])]
    starts, ends = [0, *(end for _, end in free)], [*(start for start, _ in free), len(text)]
    return list(zip(starts, ends, strict=True))


def _filled(edges: list[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """The same without the spaces between them."""
    yield from ((start, following) for (start, _), (following, _) in pairwise(edges))
    yield edges[-1]


def _kept_whole(record: Json) -> Iterator[tuple[int, int]]:
    yield from ((m["start"], m["end"]) for m in record["mentions"])
    for quote in record["quotes"]:
        sources = quote["sources"]
        own = [*quote["content"], quote["cue"], *(source["span"] for source in sources)]
        there = [span for span in own if span is not None]
        yield min(span["start"] for span in there), max(span["end"] for span in there)
        yield from ((s["antecedent"]["start"], s["antecedent"]["end"]) for s in sources if s["antecedent"])


def _piece(annotation: Json, unit_at: list[int], starts: list[int]) -> Piece:
    spans: list[tuple[int, int, int]] = []
    marked = _marked(annotation, unit_at, starts, spans)
    template = _json(marked).replace("%", "%%").replace(_ROOM, "%d")
    return Piece(template, tuple(spans))


def _marked(value: object, unit_at: list[int], starts: list[int], spans: list[tuple[int, int, int]]) -> object:
    """``value`` with room for the offsets of every span in it; the spans are added to ``spans`` in order."""
    if isinstance(value, list):
        return [_marked(each, unit_at, starts, spans) for each in value]
    if not isinstance(value, Mapping):
        return value
    if "exact" in value:
        unit = unit_at[value["start"]]
        spans.append((unit, value["start"] - starts[unit], value["end"] - starts[unit]))
        value = {**value, "start": "\0", "end": "\0"}
    return {key: _marked(each, unit_at, starts, spans) for key, each in value.items()}
