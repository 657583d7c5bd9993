"""/audit: who has written what."""

from typing import Annotated

from fastapi import Query

from app.api.access import MayAdmin
from app.api.dependencies import SearchSessionDep
from app.api.routing import Linked, api_router, reads
from app.schemas.audit import AuditRecord
from app.schemas.base import Listing
from app.schemas.queries import AuditQuery
from app.services import journal

router = api_router("audit")


@router.get("/audit", responses=reads(401, 403, 404))
def list_audit(
    _admin: MayAdmin, linked: Linked, session: SearchSessionDep, query: Annotated[AuditQuery, Query()]
) -> Listing[AuditRecord]:
    """Every write, over HTTP and by the command line, newest first."""
    return linked(journal.list_entries(session, query))
