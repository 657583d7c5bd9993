"""dateline keys, in processes of its own, and what its keys open."""

import re
import subprocess

import pytest
from sqlalchemy import create_engine, text

from app.config import Settings
from app.db import Database
from app.errors import UnknownKey
from app.services.access import authenticate
from tests.conftest import dateline


@pytest.fixture
def url(settings: Settings) -> str:
    return settings.database_url


def keys(url: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return dateline("keys", *arguments, database=url)


def everything(url: str, table: str) -> str:
    engine = create_engine(url)
    with engine.connect() as connection:
        rows = repr(connection.execute(text(f"SELECT * FROM {table} ORDER BY id")).all())
    engine.dispose()
    return rows


def test_a_secret_is_shown_once_and_stored_nowhere(url: str) -> None:
    made = keys(url, "create", "desk", "--scope", "write", "--scope", "correct")
    secret = made.stdout.strip()
    assert re.fullmatch("dateline_[a-z2-7]{16}_[a-z2-7]{52}", secret)
    assert "desk: correct, write" in made.stderr and secret not in made.stderr
    listed = keys(url, "list").stdout
    assert f"key_{secret.split('_')[1]}" in listed and "desk" in listed
    random = secret.split("_")[2]
    assert random not in listed + everything(url, "api_key") + everything(url, "audit_entry")


def test_a_rotated_key_has_another_secret_and_a_revoked_one_none(url: str, database: Database) -> None:
    first = keys(url, "create", "desk", "--scope", "write").stdout.strip()
    known = authenticate(database, first)
    second = keys(url, "rotate", "desk").stdout.strip()
    with pytest.raises(UnknownKey, match="no such key"):
        authenticate(database, first)
    assert authenticate(database, second) == known
    assert keys(url, "revoke", known.key).returncode == 0
    with pytest.raises(UnknownKey, match="revoked"):
        authenticate(database, second)
    (row,) = (line for line in keys(url, "list").stdout.splitlines() if known.key in line)
    assert re.fullmatch(r"\| key_\w+ \| desk \| write +\|( [-:\d ]{19} \|) +\|( [-:\d ]{19} \|)", row)
    for command in ("rotate", "revoke"):
        assert "not revoked" in keys(url, command, "desk").stderr
    assert keys(url, "create", "desk", "--scope", "read").returncode == 0


def test_what_was_done_to_keys_is_in_the_audit_log(url: str) -> None:
    keys(url, "create", "desk", "--scope", "write")
    keys(url, "rotate", "desk")
    keys(url, "revoke", "desk")
    actions = re.findall(r"'(cli:\w+|cli)', None, '(key\.\w+)', 'key_\w+'", everything(url, "audit_entry"))
    assert [action for _, action in actions] == ["key.create", "key.rotate", "key.revoke"]


@pytest.mark.parametrize("name", ["", " desk", "cli", "cli:root", "key_aaaaaaaaaaaaaaaa", "a\nb", "x" * 101], ids=repr)
def test_a_name_that_would_mislead_is_refused(url: str, name: str) -> None:
    refused = keys(url, "create", name, "--scope", "write")
    assert (refused.returncode, refused.stdout) == (1, "")
    assert re.fullmatch(r"dateline: a name .+\n", refused.stderr)


def test_a_name_that_only_looks_like_a_user_is_taken(url: str) -> None:
    assert keys(url, "create", "client", "--scope", "write").returncode == 0


def test_two_keys_cannot_have_one_name(url: str) -> None:
    assert keys(url, "create", "desk", "--scope", "write").returncode == 0
    refused = keys(url, "create", "desk", "--scope", "read")
    assert (refused.returncode, refused.stdout) == (1, "")
    assert "already" in refused.stderr


def test_a_secret_given_for_a_name_is_not_repeated(url: str) -> None:
    secret = keys(url, "create", "desk", "--scope", "write").stdout.strip()
    refused = keys(url, "revoke", secret)
    assert refused.returncode == 1
    assert secret not in refused.stderr
