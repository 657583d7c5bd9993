"""Work that goes on behind an answer."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, CheckConstraint, Column
from sqlmodel import Field

from app.models.base import Table, UtcDateTime, now


class Job(Table, table=True):
    """Lines to be stored, or one document: how far that has come, and which process is at it."""

    __table_args__ = (
        CheckConstraint("kind IN ('article', 'import')", name="kind"),
        CheckConstraint("state IN ('receiving', 'queued', 'running', 'done', 'failed')", name="state"),
    )

    id: int | None = Field(default=None, primary_key=True)
    public_id: str = Field(unique=True)
    kind: str
    state: str = Field(index=True)
    author: str
    key: str | None = Field(default=None, description="Public id of the key.")
    request_id: str | None = None
    parameters: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)
    bytes_total: int = Field(default=0, sa_column=Column(BigInteger, nullable=False))
    bytes_done: int = Field(default=0, sa_column=Column(BigInteger, nullable=False))
    lines: int = Field(default=0, description="Lines that are done, blank ones too.")
    stored: int = 0
    unchanged: int = 0
    failed: int = 0
    error: str | None = Field(default=None, description="Why it failed as a whole.")
    created_at: datetime = Field(default_factory=now, sa_type=UtcDateTime)
    started_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    finished_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    worker: str | None = Field(default=None, description="Which process is at it.")
    leased_until: datetime | None = Field(default=None, sa_type=UtcDateTime, description="Then another may take it.")


class JobInput(Table, table=True):
    """A piece of what was sent: whole lines, that are not done yet."""

    __tablename__ = "job_input"

    job_id: int = Field(primary_key=True, foreign_key="job.id", ondelete="CASCADE")
    start: int = Field(
        sa_column=Column(BigInteger, primary_key=True), description="Where it begins in all that was sent."
    )
    data: bytes


class JobLine(Table, table=True):
    """What became of one line, counted from one."""

    __tablename__ = "job_line"
    __table_args__ = (CheckConstraint("outcome IN ('stored', 'unchanged', 'failed')", name="outcome"),)

    job_id: int = Field(primary_key=True, foreign_key="job.id", ondelete="CASCADE")
    number: int = Field(primary_key=True)
    outcome: str
    article: str | None = Field(default=None, description="Public id of the article it is, or is the same as.")
    detail: str | None = Field(default=None, description="Why it was not stored.")
