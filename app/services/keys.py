"""Keys: made, listed, given another secret, revoked.

A secret is ``dateline_``, the key's id, and 256 random bits, so that it is found by its id, and by those who
look for secrets where none should be. It is shown once; only its SHA-256 is stored.
"""

import base64
import secrets
from collections.abc import Sequence

from sqlmodel import col, or_, select

from app.db import ReadSession, WriteSession
from app.errors import Conflict, InvalidInput, NotFound
from app.models import ApiKey, now
from app.services.access import Scope, secret_hash
from app.services.journal import Writer, record
from app.services.storing.tables import next_key

MAX_NAME = 100


def create_key(session: WriteSession, writer: Writer, name: str, scopes: Sequence[Scope]) -> tuple[ApiKey, str]:
    """A new key and its secret; Conflict when another that is not revoked has its name."""
    _check_name(name)
    if session.exec(select(ApiKey.id).where(ApiKey.name == name, col(ApiKey.revoked_at).is_(None))).first():
        raise Conflict(f"there is a key {name!r} already: choose another name, or rotate or revoke it")
    public_id = f"key_{_random(10)}"
    secret = _secret(public_id)
    key = ApiKey(
        id=next_key(session, ApiKey),
        public_id=public_id,
        name=name,
        sha256=secret_hash(secret),
        scopes=sorted(set(scopes)),
    )
    session.add(key)
    session.flush()
    record(session, writer, "key.create", public_id, name=name, scopes=key.scopes)
    return key, secret


def list_keys(session: ReadSession) -> Sequence[ApiKey]:
    """All keys, revoked ones too, in the order they were made."""
    return session.exec(select(ApiKey).order_by(col(ApiKey.id))).all()


def rotate_key(session: WriteSession, writer: Writer, name_or_id: str) -> tuple[ApiKey, str]:
    """The key with a new secret; the one it had is worth nothing from now on."""
    key = _usable(session, name_or_id)
    secret = _secret(key.public_id)
    key.sha256 = secret_hash(secret)
    session.flush()
    record(session, writer, "key.rotate", key.public_id, name=key.name)
    return key, secret


def revoke_key(session: WriteSession, writer: Writer, name_or_id: str) -> ApiKey:
    """The key, which nobody can use again; it stays listed."""
    key = _usable(session, name_or_id)
    key.revoked_at = now()
    session.flush()
    record(session, writer, "key.revoke", key.public_id, name=key.name)
    return key


def _usable(session: WriteSession, name_or_id: str) -> ApiKey:
    named = or_(col(ApiKey.public_id) == name_or_id, col(ApiKey.name) == name_or_id)
    found = session.exec(select(ApiKey).where(named, col(ApiKey.revoked_at).is_(None))).one_or_none()
    if found is None:
        # What was given is not repeated: it may be a secret.
        raise NotFound("there is no key of that name or id that is not revoked: 'dateline keys list' has all")
    return found


def _check_name(name: str) -> None:
    """Names stand in lists and in the audit log, where users of the command line are cli or cli:NAME."""
    if not (0 < len(name) <= MAX_NAME and name.isprintable() and name == name.strip()):
        raise InvalidInput(f"a name has 1 to {MAX_NAME} characters that can be printed, and no space at its ends")
    if name == "cli" or name.startswith(("cli:", "key_")):
        raise InvalidInput("a name is not cli, nor begins with cli: or key_, as users and ids do")


def _secret(public_id: str) -> str:
    return f"dateline_{public_id.removeprefix('key_')}_{_random(32)}"


def _random(size: int) -> str:
    """So many random bytes in lower-case base32: one word to whoever clicks on it."""
    return base64.b32encode(secrets.token_bytes(size)).decode().rstrip("=").lower()
