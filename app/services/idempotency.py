"""Requests that may come twice: what was answered to the first is answered to the second, and nothing is done again.

As draft-ietf-httpapi-idempotency-key-header-07 has it. What was answered is kept in the transaction that wrote,
so that it is there exactly when what was written is.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from sqlalchemy import delete
from sqlmodel import col

from app.db import ReadSession, WriteSession
from app.errors import KeyReused
from app.models import IdempotencyRecord, now

KEPT = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Attempt:
    """A request that may come twice: by whose API key, under which key of theirs, and the SHA-256 of what it asks."""

    key_id: int
    key: str
    fingerprint: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What a request that wrote is answered: a status, the public id of what was written, and what else is said."""

    status: int
    subject: str
    detail: dict[str, Any] = field(default_factory=dict)


def earlier(session: ReadSession | WriteSession, attempt: Attempt | None) -> Answer | None:
    """What the request was answered before; KeyReused when it was another that had the key."""
    if attempt is None:
        return None
    found = session.get(IdempotencyRecord, (attempt.key_id, attempt.key))
    if found is None or found.created_at < now() - KEPT:
        return None
    if found.fingerprint != attempt.fingerprint:
        raise KeyReused("this Idempotency-Key was sent with another request: each takes one of its own")
    return Answer(found.status, found.subject, found.detail)


def once(session: WriteSession, attempt: Attempt | None, write: Callable[[], Answer]) -> Answer:
    """What ``write`` answers, and writes in this transaction; or what it was answered when the request came before."""
    answer = earlier(session, attempt)
    if answer is None:
        answer = write()
        _remember(session, attempt, answer)
    return answer


def _remember(session: WriteSession, attempt: Attempt | None, answer: Answer) -> None:
    if attempt is None:
        return
    session.execute(delete(IdempotencyRecord).where(col(IdempotencyRecord.created_at) < now() - KEPT))
    session.add(
        IdempotencyRecord(
            key_id=attempt.key_id,
            idempotency_key=attempt.key,
            fingerprint=attempt.fingerprint,
            status=answer.status,
            subject=answer.subject,
            detail=answer.detail,
        )
    )
    session.flush()
