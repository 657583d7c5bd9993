"""What one run says otherwise than another."""

from typing import Generic, TypeVar

from pydantic import Field

from app.annotations import MentionPlace, MentionType, QuoteKind, QuoteUse
from app.schemas.articles import RunSummary
from app.schemas.base import EntityRef, Shape, TracedSpan
from app.schemas.quotes import QuoteSource
from app.spans import Span


class ComparedMention(Span):
    """One occurrence of an entity, or of a value."""

    id: str = Field(description="The run's id and the mention's place in it.")
    type: MentionType
    entity: EntityRef | None = Field(description="Null when it is a value, or not linked.")
    value: str | None = Field(description="For dates: ISO 8601.")
    place: MentionPlace
    rule: str | None
    confidence: float


class ComparedQuote(Shape):
    """Something somebody said."""

    id: str = Field(description="The run's id and the quote's place in it.")
    kind: QuoteKind
    use: QuoteUse
    content: list[TracedSpan] = Field(description="What was said, piece by piece.")
    cue: TracedSpan | None
    sources: list[QuoteSource] = Field(description="The speaker first, then who relayed it.")
    rule: str | None
    confidence: float


Compared = TypeVar("Compared", ComparedMention, ComparedQuote)


class Change(Shape, Generic[Compared]):
    """The same words, annotated otherwise."""

    fields: list[str] = Field(description="Which fields differ.")
    before: Compared
    after: Compared


class Changes(Shape, Generic[Compared]):
    """What is different, in text order."""

    added: list[Compared] = Field(description="What only the second run has.")
    removed: list[Compared] = Field(description="What only the first run has.")
    changed: list[Change[Compared]] = Field(description="What both have of the same words, with other fields.")
    unchanged: int = Field(description="How many are the same in all fields.")


class EntityChanges(Shape):
    """Whom and what the runs speak of, in order of their first mention."""

    added: list[EntityRef] = Field(description="Whom only the second run mentions or quotes.")
    removed: list[EntityRef] = Field(description="Whom only the first run mentions or quotes.")
    unchanged: int = Field(description="How many both do.")


class RunDiff(Shape):
    """What the second of two runs over one text says otherwise than the first; all of it, never a page."""

    before: RunSummary = Field(description="The first run.")
    after: RunSummary = Field(description="The second run. Equal digests: they say the same.")
    entities: EntityChanges
    mentions: Changes[ComparedMention]
    quotes: Changes[ComparedQuote]
