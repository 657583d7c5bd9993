"""Who may do what, and who did what."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON
from sqlmodel import Field

from app.models.base import Table, UtcDateTime, now


class ApiKey(Table, table=True):
    """A key to the API; of its secret there is only the hash."""

    __tablename__ = "api_key"

    id: int | None = Field(default=None, primary_key=True)
    public_id: str = Field(unique=True)
    name: str
    sha256: str = Field(description="Of the secret, which has 256 random bits.")
    scopes: list[str] = Field(sa_type=JSON)
    created_at: datetime = Field(default_factory=now, sa_type=UtcDateTime)
    last_used_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    revoked_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class AuditEntry(Table, table=True):
    """One write: who, what, when."""

    __tablename__ = "audit_entry"

    id: int | None = Field(default=None, primary_key=True)
    at: datetime = Field(default_factory=now, sa_type=UtcDateTime)
    author: str = Field(description="The name of the key, or of the user of the command line.")
    key: str | None = Field(default=None, description="Public id of the key.")
    action: str
    subject: str | None = Field(default=None, index=True, description="Public id of what was written.")
    request_id: str | None = Field(default=None, index=True)
    detail: dict[str, Any] = Field(default_factory=dict, sa_type=JSON, description="Never what an article says.")


class IdempotencyRecord(Table, table=True):
    """What a request with an Idempotency-Key was answered, to be answered again."""

    __tablename__ = "idempotency_record"

    key_id: int = Field(primary_key=True, foreign_key="api_key.id", ondelete="CASCADE")
    idempotency_key: str = Field(primary_key=True)
    fingerprint: str = Field(description="SHA-256 of method, path and body.")
    status: int
    subject: str = Field(description="Public id of what was written.")
    detail: dict[str, Any] = Field(default_factory=dict, sa_type=JSON, description="What else it was answered.")
    created_at: datetime = Field(default_factory=now, sa_type=UtcDateTime, index=True)
