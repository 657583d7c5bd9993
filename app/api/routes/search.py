"""/search and /suggest: finding things by words."""

from typing import Annotated

from fastapi import Query

from app.api.dependencies import SearchSessionDep
from app.api.routing import Linked, api_router, reads
from app.schemas.base import Listing
from app.schemas.entities import Suggestion
from app.schemas.queries import SearchQuery, SuggestQuery
from app.schemas.search import SearchAnswer
from app.services import entities, searching

router = api_router("search")


@router.get("/search", responses=reads(404, 409))
def search(linked: Linked, session: SearchSessionDep, query: Annotated[SearchQuery, Query()]) -> SearchAnswer:
    """Articles that hold the words, with highlights and facets, and the quotes and entities that match."""
    return linked(searching.search(session, query))


@router.get("/suggest", responses=reads(404))
def suggest(session: SearchSessionDep, query: Annotated[SuggestQuery, Query()]) -> Listing[Suggestion]:
    """Names that begin as typed, most mentioned first; then those that do but for a typo."""
    return entities.suggest(session, query)
