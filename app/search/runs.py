"""Whose annotations to look at: those that are served, people's, the machine's, or one run's."""

from sqlalchemy import ColumnElement, and_
from sqlmodel import col

from app.models import Run

SERVED, HUMAN, MACHINE = "served", "human", "machine"


def chosen(run: str) -> ColumnElement[bool]:
    """Runs that ``run`` means: "served" (people's where there are any), "human", "machine", or a run's id."""
    if run == SERVED:
        return col(Run.served).is_(True)
    if run in (HUMAN, MACHINE):
        return and_(col(Run.latest).is_(True), col(Run.kind) == run)
    return col(Run.public_id) == run
