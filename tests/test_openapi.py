"""The OpenAPI description: complete, and its examples are what the service answers on the seed article."""

import json
import os
import re
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from app.api.openapi import EXAMPLES
from app.services.journal import command_line
from tests.databases import Databases
from tests.keys import trusted

SEED_TEXT = "“We will not leave,” said Aigul Saparova, a teacher in Oral. The city would appeal, she added."

STARTED = datetime.now(UTC).isoformat()[:10]

# By operationId: what is asked. Run with UPDATE_EXAMPLES=1 to write down anew what is answered.
REQUESTS: dict[str, str] = {
    "get_start": "/",
    "search": "/search?q=%22oil+field%22&facet=publisher&facet=month",
    "suggest": "/suggest?q=atyr",
    "list_articles": "/articles?q=Atyrau+NOT+Moscow&speaker=Linsi+Crain&from=2011-10-01",
    "get_article": "/articles/{article}",
    "get_article_text": "/articles/{article}/text",
    "get_article_source": "/articles/{article}/source",
    "list_article_entities": "/articles/{article}/entities?limit=2",
    "list_article_mentions": "/articles/{article}/mentions?limit=2&type=DATE&bytes=true",
    "list_article_quotes": "/articles/{article}/quotes?limit=1&kind=mixed",
    "list_article_annotations": "/articles/{article}/annotations?limit=2",
    "list_revisions": "/articles/{article}/revisions",
    "get_revision": "/articles/{article}/revisions/1",
    "get_revision_text": "/articles/{article}/revisions/1/text",
    "get_revision_source": "/articles/{article}/revisions/1/source",
    "list_revision_mentions": "/articles/{article}/revisions/1/mentions?limit=2",
    "list_revision_quotes": "/articles/{article}/revisions/1/quotes?limit=1",
    "list_similar_articles": "/articles/{article}/similar?limit=5",
    "list_entities": "/entities?q=nazar&type=PERSON",
    "get_entity": "/entities/Tengizchevroil",
    "list_entity_articles": "/entities/Tengizchevroil/articles",
    "list_entity_mentions": "/entities/Tengizchevroil/mentions?limit=1",
    "list_entity_quotes": "/entities/Novosti-Kazakhstan/quotes?role=relayed&limit=1",
    "list_related_entities": "/entities/Tengizchevroil/related?limit=4",
    "get_timeline": "/entities/Tengizchevroil/timeline?interval=day",
    "list_quotes": "/quotes?speaker=Linsi+Crain&bytes=true",
    "get_quote": "/quotes/{quote}?bytes=true",
    "list_appearances": "/quotes/{quote}/appearances?limit=1",
    "add_article": "/articles?annotate=false",
    "change_article": "/articles/{article}?annotate=false",
    "delete_article": "/articles/{article}",
    "import_articles": "/articles/import?annotate=false",
    "list_jobs": "/jobs",
    "get_job": "/jobs/{job}",
    "list_job_lines": "/jobs/{job}/lines",
    "decide_about_article": "/articles/{article}/decisions",
    "decide_about_entity": "/entities/SITE/decisions",
    "add_entity": "/entities",
    "list_decisions": "/decisions?article={article}",
    "get_decision": "/decisions/{decision}",
    "undo_decision": "/decisions/{decision}",
    "diff_runs": "/runs/{run}/diff/{run}",
    "list_audit": "/audit?subject={article}",
    "list_runs": "/runs?kind=human",
    "get_run": "/runs/{run}",
    "annotate": "/annotate",
    "verify": "/verify",
    "verify_quote": "/quotes/{quote}/verify",
    "get_health": "/healthz",
    "get_readiness": "/readyz",
}
ARTICLE = {
    "text": "Prices will rise, Ada Lovelace said.",
    "metadata": {
        "headline": "Prices",
        "published": "2020-01-02",
        "publisher": "The Post",
        "url": "https://example.org/1",
    },
}
STORE_NOTHING = {"annotate", "verify"}
# What is sent to those that take a body.
BODIES: dict[str, Any] = {
    "annotate": {"text": SEED_TEXT},
    "verify": {"text": "The company has strengthened security", "speaker": "Linsi Crain"},
    "add_article": ARTICLE,
    "change_article": {
        "text": "Nobody was hurt in Atyrau, officials said.",
        "metadata": {"headline": "Blasts in Atyrau"},
    },
    "import_articles": json.dumps(ARTICLE) + "\n",
    "decide_about_article": {
        "action": "add",
        "subject": "mention",
        "mention": {
            "start": 1638,
            "end": 1647,
            "exact": "The group",
            "type": "ORG",
            "entity": {"name": "Jund al-Khilafah", "type": "ORG"},
        },
        "comment": "It denies, so it is spoken of.",
    },
    "decide_about_entity": {"action": "change", "aliases": ["SITE Intelligence Group"]},
    "add_entity": {"name": "Ada Lovelace", "type": "PERSON", "identifiers": {"wikidata": "Q7259"}},
}
# Those whose answer has a decision or a job in it, that somebody has made before.
BEHIND_WRITES = {"list_jobs", "get_job", "list_job_lines", "list_decisions", "get_decision", "undo_decision"}


def ask(client: httpx.Client, operation: str, method: str, request: str, ids: dict[str, str]) -> dict[str, Any]:
    """A request and its answer, as examples.json has them."""
    asked: dict[str, Any] = {"request": request.format(**ids)}
    if operation in BODIES:
        asked["body"] = BODIES[operation]
    answer = send(client, method, **asked)
    if method != "get" and operation not in STORE_NOTHING:
        assert client.get("/audit", params={"request_id": answer.headers["X-Request-Id"]}).json()["items"], operation
    stable = {"request": _stable(asked["request"], client), "status": answer.status_code}
    return asked | stable | {"answer": _answered(answer, client)}


def send(client: httpx.Client, method: str, request: str, body: Any = None) -> httpx.Response:
    """What is answered to whatever version there is: lines where the body is text, else JSON."""
    headers = {} if method == "get" else {"If-Match": "*"}
    if isinstance(body, str):
        answer = client.request(method, request, content=body, headers=headers | {"Content-Type": "application/jsonl"})
    else:
        answer = client.request(method, request, json=body, headers=headers)
    assert answer.is_success, answer.text
    return answer


def write(client: httpx.Client, ids: dict[str, str]) -> dict[str, str]:
    """A decision and a job, done; their ids."""

    def make(operation: str) -> str:
        made: str = send(client, "post", REQUESTS[operation].format(**ids), BODIES[operation]).json()["id"]
        return made

    decision = make("decide_about_article")
    job = make("import_articles")
    while client.get(f"/jobs/{job}").json()["state"] != "done":
        time.sleep(0.05)
    return {"decision": decision, "job": job}


def _answered(answer: httpx.Response, client: httpx.Client) -> Any:
    """The answer, without what differs from one database and one port to another."""
    text = _stable(answer.text, client)
    if answer.status_code == 204 or "json" not in answer.headers["content-type"]:
        return text
    answered = json.loads(text)
    if "annotator" in answered and "digest" in answered and "entities" in answered:
        answered["annotator"]["version"] = "0.1.0"  # of the rules, too: it changes with every one of them
    _hold_clocks(answered)
    return answered


def _stable(text: str, client: httpx.Client) -> str:
    """Addresses, users, and ids that no two databases share, as one has them."""
    text = text.replace(str(client.base_url).rstrip("/"), "http://127.0.0.1:8000")
    text = re.sub(r"\b(dec|job)_[a-z2-7]{16}", r"\1_4xq7mzv2kd5nc3wa", text)
    return re.sub(r'"tester \d+"', '"desk"', text).replace(command_line().name, "cli:editor")


def _hold_clocks(answered: Any) -> None:
    """Instants, wherever they are, as of one day; but for those that the seed's editors gave."""
    for key, value in answered.items() if isinstance(answered, dict) else enumerate(answered):
        if isinstance(key, str) and (key == "at" or key.endswith("_at")) and isinstance(value, str) and value > STARTED:
            answered[key] = "2026-11-23T00:00:00Z"
        elif isinstance(value, dict | list):
            _hold_clocks(value)


@pytest.fixture(scope="module")
def client(databases: Databases, seed_template: str) -> Iterator[httpx.Client]:
    with trusted(databases, seed_template) as opened:
        yield opened


@pytest.fixture(scope="module")
def document(client: httpx.Client) -> Any:
    return client.get("/openapi.json").json()


def operations(document: Any) -> dict[str, tuple[str, dict[str, Any]]]:
    """Every operation by its id, with its method."""
    methods = [item for path in document["paths"].values() for item in path.items()]
    return {operation["operationId"]: (method, operation) for method, operation in methods}


def scopes(operation: dict[str, Any]) -> list[str]:
    """Those that it takes; none where it is for everybody."""
    security: list[dict[str, list[str]]] = operation["security"]
    return [] if {} in security else [scope for each in security for scope in each["key"]]


@pytest.fixture(scope="module")
def ids(client: httpx.Client) -> dict[str, str]:
    """Those of the seed article and what is in it."""
    article = client.get("/articles").json()["items"][0]["id"]
    quote = client.get("/quotes", params={"q": '"last breath"'}).json()["items"][0]["id"]
    return {"article": article, "quote": quote, "run": quote.partition(".")[0]}


def test_examples_are_what_the_service_answers(
    client: httpx.Client, ids: dict[str, str], document: Any, databases: Databases, seed_template: str
) -> None:
    asked = {}
    with trusted(databases, seed_template) as written:
        made = ids | write(written, ids)
        for name, request in REQUESTS.items():
            method, operation = operations(document)[name]
            if name in BEHIND_WRITES:
                asked[name] = ask(written, name, method, request, made)
            elif method != "get" and scopes(operation):
                with trusted(databases, seed_template) as own:
                    asked[name] = ask(own, name, method, request, ids)
            else:
                asked[name] = ask(client, name, method, request, ids)
    if os.environ.get("UPDATE_EXAMPLES"):
        EXAMPLES.write_text(json.dumps(asked, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    assert asked == json.loads(EXAMPLES.read_text(encoding="utf-8"))


def test_every_operation_has_an_example_a_tag_and_its_problems(document: Any) -> None:
    described = operations(document)
    assert set(described) == set(REQUESTS)
    for name, (_, operation) in described.items():
        assert operation["tags"], name
        assert {"422", "500"} <= set(operation["responses"])
        for status, response in operation["responses"].items():
            if status[0] in "45":
                assert list(response["content"]) == ["application/problem+json"]
        contents = [answer["content"] for answer in operation["responses"].values() if "content" in answer]
        examples = [content for media_types in contents for content in media_types.values() if "example" in content]
        assert examples or "204" in operation["responses"], name
        assert "requestBody" not in operation or '"example"' in json.dumps(operation["requestBody"]), name


def test_every_operation_says_which_key_it_takes_and_how_it_refuses(document: Any) -> None:
    health = {"get_health", "get_readiness"}
    for name, (method, operation) in operations(document).items():
        if name in health:
            assert operation["security"] == []
            continue
        assert {"401", "429"} <= set(operation["responses"]), name
        assert ("403" in operation["responses"]) == bool(scopes(operation)), name
        assert bool(scopes(operation)) or method == "get" or name in STORE_NOTHING, name
        assert "requestBody" not in operation or {"408", "413"} <= set(operation["responses"]), name
    assert scopes(operations(document)["delete_article"][1]) == ["write"]
    assert scopes(operations(document)["list_audit"][1]) == ["admin"]
    assert document["components"]["securitySchemes"]["key"]["scheme"] == "bearer"


def test_what_may_not_be_found_is_declared(document: Any) -> None:
    for path, operations in document["paths"].items():
        for operation in operations.values():
            names = {parameter["name"] for parameter in operation.get("parameters", [])}
            assert "404" in operation["responses"] or not names & {"run", "id", "cursor"}, path


def test_every_parameter_is_described(document: Any) -> None:
    for path, operations in document["paths"].items():
        for operation in operations.values():
            for parameter in operation.get("parameters", []):
                described = parameter.get("description") or parameter["schema"].get("description")
                assert described, f"{path} {parameter['name']}"
