"""Entities, their mentions, and what they are related to."""

from datetime import date
from typing import Literal

from pydantic import Field, computed_field

from app.annotations import MentionType
from app.schemas.base import EntityRef, RunRef, Shape, TracedSpan
from app.spans import Span


class EntityLinks(Shape):
    """Where the parts of an entity's page are, as paths."""

    self: str
    articles: str
    mentions: str
    quotes: str
    related: str
    timeline: str


class EntitySummary(EntityRef):
    """An entity with its names and how often it occurs."""

    aliases: list[str] = Field(description="Its other names.")
    identifiers: dict[str, str] = Field(description="Ids in other vocabularies, by scheme: geonames, iso3166.")
    articles: int = Field(description="In how many articles it is mentioned.")
    mentions: int = Field(description="How often.")

    @computed_field  # type: ignore[prop-decorator]
    @property
    def links(self) -> EntityLinks:
        """Where its parts are."""
        here = f"/entities/{self.id}"
        return EntityLinks(
            self=here, **{part: f"{here}/{part}" for part in ("articles", "mentions", "quotes", "related", "timeline")}
        )


class QuoteCounts(Shape):
    """How often it speaks, is spoken of, and passes on."""

    speaker: int
    about: int
    relayed: int


class EntityDetail(EntitySummary):
    """An entity's page of facts."""

    quotes: QuoteCounts
    first_published: date | None = Field(description="Oldest article that mentions it.")
    last_published: date | None = Field(description="Newest article that mentions it.")


class ArticleEntity(EntityRef):
    """An entity as one article has it."""

    forms: list[str] = Field(description="The surface forms there, most frequent first.")
    aliases: list[str] = Field(description="Its other names, in all articles.")
    identifiers: dict[str, str]
    mentions: int = Field(description="How often the article mentions it.")
    spans: list[Span] = Field(description="Where.")
    run: RunRef


class RelatedEntity(EntityRef):
    """An entity that occurs with another one."""

    articles: int = Field(description="How many articles mention both, of the newest 1,000 that mention the entity.")
    paragraphs: int = Field(description="How many of their paragraphs mention both.")
    strength: float = Field(
        description="How much more often both occur together than chance would have it: the log-likelihood ratio G2 "
        "(Dunning 1993), 0 and up; who is everywhere is strong with nobody."
    )


class TimelinePoint(Shape):
    """One day, month or year."""

    start: date = Field(description="Its first day.")
    articles: int = Field(description="How many articles of that time mention the entity.")
    mentions: int = Field(description="How often they do.")


class Timeline(Shape):
    """How often an entity is mentioned over time: oldest first, without times at which it is not."""

    entity: EntityRef
    interval: Literal["day", "month", "year"]
    items: list[TimelinePoint]


class MentionDetail(TracedSpan):
    """One occurrence of an entity, or of a value such as a date."""

    id: str = Field(description="The run's id and the mention's place in it.")
    article: str
    run: RunRef
    type: MentionType
    entity: EntityRef | None = Field(description="Null when it is a value, or not linked.")
    candidates: list[EntityRef] = Field(description="Whom it may mean, where a name is not linked.")
    value: str | None = Field(description="For dates: ISO 8601; null when undecidable.")
    place: str = Field(description="dateline, byline, caption or body.")
    paragraph: int = Field(description="Which paragraph, from zero.")
    rule: str | None = Field(description="By what rule it was found or linked; `dec_…`: by this decision.")
    confidence: float


class Suggestion(EntityRef):
    """A name that somebody may be typing."""

    matched: str = Field(description="The name or alias that begins so.")
    mentions: int
    typo: bool = Field(description="Whether it begins so in spite of a typo: with a word of it nearly right.")
