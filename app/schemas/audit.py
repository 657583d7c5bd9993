"""The audit log as it is answered."""

from datetime import datetime
from typing import Any

from pydantic import Field

from app.schemas.base import Shape


class AuditRecord(Shape):
    """One write: who did what to what, and when."""

    at: datetime
    author: str = Field(description="The name of the key, or cli: and the user of the command line.")
    key: str | None = Field(None, description="The key's id, over HTTP.")
    action: str = Field(description="What was done, such as article.store.")
    subject: str | None = Field(None, description="The id of what it was done to.")
    request_id: str | None = Field(None, description="X-Request-Id of the request that did it.")
    detail: dict[str, Any] = Field(description="More of it; never what an article says.")
