"""What benchmarks/ measures with: the load, the rows of the baseline, the table."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from app.config import Settings
from app.main import create_app
from benchmarks import loading
from benchmarks.client import Client
from benchmarks.load import Load
from benchmarks.multiply import copies, take_apart
from benchmarks.report import Line, p95, table
from tests.conftest import dateline, served

TEXT = 'Oil rose. "We will pump more oil," John Baker of Acme Oil told Paris. Prices fell. Traders left.'


def span(exact: str) -> dict[str, Any]:
    return {"start": TEXT.index(exact), "end": TEXT.index(exact) + len(exact), "exact": exact}


RECORD = {
    "annotator": {"name": "test", "version": "1"},
    "metadata": {"headline": "Oil rises"},
    "text": TEXT,
    "entities": [{"name": "John Baker", "type": "PERSON"}, {"name": "Paris", "type": "GPE"}],
    "mentions": [
        {**span("John Baker"), "type": "PERSON", "entity": 0},
        {**span("Paris"), "type": "GPE", "entity": 1},
    ],
    "quotes": [
        {
            "kind": "direct",
            "content": [span("We will pump more oil,")],
            "cue": span("told"),
            "sources": [{"span": span("John Baker"), "entity": 0, "antecedent": None}],
        }
    ],
}


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("library")
    lines = folder / "copies.jsonl"
    lines.write_text("".join(f"{line}\n" for line in copies([take_apart(RECORD, "1")], 0, 50)))
    path = folder / "library.db"
    done = dateline("import", "--same-text", str(lines), database=f"sqlite:///{path}")
    assert done.returncode == 0, done.stderr
    return path


@pytest.fixture
def port(library: Path) -> Iterator[int]:
    with served(create_app(Settings(database_url=f"sqlite:///{library}"))) as url:
        yield int(url.rpartition(":")[2])


def rows(path: Path) -> dict[str, list[tuple[object, ...]]]:
    """Every row of every table of ours, and what the full-text indexes find."""
    with closing(sqlite3.connect(path)) as connection:
        names = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        # The audit log says when each was made.
        ours = [name for name in names if "_fts" not in name and name != "audit_entry"]
        found = {name: sorted(connection.execute(f'SELECT * FROM "{name}"'), key=repr) for name in ours}
        for index, word in (("article_fts", "oil"), ("quote_fts", "pump"), ("name_word_fts", "bake")):
            match = connection.execute(f"SELECT rowid FROM {index} WHERE {index} MATCH ?", (word,))
            found[index] = sorted(match)
        return found


def test_the_baseline_inserts_every_row(library: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loading, "BATCH", 20)
    assert loading.executemany(library, tmp_path / "baseline.db") > 0
    expected = rows(library)
    assert rows(tmp_path / "baseline.db") == expected
    assert len(expected["article"]) == len(expected["article_fts"]) == len(expected["quote_fts"]) == 50
    assert expected["name_word_fts"]


def test_requests_a_second_count_answers_with_and_without_an_etag(port: int) -> None:
    with Client(port) as client:
        items = json.loads(client.ok("/articles?limit=5"))["items"]
    load = Load(port, [f"/articles/{item['id']}" for item in items], connections=3, seconds=0.2)
    assert load.requests_per_second() > 10
    assert Load(port, load.paths, 3, 0.2, conditional=True).requests_per_second() > 10


def test_an_answer_that_is_not_wanted_stops_the_measurement(port: int) -> None:
    with pytest.raises(ValueError, match="404"):
        Load(port, ["/nowhere"], 1, 0.2).requests_per_second()
    with Client(port) as client, pytest.raises(ValueError, match="/nowhere answered 404"):
        client.ok("/nowhere")


def test_the_table_says_what_is_asked_and_marks_what_is_missed() -> None:
    lines = [
        Line("a", "b", 0.61, "6 to 10", at_least=0.6),
        Line("c", "d", 3.1, "31 to 10", at_most=3),
        Line("e", "", 1234.5, "", unit=" MB"),
    ]
    assert table(lines).splitlines()[2:] == [
        "| a | b | at least 0.6 | 0.61 | 6 to 10 |",
        "| c | d | at most 3 | **3.1** | 31 to 10 |",
        "| e |  |  | 1,234 MB |  |",
    ]


def test_nineteen_in_twenty_do_not_exceed_the_p95() -> None:
    assert p95([float(n) for n in range(1, 101)]) == 95
    assert p95([7.0]) == 7
