"""Keys: who may do what. A secret is shown once, when its key is made; only its SHA-256 is stored.

A secret is ``dateline_``, the key's id, and 256 random bits, so that it is found by its id, and by those who
look for secrets where none should be. Whatever a key may do, it may read.
"""

import base64
import hashlib
import hmac
import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, get_args

from sqlalchemy import bindparam, select
from sqlmodel import col

from app.db import Database, WriteSession
from app.errors import Forbidden, Unauthorized, UnknownKey
from app.models import ApiKey
from app.services.journal import Writer, record
from app.services.storing.tables import next_key

Scope = Literal["read", "write", "correct", "admin"]
SCOPES: tuple[Scope, ...] = get_args(Scope)

_SECRET = re.compile("dateline_([a-z2-7]{16})_[a-z2-7]{52}")
_KEY = select(
    col(ApiKey.id),
    col(ApiKey.public_id),
    col(ApiKey.name),
    col(ApiKey.sha256),
    col(ApiKey.scopes),
    col(ApiKey.last_used_at),
    col(ApiKey.revoked_at),
).where(col(ApiKey.public_id) == bindparam("key"))
_USABLE = select(col(ApiKey.id)).where(col(ApiKey.revoked_at).is_(None)).limit(1)


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
        return scope == "read" or scope in self.scopes or "admin" in self.scopes


def authenticate(database: Database, secret: str) -> Caller:
    """The caller whose secret this is; UnknownKey when it is nobody's, or its key is revoked."""
    parts = _SECRET.fullmatch(secret)
    row = database.look_up(_KEY, key=f"key_{parts[1]}") if parts else None
    if row is None or not hmac.compare_digest(row[3], _hash(secret)):
        raise UnknownKey("the service knows no such key")
    if row[6] is not None:
        raise UnknownKey("the key was revoked")
    return Caller(row[0], row[1], row[2], frozenset(row[4]), row[5])


def require(database: Database, caller: Caller | None, scope: Scope) -> Caller:
    """The caller; Unauthorized when there is none, Forbidden when the key does not let them."""
    if caller is None:
        raise Unauthorized(f"{_missing(database)} 'dateline keys create NAME --scope {scope}'")
    if not caller.may(scope):
        raise Forbidden(f"the key {caller.name!r} does not have the scope {scope}", scope)
    return caller


def create_key(session: WriteSession, writer: Writer, name: str, scopes: Sequence[Scope]) -> tuple[ApiKey, str]:
    """A new key, and its secret, which nobody will see again."""
    identity = _random(10)
    secret = f"dateline_{identity}_{_random(32)}"
    key = ApiKey(
        id=next_key(session, ApiKey), public_id=f"key_{identity}", name=name, sha256=_hash(secret), scopes=list(scopes)
    )
    session.add(key)
    session.flush()
    record(session, writer, "key.create", key.public_id, name=name, scopes=key.scopes)
    return key, secret


def _missing(database: Database) -> str:
    if database.look_up(_USABLE) is None:
        return "this needs a key, and the service has none yet: its operator makes one with"
    return "this needs a key, sent as Authorization: Bearer SECRET; the service's operator makes one with"


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def _random(size: int) -> str:
    """So many random bytes in lower-case base32: one word to whoever clicks on it."""
    return base64.b32encode(secrets.token_bytes(size)).decode().rstrip("=").lower()
