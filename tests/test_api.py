"""The API on the seed article, as its users meet it: over HTTP, against a running server."""

import base64
import hashlib
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from app.annotations import Annotations, Metadata
from app.config import Settings
from app.main import create_app
from app.services.annotating import AnnotatorService
from tests.conftest import asking, served

LISTS = [
    "/articles",
    "/articles/{article}/entities",
    "/articles/{article}/mentions",
    "/articles/{article}/quotes",
    "/articles/{article}/annotations",
    "/entities",
    "/entities/Atyrau/articles",
    "/entities/Atyrau/mentions",
    "/entities/Jund%20al-Khilafah/quotes",
    "/entities/Tengizchevroil/related",
    "/quotes",
    "/runs",
]


@pytest.fixture(scope="module")
def article(client: httpx.Client) -> dict[str, Any]:
    """The seed article in full."""
    listed = client.get("/articles").json()["items"]
    found: dict[str, Any] = client.get(listed[0]["links"]["self"]).json()
    return found


def get(client: httpx.Client, path: str, **parameters: object) -> Any:
    answer = client.get(path, params=parameters)  # type: ignore[arg-type]
    assert answer.status_code == 200, answer.text
    return answer.json()


def spans_in(answer: Any) -> Iterator[dict[str, Any]]:
    """Every span anywhere in an answer."""
    if isinstance(answer, dict):
        if {"start", "end", "exact"} <= set(answer):
            yield answer
        answer = list(answer.values())
    if isinstance(answer, list):
        for part in answer:
            yield from spans_in(part)


def problem(answer: httpx.Response, status: int) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    found: dict[str, Any] = answer.json()
    assert found["status"] == status
    assert {"type", "title", "detail", "instance", "errors"} <= set(found)
    return found


# What the issue asks of the seed article


def test_the_article_is_served_as_published(article: dict[str, Any]) -> None:
    assert article["headline"] == "Islamist Group Says It Staged Kazakh Blasts"
    assert article["published"] == "2011-11-01"
    assert article["publisher"] == "The Moscow Times"
    assert article["dateline"] == "ALMATY, Kazakhstan"
    assert len(article["text"].split("\n\n")) == 15
    assert "Bolat Daukenov, deputy governor of the Atyrau region, as saying" in article["text"]
    assert {repair["kind"] for repair in article["source"]["repairs"]} == {
        "paragraph-joined",
        "paragraph-break",
        "space-collapsed",
    }


def test_a_quote_of_two_sentences_is_one(client: httpx.Client) -> None:
    (found,) = get(client, "/quotes", speaker="Linsi Crain")["items"]
    assert found["kind"] == "direct"
    assert found["text"].startswith("Today the office") and "The company has raised security" in found["text"]


def test_a_relayed_quote_names_speaker_and_relay(client: httpx.Client) -> None:
    (found,) = get(client, "/quotes", q='"last breath"')["items"]
    same = get(client, found["links"]["self"])
    assert [(link["role"], link["entity"]["name"]) for link in same["sources"]] == [
        ("speaker", "Bolat Daukenov"),
        ("relayed", "Novosti-Kazakhstan"),
    ]
    assert same["id"] in {q["id"] for q in get(client, "/quotes", via="Novosti-Kazakhstan")["items"]}


def test_related_entities_name_those_nearby(client: httpx.Client) -> None:
    related = get(client, "/entities/Tengizchevroil/related", limit=100)["items"]
    assert "Chevron" in {entity["name"] for entity in related}
    assert "Tengizchevroil" not in {entity["name"] for entity in related}


def test_highlights_are_offsets_into_the_text(client: httpx.Client, article: dict[str, Any]) -> None:
    (hit,) = get(client, "/search", q='"oil field"')["items"]
    (highlight,) = hit["highlights"]
    assert article["text"][highlight["start"] : highlight["end"]] == highlight["exact"] == "oil field"
    assert "<mark>oil field</mark>" in hit["snippet"]["html"]


def test_facets_count_articles(client: httpx.Client) -> None:
    facets = get(client, "/search", q="Atyrau", facet=["publisher", "month", "speaker", "type", "entity"])["facets"]
    assert [(v["value"], v["articles"]) for v in facets["publisher"]] == [("The Moscow Times", 1)]
    assert [v["value"] for v in facets["month"]] == ["2011-11"]
    assert "Linsi Crain" in {v["label"] for v in facets["speaker"]}
    assert {"PERSON", "ORG", "GPE"} <= {v["value"] for v in facets["type"]}
    assert get(client, "/search", q="nowhere", facet="entity")["facets"] == {"entity": []}


# Spans and where they come from


@pytest.mark.parametrize("part", ["mentions", "quotes"])
@pytest.mark.parametrize("run", ["human", "machine"])
def test_every_span_says_what_the_text_and_the_source_say(
    client: httpx.Client, article: dict[str, Any], part: str, run: str
) -> None:
    source = client.get(article["links"]["source"]).content
    answer = get(client, f"/articles/{article['id']}/{part}", run=run, bytes=True, limit=100)
    found = list(spans_in(answer["items"]))
    assert found
    for span in found:
        assert article["text"][span["start"] : span["end"]] == span["exact"]
        traced = source[span["bytes"]["start"] : span["bytes"]["end"]].decode()
        assert traced.split() == span["exact"].split()


def test_the_source_is_served_byte_for_byte(client: httpx.Client, article: dict[str, Any]) -> None:
    source = client.get(article["links"]["source"]).content
    assert hashlib.sha256(source).hexdigest() == article["source"]["sha256"]
    assert article["source"]["sha256"] == "2b08118efb4b7c5e86f6dbecc878df0be45877f2b4dcbf27ddc36d76bc8d5a4e"


def test_people_answer_by_default_and_either_run_on_request(client: httpx.Client, article: dict[str, Any]) -> None:
    path = f"/articles/{article['id']}/quotes"
    kinds = {run: {q["run"]["kind"] for q in get(client, path, run=run)["items"]} for run in ("human", "machine")}
    assert kinds == {"human": {"human"}, "machine": {"machine"}}
    assert get(client, path)["items"] == get(client, path, run="human")["items"]
    by_id = get(client, path, run=article["run"]["id"])["items"]
    assert by_id == get(client, path)["items"]


def test_quotes_are_found_by_what_they_are_about(client: httpx.Client) -> None:
    about = get(client, "/quotes", about="Tengiz")["items"]
    assert [q["speaker"]["name"] for q in about] == ["Linsi Crain"]
    assert get(client, "/entities/Tengiz/quotes", role="about")["items"][0]["id"] == about[0]["id"]


def test_filters_narrow_and_an_empty_answer_is_an_answer(client: httpx.Client) -> None:
    assert len(get(client, "/articles", publisher="the moscow times")["items"]) == 1
    assert get(client, "/articles", **{"from": "2011-11-02"})["items"] == []
    assert get(client, "/articles", to="2011-10-31")["items"] == []
    assert len(get(client, "/articles", entity="Eni", speaker="SITE", **{"from": "2011-11-01"})["items"]) == 1
    assert get(client, "/quotes", speaker="Linsi Crain", kind="indirect")["items"] == []


def test_names_are_found_by_beginning_and_alias(client: httpx.Client) -> None:
    assert get(client, "/suggest", q="ALMA")["items"][0]["name"] == "Almaty"
    assert get(client, "/entities", q="soldiers cal")["items"][0]["name"] == "Jund al-Khilafah"
    assert get(client, "/entities/soldiers of the caliphate")["name"] == "Jund al-Khilafah"
    assert get(client, "/entities", q="khilafah")["items"][0]["name"] == "Jund al-Khilafah"
    for nothing in ("%", " ", "\u0301"):
        assert get(client, "/entities", q=nothing)["items"] == []
        assert get(client, "/suggest", q=nothing)["items"] == []


# Names


def test_an_unknown_name_is_a_clear_404(client: httpx.Client) -> None:
    assert "Zaphod" in problem(client.get("/quotes", params={"speaker": "Zaphod"}), 404)["detail"]


def test_a_part_of_a_name_does_when_it_means_one(client: httpx.Client) -> None:
    assert [q["speaker"]["name"] for q in get(client, "/quotes", speaker="Crain")["items"]] == ["Linsi Crain"]
    assert get(client, "/entities/nazarbayev")["name"] == "Nursultan Nazarbayev"
    assert [e["name"] for e in get(client, "/suggest", q="daukenov")["items"]] == ["Bolat Daukenov"]
    for name in ("Craig", "%", "of", "Caliphate", "office"):
        found = problem(client.get(f"/entities/{quote(name)}"), 404)
        assert found["errors"][0]["parameter"] == "id"


# Lists


@pytest.mark.parametrize("path", LISTS)
def test_pages_neither_skip_nor_repeat(client: httpx.Client, article: dict[str, Any], path: str) -> None:
    path = path.format(article=article["id"])
    whole = get(client, path, limit=100)
    paged, cursor = [], None
    for _ in range(200):
        answer = client.get(path, params={"limit": 3} | ({"cursor": cursor} if cursor else {}))
        page = answer.json()
        paged += page["items"]
        assert ("link" in answer.headers) == (page["next"] is not None)
        if page["next"] is None:
            break
        target = answer.headers["link"].split(">")[0].lstrip("<")
        cursor = httpx.URL(target).params["cursor"]
        assert client.get(target).status_code == 200
    assert paged == whole["items"]


def test_total_is_counted_on_request(client: httpx.Client) -> None:
    assert get(client, "/quotes", limit=1)["total"] is None
    counted = get(client, "/quotes", limit=1, total=True)
    assert counted["total"] == len(get(client, "/quotes", limit=100)["items"])


def test_a_parameter_given_twice_is_refused(client: httpx.Client) -> None:
    found = problem(client.get("/articles?from=2030-01-01&from=2000-01-01"), 422)
    assert found["errors"] == [{"detail": "is given twice", "parameter": "from"}]
    assert len(get(client, "/entities", type=["PERSON", "ORG"])["items"]) > 5


def test_a_run_that_is_not_there_is_404(client: httpx.Client) -> None:
    for path in ("/entities", "/quotes", "/suggest?q=a", "/entities/SITE", "/runs/run_aaaaaaaaaaaaaaaa"):
        parameters = {} if "runs" in path else {"run": "run_aaaaaaaaaaaaaaaa"}
        problem(client.get(path, params=httpx.URL(path).params.merge(parameters)), 404)


def test_a_cursor_holds_only_for_its_own_list(client: httpx.Client) -> None:
    cursor = get(client, "/entities", limit=1)["next"]
    for path, parameters in [
        ("/quotes", {"cursor": cursor}),
        ("/entities", {"cursor": cursor, "type": "PERSON"}),
        ("/entities", {"cursor": "bm9uc2Vuc2U"}),
        ("/entities", {"cursor": "W10"}),
        ("/entities", {"cursor": "…"}),
        ("/entities", {"cursor": f"{cursor}!"}),
        ("/entities", {"cursor": forged(cursor, "1e999")}),
        ("/entities", {"cursor": forged(cursor, "1" + "0" * 30)}),
    ]:
        assert problem(client.get(path, params=parameters), 404)["type"].endswith("unknown-cursor")


def forged(cursor: str, key: str) -> str:
    """The cursor with another last key."""
    unpacked = base64.urlsafe_b64decode(cursor + "==").decode()
    return base64.urlsafe_b64encode((unpacked.rpartition(",")[0] + f",{key}]").encode()).decode().rstrip("=")


@pytest.mark.parametrize("limit", ["0", "101", "-1", "x", ""])
def test_limits_are_refused_not_bent(client: httpx.Client, limit: str) -> None:
    found = problem(client.get("/quotes", params={"limit": limit}), 422)
    assert found["errors"][0]["parameter"] == "limit"


# Mistakes


def test_every_error_has_one_shape(client: httpx.Client) -> None:
    problem(client.get("/nowhere"), 404)
    problem(client.get("/articles/art_aaaaaaaaaaaaaaaa"), 404)
    problem(client.get("/articles/1"), 422)
    assert problem(client.put("/healthz"), 405)
    assert client.put("/healthz").headers["allow"] == "GET, HEAD"
    problem(client.post("/annotate", content="x", headers={"Content-Type": "text/plain"}), 415)
    problem(client.post("/annotate", content="{", headers={"Content-Type": "application/json"}), 422)
    problem(client.post("/annotate", json={"text": ""}), 422)


@pytest.mark.parametrize(
    ("asked", "path"),
    [
        ("/articles/art_aaaaaaaaaaaaaaaa", "/articles/{id}"),
        ("/articles/import", "/articles/import"),
        ("/quotes", "/quotes"),
    ],
)
def test_a_path_names_all_the_methods_it_has(client: httpx.Client, asked: str, path: str) -> None:
    described = [method.upper() for method in client.get("/openapi.json").json()["paths"][path]]
    allowed = client.options(asked).headers["allow"].split(", ")
    assert sorted(allowed) == sorted(described + ["HEAD"] * ("GET" in described))
    assert client.options("/docs").headers["allow"] == "GET, HEAD"


@pytest.mark.parametrize("path", ["/articles", "/healthz", "/", "/docs", "/quotes", "/articles/{article}/text"])
def test_unknown_parameters_are_refused(client: httpx.Client, article: dict[str, Any], path: str) -> None:
    found = problem(client.get(path.format(article=article["id"]), params={"colour": "red"}), 422)
    assert found["errors"] == [{"detail": "is not known here", "parameter": "colour"}]


def test_a_mistake_in_a_query_names_its_place(client: httpx.Client) -> None:
    found = problem(client.get("/search", params={"q": 'oil AND "gas field'}), 422)
    assert found["errors"][0] == {
        "detail": "the phrase that begins here is never closed",
        "parameter": "q",
        "position": 8,
        "suggestion": 'oil AND "gas field"',
    }


@pytest.mark.parametrize(
    "path",
    ["/entities/a%00b", "/quotes?speaker=a%00b", "/articles?publisher=a%00b", "/suggest?q=a%00b", "/search?q=%00"],
)
def test_what_holds_a_nul_is_found_nowhere(client: httpx.Client, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 404 or (answer.status_code, answer.json()["items"]) == (200, [])


def test_a_body_over_the_limit_is_413_announced_or_not(client: httpx.Client) -> None:
    large = b'{"text": "' + b"a" * 1_000_000 + b'"}'
    headers = {"Content-Type": "application/json"}
    problem(client.post("/annotate", content=large, headers=headers), 413)
    problem(client.post("/annotate", content=iter([large[:500_000], large[500_000:]]), headers=headers), 413)


def test_a_failure_is_a_problem_too(nothing: str) -> None:
    with served(create_app(Settings(database_url=nothing))) as url:  # not migrated: every read fails
        problem(httpx.get(f"{url}/articles"), 500)
        assert "dateline migrate" in problem(httpx.get(f"{url}/readyz"), 503)["detail"]
        assert httpx.get(f"{url}/healthz").status_code == 200


# Conditional requests, ranges, HEAD


@pytest.mark.parametrize("path", ["/articles", "/articles/{article}", "/articles/{article}/text", "/search?q=oil", "/"])
def test_an_unchanged_answer_is_304(client: httpx.Client, article: dict[str, Any], path: str) -> None:
    path = path.format(article=article["id"])
    first = client.get(path)
    assert first.headers["cache-control"] == "no-cache"
    etag = first.headers["etag"]
    assert etag.startswith('"')
    for condition in (etag, f'"other", W/{etag}', "*"):
        again = client.get(path, headers={"If-None-Match": condition})
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", etag)
    assert client.get(path, headers={"If-None-Match": '"other"'}).status_code == 200


def test_head_is_get_without_the_body(client: httpx.Client, article: dict[str, Any]) -> None:
    path = article["links"]["text"]
    headers = {"X-Request-Id": "same"}
    whole, head = client.get(path, headers=headers), client.head(path, headers=headers)
    assert head.content == b""
    assert {**head.headers, "date": ""} == {**whole.headers, "date": ""}


@pytest.mark.parametrize("part", ["text", "source"])
def test_bytes_answer_ranges_and_carry_their_digest(client: httpx.Client, article: dict[str, Any], part: str) -> None:
    path = article["links"][part]
    whole = client.get(path)
    digest = base64.b64encode(hashlib.sha256(whole.content).digest()).decode()
    assert whole.headers["repr-digest"] == f"sha-256=:{digest}:"
    for asked, wanted in [
        ("0-9", slice(0, 10)),
        ("10-", slice(10, None)),
        ("-5", slice(-5, None)),
        ("5-99999", slice(5, None)),
    ]:
        got = client.get(path, headers={"Range": f"bytes={asked}"})
        assert (got.status_code, got.content) == (206, whole.content[wanted])
        assert got.headers["content-range"].endswith(f"/{len(whole.content)}")
    for asked in ("99999-", "5-4", "-0"):
        refused = client.get(path, headers={"Range": f"bytes={asked}"})
        problem(refused, 416)
        assert refused.headers["content-range"] == f"bytes */{len(whole.content)}"
    for ignored in ("lines=1-2", "bytes=-", "bytes=1-2,4-5"):
        assert client.get(path, headers={"Range": ignored}).content == whole.content
    known = {"Range": "bytes=99999-", "If-None-Match": whole.headers["etag"]}
    assert client.get(path, headers=known).status_code == 304
    head = client.head(path, headers={"Range": "bytes=0-9"})
    assert (head.status_code, head.headers["content-length"]) == (200, str(len(whole.content)))
    stale = client.get(path, headers={"Range": "bytes=0-9", "If-Range": '"other"'})
    assert (stale.status_code, stale.content) == (200, whole.content)


# For programs that follow links


def test_every_link_leads_somewhere(client: httpx.Client) -> None:
    seen: set[str] = set()
    todo = [link.replace("{q}", "Atyrau") for link in get(client, "/")["links"].values()]
    while todo:
        path = todo.pop()
        if path in seen or "{" in path:
            continue
        seen.add(path)
        answer = client.get(path)
        assert answer.status_code == 200, path
        if answer.headers["content-type"] == "application/json" and path != "/openapi.json":
            todo += list(links_in(answer.json()))
    assert len(seen) > 100


def links_in(answer: Any) -> Iterator[str]:
    if isinstance(answer, dict):
        yield from answer.get("links", {}).values()
        answer = list(answer.values())
    if isinstance(answer, list):
        for part in answer:
            yield from links_in(part)


def test_a_hundred_clients_are_all_answered(base_url: str) -> None:
    limits = httpx.Limits(max_connections=100)
    with asking(base_url, limits=limits) as many, ThreadPoolExecutor(100) as pool:
        statuses = list(pool.map(lambda _: many.get("/quotes?speaker=SITE").status_code, range(400)))
    assert statuses == [200] * 400


# Annotating


def test_annotate_stores_nothing_and_says_who_said_what(client: httpx.Client) -> None:
    before = get(client, "/runs", total=True)["total"]
    text = "“We are staying,” said Aigul Saparova, the mayor of Oral. Saparova spoke on Monday. 😀 “Good,” she added."
    body = {"text": text, "metadata": {"published": "2024-05-08"}}
    answer = client.post("/annotate", json=body).json()
    for span in spans_in(answer):
        assert text[span["start"] : span["end"]] == span["exact"]
    said = answer["quotes"][0]
    assert said["content"][0]["exact"] == "We are staying,"
    assert answer["entities"][said["sources"][0]["entity"]]["name"] == "Aigul Saparova"
    assert answer["digest"] == client.post("/annotate", json=body).json()["digest"]
    assert get(client, "/runs", total=True)["total"] == before


def test_annotations_stand_in_order(client: httpx.Client, article: dict[str, Any]) -> None:
    mentions = get(client, f"/articles/{article['id']}/mentions", limit=100)["items"]
    assert all(a["start"] <= b["start"] for a, b in pairwise(mentions))


@pytest.mark.parametrize("path", ["/runs", "/decisions", "/quotes"])
def test_an_article_that_is_not_there_is_named_by_its_parameter(client: httpx.Client, path: str) -> None:
    answer = client.get(path, params={"article": "art_aaaaaaaaaaaaaaaa"})
    assert (answer.status_code, answer.json()["errors"][0]["parameter"]) == (404, "article")


def test_texts_are_annotated_one_at_a_time(settings: Settings) -> None:
    class Slow(AnnotatorService):
        """Counts how many are inside at once."""

        inside = most = 0

        def annotate(self, text: str, metadata: Metadata) -> Annotations:  # noqa: ARG002
            self.inside += 1
            self.most = max(self.most, self.inside)
            time.sleep(0.02)
            self.inside -= 1
            return Annotations()

    app = create_app(settings)
    slow = app.state.annotating = Slow(settings.pipeline)
    assert slow.annotator  # loaded before, so that only annotating takes time
    with served(app) as url, ThreadPoolExecutor(8) as pool:
        statuses = list(
            pool.map(lambda _: httpx.post(f"{url}/annotate", json={"text": "x"}, timeout=60).status_code, range(8))
        )
    assert (statuses, slow.most) == ([200] * 8, 1)
