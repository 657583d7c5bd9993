"""Who is let in to read, how often, and what is noted of keys."""

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import httpx
import pytest
from sqlmodel import select

from app.config import Settings, load_settings
from app.db import Database
from app.errors import Misconfigured
from app.main import create_app
from app.models import ApiKey
from app.services import access
from app.services.keys import revoke_key
from tests.conftest import ROOT, TLS, asking, served
from tests.keys import MAKER, a_key
from tests.lines import line, put

UNKNOWN = f"Bearer dateline_{'a' * 16}_{'a' * 52}"


@contextmanager
def serving(settings: Settings, **changes: object) -> Iterator[httpx.Client]:
    with served(create_app(settings.model_copy(update=changes))) as url, asking(url) as client:
        yield client


def ask(client: httpx.Client, path: str, key: str | None = None, **headers: str) -> httpx.Response:
    authorization = {} if key is None else {"Authorization": key}
    return client.get(path, headers=authorization | {n.replace("_", "-"): v for n, v in headers.items()})


def test_reading_takes_no_key_but_one_that_is_shown_has_to_be_known(settings: Settings, database: Database) -> None:
    with serving(settings) as client:
        assert ask(client, "/articles").status_code == 200
        assert ask(client, "/articles", a_key(database, "read")).status_code == 200
        refused = ask(client, "/articles", UNKNOWN)
        assert (refused.status_code, refused.headers["Content-Type"]) == (401, "application/problem+json")
        assert ask(client, "/healthz", UNKNOWN).status_code == 200
        assert ask(client, "/articles", "Basic dXNlcjpwYXNz").status_code == 200  # for a proxy, not for us


def test_a_private_service_answers_nobody_without_a_key(settings: Settings, database: Database) -> None:
    put(database, line("Bob was here."))
    key = a_key(database, "read")
    with serving(settings, private=True) as client:
        (article,) = ask(client, "/articles", key).json()["items"]
        described = ask(client, "/openapi.json", key).json()["paths"]
        paths = {re.sub("{.*?}", article["id"], path) for path in described if "get" in described[path]}
        paths |= {"/docs", "/openapi.json", "/assets/swagger-ui.css", "/nowhere", article["links"]["self"]}
        answers = {path: ask(client, path) for path in paths}
        assert {path for path, answer in answers.items() if answer.status_code != 401} == {"/healthz", "/readyz"}
        assert all(article["id"] not in answer.text.replace(path, "") for path, answer in answers.items())


def test_a_private_service_says_how_to_be_let_in(settings: Settings) -> None:
    with serving(settings, private=True) as client:
        refused = ask(client, "/", Accept="text/html")
        assert refused.headers["WWW-Authenticate"] == 'Bearer realm="dateline"'
        assert "dateline keys create NAME --scope read" in refused.json()["detail"]


@pytest.mark.parametrize("scope", ["read", "write", "correct", "admin"])
def test_every_key_may_read_what_is_private(settings: Settings, database: Database, scope: str) -> None:
    put(database, line("Bob was here."))
    key = a_key(database, scope)
    with serving(settings, private=True) as client:
        (article,) = ask(client, "/articles", key).json()["items"]
        path = article["links"]["self"]
        whole = ask(client, path, key)
        assert whole.status_code == ask(client, "/docs", key).status_code == ask(client, "/", key).status_code == 200
        etag = whole.headers["ETag"]
        assert ask(client, path, key, If_None_Match=etag).status_code == 304
        assert ask(client, path, If_None_Match=etag).status_code == 401


def test_a_revoked_key_lets_nobody_in(settings: Settings, database: Database) -> None:
    key = a_key(database, "read", name="desk")
    with serving(settings, private=True) as client:
        assert ask(client, "/articles", key).status_code == 200
        with database.write() as session:
            revoke_key(session, MAKER, "desk")
        refused = ask(client, "/articles", key)
        assert refused.status_code == 401
        assert 'error="invalid_token"' in refused.headers["WWW-Authenticate"]


def test_who_asks_too_often_is_told_when_to_ask_again(settings: Settings) -> None:
    with serving(settings, rate_limit="3/minute") as client:
        answers = [ask(client, "/articles") for _ in range(4)]
        assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
        assert {answer.headers["RateLimit-Policy"] for answer in answers} == {'"default";q=3;w=60'}
        stated = [re.fullmatch(r'"default";r=(\d);t=(\d\d)', answer.headers["RateLimit"]) for answer in answers]
        assert [found and found[1] for found in stated] == ["2", "1", "0", "0"]
        refused = answers[-1]
        assert refused.json()["type"] == "urn:dateline:problem:rate-limited"
        assert 0 < int(refused.headers["Retry-After"]) <= 60
        assert [ask(client, path).status_code for path in ("/healthz", "/readyz")] == [200, 200]
        assert ask(client, "/").status_code == 429


def test_the_count_begins_anew(settings: Settings) -> None:
    with serving(settings, rate_limit="1/second") as client:
        assert ask(client, "/articles").status_code == 200
        # On a busy machine the next may come a second later, and be allowed.
        asked = (ask(client, "/articles") for _ in range(20))
        refused = next(answer for answer in asked if answer.status_code == 429)
        time.sleep(int(refused.headers["Retry-After"]))
        assert ask(client, "/articles").status_code == 200


def test_each_key_and_each_address_has_a_count_of_its_own(settings: Settings, database: Database) -> None:
    keys = [a_key(database, "read") for _ in range(2)]
    # uvicorn believes X-Forwarded-For where the proxy is on this machine.
    addresses = ["192.0.2.1", "192.0.2.2", "2001:db8:0:1::1", "2001:db8:0:2::1"]
    with serving(settings, rate_limit="1/minute") as client:
        assert [ask(client, "/", key).status_code for key in (None, *keys)] == [200, 200, 200]
        assert [ask(client, "/", key).status_code for key in (None, *keys)] == [429, 429, 429]
        for status in (200, 429):
            assert {ask(client, "/", X_Forwarded_For=address).status_code for address in addresses} == {status}
        assert ask(client, "/", keys[0], X_Forwarded_For="192.0.2.3").status_code == 429


@pytest.mark.parametrize("same", [("2001:db8::1", "2001:db8::ffff:1"), ("192.0.2.1", "::ffff:192.0.2.1")])
def test_one_network_of_ipv6_counts_as_one(settings: Settings, same: tuple[str, str]) -> None:
    with serving(settings, rate_limit="1/minute") as client:
        assert [ask(client, "/", X_Forwarded_For=address).status_code for address in same] == [200, 429]


def test_guessing_at_keys_is_counted_by_address(settings: Settings) -> None:
    with serving(settings, rate_limit="2/minute") as client:
        assert [ask(client, "/articles", UNKNOWN).status_code for _ in range(3)] == [401, 401, 429]


@pytest.mark.parametrize("rate", ["600", "0/minute", "600/week", "a/minute", "600/minute;1/second"])
def test_what_is_no_rate_is_refused_when_the_program_starts(monkeypatch: pytest.MonkeyPatch, rate: str) -> None:
    monkeypatch.setenv("DATELINE_RATE_LIMIT", rate)
    with pytest.raises(Misconfigured, match="DATELINE_RATE_LIMIT"):
        load_settings()


def last_use(database: Database) -> object:
    with database.read() as session:
        return session.exec(select(ApiKey.last_used_at)).one()


def wait_for_use(database: Database) -> None:
    deadline = time.monotonic() + 10
    while last_use(database) is None:
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_a_use_is_noted_and_not_again_within_a_minute(settings: Settings, database: Database) -> None:
    key = a_key(database, "read")
    with serving(settings) as client:
        assert last_use(database) is None
        ask(client, "/articles", key)
        wait_for_use(database)
    first = last_use(database)
    time.sleep(1.1)  # noted to the second
    with serving(settings) as client:
        ask(client, "/articles", key)
    assert last_use(database) == first


def test_nobody_waits_for_a_use_to_be_noted(settings: Settings, database: Database) -> None:
    key = a_key(database, "read")
    with serving(settings) as client:
        with database.write() as session:
            session.connection()  # nobody else writes, for now
            began = time.monotonic()
            assert ask(client, "/articles", key).status_code == 200
            assert time.monotonic() - began < 3
            assert last_use(database) is None
        wait_for_use(database)


def test_a_use_that_cannot_be_noted_fails_nobody(
    settings: Settings, database: Database, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    key = a_key(database, "read")

    def fail(*_: object) -> None:
        raise OSError("disk is full")

    monkeypatch.setattr(access, "note_use", fail)
    with serving(settings) as client:
        assert [ask(client, "/articles", key).status_code for _ in range(3)] == [200, 200, 200]
    (warning,) = (record.getMessage() for record in caplog.records if record.levelname == "WARNING")
    assert "could not be noted: disk is full" in warning
    assert key.removeprefix("Bearer ") not in caplog.text


def test_no_secret_is_in_the_log_of_a_server_that_says_all_it_can(seeded_copy: str, tmp_path: Path) -> None:
    database = Database(Settings(database_url=seeded_copy))
    secret = a_key(database, "admin").removeprefix("Bearer ")
    database.close()
    said = tmp_path / "log"
    with said.open("w") as log, served_apart(seeded_copy, log, DATELINE_LOG_LEVEL="debug") as client:
        asked = {"Authorization": f"Bearer {secret}"}
        answers = [
            client.get("/audit", headers=asked),
            client.get("/audit", params={"key": secret}, headers=asked),
            client.get("/audit", headers={"Authorization": f"Bearer {secret[:-1]}"}),
            client.get("/articles", headers={"Authorization": f"Bearer  {secret} x"}),
            client.delete(f"/articles/{secret}", headers=asked),
            client.post("/articles", headers=asked | {"Content-Type": secret}, content=b"\xff"),
            client.get(f"/entities/{secret}", headers=asked),
        ]
    assert [answer.status_code for answer in answers] == [200, 422, 401, 401, 428, 415, 404]
    random = secret.split("_")[2][:20]
    shown = "".join(answer.text for answer in answers)
    assert random not in said.read_text() + shown
    assert said.read_text().count("/audit") == 3


@contextmanager
def served_apart(url: str, log: IO[str], **environment: str) -> Iterator[httpx.Client]:
    """What 'dateline serve' serves, in a process of its own that writes into ``log``."""
    command = [sys.executable, "-m", "app", "serve", "--port", "0"]
    variables = os.environ | {"DATELINE_DATABASE_URL": url} | environment
    with subprocess.Popen(command, cwd=ROOT, env=variables, stdout=subprocess.PIPE, stderr=log, text=True) as process:
        try:
            lines = iter(process.stdout or ())
            base = next(found[0] for line in lines if (found := re.search(r"http://127[.]0[.]0[.]1:\d+", line)))
            with httpx.Client(
                base_url=base, transport=httpx.HTTPTransport(verify=TLS, retries=10), timeout=60
            ) as client:
                yield client
        finally:
            process.terminate()
