"""What all routers share: how a GET is declared, and how a list is answered."""

from collections import Counter
from collections.abc import Callable, Coroutine
from functools import wraps
from inspect import iscoroutinefunction
from typing import Annotated, Any, TypeVar

from fastapi import APIRouter, Depends, Path, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute

from app.api.problems import responses
from app.errors import Fault, InvalidInput
from app.schemas.base import Listing
from app.schemas.queries import LISTS

NOT_MODIFIED: dict[int | str, dict[str, Any]] = {304: {"description": "The same as the ETag in If-None-Match."}}

MOVED: dict[int | str, dict[str, Any]] = {
    308: {
        "description": "The entity was merged into another one.",
        "headers": {"Location": {"description": "The same of that one.", "schema": {"type": "string"}}},
    }
}

Handler = Callable[[Request], Coroutine[Any, Any, Response]]

ArticleId = Annotated[str, Path(alias="id", pattern="^art_[a-z2-7]{16}$", description="An article's id.")]
NameOrId = Annotated[str, Path(alias="id", min_length=1, max_length=200, description="An entity's id or name.")]

AnyListing = TypeVar("AnyListing", bound=Listing[Any])


class StrictRoute(APIRoute):
    """A route that refuses parameters given twice, and any at all where it takes none.

    Looked at before anything else is, and only where the request has parameters: as dependencies these two
    would cost every request more than finding an article does.
    """

    def __init__(self, path: str, endpoint: Callable[..., Any], **declared: Any) -> None:
        super().__init__(path, endpoint if iscoroutinefunction(endpoint) else _in_a_thread(endpoint), **declared)

    def get_route_handler(self) -> Handler:
        """FastAPI's, behind the look."""
        handle = super().get_route_handler()
        takes_none = not self._query_names(self.dependant)

        async def strict(request: Request) -> Response:
            if request.scope["query_string"]:
                _refuse(request, LISTS, takes_none=takes_none)
            return await handle(request)

        return strict

    def _query_names(self, dependant: Dependant) -> list[str]:
        own = [field.name for field in dependant.query_params]
        return own + [name for part in dependant.dependencies for name in self._query_names(part)]


def _in_a_thread(endpoint: Callable[..., Any]) -> Callable[..., Coroutine[Any, Any, Any]]:
    """``endpoint`` as a coroutine: what others return, FastAPI looks at in a thread once more."""

    @wraps(endpoint)
    async def waiting(**given: Any) -> Any:
        return await run_in_threadpool(endpoint, **given)

    return waiting


def _refuse(request: Request, lists: frozenset[str], *, takes_none: bool) -> None:
    given = Counter(name for name, _ in request.query_params.multi_items())
    faults = [Fault("is not known here", parameter=name) for name in given if takes_none]
    faults += [Fault("is given twice", parameter=name) for name, n in given.items() if n > 1 and name not in lists]
    if faults:
        raise InvalidInput("; ".join(f"{fault.parameter}: {fault.detail}" for fault in faults), faults)


def reads(*problems: int) -> dict[int | str, dict[str, Any]]:
    """The OpenAPI declaration of a GET: 304, and problems with these statuses, and 503: every query may be stopped."""
    return NOT_MODIFIED | responses(*problems, 503)


def writes(*problems: int) -> dict[int | str, dict[str, Any]]:
    """The OpenAPI declaration of a write: problems with these statuses, and those of keys and of waiting for a turn."""
    return responses(401, 403, *problems, 503)


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


async def next_link(request: Request, response: Response) -> NextLink:
    """What links the page behind the list that this request is answered with."""
    return NextLink(request, response)


Linked = Annotated[NextLink, Depends(next_link)]


def api_router(tag: str) -> APIRouter:
    """A router whose operations bear this tag."""
    return APIRouter(tags=[tag], route_class=StrictRoute)
