"""Who and what is written about, across articles."""

from typing import Any

from sqlalchemy import JSON, Index, UniqueConstraint, text
from sqlmodel import Field

from app.models.base import Table, owner

_MERGED = text("merged_into IS NOT NULL")


class Entity(Table, table=True):
    """A person, organisation, place … across articles, and how often served runs speak of it.

    ``name_key`` and ``type`` are what annotators know it by, and stay; ``name`` is what it is shown under.
    """

    __table_args__ = (
        UniqueConstraint("name_key", "type"),
        Index("ix_entity_mentions", "mentions", "id"),
        Index("ix_entity_type_mentions", "type", "mentions", "id"),
        Index("ix_entity_sort_key", "sort_key", "id"),
        Index("ix_entity_merged_into", "merged_into", sqlite_where=_MERGED, postgresql_where=_MERGED),
    )

    id: int | None = Field(default=None, primary_key=True)
    public_id: str = Field(unique=True)
    type: str
    name: str
    name_key: str
    sort_key: str = Field(default="", description="Of the name that is shown.")
    identifiers: dict[str, str] = Field(default_factory=dict, sa_type=JSON)
    articles: int = Field(default=0, description="Articles that mention it.")
    mentions: int = Field(default=0, description="Mentions of it.")
    spoken: int = Field(default=0, description="Quotes it is the speaker of; speech only, as the next two.")
    about: int = Field(0, description="Quotes that mention it in what is said.")
    relayed: int = Field(default=0, description="Quotes it relayed.")
    merged_into: int | None = Field(default=None, description="Key of the entity that somebody decided it is.")
    rejected: bool = Field(default=False, description="Whether somebody decided that there is no such entity.")
    by_runs: dict[str, Any] | None = Field(
        default=None,
        sa_type=JSON(none_as_null=True),
        description="Its name and identifiers by runs, where decided otherwise.",
    )


class EntityAlias(Table, table=True):
    """A name of an entity, its preferred one included: by a run, or because somebody decided so, or both."""

    __tablename__ = "entity_alias"
    __table_args__ = (UniqueConstraint("entity_id", "name"),)

    id: int | None = Field(default=None, primary_key=True)
    entity_id: int = owner("entity.id")
    name: str
    name_key: str = Field(index=True)
    named: bool = Field(default=True, description="Whether a run calls it so.")
    shown: bool = Field(default=True, description="Whether it is known so: not where somebody decided otherwise.")


class EntitySplit(Table, table=True):
    """That in one article the name of an entity means another one: somebody has decided so."""

    __tablename__ = "entity_split"
    __table_args__ = ({"sqlite_with_rowid": False},)

    entity_id: int = Field(primary_key=True, foreign_key="entity.id")
    article_id: int = Field(primary_key=True, foreign_key="article.id", ondelete="CASCADE", index=True)
    target_id: int = Field(foreign_key="entity.id", index=True)
    decision_id: int = Field(foreign_key="decision.id", ondelete="CASCADE", index=True)
