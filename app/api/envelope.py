"""What every answer has around it: an id, headers for browsers, a line in the log."""

import logging
import os
import re
from time import perf_counter

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.services.access import masked

log = logging.getLogger("dateline")

# An id of the client's that may stand in a log and in a header.
_SANE = re.compile(rb"[A-Za-z0-9._:/+=@-]{1,128}")

_POLICY = b"content-security-policy"
HEADERS = [
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
]
# An answer that says nothing else is data: opened in a browser, it loads and runs nothing.
_DATA = (_POLICY, b"default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
_HTTPS_ONLY = (b"strict-transport-security", b"max-age=31536000")


class Envelope:
    """ASGI middleware around all others; ``https`` says that the world reaches the service by that alone."""

    def __init__(self, app: ASGIApp, *, https: bool) -> None:
        self._app = app
        self._headers = [*HEADERS, _HTTPS_ONLY] if https else HEADERS

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began, status = perf_counter(), 500
        request_id = _request_id(scope)
        scope.setdefault("state", {})["request_id"] = request_id
        added = [(b"x-request-id", request_id.encode()), *self._headers]

        async def enveloped(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status, headers = message["status"], message["headers"]
                # A 304 leaves the one that came with what it stands for.
                has_policy = status == 304 or _POLICY in dict(headers)
                message = {**message, "headers": [*headers, *added, *(() if has_policy else (_DATA,))]}
            await send(message)

        try:
            await self._app(scope, receive, enveloped)
        except Exception:
            # It has been answered, if it could be; raised further, it would be logged without the id.
            log.exception("request %s failed", request_id)
        if log.isEnabledFor(logging.INFO):
            log.info(_LINE, *_asked(scope), status, 1000 * (perf_counter() - began), request_id)


_LINE = '%s "%s %s" %d %.1f ms %s'


def _request_id(scope: Scope) -> str:
    """The client's, where it sent one that is sane; else a new one."""
    given = next((value for name, value in scope["headers"] if name == b"x-request-id"), b"")
    return str(given, "ascii") if _SANE.fullmatch(given) else new_request_id()


def new_request_id() -> str:
    """128 random bits."""
    return os.urandom(16).hex()


def _asked(scope: Scope) -> tuple[str, str, str]:
    """Who asked for what, as it is logged."""
    client = scope.get("client")
    query = scope["query_string"]
    target = str(scope["raw_path"] + (b"?" + query if query else b""), "ascii", "backslashreplace")
    return client[0] if client else "-", scope["method"], masked(target)
