"""Idempotency-Key (draft-ietf-httpapi-idempotency-key-header-07): what is sent twice is done once."""

import hashlib
import re
from typing import Annotated

from fastapi import Depends, Header, Request

from app.errors import Fault, InvalidInput
from app.services.access import Caller
from app.services.idempotency import Attempt

# A string as structured fields have it (RFC 8941, 3.3.3); or the same without quotation marks, as many send it.
_KEY = re.compile(r'"((?:[ !#-\[\]-~]|\\["\\]){1,255})"|([!#-~][!-~]{0,254})')


def idempotency_key(
    idempotency_key: Annotated[
        str | None,
        Header(description="A key of your own for this request: sent again with it within 24 h, it is done once."),
    ] = None,
) -> str | None:
    """The key that the client gives its request, as it is meant."""
    if idempotency_key is None:
        return None
    found = _KEY.fullmatch(idempotency_key.strip())
    if found is None:
        detail = 'is 1 to 255 ASCII characters in quotation marks, such as "8e03978e-40d5-43dd-bc93-6894a57f9324"'
        raise InvalidInput(f"Idempotency-Key {detail}", [Fault(detail, parameter="Idempotency-Key")])
    return found[2] or re.sub(r"\\(.)", r"\1", found[1])


IdempotencyKey = Annotated[str | None, Depends(idempotency_key)]


def attempt_at(request: Request, key: str | None, body_sha256: bytes) -> Attempt | None:
    """The request as one that may come twice; None when it has no key. Other words in it make it another."""
    caller: Caller | None = request.scope["state"].get("caller")
    if key is None or caller is None:
        return None
    digest = hashlib.sha256(body_sha256)
    for part in (request.method, request.url.path, request.url.query, request.headers.get("content-type", "")):
        digest.update(f"\0{part}".encode())
    return Attempt(caller.id, key, digest.hexdigest())


async def attempt(request: Request, key: IdempotencyKey) -> Attempt | None:
    """The same for a request whose body is in memory."""
    return attempt_at(request, key, hashlib.sha256(await request.body()).digest())


AttemptDep = Annotated[Attempt | None, Depends(attempt)]
