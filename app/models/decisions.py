"""What people decide about annotations and entities."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint
from sqlmodel import Field

from app.models.base import Table, UtcDateTime, now


class Decision(Table, table=True):
    """One thing that somebody has decided, about one article's annotations or about an entity; it can be undone."""

    __table_args__ = (
        CheckConstraint("action IN ('accept', 'reject', 'add', 'change', 'merge', 'split')", name="action"),
        CheckConstraint("subject IN ('mention', 'quote', 'entity')", name="subject"),
    )

    id: int | None = Field(default=None, primary_key=True)
    public_id: str = Field(unique=True)
    action: str
    subject: str
    article_id: int | None = Field(default=None, foreign_key="article.id", ondelete="CASCADE", index=True)
    revision: int | None = Field(default=None, description="Of the text it was made on.")
    entity_id: int | None = Field(default=None, foreign_key="entity.id", index=True)
    made: dict[str, Any] = Field(sa_type=JSON, description="What was decided, as it was made.")
    stands: dict[str, Any] | None = Field(
        default=None,
        sa_type=JSON(none_as_null=True),
        description="The same where its words stand in the newest text; null when they do not.",
    )
    before: dict[str, Any] | None = Field(
        default=None, sa_type=JSON(none_as_null=True), description="What undoing it restores."
    )
    comment: str | None = None
    author: str
    created_at: datetime = Field(default_factory=now, sa_type=UtcDateTime)
    undone_by: str | None = None
    undone_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
