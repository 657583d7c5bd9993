"""Conditional requests (RFC 9110, 13) and HEAD for everything that answers GET.

Every 200 gets a strong ETag, the hash of its body unless the route set one, and If-None-Match is
answered 304. Answers may be kept, but are asked for again each time: corrections show at once.
"""

import hashlib

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

KEPT_IN_304 = frozenset((b"cache-control", b"content-location", b"date", b"etag", b"expires", b"link", b"vary"))


class ConditionalRequests:
    """ASGI middleware; buffers the bodies of answers to GET, which all fit in memory."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http" or scope["method"] not in ("GET", "HEAD"):
            await self._app(scope, receive, send)
            return
        answer, head = _Answer(), scope["method"] == "HEAD"
        conditions = Headers(scope=scope).getlist("if-none-match")
        if head or conditions:
            # RFC 9110: Range means nothing to HEAD (14.2), and comes behind If-None-Match (13.2.2).
            headers = [(name, value) for name, value in scope["headers"] if name != b"range"]
            scope = {**scope, "method": "GET", "headers": headers}
        await self._app(scope, receive, answer.take)
        await answer.give(send, conditions, head=head)


class _Answer:
    """An answer held back until all of it is there."""

    def __init__(self) -> None:
        self._start: Message = {}
        self._parts: list[bytes] = []

    async def take(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._start = message
        else:
            self._parts.append(message.get("body", b""))

    async def give(self, send: Send, conditions: list[str], *, head: bool) -> None:
        headers, status, body = list(self._start["headers"]), self._start["status"], b"".join(self._parts)
        named = dict(headers)
        if status == 200 and named.get(b"cache-control") != b"no-store":
            etag = named.get(b"etag") or _etag(body)
            added = {b"etag": etag, b"cache-control": b"no-cache"}
            headers += [header for header in added.items() if header[0] not in named]
            if _matches(conditions, etag.decode("latin-1")):
                status, headers = 304, [header for header in headers if header[0] in KEPT_IN_304]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": b"" if head or status == 304 else body})


def is_current(headers: Headers, etag: str) -> bool:
    """Whether the client has what this ETag stands for: then any 200 with it becomes a 304, whatever its body."""
    return _matches(headers.getlist("if-none-match"), etag)


def _matches(conditions: list[str], etag: str) -> bool:
    """Weak comparison, as If-None-Match asks for (RFC 9110, 13.1.2)."""
    tags = [tag.strip().removeprefix("W/") for condition in conditions for tag in condition.split(",")]
    return "*" in tags or etag in tags


def _etag(body: bytes) -> bytes:
    return f'"{hashlib.sha256(body).hexdigest()[:32]}"'.encode()
