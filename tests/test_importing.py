"""Importing: what cannot be stored is named by its line, all else is stored, and the same again changes nothing."""

import json
from datetime import date
from typing import Any

import pytest
from sqlmodel import select

from app.db import Database
from app.models import Article, Run
from app.services.importing import ImportSummary, import_lines
from tests.lines import Line, line, load, put

GOOD = line("Ada was here.", names=[("Ada", "PERSON")], headline="Good")


def changed(**fields: Any) -> Line:
    return line("Bob was here, too.", names=[("Bob", "PERSON")]) | fields


def entity(**fields: Any) -> list[Line]:
    return [{"name": "Bob", "type": "PERSON"} | fields]


def mention(**fields: Any) -> list[Line]:
    return [{"start": 0, "end": 3, "exact": "Bob", "type": "PERSON", "entity": 0} | fields]


BAD: dict[str, Line | bytes] = {
    "no JSON": b"{",
    "no object": b"[]",
    "no UTF-8": b'{"text": "\xff"}',
    "half a surrogate pair": b'{"text": "\\ud800"}',
    "an unknown field": changed(more=1),
    "no text": changed(text=""),
    "a NUL in the text": changed(text="Bob\0"),
    "a span elsewhere": changed(mentions=mention(start=1, end=4)),
    "a span beyond all numbers": changed(mentions=mention(start=2**70, end=2**70 + 3)),
    "a dangling link": changed(mentions=mention(entity=1)),
    "no date": changed(metadata={"published": "soon"}),
    "a NUL in a headline": changed(metadata={"headline": "a\0b"}),
    "a NUL in a publisher": changed(metadata={"publisher": "a\0b"}),
    "a NUL in a name": changed(entities=entity(name="a\0b")),
    "a NUL in an alias": changed(entities=entity(aliases=["a\0b"])),
    "a NUL in an annotator": changed(annotator={"name": "a\0b", "version": "1"}),
    "a NUL in a rule": changed(mentions=mention(rule="a\0b")),
    "a name that no index holds": changed(entities=entity(name="".join(map(chr, range(0x4E00, 0x4E00 + 5000))))),
    "an address that no index holds": changed(metadata={"url": "http://x/" + "".join(map(chr, range(0x4E00, 0x6E00)))}),
}


@pytest.mark.parametrize("reason", BAD)
def test_a_bad_line_is_named_and_the_others_are_stored(database: Database, reason: str) -> None:
    other = line("Eve was here.", names=[("Eve", "PERSON")])
    summary, failed = load(database, [GOOD, b"", BAD[reason], other])
    assert [each.number for each in failed] == [3]
    assert failed[0].reason
    assert (summary.stored, summary.unchanged, summary.failed) == (2, 0, 1)


def contents(database: Database) -> tuple[list[Any], list[Any]]:
    """What is stored, without when."""
    with database.read() as session:
        articles = [(a.id, a.public_id, a.position, a.text) for a in session.exec(select(Article))]
        runs = [(r.public_id, r.article_id, r.digest, r.served, r.latest) for r in session.exec(select(Run))]
    return sorted(articles), sorted(runs)


def test_the_same_lines_again_change_nothing(database: Database) -> None:
    lines = [GOOD, changed(), GOOD]
    assert load(database, lines)[0] == ImportSummary(stored=2, unchanged=1)
    before = contents(database)
    assert load(database, lines)[0] == ImportSummary(unchanged=3)
    assert contents(database) == before


def test_what_a_newer_annotator_says_is_stored(database: Database) -> None:
    put(database, GOOD)
    newer = GOOD | {"annotator": {"name": "test", "version": "2"}, "mentions": []}
    assert load(database, [newer])[0] == ImportSummary(stored=1)
    _, runs = contents(database)
    assert sorted(served for *_, served, _ in runs) == [False, True]


def test_an_annotator_that_contradicts_itself_is_named(database: Database) -> None:
    """Not passed over: what is corrected would be lost without a word."""
    put(database, GOOD)
    before = contents(database)
    summary, failed = load(database, [GOOD | {"mentions": []}])
    assert (summary.failed, [each.number for each in failed]) == (1, [1])
    assert "another version" in failed[0].reason
    assert contents(database) == before


def test_an_import_that_was_cut_short_is_repeated(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.services.importing.BATCH", 3)
    days = [date(2020, 1, 1 + n * 7 % 11) for n in range(11)]
    lines: list[Line | bytes] = [
        line(f"Ada met P{n} Q.", names=[("Ada", "PERSON"), (f"P{n} Q", "PERSON")], published=day)
        for n, day in enumerate(days)
    ]
    lines[4] = b"{"

    def until(batches: int) -> None:
        done = 0

        def advance(_bytes: int) -> None:
            nonlocal done
            done += 1
            if done == batches:
                raise KeyboardInterrupt

        printed = [each if isinstance(each, bytes) else json.dumps(each).encode() for each in lines]
        with pytest.raises(KeyboardInterrupt):
            for _ in import_lines(database, printed, ImportSummary(), advance):
                pass

    until(1)
    until(3)
    summary, failed = load(database, lines)
    assert [each.number for each in failed] == [5]
    assert (summary.stored, summary.unchanged) == (2, 8)
    repeated = contents(database)
    assert len(repeated[0]) == len(lines) - 1
    assert load(database, lines)[0].unchanged == 10
    assert contents(database) == repeated
