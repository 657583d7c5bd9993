"""/runs: what produced the annotations."""

from typing import Annotated

from fastapi import Query

from app.api.dependencies import ReadSessionDep
from app.api.routing import Linked, api_router, reads
from app.schemas.articles import RunSummary
from app.schemas.base import Listing
from app.schemas.queries import RunQuery
from app.services import articles

router = api_router("runs")


@router.get("/runs", responses=reads(404))
def list_runs(linked: Linked, session: ReadSessionDep, query: Annotated[RunQuery, Query()]) -> Listing[RunSummary]:
    """Passes of annotators, newest first: who or what, over which text, with which result."""
    return linked(articles.list_runs(session, query))
