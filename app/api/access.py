"""Who may write: dependencies by scope that give the Writer, or answer 401 (RFC 6750) or 403."""

from typing import Annotated

from fastapi import Depends, Request, Security
from fastapi.openapi.models import HTTPBearer
from fastapi.security.base import SecurityBase

from app.api.dependencies import DatabaseDep
from app.services.access import Caller, Scope, authenticate, require
from app.services.journal import Writer


class _Key(SecurityBase):
    """Whoever sent a key; None where none was sent."""

    model = HTTPBearer(description="The secret of a key, as 'dateline keys create' shows it.")
    scheme_name = "key"

    def __call__(self, request: Request, database: DatabaseDep) -> Caller | None:
        scheme, _, secret = request.headers.get("authorization", "").partition(" ")
        return authenticate(database, secret.strip()) if scheme.lower() == "bearer" else None


class _May:
    """The caller as a Writer, when the key has this scope."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope

    def __call__(
        self, request: Request, database: DatabaseDep, caller: Annotated[Caller | None, Depends(_Key())]
    ) -> Writer:
        found = require(database, caller, self._scope)
        return Writer(found.name, found.key, found.id, request.scope.get("state", {}).get("request_id"))


MayWrite = Annotated[Writer, Security(_May(Scope.WRITE), scopes=[Scope.WRITE])]
MayCorrect = Annotated[Writer, Security(_May(Scope.CORRECT), scopes=[Scope.CORRECT])]
MayAdmin = Annotated[Writer, Security(_May(Scope.ADMIN), scopes=[Scope.ADMIN])]
