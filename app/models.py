"""The tables. Integer keys stay inside; ``public_id`` is what the world sees.

Only annotations of the run an article ``serves`` answer questions by default; a run is never
changed once it is stored. ``entity_alias`` holds every name of an entity, its preferred one too,
so that one index answers "who is called that".
"""

from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    CheckConstraint,
    Column,
    DateTime,
    Dialect,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    TypeDecorator,
    UniqueConstraint,
    text,
)
from sqlmodel import Field, SQLModel

NAMING_CONVENTION = {
    "ix": "ix_%(column_0_N_label)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class Table(SQLModel):
    """Base of all tables: its metadata names every constraint, so that migrations can."""

    metadata = MetaData(naming_convention=NAMING_CONVENTION)


class UtcDateTime(TypeDecorator[datetime]):
    """Instants, kept in UTC and given back aware: SQLite forgets the zone."""

    impl = DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        return value and value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        return value and value.replace(tzinfo=UTC)


def now() -> datetime:
    """This instant, in UTC, to the second."""
    return datetime.now(UTC).replace(microsecond=0)


def _owner(column: str, *, index: bool = False) -> Any:
    """A foreign key whose rows go when the owner goes."""
    return Field(sa_column=Column(Integer, ForeignKey(column, ondelete="CASCADE"), nullable=False, index=index))


class Article(Table, table=True):
    """An article as published; ``text`` is what all offsets count into."""

    id: int | None = Field(default=None, primary_key=True)
    public_id: str = Field(unique=True)
    revision: int = 1
    headline: str | None = None
    published: date | None = Field(default=None, index=True)
    publisher: str | None = None
    publisher_key: str | None = Field(default=None, index=True)
    dateline: str | None = None
    url: str | None = Field(default=None, unique=True)
    text: str
    text_sha256: str = Field(index=True)
    text_length: int
    created_at: datetime = Field(default_factory=now, sa_type=UtcDateTime)


class SourceDocument(Table, table=True):
    """The bytes an article was read from, and which of them each stretch of its text came from."""

    __tablename__ = "source_document"

    article_id: int = Field(sa_column=Column(Integer, ForeignKey("article.id", ondelete="CASCADE"), primary_key=True))
    name: str
    media_type: str
    sha256: str
    data: bytes
    segments: list[list[int]] = Field(sa_type=JSON)
    repairs: list[dict[str, Any]] = Field(sa_type=JSON)


class Entity(Table, table=True):
    """A person, organisation, place … across articles."""

    __table_args__ = (UniqueConstraint("name_key", "type"),)

    id: int | None = Field(default=None, primary_key=True)
    public_id: str = Field(unique=True)
    type: str
    name: str
    name_key: str
    identifiers: dict[str, str] = Field(default_factory=dict, sa_type=JSON)


class EntityAlias(Table, table=True):
    """A name under which an entity is known, its preferred one included."""

    __tablename__ = "entity_alias"
    __table_args__ = (UniqueConstraint("entity_id", "name"),)

    id: int | None = Field(default=None, primary_key=True)
    entity_id: int = _owner("entity.id")
    name: str
    name_key: str = Field(index=True)


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
    article_id: int = _owner("article.id", index=True)
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


class Mention(Table, table=True):
    """One occurrence of an entity or of a value in one text, according to one run."""

    __table_args__ = (UniqueConstraint("run_id", "ordinal"), CheckConstraint('start < "end"', name="span"))

    id: int | None = Field(default=None, primary_key=True)
    run_id: int = _owner("run.id")
    ordinal: int
    entity_id: int | None = Field(default=None, foreign_key="entity.id", index=True)
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
    run_id: int = _owner("run.id")
    ordinal: int
    kind: str
    use: str
    text: str
    start: int
    cue_start: int | None = None
    cue_end: int | None = None
    cue_exact: str | None = None
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

    quote_id: int = Field(primary_key=True, foreign_key="quote.id", ondelete="CASCADE")
    ordinal: int = Field(primary_key=True)
    entity_id: int | None = Field(default=None, foreign_key="entity.id", index=True)
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

    quote_id: int = Field(primary_key=True, foreign_key="quote.id", ondelete="CASCADE")
    entity_id: int = Field(primary_key=True, foreign_key="entity.id", index=True)
