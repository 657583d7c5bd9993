"""/quotes: who said what."""

from typing import Annotated

from fastapi import Path, Query

from app.api.dependencies import ReadSessionDep, SearchSessionDep
from app.api.routing import Linked, api_router, reads
from app.schemas.base import Listing
from app.schemas.queries import AppearanceQuery, QuoteQuery, TracedQuery
from app.schemas.quotes import Appearances, QuoteDetail
from app.services import appearances, quotes

router = api_router("quotes")

QuoteId = Annotated[str, Path(alias="id", pattern=r"^run_[a-z2-7]{16}\.q[0-9]{1,9}$", description="A quote's id.")]


@router.get("/quotes", responses=reads(404, 409, 410))
def list_quotes(
    linked: Linked, session: SearchSessionDep, query: Annotated[QuoteQuery, Query()]
) -> Listing[QuoteDetail]:
    """Quotes by words, by speaker, by whom they are about, by who relayed them."""
    return linked(quotes.list_quotes(session, query))


@router.get("/quotes/{id}", responses=reads(404))
def get_quote(session: ReadSessionDep, quote_id: QuoteId, query: Annotated[TracedQuery, Query()]) -> QuoteDetail:
    """One quote: the words, the speaker, who relayed it, where exactly, by which run."""
    return quotes.quote_detail(session, quote_id, traced=query.bytes)


@router.get("/quotes/{id}/appearances", responses=reads(404))
def list_appearances(
    linked: Linked, session: SearchSessionDep, quote_id: QuoteId, query: Annotated[AppearanceQuery, Query()]
) -> Appearances:
    """The same words in all articles, first seen first: equal, cut, or nearly equal."""
    return linked(appearances.list_appearances(session, quote_id, query))
