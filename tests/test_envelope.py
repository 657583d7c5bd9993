"""What every answer has around it, whoever gives it."""

import logging
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import pytest
from fastapi import FastAPI

from app.config import Settings, load_settings
from app.errors import Misconfigured
from app.main import create_app
from tests.conftest import asking, served

# A page, an article, an asset, what is made of one, and every way to be refused.
ANSWERS = [
    ("GET", "/", 200),
    ("GET", "/healthz", 200),
    ("GET", "/openapi.json", 200),
    ("GET", "/assets/swagger-ui.css", 200),
    ("GET", "/articles", 200),
    ("HEAD", "/articles", 200),
    ("GET", "/articles/art_aaaaaaaaaaaaaaaa", 404),
    ("GET", "/nowhere", 404),
    ("DELETE", "/articles", 405),
    ("POST", "/annotate", 415),
    ("GET", "/articles?limit=0", 422),
    ("GET", "/failing", 500),
]
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
}


@contextmanager
def serving(settings: Settings, **changes: object) -> Iterator[httpx.Client]:
    app = create_app(settings.model_copy(update=changes))
    _add_a_failure(app)
    with served(app) as url, asking(url) as client:
        yield client


def _add_a_failure(app: FastAPI) -> None:
    @app.get("/failing", include_in_schema=False)
    def fail() -> None:
        raise RuntimeError("nobody foresaw this")


@pytest.fixture
def client(settings: Settings) -> Iterator[httpx.Client]:
    with serving(settings) as opened:
        yield opened


@pytest.mark.parametrize(("method", "path", "status"), ANSWERS)
def test_every_answer_has_an_id_and_guards(client: httpx.Client, method: str, path: str, status: int) -> None:
    answer = client.request(method, path)
    assert answer.status_code == status
    assert re.fullmatch("[0-9a-f]{32}", answer.headers["X-Request-Id"])
    assert {name: answer.headers.get_list(name) for name in HEADERS} == {name: [v] for name, v in HEADERS.items()}
    (policy,) = answer.headers.get_list("Content-Security-Policy")
    assert "default-src 'none'" in policy and "frame-ancestors 'none'" in policy
    assert "Strict-Transport-Security" not in answer.headers


def test_what_has_not_changed_keeps_the_policy_it_came_with(client: httpx.Client) -> None:
    page = client.get("/", headers={"Accept": "text/html"})
    again = client.get("/", headers={"Accept": "text/html", "If-None-Match": page.headers["ETag"]})
    assert again.status_code == 304
    assert "Content-Security-Policy" not in again.headers


def test_the_clients_id_is_kept_where_it_is_sane(client: httpx.Client) -> None:
    assert (
        client.get("/healthz", headers={"X-Request-Id": "a-1.B_2/c:3+4=@"}).headers["X-Request-Id"] == "a-1.B_2/c:3+4=@"
    )
    for odd in (b"", b"a b", b"\xe9", b'"', b"x" * 129):
        answer = client.get("/healthz", headers={b"X-Request-Id": odd})
        assert re.fullmatch("[0-9a-f]{32}", answer.headers["X-Request-Id"])


@pytest.mark.parametrize(("url", "headers"), [("https://news.example.org", ["max-age=31536000"]), ("http://here", [])])
def test_browsers_keep_to_https_where_the_world_does(settings: Settings, url: str, headers: list[str]) -> None:
    with serving(settings, public_url=url) as client:
        assert client.get("/healthz").headers.get_list("Strict-Transport-Security") == headers


def test_the_log_has_who_asked_for_what_and_the_id(client: httpx.Client, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "dateline")
    asked = client.get("/articles?q=oil%20field", headers={"Authorization": "Basic c2VjcmV0"})
    (line,) = _lines(caplog, 1)
    request_id = asked.headers["X-Request-Id"]
    assert re.fullmatch(rf'127\.0\.0\.1 "GET /articles\?q=oil%20field" 200 \d+\.\d ms {request_id}', line)


def test_a_failure_is_in_the_log_by_its_id(client: httpx.Client, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "dateline")
    failed = client.get("/failing")
    assert failed.headers["Content-Type"] == "application/problem+json"
    first, second = _logged(caplog, 2)
    assert first.getMessage() == f"request {failed.headers['X-Request-Id']} failed"
    assert first.exc_info is not None and str(first.exc_info[1]) == "nobody foresaw this"
    assert second.getMessage().endswith(failed.headers["X-Request-Id"])


def test_a_secret_in_an_address_is_not_logged(client: httpx.Client, caplog: pytest.LogCaptureFixture) -> None:
    secret = f"dateline_{'a' * 16}_{'b' * 52}"
    caplog.set_level(logging.INFO, "dateline")
    client.get(f"/articles?key={secret}")
    client.get(f"/articles/{secret}")
    first, second = _lines(caplog, 2)
    assert f'"GET /articles?key=dateline_{"a" * 16}_…"' in first
    assert f'"GET /articles/dateline_{"a" * 16}_…"' in second


def _lines(caplog: pytest.LogCaptureFixture, count: int) -> list[str]:
    return [record.getMessage() for record in _logged(caplog, count)]


def _logged(caplog: pytest.LogCaptureFixture, count: int) -> list[logging.LogRecord]:
    """So many records: the last is made when the answer has been sent, which may be when it has come."""
    deadline = time.monotonic() + 5
    while len(caplog.records) < count and time.monotonic() < deadline:
        time.sleep(0.01)
    return caplog.records


ORIGIN = {"Origin": "https://desk.example.org"}


def test_pages_of_others_may_not_ask_unless_they_are_named(client: httpx.Client) -> None:
    assert "Access-Control-Allow-Origin" not in client.get("/articles", headers=ORIGIN).headers


@pytest.mark.parametrize("origins", ["https://desk.example.org,http://localhost:3000", "*"])
@pytest.mark.parametrize("path", ["/articles", "/nowhere", "/failing"])
def test_named_origins_may_ask_and_read(settings: Settings, origins: str, path: str) -> None:
    with serving(settings, cors_origins=origins) as client:
        answer = client.get(path, headers=ORIGIN)
        assert answer.headers["Access-Control-Allow-Origin"] == ("*" if origins == "*" else ORIGIN["Origin"])
        exposed = set(answer.headers["Access-Control-Expose-Headers"].split(", "))
        assert exposed >= {"ETag", "Link", "Location", "Retry-After", "X-Request-Id"}
        assert "Access-Control-Allow-Credentials" not in answer.headers


def test_a_preflight_lets_a_named_origin_write_with_a_key(settings: Settings) -> None:
    asked = {"Access-Control-Request-Method": "PUT", "Access-Control-Request-Headers": "authorization,if-match"}
    with serving(settings, cors_origins=ORIGIN["Origin"]) as client:
        allowed = client.options("/articles/x", headers=ORIGIN | asked)
        assert (allowed.status_code, allowed.headers["Access-Control-Allow-Origin"]) == (200, ORIGIN["Origin"])
        other = client.options("/articles/x", headers=asked | {"Origin": "https://other.example.org"})
        assert "Access-Control-Allow-Origin" not in other.headers
        assert "X-Request-Id" in other.headers
        assert (other.status_code, other.headers["Content-Type"]) == (400, "application/problem+json")
        assert "DATELINE_CORS_ORIGINS" in other.json()["detail"] and other.json()["instance"] == "/articles/x"


@pytest.mark.parametrize(
    "origins", ["desk.example.org", "https://a.example/", "https://a.example, https://b", "*,*", ""]
)
def test_what_is_no_origin_is_refused_when_the_program_starts(monkeypatch: pytest.MonkeyPatch, origins: str) -> None:
    monkeypatch.setenv("DATELINE_CORS_ORIGINS", origins)
    with pytest.raises(Misconfigured, match="DATELINE_CORS_ORIGINS"):
        load_settings()
