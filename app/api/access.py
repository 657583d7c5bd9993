"""Who may write: dependencies by scope that give the Writer, or answer 401 (RFC 6750) or 403."""

from typing import Annotated

from fastapi import Depends, Request, Security
from fastapi.openapi.models import HTTPBearer
from fastapi.security.base import SecurityBase

from app.services.access import Caller, Scope, require
from app.services.journal import Writer

# What the OpenAPI description calls it.
BEARER = "key"


class _Key(SecurityBase):
    """Whoever showed a key, as the Gate found out; None where nobody did."""

    model = HTTPBearer(description="The secret of a key, as 'dateline keys create' shows it.")
    scheme_name = BEARER

    async def __call__(self, request: Request) -> Caller | None:
        found: Caller | None = request.scope["state"].get("caller")
        return found


class _May:
    """The caller as a Writer, when the key has this scope."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope

    async def __call__(self, request: Request, caller: Annotated[Caller | None, Depends(_Key())]) -> Writer:
        found = require(caller, self._scope)
        return Writer(found.name, found.key, found.id, request.scope["state"].get("request_id"))


MayWrite = Annotated[Writer, Security(_May(Scope.WRITE), scopes=[Scope.WRITE])]
MayCorrect = Annotated[Writer, Security(_May(Scope.CORRECT), scopes=[Scope.CORRECT])]
MayAdmin = Annotated[Writer, Security(_May(Scope.ADMIN), scopes=[Scope.ADMIN])]
