"""What is derived from served runs: kept in step by app.services.storing, made anew by ``dateline reindex``."""

from sqlalchemy import BigInteger, Column, ForeignKey
from sqlmodel import Field

from app.models.base import Table, of_article


class ArticleFacts(Table, table=True):
    """What counting over many articles needs of one, packed, so that the database only joins it.

    ``packed``: numbers of 32 bits, little-endian, each once: what it is of (app.search.packing) above 28 bits of
    its key. Rows are small, since most of counting is reading them.
    """

    __tablename__ = "article_facts"

    position: int = of_article()
    packed: bytes


class ArticlePlaces(Table, table=True):
    """Where entities stand in an article: 64 bits each, the entity's key above 16 bits of paragraph, ascending."""

    __tablename__ = "article_places"

    position: int = of_article()
    packed: bytes


class ArticleBand(Table, table=True):
    """A band of an article's MinHash sketch: articles that share one may be near-duplicates."""

    __tablename__ = "article_band"
    __table_args__ = ({"sqlite_with_rowid": False},)

    band: int = Field(sa_column=Column(BigInteger, primary_key=True))
    position: int = Field(
        sa_column=Column(BigInteger, ForeignKey("article.position", ondelete="CASCADE"), primary_key=True, index=True)
    )


class EntityDay(Table, table=True):
    """How often an entity is mentioned in the articles of one day (app.positions.day_number)."""

    __tablename__ = "entity_day"
    __table_args__ = ({"sqlite_with_rowid": False},)

    entity_id: int = Field(primary_key=True, foreign_key="entity.id", ondelete="CASCADE")
    day: int = Field(primary_key=True)
    articles: int
    mentions: int


class EntityMonth(Table, table=True):
    """The same of one month (app.search.packing.month_number)."""

    __tablename__ = "entity_month"
    __table_args__ = ({"sqlite_with_rowid": False},)

    entity_id: int = Field(primary_key=True, foreign_key="entity.id", ondelete="CASCADE")
    month: int = Field(primary_key=True)
    articles: int
    mentions: int


class NameWord(Table, table=True):
    """A word that occurs in names, folded; a trigram index over it finds it in spite of a typo."""

    __tablename__ = "name_word"

    id: int | None = Field(default=None, primary_key=True)
    form: str = Field(unique=True)


class AliasWord(Table, table=True):
    """That a word occurs in an alias."""

    __tablename__ = "alias_word"
    __table_args__ = ({"sqlite_with_rowid": False},)

    word_id: int = Field(primary_key=True, foreign_key="name_word.id")
    alias_id: int = Field(primary_key=True, foreign_key="entity_alias.id", ondelete="CASCADE", index=True)


class IndexState(Table, table=True):
    """Which version of our code made what is derived."""

    __tablename__ = "index_state"

    name: str = Field(primary_key=True)
    version: str
