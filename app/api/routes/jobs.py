"""/articles/import and /jobs: lines of any length, stored behind the answer, and what became of each."""

import hashlib
from collections.abc import AsyncIterator, Callable
from functools import partial
from typing import Annotated, Any, TypeVar

from anyio import CancelScope
from anyio.to_thread import run_sync
from fastapi import HTTPException, Path, Query, Request, Response

from app.api.access import MayWrite
from app.api.bodies import written
from app.api.dependencies import DatabaseDep, JobsDep, ReadSessionDep, SearchSessionDep, SettingsDep
from app.api.idempotency import IdempotencyKey, attempt_at
from app.api.limits import require_media_type
from app.api.routing import Linked, api_router, reads, writes
from app.config import Settings
from app.schemas.base import Listing
from app.schemas.jobs import JOB_ID, JobDetail, JobLineDetail, JobLineQuery, JobQuery
from app.schemas.writing import StoredArticle, WriteQuery
from app.services import jobs
from app.services.intake import Intake, Pieces

T = TypeVar("T")

router = api_router("jobs")

LINES = ("application/jsonl", "application/x-ndjson", "application/json-lines")
_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {media_type: {"schema": {"type": "string", "minLength": 1}} for media_type in LINES},
    }
}

JobId = Annotated[str, Path(alias="id", pattern=JOB_ID, description="A job's id.")]


@router.post(
    "/articles/import",
    status_code=202,
    response_model=JobDetail,
    responses=writes(413, 415),
    openapi_extra=_BODY,
)
async def import_articles(
    request: Request,
    writer: MayWrite,
    database: DatabaseDep,
    settings: SettingsDep,
    runner: JobsDep,
    query: Annotated[WriteQuery, Query()],
    key: IdempotencyKey,
) -> Response:
    """Take lines of JSON, an article each, of any length and number, and store them behind the answer.

    A line is what `dateline annotate` prints, or no more than `text`; those without annotations are annotated. The job
    says how far that has come and what became of each line. A request that breaks off leaves nothing.
    """
    require_media_type(request, *LINES)
    intake = Intake(database, writer, "import", query, request.headers["content-type"])
    try:
        answer = await _taken_in(request, intake, settings, key)
    except BaseException:  # the client's going away, too
        with CancelScope(shield=True):
            await _in_turn(request, intake.discard)
        raise
    runner.wake()
    return written(answer)


@router.get("/jobs", responses=reads(401, 403, 404))
def list_jobs(
    _writer: MayWrite, linked: Linked, session: SearchSessionDep, query: Annotated[JobQuery, Query()]
) -> Listing[JobDetail]:
    """Jobs, newest first."""
    return linked(jobs.list_jobs(session, query))


@router.get("/jobs/{id}", responses=reads(401, 403, 404))
def get_job(_writer: MayWrite, session: ReadSessionDep, job_id: JobId) -> JobDetail:
    """One job: how far it has come."""
    return jobs.job_detail(session, job_id)


@router.get("/jobs/{id}/lines", responses=reads(401, 403, 404))
def list_job_lines(
    _writer: MayWrite,
    linked: Linked,
    session: SearchSessionDep,
    job_id: JobId,
    query: Annotated[JobLineQuery, Query()],
) -> Listing[JobLineDetail]:
    """What became of each of its lines, in order."""
    return linked(jobs.list_lines(session, job_id, query))


async def _taken_in(request: Request, intake: Intake, settings: Settings, key: str | None) -> StoredArticle | JobDetail:
    """What the job is answered once all of it is there; in memory there is never more than a piece."""
    pieces, digest = Pieces(settings.max_body_bytes), hashlib.sha256()
    async for data in _bounded(request, settings.max_import_bytes):
        digest.update(data)
        for piece in pieces.feed(data):
            await _in_turn(request, partial(intake.keep, piece))
    attempt = attempt_at(request, key, digest.digest())
    return await _in_turn(request, partial(intake.close, pieces.rest(), attempt))


async def _bounded(request: Request, most: int) -> AsyncIterator[bytes]:
    """The body as it comes; 413 as soon as it is known to be larger."""
    length, size = request.headers.get("content-length", "0"), 0
    async for data in request.stream():
        size += len(data)
        if size > most or int(length) > most:
            raise HTTPException(413, f"the body is larger than {most} bytes", {"Connection": "close"})
        yield data


async def _in_turn(request: Request, write: Callable[[], T]) -> T:
    """Write in a thread, one at a time: the threads are needed for reading, too."""
    return await run_sync(write, limiter=request.app.state.intake_turn)
