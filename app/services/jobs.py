"""Jobs, and what became of each of their lines, as they are listed."""

from typing import Any

from sqlmodel import col, select

from app.db import ReadSession, WriteSession
from app.errors import NotFound
from app.models import Job, JobLine
from app.schemas.base import Listing
from app.schemas.jobs import JobDetail, JobLineDetail, JobLineQuery, JobQuery
from app.search.paging import Order
from app.services.lists import listing

_OF_JOB = JobDetail.model_fields.keys() - {"id"}
_OF_LINE = JobLineDetail.model_fields.keys()


def list_jobs(session: ReadSession, query: JobQuery) -> Listing[JobDetail]:
    """A page of jobs, the newest first."""
    wanted = select(Job) if query.state is None else select(Job).where(Job.state == query.state)
    order = Order((col(Job.id),), descending=True)
    return listing(session, (wanted, order), query, "jobs", lambda rows: [_detail(row[0]) for row in rows])


def job_detail(session: ReadSession | WriteSession, job_id: str) -> JobDetail:
    """One job; NotFound when there is none of that id."""
    return _detail(_job(session, job_id))


def list_lines(session: ReadSession, job_id: str, query: JobLineQuery) -> Listing[JobLineDetail]:
    """A page of what became of a job's lines, in their order."""
    wanted = select(JobLine).where(JobLine.job_id == _job(session, job_id).id)
    if query.outcome is not None:
        wanted = wanted.where(JobLine.outcome == query.outcome)
    found = (wanted, Order((col(JobLine.number),)))
    return listing(session, found, query, f"lines of {job_id}", lambda rows: [_line(row[0]) for row in rows])


def _job(session: ReadSession | WriteSession, job_id: str) -> Job:
    job = session.exec(select(Job).where(Job.public_id == job_id)).one_or_none()
    if job is None:
        raise NotFound(f"there is no job {job_id}")
    return job


def _detail(job: Job) -> JobDetail:
    return JobDetail(id=job.public_id, **_values(job, _OF_JOB))


def _line(line: JobLine) -> JobLineDetail:
    return JobLineDetail(**_values(line, _OF_LINE))


def _values(row: Job | JobLine, names: Any) -> dict[str, Any]:
    return {name: getattr(row, name) for name in names}
