"""The OpenAPI description: FastAPI's, and an example for every operation, taken from the seed article.

``examples.json`` holds, by operationId, a request and the answer it gave on a freshly seeded
database, or, where that is needed, on one with a decision and a job; a test asks again and compares, and
writes the file anew when told to.
"""

import json
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from fastapi import FastAPI
from pydantic.json_schema import models_json_schema

from app.api.access import BEARER
from app.api.gate import OPEN
from app.api.problems import Problem
from app.schemas.webannotation import AnnotationPage
from app.schemas.writing import ArticleBody
from app.services.access import Scope

EXAMPLES = Path(__file__).with_name("examples.json")

INFO: dict[str, Any] = {
    "summary": "Annotated news: what was published, who and what is in it, who said what.",
    "description": (
        "Articles are stored exactly as published. Offsets count Unicode code points of an article's text, "
        "zero-based, half-open: `text[start:end] == exact`. Lists answer `items` and `next`, the cursor of "
        "the page behind. In /search, /articles and /quotes, `q` is one query language; a mistake in it is answered "
        "with its position and a suggestion. Every error is application/problem+json (RFC 9457). Wherever an entity "
        "is asked for, a name does for its id; an ambiguous name is answered 409 with the candidates. "
        "Writing takes a key; the scope it needs stands with each operation. Every answer has X-Request-Id, yours if "
        "you sent one."
    ),
    "license_info": {"name": "MIT", "identifier": "MIT"},
    "openapi_tags": [
        {"name": "search", "description": "Finding things by words."},
        {"name": "articles", "description": "What was published."},
        {"name": "entities", "description": "Who and what is in the news."},
        {"name": "quotes", "description": "Who said what."},
        {"name": "runs", "description": "What produced the annotations."},
        {
            "name": "verify",
            "description": "Whether somebody said something, and whether a quote is what was published.",
        },
        {
            "name": "decisions",
            "description": "What people decided about annotations and entities; all of it can be undone.",
        },
        {"name": "audit", "description": "Who has written what."},
        {"name": "annotate", "description": "Annotating a text without storing it."},
        {"name": "jobs", "description": "Storing much, behind the answer."},
        {"name": "health", "description": "Whether the service lives and can answer."},
        {"name": "start", "description": "Where to go from here."},
    ],
}

HEADERS = {
    "WWW-Authenticate": "Bearer, and what is wrong with the key that was sent (RFC 6750).",
    "Retry-After": "In how many seconds to ask again.",
    "RateLimit-Policy": "How many requests (q) in how many seconds (w).",
    "RateLimit": "How many are left (r), and in how many seconds there are all again (t).",
    "ETag": "Strong; send it as If-None-Match.",
    "Cache-Control": "no-cache: keep it, but ask again before using it.",
    "Link": 'The page behind this one, rel="next" (RFC 8288); absent at the end.',
    "Accept-Ranges": "bytes: parts may be asked for with Range.",
    "Content-Range": "Which bytes of how many these are.",
    "Repr-Digest": "SHA-256 of the whole (RFC 9530).",
}

# What may happen to any request before it comes to its operation, but for those on health.
BEFORE = {
    "401": "A key was sent that is not known; or none, where one is needed.",
    "429": "The caller asks too often: Retry-After says when to ask again.",
}
WITH_BODY = {"408": "The body did not come in time.", "413": "The body is too large."}

Json = dict[str, Any]


def install(app: FastAPI) -> None:
    """Complete what ``app.openapi()`` answers."""
    plain = app.openapi

    def complete() -> Json:
        if app.openapi_schema is None:
            document = plain()
            _add_schemas(document)
            _add_access(document)
            _require_preconditions(document)
            _add_headers(document)
            _add_examples(document, json.loads(EXAMPLES.read_text(encoding="utf-8")))
            app.openapi_schema = document
        return app.openapi_schema

    app.openapi = complete  # type: ignore[method-assign]


def _add_schemas(document: Json) -> None:
    """Those that only our own declarations refer to; FastAPI's error shapes are answered nowhere."""
    _, generated = models_json_schema(
        [(Problem, "serialization"), (AnnotationPage, "serialization"), (ArticleBody, "validation")],
        ref_template="#/components/schemas/{model}",
    )
    schemas = document["components"]["schemas"]
    schemas.update(generated["$defs"])
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)


def _add_access(document: Json) -> None:
    """What the Gate and the BodyLimit do; which scope an operation takes, it says itself."""
    for path, operations in document["paths"].items():
        for operation in operations.values():
            if path in OPEN:
                operation["security"] = []
                continue
            # Where reading is private it takes a key, elsewhere it may have one.
            operation.setdefault("security", [{}, {BEARER: [Scope.READ]}])
            answers = operation["responses"]
            for status, description in (BEFORE | (WITH_BODY if "requestBody" in operation else {})).items():
                answers[status] = {"description": description, "content": answers["422"]["content"]}
            answers["401"]["headers"] = _headers("WWW-Authenticate")
            answers["429"]["headers"] = _headers("Retry-After", "RateLimit-Policy", "RateLimit")


def _require_preconditions(document: Json) -> None:
    """Say that If-Match has to be there: to FastAPI it may be missing, which is answered 428 instead of 422."""
    operations = [operation for path in document["paths"].values() for operation in path.values()]
    for parameter in [parameter for operation in operations for parameter in operation.get("parameters", [])]:
        if parameter["name"] == "if-match":
            parameter |= {"required": True, "schema": {"type": "string", "pattern": parameter["schema"]["pattern"]}}


def _add_headers(document: Json) -> None:
    """Those that ConditionalRequests, NextLink and ranged_response set."""
    for path, operations in document["paths"].items():
        answers = operations.get("get", {}).get("responses", {})
        names = ["ETag", "Cache-Control"]
        if "next" in _properties(document, answers):
            names.append("Link")
        if "206" in answers:
            names += ["Accept-Ranges", "Repr-Digest"]
            answers["206"]["headers"] = _headers("ETag", "Content-Range", "Repr-Digest")
        if answers and path not in OPEN:
            answers["200"]["headers"] = _headers(*names)


def _headers(*names: str) -> Json:
    return {name: {"description": HEADERS[name], "schema": {"type": "string"}} for name in names}


def _properties(document: Json, answers: Json) -> Json:
    """Of what is answered 200."""
    contents = list(answers.get("200", {}).get("content", {}).values())
    reference = contents[0].get("schema", {}).get("$ref", "") if contents else ""
    found: Json = document["components"]["schemas"].get(reference.rsplit("/", 1)[-1], {}).get("properties", {})
    return found


def _add_examples(document: Json, examples: Json) -> None:
    for path, operations in document["paths"].items():
        for operation in operations.values():
            if operation["operationId"] in examples:
                _add_example(path, operation, examples[operation["operationId"]])


def _add_example(path: str, operation: Json, example: Json) -> None:
    values = _parameters(path, example["request"])
    for parameter in operation.get("parameters", []):
        if parameter["name"] in values:
            parameter["example"] = _typed(parameter["schema"], values[parameter["name"]])
    if "body" in example:
        bodies = operation["requestBody"]["content"]
        bodies.get("application/json", next(iter(bodies.values())))["example"] = example["body"]
    for media_type, content in operation["responses"][str(example["status"])].get("content", {}).items():
        if media_type.startswith("text/") == isinstance(example["answer"], str):
            content["example"] = example["answer"]


def _parameters(path: str, request: str) -> dict[str, list[str]]:
    asked = urlsplit(request)
    named = zip(path.split("/"), asked.path.split("/"), strict=True)
    in_path = {name.strip("{}"): [value] for name, value in named if name.startswith("{")}
    return in_path | parse_qs(asked.query)


def _typed(schema: Json, values: list[str]) -> object:
    """What the values of a parameter in a URL are in JSON."""
    types = {each.get("type") for each in schema.get("anyOf", [schema])}
    if "array" in types:
        return values
    return json.loads(values[0]) if types & {"integer", "boolean"} else values[0]
