"""/articles/{id}, asked for most, answered before routing where the database finds a row at once.

Routing, parameters and a thread cost five times what finding and writing an article does. The route in
app.api.routes.articles answers the same (a test compares them) and describes it; whatever is not the plain
request goes there: parameters, an id that is not there, a database that has to be waited for.
"""

import re

from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from app.api.conditional import is_current
from app.db import Database
from app.errors import DatelineError
from app.services import articles

_ARTICLE = re.compile("/articles/(art_[a-z2-7]{16})")


class Shortcut:
    """ASGI middleware, inside ConditionalRequests."""

    def __init__(self, app: ASGIApp, database: Database) -> None:
        self._app = app
        self._database = database

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        answer = self._answer(scope) if scope["type"] == "http" and self._database.at_once else None
        await (answer or self._app)(scope, receive, send)

    def _answer(self, scope: Scope) -> Response | None:
        found = _ARTICLE.fullmatch(scope["path"])
        if not found or scope["method"] != "GET" or scope["query_string"]:
            return None
        try:
            return article_answer(self._database, found[1], Headers(scope=scope))
        except DatelineError:
            return None


def article_answer(database: Database, article_id: str, headers: Headers) -> Response:
    """One article; only its ETag where the client has it already, which ConditionalRequests makes a 304."""
    if "if-none-match" in headers:
        etag = f'"{articles.article_version(database, article_id)}"'
        if is_current(headers, etag):
            return Response(headers={"ETag": etag})
    article = articles.article_detail(database, article_id)
    etag = f'"{articles.version(article)}"'
    return Response(article.model_dump_json(), headers={"ETag": etag}, media_type="application/json")
