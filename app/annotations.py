"""What an annotator says of one text: entities, their mentions, quotations and who said them.

One record format for all: the annotator returns it, ``dateline annotate`` and ``POST /annotate``
print it, people's annotations in seed_data/ are written in it. Spans follow app.spans; an
``entity`` is an index into ``entities``. Types are OntoNotes 5's (LDC2013T19).
"""

import hashlib
import json
import re
from datetime import date
from itertools import pairwise
from typing import Annotated, Literal, get_args

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from app.errors import Fault, InvalidInput, SpanMismatch
from app.spans import Span

EntityType = Literal["PERSON", "NORP", "FAC", "ORG", "GPE", "LOC", "PRODUCT", "EVENT", "WORK_OF_ART", "LAW", "LANGUAGE"]
ValueType = Literal["DATE", "TIME", "PERCENT", "MONEY", "QUANTITY", "ORDINAL", "CARDINAL"]
MentionType = Literal[EntityType, ValueType]
QuoteKind = Literal["direct", "mixed", "indirect"]
QuoteUse = Literal["speech", "scare", "title"]
MentionPlace = Literal["dateline", "byline", "caption", "body"]

ENTITY_TYPES: frozenset[str] = frozenset(get_args(EntityType))


def _only_iso(value: object) -> object:
    if isinstance(value, date) or (isinstance(value, str) and _ISO_DAY.fullmatch(value)):
        return value
    raise ValueError("a day is written YYYY-MM-DD")


_ISO_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)

# Pydantic would take a number for seconds since 1970.
Day = Annotated[date, BeforeValidator(_only_iso)]


class Record(BaseModel):
    """Immutable, and refusing fields it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid")


ADDRESS = r"https?://[^\s<>]+"


class Metadata(Record):
    """What is known of an article beside its text."""

    headline: str | None = None
    published: Day | None = None
    publisher: str | None = None
    dateline: str | None = None
    url: str | None = Field(None, pattern=f"^{ADDRESS}$")


class Entity(Record):
    """Somebody or something named in the text, under the fullest name the text gives."""

    name: str = Field(min_length=1)
    type: EntityType
    aliases: tuple[str, ...] = Field((), description="Other names the text uses, without the preferred one.")
    identifiers: dict[str, str] = Field({}, description='By scheme: {"geonames": "1526384", "iso3166": "KZ"}.')


class Mention(Span):
    """One occurrence of an entity, or of a value such as a date."""

    type: MentionType
    entity: int | None = Field(None, description="Index into entities; null when it stays unlinked.")
    value: str | None = Field(None, description="For dates: ISO 8601 (2011-10-31, 2011-10); null when undecidable.")
    place: MentionPlace = "body"
    rule: str | None = Field(None, description="By what rule it was found or linked.")
    confidence: float = Field(1.0, ge=0, le=1)


class Source(Record):
    """One link of a chain of sources: the words that name it, and whom they stand for."""

    span: Span | None = Field(None, description="The words in the text; null when the text has none.")
    entity: int | None = Field(None, description="Index into entities; null when nobody is named.")
    antecedent: Span | None = Field(None, description="For a pronoun or description: the words it refers to.")
    rule: str | None = Field(None, description="By what rule it was found and resolved.")
    confidence: float = Field(1.0, ge=0, le=1)


class Quote(Record):
    """Something somebody said: ``sources`` holds the speaker first, then who relayed it."""

    kind: QuoteKind
    use: QuoteUse = Field("speech", description="speech; or words in quotation marks that are not: scare, title.")
    content: tuple[Span, ...] = Field(min_length=1, description="What was said, in pieces, in order.")
    cue: Span | None = Field(None, description='The words that report it: "said", "according to".')
    sources: tuple[Source, ...] = Field((), description="Speaker first, then who relayed it; empty when unknown.")
    # Left out where there is none, as it was before there were any: what was digested then has the same digest now.
    rule: str | None = Field(None, exclude_if=lambda rule: rule is None, description="By what rule it was found.")
    confidence: float = Field(1.0, ge=0, le=1)


class Annotations(Record):
    """All that one annotator says of one text, in text order."""

    entities: tuple[Entity, ...] = ()
    mentions: tuple[Mention, ...] = ()
    quotes: tuple[Quote, ...] = ()

    def check(self, text: str) -> None:
        """Raise SpanMismatch for a span that does not match ``text``, InvalidInput for dangling links and disorder."""
        for span in self.spans():
            try:
                span.check(text)
            except SpanMismatch as error:
                error.faults = (Fault(str(error), pointer=self._pointer(span)),)
                raise
        if any(later.start < earlier.start for earlier, later in pairwise(self.mentions)):
            raise InvalidInput("mentions do not stand in text order")
        links = [m.entity for m in self.mentions] + [s.entity for q in self.quotes for s in q.sources]
        for link in links:
            if link is not None and not 0 <= link < len(self.entities):
                raise InvalidInput(f"entity {link} is not among the {len(self.entities)} entities")

    def _pointer(self, wanted: Span) -> str | None:
        """Where one of its spans stands in it, as a JSON pointer (RFC 6901)."""
        placed: list[tuple[str, Span | None]] = [(f"/mentions/{i}", each) for i, each in enumerate(self.mentions)]
        for i, quote in enumerate(self.quotes):
            placed += [(f"/quotes/{i}/content/{j}", span) for j, span in enumerate(quote.content)]
            placed.append((f"/quotes/{i}/cue", quote.cue))
            for j, source in enumerate(quote.sources):
                here = f"/quotes/{i}/sources/{j}"
                placed += [(f"{here}/span", source.span), (f"{here}/antecedent", source.antecedent)]
        return next((pointer for pointer, span in placed if span is wanted), None)

    def spans(self) -> list[Span]:
        """Every span in it."""
        found: list[Span] = list(self.mentions)
        for quote in self.quotes:
            found += quote.content
            links = [span for source in quote.sources for span in (source.span, source.antecedent)]
            found += [span for span in (quote.cue, *links) if span is not None]
        return found

    def digest(self) -> str:
        """SHA-256 of its canonical JSON, in hexadecimal: equal digests, equal annotations."""
        canonical = json.dumps(self.model_dump(mode="json"), sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(canonical.encode()).hexdigest()
