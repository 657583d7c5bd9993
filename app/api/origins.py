"""Pages of other origins (CORS): whose may ask, what they may send, what they may read."""

from collections.abc import Sequence

from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp

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


def across_origins(app: ASGIApp, origins: Sequence[str]) -> ASGIApp:
    """``app``, which pages of these origins may ask from a browser."""
    if not origins:
        return app
    return CORSMiddleware(
        app,
        allow_origins=origins,
        allow_methods=["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"],
        allow_headers=SENT,
        expose_headers=READ,
        max_age=86_400,
    )
