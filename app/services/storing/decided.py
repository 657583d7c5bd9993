"""What people decide about mentions and quotes, applied to what annotators say of the same text. All of it is pure.

A decision is kept with the words it is about, so that it holds whoever annotates the text again, and goes with
its words into another text.
"""

import re
from collections.abc import Iterable, Sequence
from typing import Any

from app import annotations as said
from app.names import fold
from app.services.storing.moves import Move, moved_mention, moved_quote
from app.spans import Span

# The annotator of runs that are made of decisions.
DECISIONS = "decisions"

# Without what stands around the words: quotation marks, commas, spaces.
_WORDS = re.compile(r"\w(?:.*\w)?", re.DOTALL)

Place = tuple[tuple[int, int], ...]


class Decided(said.Record):
    """One mention or one quote, with the entities it names: ``was`` is what it is about, ``becomes`` what is to stand.

    Neither of them is there: what is about nothing adds, what becomes nothing rejects.
    """

    was: said.Annotations | None = None
    becomes: said.Annotations | None = None

    def dump(self) -> dict[str, Any]:
        """As it is stored."""
        return self.model_dump(mode="json", exclude_defaults=True)


def moved(stands: dict[str, Any], move: Move) -> dict[str, Any] | None:
    """What was decided, as it is stored, in the text that took the place of its own; None when its words are gone."""
    decided = Decided.model_validate(stands)
    was, becomes = (each and _moved(each, move) for each in (decided.was, decided.becomes))
    if (becomes if decided.becomes else was) is None:
        return None
    return Decided(was=was, becomes=becomes).dump()


def spans_of(stands: dict[str, Any]) -> list[Span]:
    """Where the words of what was decided, as it is stored, stand: a mention's, or the pieces of a quote."""
    decided = Decided.model_validate(stands)
    about = decided.becomes or decided.was or said.Annotations()
    return [*about.mentions, *(piece for quote in about.quotes for piece in quote.content)]


def applied(base: said.Annotations, decisions: Iterable[tuple[str, Decided]]) -> said.Annotations:
    """What is said when these decisions, each with its id, hold one after the other. All are about the same text.

    What is decided bears the decision's id as its rule. It takes the place of mentions that it overlaps, and of
    quotes that have the same words, or overlap it without one being part of the other. Rejected is what has the
    same words: a mention of that type, a quote.
    """
    page = _Page(base)
    for decision, decided in decisions:
        if decided.was is not None:
            page.take_out(decided.was)
        if decided.becomes is not None:
            page.put(decided.becomes, decision)
    return page.annotations()


def single_mention(mention: said.Mention, entity: said.Entity | None) -> said.Annotations:
    """One mention as annotations."""
    entities = [entity] if entity else []
    return said.Annotations(
        entities=tuple(entities), mentions=(mention.model_copy(update={"entity": 0 if entity else None}),)
    )


def single_quote(quote: said.Quote, entities: Sequence[said.Entity | None]) -> said.Annotations:
    """One quote as annotations; the entities of its sources in their order."""
    names = _Names()
    sources = (
        source.model_copy(update={"entity": names.place(entity)})
        for source, entity in zip(quote.sources, entities, strict=True)
    )
    return said.Annotations(
        quotes=(quote.model_copy(update={"sources": tuple(sources)}),), entities=tuple(names.entities)
    )


class _Names:
    """Entities by place, each once, known by name and type alone: their other names are not an article's to say."""

    def __init__(self) -> None:
        self.entities: list[said.Entity] = []
        self._places: dict[tuple[str, str], int] = {}

    def place(self, entity: said.Entity | None) -> int | None:
        if entity is None:
            return None
        place = self._places.setdefault((fold(entity.name), entity.type), len(self.entities))
        if place == len(self.entities):
            self.entities.append(said.Entity(name=entity.name, type=entity.type))
        return place


class _Page:
    """Annotations of one text, being changed."""

    def __init__(self, base: said.Annotations) -> None:
        self._names = _Names()
        self._mentions = list(self._mentions_of(base))
        self._quotes = list(self._quotes_of(base))

    def take_out(self, was: said.Annotations) -> None:
        """Without what is the same."""
        for old in was.mentions:
            self._mentions = [m for m in self._mentions if (m.start, m.end, m.type) != (old.start, old.end, old.type)]
        for quote in was.quotes:
            self._quotes = [q for q in self._quotes if _words(q) != _words(quote)]

    def put(self, becomes: said.Annotations, decision: str) -> None:
        """With what was decided, and without what contradicts it."""
        for mention in self._mentions_of(becomes):
            self._mentions = [m for m in self._mentions if not m.overlaps(mention)]
            self._mentions.append(mention.model_copy(update={"rule": decision, "confidence": 1.0}))
        for quote in self._quotes_of(becomes):
            self._quotes = [q for q in self._quotes if not _contradict(_words(q), _words(quote))]
            self._quotes.append(_decided(quote, decision))

    def annotations(self) -> said.Annotations:
        """All of it in text order, with the entities that are left."""
        before = self._names.entities
        self._names = _Names()
        made = said.Annotations.model_construct(
            entities=tuple(before), mentions=tuple(self._mentions), quotes=tuple(self._quotes)
        )
        mentions = sorted(self._mentions_of(made), key=lambda mention: (mention.start, mention.end))
        quotes = sorted(self._quotes_of(made), key=lambda quote: (quote.content[0].start, quote.content[-1].end))
        return said.Annotations(entities=tuple(self._names.entities), mentions=tuple(mentions), quotes=tuple(quotes))

    def _mentions_of(self, annotations: said.Annotations) -> Iterable[said.Mention]:
        """Mentions that name entities of this page."""
        for mention in annotations.mentions:
            yield mention.model_copy(update={"entity": self._place(annotations, mention.entity)})

    def _quotes_of(self, annotations: said.Annotations) -> Iterable[said.Quote]:
        for quote in annotations.quotes:
            sources = (
                source.model_copy(update={"entity": self._place(annotations, source.entity)})
                for source in quote.sources
            )
            yield quote.model_copy(update={"sources": tuple(sources)})

    def _place(self, annotations: said.Annotations, entity: int | None) -> int | None:
        return self._names.place(None if entity is None else annotations.entities[entity])


def _decided(quote: said.Quote, decision: str) -> said.Quote:
    by = {"rule": decision, "confidence": 1.0}
    return quote.model_copy(update=by | {"sources": tuple(s.model_copy(update=by) for s in quote.sources)})


def _words(quote: said.Quote) -> Place:
    """Where the words of a quote stand, whatever stands around them."""
    return tuple(map(_bare, quote.content))


def _bare(piece: Span) -> tuple[int, int]:
    found = _WORDS.search(piece.exact)
    return (piece.start + found.start(), piece.start + found.end()) if found else (piece.start, piece.end)


def _contradict(one: Place, other: Place) -> bool:
    """Whether two quotes overlap, and neither is part of the other or both are the same."""
    if one == other:
        return True
    overlap = any(a < d and c < b for a, b in one for c, d in other)
    return overlap and not (_within(one, other) or _within(other, one))


def _within(part: Place, whole: Place) -> bool:
    return all(any(c <= a and b <= d for c, d in whole) for a, b in part)


def _moved(annotations: said.Annotations, move: Move) -> said.Annotations | None:
    mentions = tuple(moved_mention(mention, move) for mention in annotations.mentions)
    quotes = tuple(moved_quote(quote, move) for quote in annotations.quotes)
    if None in mentions or None in quotes:
        return None
    return annotations.model_copy(update={"mentions": mentions, "quotes": quotes})
