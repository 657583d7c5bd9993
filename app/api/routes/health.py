"""/healthz and /readyz: whether the process lives, whether it can answer."""

from typing import Literal

from fastapi import Response
from pydantic import BaseModel

from app.api.dependencies import DatabaseDep, ReadSessionDep
from app.api.problems import responses
from app.api.routing import api_router
from app.db import ping

router = api_router("health")


class Health(BaseModel):
    """That all is well."""

    status: Literal["ok"] = "ok"


@router.get("/healthz")
async def get_health(response: Response) -> Health:
    """That the process lives."""
    response.headers["Cache-Control"] = "no-store"
    return Health()


@router.get("/readyz", responses=responses(503))
def get_readiness(response: Response, database: DatabaseDep, session: ReadSessionDep) -> Health:
    """That the database is there, has the newest schema, and answers."""
    database.check()
    ping(session)
    response.headers["Cache-Control"] = "no-store"
    return Health()
