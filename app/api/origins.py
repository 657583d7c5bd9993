"""Pages of other origins (CORS): whose may ask, what they may send, what they may read."""

from collections.abc import Sequence

from starlette.datastructures import Headers
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from app.api.problems import problem_response

# Beyond what every page may send and read (https://fetch.spec.whatwg.org/#http-cors-protocol).
SENT = [
    "Authorization",
    "Content-Type",
    "Idempotency-Key",
    "If-Match",
    "If-None-Match",
    "If-Range",
    "Prefer",
    "Range",
    "X-Request-Id",
]
READ = [
    "Accept-Ranges",
    "Content-Range",
    "ETag",
    "Link",
    "Location",
    "RateLimit",
    "RateLimit-Policy",
    "Repr-Digest",
    "Retry-After",
    "WWW-Authenticate",
    "X-Request-Id",
]


class _Refusal(Response):
    """That a page may not ask, as a problem of the path it would have asked for."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        why = f"{bytes(self.body).decode()}: DATELINE_CORS_ORIGINS says whose pages may ask"
        await problem_response(Request(scope), self.status_code, why)(scope, receive, send)


class _Origins(CORSMiddleware):
    def preflight_response(self, request_headers: Headers) -> Response:
        """As Starlette answers; what it refuses, in the shape of all errors."""
        answer = super().preflight_response(request_headers)
        return answer if answer.status_code == 200 else _Refusal(bytes(answer.body), answer.status_code)


def across_origins(app: ASGIApp, origins: Sequence[str]) -> ASGIApp:
    """``app``, which pages of these origins may ask from a browser."""
    if not origins:
        return app
    return _Origins(
        app,
        allow_origins=origins,
        allow_methods=["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"],
        allow_headers=SENT,
        expose_headers=READ,
        max_age=86_400,
    )
