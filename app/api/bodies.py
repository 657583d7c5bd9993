"""Bodies that are documents, or JSON that has one or says where it is; and what is answered once they are written."""

import re
from typing import Annotated, Any

from fastapi import Depends, Header, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError

from app.api.limits import require_media_type
from app.schemas.jobs import JobDetail
from app.schemas.writing import StoredArticle
from app.services import articles
from app.services.bodies import JSON, NAMES, Body

_STORY = "Nobody was hurt in Atyrau, the police of the city said on Monday. “We heard two blasts,” said Linsi Crain."
_PAGE = f"<title>Blasts in Atyrau</title></head><body><article><p>{_STORY}</p></article></body></html>"
EXAMPLES = {
    "text/markdown": f"---\ntitle: Blasts in Atyrau\ndate: 2011-10-31\n---\n{_STORY}\n",
    "text/plain": f"{_STORY}\n",
    "text/html": f'<!DOCTYPE html><html lang="en"><head>{_PAGE}',
    "application/xhtml+xml": f'<html xmlns="http://www.w3.org/1999/xhtml"><head>{_PAGE}',
}
_TEXT = {"type": "string", "minLength": 1}
# The OpenAPI declaration of such a body.
DOCUMENT: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            JSON: {"schema": {"$ref": "#/components/schemas/ArticleBody"}},
            **{media_type: {"schema": _TEXT, "example": EXAMPLES[media_type]} for media_type in NAMES},
        },
    }
}
# And of the answers to who sends one.
WRITTEN: dict[int | str, dict[str, Any]] = {
    200: {"description": "It is stored already.", "model": StoredArticle},
    201: {"description": "It is stored, annotated, and can be found.", "model": StoredArticle},
    202: {"description": "It will be: the job says when.", "model": JobDetail},
}


async def body(request: Request) -> Body:
    """The body of a request; 415 for one of another media type, 422 for JSON that does not say what it has to."""
    sent = Body(request.headers.get("content-type", ""), await request.body())
    require_media_type(request, JSON, *NAMES)
    try:
        sent.check()
    except ValidationError as error:
        located = [{**each, "loc": ("body", *each["loc"])} for each in error.errors()]
        raise RequestValidationError(located) from None
    return sent


BodyDep = Annotated[Body, Depends(body)]


def prefers_async(
    prefer: Annotated[
        str | None, Header(description="respond-async: answer 202 with a job at once (RFC 7240).")
    ] = None,
) -> bool:
    """Whether the client would rather not wait."""
    preferences = (prefer or "").lower().split(",")
    return any(re.fullmatch(r"\s*respond-async\s*(;.*)?", each) for each in preferences)


PrefersAsync = Annotated[bool, Depends(prefers_async)]


def written(answer: StoredArticle | JobDetail) -> Response:
    """What was written, and where it is."""
    if isinstance(answer, JobDetail):
        status, headers = 202, {"Location": answer.links.self}
    else:
        status = 201 if answer.outcome == "stored" else 200
        headers = {"Location": answer.article.links.self, "ETag": f'"{articles.version(answer.article)}"'}
    return Response(answer.model_dump_json(), status, headers, "application/json")
