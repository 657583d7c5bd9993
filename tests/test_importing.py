"""Importing: what cannot be stored is named by its line, all else is stored, and the same again changes nothing."""

from collections import Counter
from datetime import date
from typing import Any

import pytest
from sqlmodel import select

from app.db import Database
from app.models import Article, AuditEntry, Run
from app.services.importing import Importer, LineResult
from tests.lines import IMPORTER, Line, line, load, printed, put

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


def counted(results: list[LineResult]) -> dict[str, int]:
    return dict(Counter(result.outcome for result in results))


def failed(results: list[LineResult]) -> list[tuple[int, str | None]]:
    return [(result.number, result.detail) for result in results if result.outcome == "failed"]


@pytest.mark.parametrize("reason", BAD)
def test_a_bad_line_is_named_and_the_others_are_stored(database: Database, reason: str) -> None:
    other = line("Eve was here.", names=[("Eve", "PERSON")])
    results = load(database, [GOOD, b"", BAD[reason], other])
    assert [(result.number, result.outcome) for result in results] == [(1, "stored"), (3, "failed"), (4, "stored")]
    assert results[1].detail


QUOTE = {"kind": "direct", "content": [{"start": 0, "end": 3, "exact": "Bob"}]}
PLACES: dict[str, Line | bytes] = {
    "Invalid JSON: EOF while parsing an object at column 1": b"{",
    "/more: is not known here": changed(more=1),
    "/mentions/0: span 1..4 should read 'Bob', but the text has 'ob ' there": changed(mentions=mention(start=1, end=4)),
    "/quotes/0/content/0: span 4..7 should read 'Bob', but the text has 'was' there": changed(
        quotes=[QUOTE | {"content": [{"start": 4, "end": 7, "exact": "Bob"}]}]
    ),
    "/quotes/1/sources/0/span: span 0..2 should read 'Bob', but the text has 'Bo' there": changed(
        quotes=[QUOTE, QUOTE | {"sources": [{"span": {"start": 0, "end": 2, "exact": "Bob"}}]}]
    ),
}


@pytest.mark.parametrize("said", PLACES)
def test_a_mistake_is_told_with_its_place(database: Database, said: str) -> None:
    assert failed(load(database, [PLACES[said]])) == [(1, said)]


def contents(database: Database) -> tuple[list[Any], list[Any]]:
    """What is stored, without when."""
    with database.read() as session:
        articles = [(a.id, a.public_id, a.position, a.text) for a in session.exec(select(Article))]
        runs = [(r.public_id, r.article_id, r.digest, r.served, r.latest) for r in session.exec(select(Run))]
    return sorted(articles), sorted(runs)


def test_the_same_lines_again_change_nothing(database: Database) -> None:
    lines = [GOOD, changed(), GOOD]
    assert counted(load(database, lines)) == {"stored": 2, "unchanged": 1}
    before = contents(database)
    assert counted(load(database, lines)) == {"unchanged": 3}
    assert contents(database) == before


def test_each_line_names_its_article(database: Database) -> None:
    again = [result.article for result in load(database, [GOOD, changed(), GOOD])]
    articles, _ = contents(database)
    assert again[0] == again[2]
    assert {article for _, article, *_ in articles} == set(again)


def test_what_a_newer_annotator_says_is_stored(database: Database) -> None:
    put(database, GOOD)
    newer = GOOD | {"annotator": {"name": "test", "version": "2"}, "mentions": []}
    assert counted(load(database, [newer])) == {"stored": 1}
    _, runs = contents(database)
    assert sorted(served for *_, served, _ in runs) == [False, True]


def test_an_annotator_that_contradicts_itself_is_named(database: Database) -> None:
    """Not passed over: what is corrected would be lost without a word."""
    put(database, GOOD)
    before = contents(database)
    ((number, detail),) = failed(load(database, [GOOD | {"mentions": []}]))
    assert number == 1
    assert "another version" in (detail or "")
    assert contents(database) == before


def test_a_text_under_another_address_is_not_stored_again(database: Database) -> None:
    first, copy = (line("Ada was here.", names=[("Ada", "PERSON")], url=f"https://{n}.example/") for n in ("a", "b"))
    stored, same = load(database, [first, copy], same_text=False)
    assert (same.outcome, same.article) == ("unchanged", stored.article)
    assert "text" in (same.detail or "")
    (later,) = load(database, [copy], same_text=False)
    assert (later.outcome, later.article) == ("unchanged", stored.article)
    assert counted(load(database, [copy], same_text=True)) == {"stored": 1}
    assert len(contents(database)[0]) == 2


def test_another_text_under_an_address_is_refused_and_says_what_changed(database: Database) -> None:
    one, other = (line(text, url="https://a.example/", headline="A") for text in ("Ada was here.", "Bob was here."))
    stored, refused, again = load(database, [one, other, one])
    assert (refused.outcome, refused.article) == ("failed", stored.article)
    assert again.outcome == "unchanged"
    ((_, detail),) = failed(load(database, [other]))
    assert detail == "https://a.example/ is stored already, from another document: text changed"


def test_what_is_stored_is_in_the_audit_log(database: Database) -> None:
    results = load(database, [GOOD, b"{", GOOD, changed()])
    with database.read() as session:
        entries = [(e.author, e.action, e.subject) for e in session.exec(select(AuditEntry))]
    assert entries == [(IMPORTER.name, "article.store", results[n].article) for n in (0, 3)]


def test_an_import_that_was_cut_short_is_repeated(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.services.importing.BATCH", 3)
    days = [date(2020, 1, 1 + n * 7 % 11) for n in range(11)]
    lines: list[Line | bytes] = [
        line(f"Ada met P{n} Q.", names=[("Ada", "PERSON"), (f"P{n} Q", "PERSON")], published=day)
        for n, day in enumerate(days)
    ]
    lines[4] = b"{"
    importer = Importer(database, IMPORTER)

    def until(batches: int) -> None:
        for _, batch in zip(range(batches), importer.batches(map(printed, lines)), strict=False):
            importer.store(batch)

    until(1)
    until(3)
    results = load(database, lines)
    assert [number for number, _ in failed(results)] == [5]
    assert counted(results) == {"stored": 2, "unchanged": 8, "failed": 1}
    repeated = contents(database)
    assert len(repeated[0]) == len(lines) - 1
    assert counted(load(database, lines)) == {"unchanged": 10, "failed": 1}
    assert contents(database) == repeated
