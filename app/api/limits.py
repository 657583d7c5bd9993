"""Bodies: not larger and not slower than the settings allow, and of the media type that the route reads."""

import asyncio

from fastapi import HTTPException, Request
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.api.problems import problem_response
from app.documents.charsets import essence

# Paths that take bodies of any length, and keep no more of one than they have to.
STREAMED = frozenset({"/articles/import"})

# What is left of a body that is not read any further is not the next request.
_CLOSE = {"Connection": "close"}


class BodyLimit:
    """ASGI middleware: a body of more than ``limit`` bytes is answered 413, announced or not, a slow one 408.

    All of it has to be here in ``timeout_s`` seconds; of a streamed one, each part.
    """

    def __init__(self, app: ASGIApp, limit: int, timeout_s: float) -> None:
        self._app = app
        self._limit = limit
        self._timeout_s = timeout_s

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        streamed = scope["path"] in STREAMED
        length = Headers(scope=scope).get("content-length", "0")
        if not streamed and length.isdecimal() and int(length) > self._limit:
            response = problem_response(Request(scope), 413, self._too_large, headers=_CLOSE)
            await response(scope, receive, send)
            return
        timed = _in_time(receive, self._timeout_s, each_part=streamed)
        await self._app(scope, timed if streamed else self._counted(timed), send)

    @property
    def _too_large(self) -> str:
        return f"the body is larger than {self._limit} bytes"

    def _counted(self, receive: Receive) -> Receive:
        seen = 0

        async def counted() -> Message:
            nonlocal seen
            message = await receive()
            seen += len(message.get("body", b""))
            if seen > self._limit:
                raise HTTPException(413, self._too_large, _CLOSE)
            return message

        return counted


def _in_time(receive: Receive, timeout_s: float, *, each_part: bool) -> Receive:
    """``receive``, until the body is whole; 408 when that, or each part of it, takes longer."""
    deadline: float | None = None
    whole = False

    async def timed() -> Message:
        nonlocal deadline, whole
        if whole:  # what is waited for now is the client's going away
            return await receive()
        if deadline is None or each_part:
            deadline = asyncio.get_running_loop().time() + timeout_s
        try:
            async with asyncio.timeout_at(deadline):
                message = await receive()
        except TimeoutError:
            raise HTTPException(408, f"the body did not come within {timeout_s:g} s", _CLOSE) from None
        whole = not message.get("more_body", False)
        return message

    return timed


def require_media_type(request: Request, *media_types: str) -> None:
    """Raise 415 unless the body is said to be of one of these types, and is not compressed."""
    coding = request.headers.get("content-encoding", "identity").strip().lower()
    allowed = ", ".join(media_types)
    if coding != "identity":
        raise HTTPException(415, "send the body as it is, without Content-Encoding", {"Accept-Encoding": "identity"})
    if essence(request.headers.get("content-type", "")) not in media_types:
        raise HTTPException(415, f"send the body as {allowed}", {"Accept": allowed})


def json_only(request: Request) -> None:
    """Refuse a body that does not say it is JSON."""
    require_media_type(request, "application/json")
