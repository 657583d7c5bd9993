"""``dateline check``: silent about what is well, and one line for each thing that is not."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import text

from app.config import Settings
from app.db import Database
from app.services.auditing import audit
from tests.conftest import dateline
from tests.databases import Files
from tests.lines import line, put

# What is done to the seed article, and the line that says so.
DAMAGE = {
    "text": ("UPDATE article SET text = text || '.' WHERE id = 1", "article (id 1): the text is not the one of its"),
    "text_length": (
        "UPDATE article SET text_length = 5 WHERE id = 1",
        "article (id 1): text_length is 5, the text has ",
    ),
    "digest": ("UPDATE article SET text_sha256 = 'x' WHERE id = 1", "article (id 1): the text is not the one of its"),
    "date": ("UPDATE article SET published = NULL WHERE id = 1", "article (id 1): position is not that of"),
    "source": (
        "UPDATE source_document SET sha256 = 'x'",
        "source_document (article_id 1): data are not those of their sha256",
    ),
    "no source": ("DELETE FROM source_document", "source_document (article_id 1): there is none"),
    "revision": ("UPDATE run SET revision = 7 WHERE id = 1", "run (id 1): is of revision 7, of which there is no text"),
    "mention": ("UPDATE mention SET exact = 'wrong' WHERE id = 3", "mention (id 3): span "),
    "outside": ('UPDATE mention SET "end" = 999999 WHERE id = 3', "but the text is outside the text"),
    "mention's place": ("UPDATE mention SET position = 1 WHERE id = 3", "mention (id 3): position is of 1, and should"),
    "content": (
        "UPDATE quote_content SET start = start + 1 WHERE quote_id = 1 AND ordinal = 0",
        "quote_content (quote_id 1, ordinal 0): span ",
    ),
    "no content": ("DELETE FROM quote_content WHERE quote_id = 1", "quote (id 1): the text is not that of its pieces"),
    "joined": ("UPDATE quote SET text = 'wrong' WHERE id = 1", "quote (id 1): the text is not that of its pieces"),
    "start": ("UPDATE quote SET start = start + 1 WHERE id = 1", "quote (id 1): start is "),
    "cue": (
        "UPDATE quote SET cue_start = 0, cue_end = 3, cue_exact = '?!?' WHERE id = 1",
        "quote (id 1): cue span 0..3",
    ),
    "half a cue": (
        "UPDATE quote SET cue_start = NULL, cue_end = 3, cue_exact = 'x' WHERE id = 1",
        "quote (id 1): cue_start, cue_end and cue_exact are not all there",
    ),
    "quote's place": ("UPDATE quote SET position = 1 WHERE id = 1", "quote (id 1): position is of 0, and should"),
    "speaker": (
        "UPDATE quote_source SET start = 0, \"end\" = 3, exact = '?!?' WHERE quote_id = 1 AND ordinal = 0",
        "quote_source (quote_id 1, ordinal 0): span 0..3",
    ),
    "antecedent": (
        "UPDATE quote_source SET antecedent_start = 0, antecedent_end = 3, antecedent_exact = '?!?' "
        "WHERE quote_id = 1 AND ordinal = 0",
        "quote_source (quote_id 1, ordinal 0): antecedent span 0..3",
    ),
    "source's place": (
        "UPDATE quote_source SET position = 1 WHERE quote_id = 1 AND ordinal = 0",
        "quote_source (quote_id 1, ordinal 0): position is of 1, and should",
    ),
    "about's place": ("UPDATE quote_about SET position = 1", "quote_about (quote_id "),
    "facts": ("UPDATE article_facts SET packed = packed || packed", "article_facts (position "),
    "no facts": ("DELETE FROM article_facts", "article_facts (position "),
    "places": ("DELETE FROM article_places", "article_places (position "),
    "bands": (
        "UPDATE article_band SET band = 5 WHERE band = (SELECT min(band) FROM article_band)",
        "article_band (pos",
    ),
    "day": ("UPDATE entity_day SET mentions = mentions + 1 WHERE entity_id = 1", "entity_day (entity_id 1, day "),
    "no day": ("DELETE FROM entity_day WHERE entity_id = 1", "entity_day (entity_id 1, day "),
    "a day too many": ("INSERT INTO entity_day VALUES (1, 3, 1, 1)", "entity_day (entity_id 1, day 3): not what"),
    **{
        name: (f"UPDATE entity SET {name} = 99 WHERE id = 1", f"entity (id 1): {name} is 99, and should be ")
        for name in ("articles", "mentions", "spoken", "about", "relayed")
    },
    "alias": (
        "DELETE FROM alias_word WHERE alias_id = 1 AND word_id = (SELECT min(word_id) FROM alias_word "
        "WHERE alias_id = 1)",
        "alias_word (alias_id 1): not the words of ",
    ),
    "version": ("UPDATE index_state SET version = 'old'", "index_state (name derived): what is derived was made by"),
}
# Each engine has a full-text index of its own kind.
UNINDEXED = {
    "sqlite": [
        ("INSERT INTO article_fts(article_fts) VALUES ('delete-all')", "article_fts (all): not in step"),
        ("INSERT INTO quote_fts(quote_fts) VALUES ('delete-all')", "quote_fts (all): not in step"),
        ("INSERT INTO name_word_fts(name_word_fts) VALUES ('delete-all')", "name_word_fts (all): not in step"),
    ],
    "postgresql": [
        ("DELETE FROM article_words", "article_words (position "),
        ("UPDATE article_words SET words = ' x '", "article_words (position "),
        ("UPDATE quote_words SET vector = ''", "quote_words (position "),
        ("DELETE FROM quote_words", "quote_words (position "),
    ],
}


def found(url: str) -> list[str]:
    """What a check finds."""
    opened = Database(Settings(database_url=url, query_timeout_s=600))
    lines = list(map(str, audit(opened, lambda *_stage: None)))
    opened.close()
    return lines


def damage(url: str, statement: str) -> None:
    opened = Database(Settings(database_url=url))
    with opened.write() as session:
        session.connection().execute(text(statement))
    opened.close()


def test_nothing_is_wrong_with_a_library_that_is_well(seeded: str) -> None:
    done = dateline("check", database=seeded)
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    assert done.stdout.endswith(": nothing wrong\n") and done.stdout.count("\n") == 1


def test_nor_with_many_articles_of_several_annotators(database: Database) -> None:
    names = [("Ada", "PERSON"), ("Oslo", "GPE")]
    for annotator in ("one", "two"):
        put(database, *(
            line(f"Ada said oil is dear in Oslo {number}.", names=names, quotes=[("Ada", "oil is dear", use)],
                 published=day, publisher=publisher, annotator=annotator, url=f"http://x/{number}")
            for number in range(120)
            for use in [["speech", "scare", "title"][number % 3]]
            for day in [[date(2020, 1, 1), date(1500, 1, 1), None][number % 3]]
            for publisher in [["Sea", None][number % 2]]
        ))  # fmt: skip
    stages: list[tuple[str, int, int]] = []
    wrong = [str(each) for each in audit(database, lambda *stage: stages.append(stage))]
    assert [each for each in wrong if "index_state" not in each] == []
    assert {("Articles", 100, 120), ("Articles", 120, 120), ("Entities", 2, 2)} <= set(stages)


@pytest.mark.parametrize("kind", DAMAGE)
def test_each_kind_of_damage_is_named_with_its_row(seeded_copy: str, kind: str) -> None:
    statement, said = DAMAGE[kind]
    damage(seeded_copy, statement)
    assert any(said in each for each in found(seeded_copy))


def test_an_index_that_is_not_in_step_is_named(seeded_copy: str) -> None:
    for statement, said in UNINDEXED[Settings(database_url=seeded_copy).dialect]:
        damage(seeded_copy, statement)
        assert any(said in each and "dateline reindex" in each for each in found(seeded_copy))


def test_the_command_prints_a_line_each_and_fails(seeded_copy: str) -> None:
    for kind in ("mention", "relayed"):
        damage(seeded_copy, DAMAGE[kind][0])
    done = dateline("check", database=seeded_copy)
    *lines, summary = done.stdout.splitlines()
    assert (done.returncode, done.stderr) == (1, "")
    assert [each.partition(":")[0] for each in lines] == ["mention (id 3)", "entity (id 1)"]
    assert summary.endswith(": 2 wrong")


def test_reindexing_mends_what_is_derived(seeded_copy: str) -> None:
    for kind in ("facts", "places", "bands", "day", "mentions", "alias"):
        damage(seeded_copy, DAMAGE[kind][0])
    assert all("dateline reindex" in each for each in found(seeded_copy))
    assert dateline("reindex", database=seeded_copy).returncode == 0
    assert found(seeded_copy) == []


def test_all_is_read_on_one_snapshot(seeded_copy: str) -> None:
    opened = Database(Settings(database_url=seeded_copy))
    meddled: list[str] = []

    def meddle(stage: str, _done: int, _total: int) -> None:
        if stage == "Names" and not meddled:
            meddled.append(stage)
            damage(seeded_copy, DAMAGE["mention"][0])

    assert list(audit(opened, meddle)) == []
    opened.close()
    assert meddled and found(seeded_copy)


def ruin(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        ((page,),) = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = 'mention'")
    data = bytearray(path.read_bytes())
    data[(page - 1) * 4096 : page * 4096] = b"\xff" * 4096
    path.write_bytes(data)


def orphan(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("DELETE FROM entity WHERE id = 1")
        connection.commit()


@pytest.mark.parametrize(
    ("harm", "said"), [(ruin, "database ("), (orphan, "refers to a row of entity that is not there")]
)
def test_damage_to_the_file_is_all_that_is_said(
    files: Files, seed_file: str, harm: Callable[[Path], None], said: str
) -> None:
    url = files.create(seed_file)
    harm(Path(url.removeprefix("sqlite:///")))
    lines = found(url)
    assert any(said in each for each in lines), lines
    assert not any(each.startswith("entity (") for each in lines)


def test_a_database_that_is_not_there_is_named(nothing: str) -> None:
    done = dateline("check", database=nothing)
    assert (done.returncode, done.stdout) == (1, "")
    assert "dateline migrate" in done.stderr and "Traceback" not in done.stderr
