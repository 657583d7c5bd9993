"""All routes of the API."""

from fastapi import APIRouter

from app.api.problems import responses
from app.api.routes import (
    annotate,
    articles,
    audit,
    decisions,
    entities,
    health,
    jobs,
    pages,
    quotes,
    revisions,
    runs,
    search,
    verify,
)

router = APIRouter(responses=responses(422, 500))
# Those asked for most come first: finding a route is looking through them in order.
for part in (articles, search, entities, quotes, runs, revisions, decisions, annotate, verify, jobs, audit, health):
    router.include_router(part.router)
router.include_router(pages.router)
