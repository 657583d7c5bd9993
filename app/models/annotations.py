"""What annotators say: runs, their mentions and quotes. A run is never changed once it is stored."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ColumnElement, Index, UniqueConstraint, text
from sqlmodel import Field

from app.models.base import Table, UtcDateTime, now, owner, position_column


class Run(Table, table=True):
    """One pass of one annotator over one revision of one article."""

    __table_args__ = (
        CheckConstraint("kind IN ('human', 'machine')", name="kind"),
        Index("ix_run_served", "article_id", unique=True, sqlite_where=text("served"), postgresql_where=text("served")),
        Index(
            "ix_run_latest",
            "article_id",
            "kind",
            unique=True,
            sqlite_where=text("latest"),
            postgresql_where=text("latest"),
        ),
    )

    id: int | None = Field(default=None, primary_key=True)
    public_id: str = Field(unique=True)
    article_id: int = owner("article.id", index=True)
    revision: int
    kind: str
    annotator: str
    version: str
    model: str | None = None
    parameters: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)
    digest: str
    created_at: datetime = Field(default_factory=now, sa_type=UtcDateTime)
    served: bool = Field(description="Whether its annotations answer by default.")
    latest: bool = Field(description="Whether it is the newest of its kind for its article.")
    mention_count: int = 0
    speech_count: int = 0


def _where_linked(name: str, *columns: str | ColumnElement[Any]) -> Index:
    """An index over the rows that name an entity."""
    linked = text("entity_id IS NOT NULL")
    return Index(name, *columns, sqlite_where=linked, postgresql_where=linked)


def _where_named(name: str) -> Index:
    """An index over the rows that a decision has given to another entity than their run names."""
    named = text("named_id IS NOT NULL")
    return Index(name, "named_id", sqlite_where=named, postgresql_where=named)


class Mention(Table, table=True):
    """One occurrence of an entity or of a value in one text, according to one run."""

    __table_args__ = (
        UniqueConstraint("run_id", "ordinal"),
        CheckConstraint('start < "end"', name="span"),
        _where_linked("ix_mention_entity", "entity_id", "position", "start", "id"),
        _where_named("ix_mention_named"),
    )

    id: int | None = Field(default=None, primary_key=True)
    run_id: int = owner("run.id")
    ordinal: int
    position: int = position_column()
    entity_id: int | None = Field(default=None, foreign_key="entity.id")
    named_id: int | None = Field(
        default=None, description="Key of the entity its run names, where a decision says another."
    )
    type: str
    start: int
    end: int
    exact: str
    value: str | None = None
    place: str
    paragraph: int = Field(description="Which paragraph of the text it stands in, from zero.")
    rule: str | None = None
    confidence: float


class Quote(Table, table=True):
    """Something somebody said, according to one run. ``text`` joins its pieces, for search."""

    __table_args__ = (
        UniqueConstraint("run_id", "ordinal"),
        CheckConstraint("kind IN ('direct', 'mixed', 'indirect')", name="kind"),
        CheckConstraint("use IN ('speech', 'scare', 'title')", name="use"),
    )

    id: int | None = Field(default=None, primary_key=True)
    run_id: int = owner("run.id")
    ordinal: int
    position: int = position_column(unique=True)
    kind: str
    use: str
    text: str
    start: int
    cue_start: int | None = None
    cue_end: int | None = None
    cue_exact: str | None = None
    rule: str | None = None
    confidence: float


class QuoteContent(Table, table=True):
    """One piece of what was said."""

    __tablename__ = "quote_content"
    __table_args__ = (CheckConstraint('start < "end"', name="span"),)

    quote_id: int = Field(primary_key=True, foreign_key="quote.id", ondelete="CASCADE")
    ordinal: int = Field(primary_key=True)
    start: int
    end: int
    exact: str


class QuoteSource(Table, table=True):
    """One link of a chain of sources: ordinal 0 is the speaker, the others relayed it."""

    __tablename__ = "quote_source"
    __table_args__ = (
        _where_linked("ix_quote_source_entity", "entity_id", "relayed", "position"),
        _where_named("ix_quote_source_named"),
    )

    quote_id: int = Field(primary_key=True, foreign_key="quote.id", ondelete="CASCADE")
    ordinal: int = Field(primary_key=True)
    relayed: bool
    position: int = position_column()
    entity_id: int | None = Field(default=None, foreign_key="entity.id")
    named_id: int | None = Field(
        default=None, description="Key of the entity its run names, where a decision says another."
    )
    start: int | None = None
    end: int | None = None
    exact: str | None = None
    antecedent_start: int | None = None
    antecedent_end: int | None = None
    antecedent_exact: str | None = None
    rule: str | None = None
    confidence: float


class QuoteAbout(Table, table=True):
    """An entity that is mentioned within what was said."""

    __tablename__ = "quote_about"
    __table_args__ = (Index("ix_quote_about_entity", "entity_id", "position"),)

    quote_id: int = Field(primary_key=True, foreign_key="quote.id", ondelete="CASCADE")
    entity_id: int = Field(primary_key=True, foreign_key="entity.id")
    position: int = position_column()
