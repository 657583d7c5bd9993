"""Who and what is written about, across articles."""

from sqlalchemy import JSON, Index, UniqueConstraint
from sqlmodel import Field

from app.models.base import Table, owner


class Entity(Table, table=True):
    """A person, organisation, place … across articles, and how often served runs speak of it."""

    __table_args__ = (
        UniqueConstraint("name_key", "type"),
        Index("ix_entity_mentions", "mentions", "id"),
        Index("ix_entity_type_mentions", "type", "mentions", "id"),
    )

    id: int | None = Field(default=None, primary_key=True)
    public_id: str = Field(unique=True)
    type: str
    name: str
    name_key: str
    identifiers: dict[str, str] = Field(default_factory=dict, sa_type=JSON)
    articles: int = Field(default=0, description="Articles that mention it.")
    mentions: int = Field(default=0, description="Mentions of it.")
    spoken: int = Field(default=0, description="Quotes it is the speaker of; speech only, as the next two.")
    about: int = Field(0, description="Quotes that mention it in what is said.")
    relayed: int = Field(default=0, description="Quotes it relayed.")
    merged_into: int | None = Field(default=None, description="Key of the entity that somebody decided it is.")
    rejected: bool = Field(default=False, description="Whether somebody decided that there is no such entity.")


class EntityAlias(Table, table=True):
    """A name under which an entity is known, its preferred one included."""

    __tablename__ = "entity_alias"
    __table_args__ = (UniqueConstraint("entity_id", "name"),)

    id: int | None = Field(default=None, primary_key=True)
    entity_id: int = owner("entity.id")
    name: str
    name_key: str = Field(index=True)
    named_id: int | None = Field(default=None, description="Key of the entity whose name it is, where that is merged.")


class EntitySplit(Table, table=True):
    """That in one article the name of an entity means another one: somebody has decided so."""

    __tablename__ = "entity_split"
    __table_args__ = ({"sqlite_with_rowid": False},)

    entity_id: int = Field(primary_key=True, foreign_key="entity.id")
    article_id: int = Field(primary_key=True, foreign_key="article.id", ondelete="CASCADE", index=True)
    target_id: int = Field(foreign_key="entity.id")
    decision_id: int = Field(foreign_key="decision.id", ondelete="CASCADE", index=True)
