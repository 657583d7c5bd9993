"""What all routers share: how a GET is declared, and how a list is answered."""

from collections import Counter
from typing import Annotated, Any, TypeVar

from fastapi import APIRouter, Depends, Path, Query, Request, Response

from app.api.problems import responses
from app.errors import Fault, InvalidInput
from app.schemas.base import Listing
from app.schemas.queries import LISTS
from app.schemas.queries import Query as NoQuery

NOT_MODIFIED: dict[int | str, dict[str, Any]] = {304: {"description": "The same as the ETag in If-None-Match."}}

ArticleId = Annotated[str, Path(alias="id", pattern="^art_[a-z2-7]{16}$", description="An article's id.")]
NameOrId = Annotated[str, Path(alias="id", min_length=1, max_length=200, description="An entity's id or name.")]

AnyListing = TypeVar("AnyListing", bound=Listing[Any])


def refuse_parameters(_query: Annotated[NoQuery, Query()]) -> None:
    """Refuse every query parameter: for routes that take none."""


def refuse_repeats(request: Request) -> None:
    """Refuse a parameter given twice, but for those that are lists: which one is meant cannot be known."""
    given = Counter(name for name, _ in request.query_params.multi_items())
    faults = [Fault("is given twice", parameter=name) for name, n in given.items() if n > 1 and name not in LISTS]
    if faults:
        raise InvalidInput("; ".join(f"{fault.parameter}: {fault.detail}" for fault in faults), faults)


NO_PARAMETERS = [Depends(refuse_parameters)]


def reads(*problems: int) -> dict[int | str, dict[str, Any]]:
    """The OpenAPI declaration of a GET: 304, and problems with these statuses, and 503: every query may be stopped."""
    return NOT_MODIFIED | responses(*problems, 503)


class NextLink:
    """Says in a Link header (RFC 8288) where the page behind a list is."""

    def __init__(self, request: Request, response: Response) -> None:
        self._url = request.url
        self._headers = response.headers

    def __call__(self, listing: AnyListing) -> AnyListing:
        """The list, its next page linked."""
        self.to(listing.next)
        return listing

    def to(self, cursor: str | None) -> str | None:
        """Link the page at ``cursor``; its path and query, or None when there is none."""
        if cursor is None:
            return None
        url = self._url.include_query_params(cursor=cursor)
        target = f"{url.path}?{url.query}"
        self._headers["Link"] = f'<{target}>; rel="next"'
        return target


Linked = Annotated[NextLink, Depends()]


def api_router(tag: str) -> APIRouter:
    """A router whose operations bear this tag."""
    return APIRouter(tags=[tag])
