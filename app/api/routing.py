"""What all routers share: how a GET is declared, and how a list is answered."""

from typing import Annotated, Any, TypeVar

from fastapi import APIRouter, Depends, Path, Query, Request, Response

from app.api.problems import responses
from app.schemas.base import Listing
from app.schemas.queries import Query as NoQuery

NOT_MODIFIED: dict[int | str, dict[str, Any]] = {304: {"description": "The same as the ETag in If-None-Match."}}

ArticleId = Annotated[str, Path(alias="id", pattern="^art_[a-z2-7]{16}$", description="An article's id.")]
NameOrId = Annotated[str, Path(alias="id", min_length=1, max_length=200, description="An entity's id or name.")]

T = TypeVar("T")


def refuse_parameters(_query: Annotated[NoQuery, Query()]) -> None:
    """Refuse every query parameter: for routes that take none."""


NO_PARAMETERS = [Depends(refuse_parameters)]


def reads(*problems: int) -> dict[int | str, dict[str, Any]]:
    """The OpenAPI declaration of a GET: 304, and problems with these statuses."""
    return NOT_MODIFIED | responses(*problems)


def linked(request: Request, response: Response, listing: Listing[T]) -> Listing[T]:
    """The list, with a Link header to the page behind it (RFC 8288)."""
    link_next(request, response, listing.next)
    return listing


def link_next(request: Request, response: Response, cursor: str | None) -> str | None:
    """Set the Link header to the page at ``cursor``; the same as a URL."""
    if cursor is None:
        return None
    url = request.url.include_query_params(cursor=cursor)
    target = f"{url.path}?{url.query}"
    response.headers["Link"] = f'<{target}>; rel="next"'
    return target


def api_router(tag: str) -> APIRouter:
    """A router whose operations bear this tag."""
    return APIRouter(tags=[tag])
