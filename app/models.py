"""The tables. Integer keys stay inside; ``public_id`` is what the world sees.

Only annotations of the run an article ``serves`` answer questions by default; a run is never
changed once it is stored. ``entity_alias`` holds every name of an entity, its preferred one too,
so that one index answers "who is called that". Positions (app.positions) order what is listed; where
a table repeats one, an index over it serves the list without a sort. What is derived (counts of an
entity, ``entity_day``, ``article_facts``, ``article_places``, ``article_band``, the full-text indexes)
says what served runs say, is kept in step by app.services.storing, and is made anew by ``dateline reindex``.
"""

from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    CheckConstraint,
    Column,
    ColumnElement,
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
from sqlalchemy import Table as SqlTable
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


def table_of(model: type[SQLModel]) -> SqlTable:
    """The table of a model, for statements below the object mapper."""
    found: SqlTable = model.__table__  # type: ignore[attr-defined]
    return found


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


def _position(*, unique: bool = False) -> Any:
    return Field(sa_column=Column(BigInteger, nullable=False, unique=unique))


def _of_article() -> Any:
    """The position of an article, whose rows go when it goes."""
    article = ForeignKey("article.position", ondelete="CASCADE")
    return Field(sa_column=Column(BigInteger, article, primary_key=True))


class Publisher(Table, table=True):
    """A publisher, under the name first met; ``key`` folds case and accents."""

    id: int | None = Field(default=None, primary_key=True)
    key: str = Field(unique=True)
    name: str


class Article(Table, table=True):
    """An article as published; ``text`` is what all offsets count into."""

    __table_args__ = (Index("ix_article_publisher_id_position", "publisher_id", "position"),)

    id: int | None = Field(default=None, primary_key=True)
    public_id: str = Field(unique=True)
    position: int = _position(unique=True)
    revision: int = 1
    headline: str | None = None
    published: date | None = None
    publisher: str | None = None
    publisher_id: int | None = Field(default=None, foreign_key="publisher.id")
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


class ArticleFacts(Table, table=True):
    """What counting over many articles needs of one, packed, so that the database only joins it.

    ``packed``: numbers of 32 bits, little-endian, each once: what it is of (app.search.packing) above 28 bits of
    its key. Rows are small, since most of counting is reading them.
    """

    __tablename__ = "article_facts"

    position: int = _of_article()
    packed: bytes


class ArticlePlaces(Table, table=True):
    """Where entities stand in an article: 64 bits each, the entity's key above 16 bits of paragraph, ascending."""

    __tablename__ = "article_places"

    position: int = _of_article()
    packed: bytes


class ArticleBand(Table, table=True):
    """A band of an article's MinHash sketch: articles that share one may be near-duplicates."""

    __tablename__ = "article_band"
    __table_args__ = {"sqlite_with_rowid": False}

    band: int = Field(sa_column=Column(BigInteger, primary_key=True))
    position: int = Field(
        sa_column=Column(BigInteger, ForeignKey("article.position", ondelete="CASCADE"), primary_key=True, index=True)
    )


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


class EntityDay(Table, table=True):
    """How often an entity is mentioned in the articles of one day (app.positions.day_number)."""

    __tablename__ = "entity_day"
    __table_args__ = {"sqlite_with_rowid": False}

    entity_id: int = Field(primary_key=True, foreign_key="entity.id", ondelete="CASCADE")
    day: int = Field(primary_key=True)
    articles: int
    mentions: int


class EntityAlias(Table, table=True):
    """A name under which an entity is known, its preferred one included."""

    __tablename__ = "entity_alias"
    __table_args__ = (UniqueConstraint("entity_id", "name"),)

    id: int | None = Field(default=None, primary_key=True)
    entity_id: int = _owner("entity.id")
    name: str
    name_key: str = Field(index=True)


class NameWord(Table, table=True):
    """A word that occurs in names, folded; a trigram index over it finds it in spite of a typo."""

    __tablename__ = "name_word"

    id: int | None = Field(default=None, primary_key=True)
    form: str = Field(unique=True)


class AliasWord(Table, table=True):
    """That a word occurs in an alias."""

    __tablename__ = "alias_word"
    __table_args__ = {"sqlite_with_rowid": False}

    word_id: int = Field(primary_key=True, foreign_key="name_word.id")
    alias_id: int = Field(primary_key=True, foreign_key="entity_alias.id", ondelete="CASCADE", index=True)


class IndexState(Table, table=True):
    """Which version of our code made what is derived."""

    __tablename__ = "index_state"

    name: str = Field(primary_key=True)
    version: str


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


def _where_linked(name: str, *columns: str | ColumnElement[Any]) -> Index:
    """An index over the rows that name an entity."""
    linked = text("entity_id IS NOT NULL")
    return Index(name, *columns, sqlite_where=linked, postgresql_where=linked)


class Mention(Table, table=True):
    """One occurrence of an entity or of a value in one text, according to one run."""

    __table_args__ = (
        UniqueConstraint("run_id", "ordinal"),
        CheckConstraint('start < "end"', name="span"),
        _where_linked("ix_mention_entity", "entity_id", "position", "start", "id"),
    )

    id: int | None = Field(default=None, primary_key=True)
    run_id: int = _owner("run.id")
    ordinal: int
    position: int = _position()
    entity_id: int | None = Field(default=None, foreign_key="entity.id")
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
    position: int = _position(unique=True)
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
    __table_args__ = (_where_linked("ix_quote_source_entity", "entity_id", "relayed", "position"),)

    quote_id: int = Field(primary_key=True, foreign_key="quote.id", ondelete="CASCADE")
    ordinal: int = Field(primary_key=True)
    relayed: bool
    position: int = _position()
    entity_id: int | None = Field(default=None, foreign_key="entity.id")
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
    position: int = _position()
