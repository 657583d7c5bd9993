"""Who may do what: those who show the secret of a key. Whatever a key may do, it may read."""

import hashlib
import hmac
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import bindparam, or_, select, update
from sqlmodel import col

from app.db import Database
from app.errors import Forbidden, Unauthorized, UnknownKey
from app.models import ApiKey, now


class Scope(StrEnum):
    """What a key lets its bearer do; admin is all of it."""

    READ = "read"
    WRITE = "write"
    CORRECT = "correct"
    ADMIN = "admin"


_SECRET = re.compile("dateline_([a-z2-7]{16})_[a-z2-7]{52}")
# Of a secret that stands where it should not, so much as says whose it is.
_SHOWN = re.compile("(dateline_[a-z2-7]{16}_)[a-z2-7]+")
_KEY = select(
    col(ApiKey.id),
    col(ApiKey.public_id),
    col(ApiKey.name),
    col(ApiKey.sha256),
    col(ApiKey.scopes),
    col(ApiKey.last_used_at),
    col(ApiKey.revoked_at),
).where(col(ApiKey.public_id) == bindparam("key"))
USE_NOTED_EVERY_S = 60


@dataclass(frozen=True, slots=True)
class Caller:
    """Whoever showed the secret of a key."""

    id: int
    key: str
    name: str
    scopes: frozenset[str]
    last_used_at: datetime | None

    def may(self, scope: Scope) -> bool:
        """Whether the key lets them."""
        return scope is Scope.READ or scope in self.scopes or Scope.ADMIN in self.scopes


def authenticate(database: Database, secret: str) -> Caller:
    """The caller whose secret this is; UnknownKey when it is nobody's, or its key is revoked."""
    parts = _SECRET.fullmatch(secret)
    row = database.look_up(_KEY, key=f"key_{parts[1]}") if parts else None
    if row is None or not hmac.compare_digest(row[3], secret_hash(secret)):
        raise UnknownKey("the service knows no such key")
    if row[6] is not None:
        raise UnknownKey("the key was revoked")
    return Caller(row[0], row[1], row[2], frozenset(row[4]), row[5])


def require(caller: Caller | None, scope: Scope) -> Caller:
    """The caller; Unauthorized when it is nobody, Forbidden when the key does not let them."""
    if caller is None:
        raise Unauthorized(
            "this takes a key, sent as Authorization: Bearer SECRET; whoever runs the service makes one with "
            f"'dateline keys create NAME --scope {scope}'"
        )
    if not caller.may(scope):
        raise Forbidden(f"the key {caller.name!r} does not have the scope {scope}", scope)
    return caller


def masked(text: str) -> str:
    """``text`` with the secrets in it cut: what is logged, and what is said of mistakes."""
    return _SHOWN.sub(r"\1…", text)


def note_use(database: Database, caller: Caller) -> None:
    """Store that the key was used now, unless that was stored less than a minute ago."""
    before = now() - timedelta(seconds=USE_NOTED_EVERY_S)
    due = or_(col(ApiKey.last_used_at).is_(None), col(ApiKey.last_used_at) < before)
    if caller.last_used_at is None or caller.last_used_at < before:
        with database.write() as session:
            session.execute(update(ApiKey).where(col(ApiKey.id) == caller.id, due).values(last_used_at=now()))


def secret_hash(secret: str) -> str:
    """What is stored of a secret: of 256 random bits no slower hash is needed."""
    return hashlib.sha256(secret.encode()).hexdigest()
