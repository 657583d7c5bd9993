"""Decisions: what people say about mentions, quotes and entities, as it is sent and as it is answered."""

from datetime import datetime
from typing import Annotated, Literal, Self
from unicodedata import category

from pydantic import AfterValidator, ConfigDict, Field, StringConstraints, model_validator

from app.annotations import EntityType, MentionPlace, MentionType, QuoteKind, QuoteUse, Record
from app.schemas.articles import ARTICLE_ID
from app.schemas.base import EntityRef, Shape
from app.schemas.queries import MAX_NAME, NameOrId, Paging
from app.spans import Span

ENTITY_ID = "^ent_[a-z2-7]{16}$"
MAX_ALIASES = 100
MAX_ARTICLES = 1_000


def _without_nul(text: str) -> str:
    if "\0" in text:
        raise ValueError("holds a NUL, which PostgreSQL does not")
    return text


def _is_name(name: str) -> str:
    if not any(map(str.isalnum, name)) or any(category(sign) in ("Cc", "Zl", "Zp") for sign in name):
        raise ValueError("has no letter and no digit in it, or a line break or another control character")
    return name


Text = Annotated[str, StringConstraints(min_length=1, max_length=2_000), AfterValidator(_without_nul)]
Name = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=MAX_NAME), AfterValidator(_is_name)
]
Scheme = Annotated[str, StringConstraints(pattern="^[a-z][a-z0-9_-]{0,39}$")]
Identifier = Annotated[str, StringConstraints(min_length=1, max_length=200), AfterValidator(_is_name)]
Identifiers = Annotated[
    dict[Scheme, Identifier], Field(max_length=50, json_schema_extra={"additionalProperties": False})
]


class Body(Record):
    """Base of what is sent: a field it does not know is a mistake."""

    model_config = ConfigDict(frozen=True, extra="forbid", json_schema_extra={"additionalProperties": False})


class EntityGiven(Body):
    """An entity, by its id; or by name and type, and it is made where there is none."""

    id: str | None = Field(None, pattern=ENTITY_ID)
    name: Name | None = None
    type: EntityType | None = None

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if (self.id is None) == (self.name is None) or (self.name is None) != (self.type is None):
            raise ValueError("give an id, or a name and a type")
        return self


class MentionGiven(Body, Span):
    """A mention as it is to stand."""

    model_config = ConfigDict(frozen=True, extra="forbid", json_schema_extra={"additionalProperties": False})

    type: MentionType
    entity: EntityGiven | None = Field(None, description="Null for a value such as a date, and when it stays unlinked.")
    value: Text | None = Field(None, description="For dates: ISO 8601 (2011-10-31, 2011-10).")
    place: MentionPlace | None = Field(None, description="Where it is not given, that of the target, or body.")


class SourceGiven(Body):
    """One link of a chain of sources."""

    span: Span | None = Field(None, description="The words in the text that name it; null when there are none.")
    entity: EntityGiven | None = Field(None, description="Whom they stand for; null when that is unknown.")
    antecedent: Span | None = Field(None, description="For a pronoun or description: the words it refers to.")


class QuoteGiven(Body):
    """A quote as it is to stand, with the whole chain of its sources."""

    kind: QuoteKind
    use: QuoteUse = "speech"
    content: tuple[Span, ...] = Field(min_length=1, max_length=100, description="What was said, in pieces, in order.")
    cue: Span | None = Field(None, description='The words that report it: "said".')
    sources: tuple[SourceGiven, ...] = Field((), max_length=20, description="Speaker first, then who relayed it.")


class ArticleDecision(Body):
    """What somebody decides about a mention or a quote of an article."""

    action: Literal["accept", "reject", "add", "change"]
    subject: Literal["mention", "quote"]
    target: str | None = Field(
        None,
        pattern=r"^run_[a-z2-7]{16}\.[mq][0-9]{1,9}$",
        description="The id of the mention or quote that it is about, in whichever run; not for add.",
    )
    mention: MentionGiven | None = Field(None, description="To add or change a mention: as it is to stand.")
    quote: QuoteGiven | None = Field(None, description="To add or change a quote: as it is to stand.")
    comment: Text | None = None


class NewEntity(Body):
    """An entity that is to be there, whether or not an article speaks of it yet."""

    name: Name
    type: EntityType
    aliases: tuple[Name, ...] = Field((), max_length=MAX_ALIASES, description="Other names.")
    identifiers: Identifiers = Field({}, description="Ids in other vocabularies, by scheme: geonames, wikidata.")
    comment: Text | None = None


class EntityDecision(Body):
    """What somebody decides about an entity."""

    action: Literal["accept", "reject", "change", "merge", "split"]
    name: Name | None = Field(
        None, description="change: its name. split: the name of the new one, that tells it apart."
    )
    type: EntityType | None = Field(
        None,
        description="change, alone: it is the entity of its name and this type, which is made where there is none.",
    )
    aliases: tuple[Name, ...] | None = Field(
        None,
        max_length=MAX_ALIASES,
        description="change: all its other names. split: those of the new one; unless given, what it is called there.",
    )
    identifiers: Identifiers | None = Field(None, description="change: all its identifiers.")
    into: NameOrId | None = Field(
        None,
        description="merge: whom it is, by name or id. split: whom it is in these articles, where that is not new.",
    )
    articles: tuple[Annotated[str, Field(pattern=ARTICLE_ID)], ...] | None = Field(
        None, min_length=1, max_length=MAX_ARTICLES, description="split: the articles in which it is another one."
    )
    comment: Text | None = None


class DecisionQuery(Paging):
    """What /decisions may be asked."""

    article: str | None = Field(None, pattern=ARTICLE_ID, description="About what this article says.")
    entity: str | None = Field(
        None, pattern=ENTITY_ID, description="About this entity, or one that was merged into it."
    )
    author: str | None = Field(None, min_length=1, max_length=MAX_NAME, description="By whom: the name of a key.")
    undone: bool | None = Field(None, description="Only those that were undone, or only those that were not.")


class EntityName(Shape):
    """An entity by what runs call it."""

    name: str
    type: str


class DecidedMention(Span):
    """A mention, in words."""

    model_config = ConfigDict(frozen=True)

    type: MentionType
    entity: EntityName | None
    value: str | None
    place: MentionPlace


class DecidedSource(Shape):
    """A link of a chain of sources, in words."""

    span: Span | None
    entity: EntityName | None
    antecedent: Span | None


class DecidedQuote(Shape):
    """A quote, in words."""

    kind: QuoteKind
    use: QuoteUse
    content: list[Span]
    cue: Span | None
    sources: list[DecidedSource]


class EntityChange(Shape):
    """What was decided about the names and identifiers of an entity."""

    name: str | None = Field(None, description="Its name from then on; null where that stays.")
    added: list[str] = Field([], description="Names it has from then on.")
    removed: list[str] = Field([], description="Names it no longer has.")
    identifiers: dict[str, str] = Field({}, description="Identifiers it has from then on, by scheme.")
    forgotten: list[str] = Field([], description="Schemes of identifiers it no longer has.")


class DecisionDetail(Shape):
    """One thing that somebody decided."""

    id: str = Field(pattern="^dec_[a-z2-7]{16}$")
    action: Literal["accept", "reject", "add", "change", "merge", "split"]
    subject: Literal["mention", "quote", "entity"]
    article: str | None = Field(description="The article it is about; null where it is about an entity.")
    revision: int | None = Field(description="Of which text it was made.")
    was: DecidedMention | DecidedQuote | None = Field(description="The mention or quote that it is about.")
    becomes: DecidedMention | DecidedQuote | None = Field(description="The mention or quote as it is to stand.")
    entity: EntityRef | None = Field(description="The entity it is about.")
    change: EntityChange | None = Field(description="What it changes of its names and identifiers.")
    into: EntityRef | None = Field(description="The entity that it is: merged, of another type, or in those articles.")
    articles: list[str] = Field(description="The articles in which it is another one.")
    stands: bool = Field(description="Whether it holds: it was not undone, and its words stand in the newest text.")
    comment: str | None
    author: str = Field(description="The name of the key.")
    created_at: datetime
    undone_by: str | None
    undone_at: datetime | None
