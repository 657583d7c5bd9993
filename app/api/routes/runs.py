"""/runs: what produced the annotations."""

from typing import Annotated

from fastapi import Path, Query

from app.api.dependencies import ReadSessionDep, SearchSessionDep
from app.api.routing import Linked, api_router, reads
from app.schemas.articles import RunSummary
from app.schemas.base import Listing
from app.schemas.queries import RunQuery
from app.schemas.runs import RunDiff
from app.services import runs

router = api_router("runs")


RunId = Annotated[str, Path(alias="id", pattern="^run_[a-z2-7]{16}$", description="A run's id.")]

OtherRunId = Annotated[
    str, Path(alias="other", pattern="^run_[a-z2-7]{16}$", description="The id of a run over the same text.")
]


@router.get("/runs/{id}", responses=reads(404))
def get_run(session: ReadSessionDep, run_id: RunId) -> RunSummary:
    """One run: by whom or what, over which text, with which result."""
    return runs.get_run(session, run_id)


@router.get("/runs", responses=reads(404, 410))
def list_runs(linked: Linked, session: SearchSessionDep, query: Annotated[RunQuery, Query()]) -> Listing[RunSummary]:
    """Passes of annotators, newest first: who or what, over which text, with which result."""
    return linked(runs.list_runs(session, query))


@router.get("/runs/{id}/diff/{other}", responses=reads(404))
def diff_runs(session: SearchSessionDep, run_id: RunId, other_id: OtherRunId) -> RunDiff:
    """What another run over the same text says otherwise: all of it, in text order.

    Mentions of the same span are the same mention, quotes of the same content the same quote.
    """
    return runs.diff_runs(session, run_id, other_id)
