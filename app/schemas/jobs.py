"""Jobs: work that goes on behind an answer, and what became of each line."""

from datetime import datetime
from typing import Literal

from pydantic import Field, computed_field

from app.schemas.articles import ARTICLE_ID
from app.schemas.base import Shape
from app.schemas.queries import Paging

JOB_ID = "^job_[a-z2-7]{16}$"

JobKind = Literal["import", "article"]
JobState = Literal["receiving", "queued", "running", "done", "failed"]
LineOutcome = Literal["stored", "unchanged", "failed"]


class JobLinks(Shape):
    """Where a job and its results are, as paths."""

    self: str
    lines: str


class JobDetail(Shape):
    """Lines, or one document, to be stored: how far that has come."""

    id: str = Field(pattern=JOB_ID)
    kind: JobKind = Field(description="import: lines of JSON; article: one document.")
    state: JobState = Field(description="done: all lines have been looked at, whatever came of each.")
    author: str = Field(description="The name of the key that asked for it.")
    bytes_total: int = Field(description="How much there is to be done.")
    bytes_done: int = Field(description="How much of it is done.")
    lines: int = Field(description="Lines that are done, blank ones too.")
    stored: int = Field(description="Lines that added an article, or annotations to one.")
    unchanged: int = Field(description="Lines that are stored already.")
    failed: int = Field(description="Lines that could not be stored; `links.lines` with `outcome=failed` says why.")
    error: str | None = Field(description="Why it ended before all lines were looked at, where it did.")
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None

    @computed_field  # type: ignore[prop-decorator]
    @property
    def links(self) -> JobLinks:
        """Where it and its results are."""
        return JobLinks(self=f"/jobs/{self.id}", lines=f"/jobs/{self.id}/lines")


class JobLineDetail(Shape):
    """What became of one line."""

    number: int = Field(description="Which line, from 1; blank ones are counted and not listed.")
    outcome: LineOutcome
    article: str | None = Field(pattern=ARTICLE_ID, description="The article it is, is the same as, or would be.")
    detail: str | None = Field(description="Why it was not stored.")


class JobQuery(Paging):
    """What /jobs may be asked."""

    state: JobState | None = Field(None, description="In this state.")


class JobLineQuery(Paging):
    """What /jobs/{id}/lines may be asked."""

    outcome: LineOutcome | None = Field(None, description="With this outcome.")
