"""Errors, all in one shape: application/problem+json (RFC 9457), with the place of each mistake.

``STATUSES`` is the one table from our exceptions, which know nothing of HTTP, to statuses.
"""

import re
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException

from app.errors import (
    Ambiguous,
    AnnotationTimeout,
    Conflict,
    DatelineError,
    Fault,
    FetchFailed,
    FetchRefused,
    Forbidden,
    Gone,
    InvalidInput,
    KeyReused,
    Misconfigured,
    Moved,
    NotFound,
    OtherDocument,
    Outdated,
    QuerySyntaxError,
    QueryTimeout,
    SwitchedOff,
    Unauthorized,
    Unavailable,
    UnknownCursor,
    UnknownKey,
    in_words,
)
from app.services.access import masked

MEDIA_TYPE = "application/problem+json"

STATUSES: dict[type[DatelineError], tuple[HTTPStatus, str]] = {
    QuerySyntaxError: (HTTPStatus.UNPROCESSABLE_ENTITY, "query-syntax"),
    FetchRefused: (HTTPStatus.UNPROCESSABLE_ENTITY, "fetch-refused"),
    KeyReused: (HTTPStatus.UNPROCESSABLE_ENTITY, "idempotency-key-reused"),
    InvalidInput: (HTTPStatus.UNPROCESSABLE_ENTITY, "invalid-input"),
    UnknownCursor: (HTTPStatus.NOT_FOUND, "unknown-cursor"),
    Gone: (HTTPStatus.GONE, "gone"),
    Moved: (HTTPStatus.PERMANENT_REDIRECT, "moved"),
    Unauthorized: (HTTPStatus.UNAUTHORIZED, "unauthorized"),
    Forbidden: (HTTPStatus.FORBIDDEN, "forbidden"),
    SwitchedOff: (HTTPStatus.FORBIDDEN, "switched-off"),
    NotFound: (HTTPStatus.NOT_FOUND, "not-found"),
    Ambiguous: (HTTPStatus.CONFLICT, "ambiguous-name"),
    OtherDocument: (HTTPStatus.CONFLICT, "other-document"),
    Conflict: (HTTPStatus.CONFLICT, "conflict"),
    Outdated: (HTTPStatus.PRECONDITION_FAILED, "outdated"),
    FetchFailed: (HTTPStatus.BAD_GATEWAY, "fetch-failed"),
    QueryTimeout: (HTTPStatus.SERVICE_UNAVAILABLE, "query-timeout"),
    AnnotationTimeout: (HTTPStatus.SERVICE_UNAVAILABLE, "annotation-timeout"),
    Unavailable: (HTTPStatus.SERVICE_UNAVAILABLE, "unavailable"),
    Misconfigured: (HTTPStatus.SERVICE_UNAVAILABLE, "misconfigured"),
}

# RFC 9110's phrases, which http.HTTPStatus has from Python 3.13 on.
_PHRASES = {413: "Content Too Large", 416: "Range Not Satisfiable", 422: "Unprocessable Content"}


class ProblemError(BaseModel):
    """One mistake and its place."""

    detail: str
    parameter: str | None = Field(None, description="The query or path parameter, or the header.")
    pointer: str | None = Field(None, description="JSON pointer into the body (RFC 6901).")
    position: int | None = Field(None, description="Code point within the parameter, from zero.")
    line: int | None = Field(None, description="Line of a document, from one.")
    suggestion: str | None = Field(None, description="What may be meant instead: a query that can be understood.")


class Candidate(BaseModel):
    """One of the entities that an ambiguous name may mean."""

    id: str
    name: str
    type: str


class Problem(BaseModel):
    """What went wrong (RFC 9457)."""

    type: str = Field(description="What kind of problem: a URN, or about:blank when the status says it all.")
    title: str
    status: int
    detail: str
    instance: str = Field(description="The path that was asked for.")
    errors: list[ProblemError] = Field(description="The mistakes, each with its place.")
    candidates: list[Candidate] | None = Field(None, description="Whom an ambiguous name may mean.")


def responses(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The OpenAPI declaration of problems with these statuses."""
    content = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {status: {"description": _phrase(status), "content": content} for status in statuses}


def problem_response(
    request: Request,
    status: int,
    detail: str,
    *,
    kind: str | None = None,
    errors: list[ProblemError] | None = None,
    candidates: list[Candidate] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """A problem as a response; ``kind`` is the last part of its URN."""
    problem = Problem(
        type=f"urn:dateline:problem:{kind}" if kind else "about:blank",
        title=_phrase(status),
        status=status,
        detail=detail,
        instance=request.url.path,
        errors=errors or [],
        candidates=candidates,
    )
    body = masked(problem.model_dump_json(exclude_none=True))
    return Response(body, status, {"Cache-Control": "no-store", **(headers or {})}, MEDIA_TYPE)


def _phrase(status: int) -> str:
    return _PHRASES.get(status) or HTTPStatus(status).phrase


def install(app: FastAPI) -> None:
    """Answer every error of ``app`` as a problem."""
    app.add_exception_handler(DatelineError, dateline_problem)
    app.add_exception_handler(RequestValidationError, _validation_error)
    app.add_exception_handler(HTTPException, _http_exception)
    app.add_exception_handler(Exception, _unexpected)


def dateline_problem(request: Request, error: Exception) -> Response:
    """An error of ours as a response."""
    status, kind = next(STATUSES[base] for base in type(error).__mro__ if base in STATUSES)
    faults = error.faults if isinstance(error, InvalidInput | NotFound | Ambiguous) else ()
    candidates = None
    if isinstance(error, Ambiguous):
        candidates = [Candidate(id=i, name=n, type=t) for i, n, t in error.candidates]
    errors = [_error(fault) for fault in faults]
    detail = str(error)
    if isinstance(error, OtherDocument):
        detail += f"; PUT /articles/{error.article} puts another document in its place"
    return problem_response(
        request,
        status,
        detail,
        kind=kind,
        errors=errors,
        candidates=candidates,
        headers=_place(request, error) or _challenge(error),
    )


def _place(request: Request, error: Exception) -> dict[str, str]:
    """Where what was asked for is now, where it is another one."""
    if not isinstance(error, Moved):
        return {}
    query = f"?{request.url.query}" if request.url.query else ""
    return {"Location": request.url.path.replace(error.old, error.new, 1) + query}


def _challenge(error: Exception) -> dict[str, str]:
    """Which key is asked for (RFC 6750, 3), where one is."""
    match error:
        case UnknownKey():
            why = ', error="invalid_token"'
        case Unauthorized():
            why = ""
        case Forbidden(scope=scope):
            why = f', error="insufficient_scope", scope="{scope}"'
        case _:
            return {}
    return {"WWW-Authenticate": f'Bearer realm="dateline"{why}'}


def _validation_error(request: Request, error: Exception) -> Response:
    found = error.errors() if isinstance(error, RequestValidationError) else []
    errors = [_located(e["loc"], in_words(e["type"], e["msg"])) for e in found]
    detail = "; ".join(f"{e.parameter or e.pointer or 'body'}: {e.detail}" for e in errors)
    return problem_response(request, 422, detail, kind="invalid-input", errors=errors)


def _http_exception(request: Request, error: Exception) -> Response:
    if not isinstance(error, HTTPException):
        raise error
    headers = dict(error.headers or {})
    if "Allow" in headers:  # that of the one route that refused, and there may be several to a path
        headers["Allow"] = ", ".join(_allowed(request))
    detail = str(error.detail)
    errors = [ProblemError(detail=detail, pointer="")] if error.status_code == 400 else []
    return problem_response(request, error.status_code, detail, errors=errors, headers=headers)


def _allowed(request: Request) -> list[str]:
    """The methods that the path asked for has, of several paths alike the plainest; GET answers HEAD, too."""
    described: dict[str, Any] = request.app.openapi()["paths"]
    alike = [path for path in described if re.fullmatch(re.sub("{.*?}", "[^/]+", path), request.scope["path"])]
    path = min(alike, key=lambda path: path.count("{"), default=None)
    methods = ["GET"] if path is None else [method.upper() for method in described[path]]  # a page is not described
    return [*methods, "HEAD"] if "GET" in methods else methods


def _unexpected(request: Request, _error: Exception) -> Response:
    return problem_response(request, 500, "the service has failed; its log says how")


def _error(fault: Fault) -> ProblemError:
    return ProblemError(
        detail=fault.detail,
        parameter=fault.parameter,
        pointer=fault.pointer,
        position=fault.position,
        line=fault.line,
        suggestion=fault.suggestion,
    )


def _located(location: tuple[int | str, ...], detail: str) -> ProblemError:
    where, *path = location
    if where == "body":
        if path and isinstance(path[0], int):  # not JSON: the place is a character, not a member
            return ProblemError(detail=detail, position=path[0])
        return ProblemError(detail=detail, pointer="".join(f"/{step}" for step in path))
    return ProblemError(detail=detail, parameter=str(path[0]) if path else None)
