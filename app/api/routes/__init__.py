"""All routes of the API."""

from fastapi import APIRouter, Depends

from app.api.problems import responses
from app.api.routes import annotate, articles, entities, health, pages, quotes, runs, search
from app.api.routing import refuse_repeats

router = APIRouter(responses=responses(422, 500), dependencies=[Depends(refuse_repeats)])
for part in (search, articles, entities, quotes, runs, annotate, health):
    router.include_router(part.router)
router.include_router(pages.router)
