"""What was published: articles, the documents they were read from, their earlier texts."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, Column, ForeignKey, Index, Integer
from sqlmodel import Field

from app.models.base import Table, UtcDateTime, now, position_column


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
    position: int = position_column(unique=True)
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
    revised_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


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


class Revision(Table, table=True):
    """An article as it was before another text took its place, with its document; its runs stay with it."""

    article_id: int = Field(sa_column=Column(Integer, ForeignKey("article.id", ondelete="CASCADE"), primary_key=True))
    number: int = Field(primary_key=True)
    headline: str | None = None
    published: date | None = None
    publisher: str | None = None
    dateline: str | None = None
    text: str
    text_sha256: str
    text_length: int
    created_at: datetime = Field(sa_type=UtcDateTime)
    name: str
    media_type: str
    sha256: str
    data: bytes
    segments: list[list[int]] = Field(sa_type=JSON)
    repairs: list[dict[str, Any]] = Field(sa_type=JSON)
    run: str | None = Field(default=None, description="Public id of the run that answered for it.")
    carried: dict[str, Any] = Field(sa_type=JSON, description="What became of people's annotations in the next text.")


class DeletedArticle(Table, table=True):
    """That an article was deleted: its id, and nothing of what it said."""

    __tablename__ = "deleted_article"

    public_id: str = Field(primary_key=True)
    deleted_at: datetime = Field(default_factory=now, sa_type=UtcDateTime)
