"""The database: spans that must match, snapshots for readers, one writer, migrations that lose nothing."""

import shutil
import threading
from pathlib import Path

import httpx
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from fastapi import FastAPI
from sqlalchemy.exc import DBAPIError
from sqlmodel import select, text

from app import annotations as said
from app.api.dependencies import ReadSessionDep, WriteSessionDep
from app.config import Settings
from app.db import Database
from app.documents import read_document
from app.errors import Conflict, Misconfigured, SpanMismatch
from app.main import create_app
from app.models import Article, Entity, Mention, Run, Table
from app.search.fts import is_fts_table
from app.services.storing import Authorship, store_article, store_run
from app.spans import Span
from tests.conftest import ROOT, served

DOCUMENT = b"Lights Go Out in Oral\n\nORAL, Kazakhstan - The lights went out, Aigul Saparova said.\n"
NAME = "Aigul Saparova"


def store(database: Database, *mentions: tuple[int, int, str], by: Authorship | None = None) -> None:
    """Store the document above with a run that has these mentions."""
    document = read_document(DOCUMENT, "lights.txt")
    made = [said.Mention(start=a, end=b, exact=exact, type="PERSON", entity=0) for a, b, exact in mentions]
    entities = [said.Entity(name=NAME, type="PERSON")]
    with database.write() as session:
        article = store_article(session, document, DOCUMENT, "lights.txt")
        annotations = said.Annotations(entities=tuple(entities), mentions=tuple(made))
        store_run(session, article, by or Authorship("machine", "test", "1"), annotations)


def right_span() -> tuple[int, int, str]:
    start = read_document(DOCUMENT, "lights.txt").text.index(NAME)
    return start, start + len(NAME), NAME


def count(database: Database, table: type) -> int:
    with database.read() as session:
        return len(session.exec(select(table)).all())


# What is written


@pytest.mark.parametrize("wrong", [(0, 14, NAME), (9000, 9014, NAME), (5, 4, "x")])
def test_a_span_that_does_not_match_is_refused_whoever_wrote_it(
    database: Database, wrong: tuple[int, int, str]
) -> None:
    for kind in ("human", "machine"):
        with pytest.raises(SpanMismatch):
            store(database, right_span(), wrong, by=Authorship(kind, "test", "1"))
    assert count(database, Article) == count(database, Run) == count(database, Mention) == 0


def test_the_same_again_changes_nothing(database: Database) -> None:
    store(database, right_span())
    store(database, right_span())
    assert [count(database, table) for table in (Article, Run, Mention, Entity)] == [1, 1, 1, 1]


def test_people_outrank_machines_and_newer_runs_older_ones(database: Database) -> None:
    def served_by() -> list[str]:
        with database.read() as session:
            return [run.annotator for run in session.exec(select(Run).where(Run.served))]

    for by, expected in [
        (Authorship("machine", "first", "1"), "first"),
        (Authorship("machine", "second", "1"), "second"),
        (Authorship("human", "editor", "1"), "editor"),
        (Authorship("machine", "third", "1"), "editor"),
    ]:
        store(database, right_span(), by=by)
        assert served_by() == [expected]


def test_an_earlier_run_of_people_can_be_served_again(database: Database) -> None:
    by = Authorship("human", "editor", "1")
    store(database, right_span(), by=by)
    store(database, by=by)
    store(database, right_span(), by=by)
    with database.read() as session:
        served = session.exec(select(Run).where(Run.served)).one()
        assert session.exec(select(Mention).where(Mention.run_id == served.id)).one()
        assert served.latest


def test_another_document_under_the_same_url_is_a_conflict(database: Database) -> None:
    def put(body: bytes) -> None:
        data = body + b"\n\nSource: https://news.example/1\n"
        with database.write() as session:
            store_article(session, read_document(data, "a.txt"), data, "a.txt")

    put(b"The lights went out in Oral on Monday.")
    with pytest.raises(Conflict, match=r"https://news\.example/1.*: text changed"):
        put(b"The lights came back in Oral on Monday.")
    with pytest.raises(Conflict, match="headline changed"):
        put(b"# Lights\n\nThe lights went out in Oral on Monday.")


def test_foreign_keys_are_enforced(database: Database) -> None:
    with pytest.raises(DBAPIError, match="FOREIGN KEY"), database.write() as session:
        session.add(
            Mention(
                run_id=7, ordinal=0, type="PERSON", start=0, end=1, exact="x", place="body", paragraph=0, confidence=1
            )
        )


# Readers and the writer


def test_readers_neither_wait_for_the_writer_nor_see_half_of_it(database: Database) -> None:
    with database.write() as session:
        store_article(session, read_document(DOCUMENT, "a.txt"), DOCUMENT, "a.txt")
        session.flush()
        assert count(database, Article) == 0
    assert count(database, Article) == 1


def test_readers_cannot_write(database: Database) -> None:
    with pytest.raises(DBAPIError, match="readonly"), database.read() as session:
        session.connection().execute(text("DELETE FROM article"))


def test_writers_that_read_first_take_turns(database: Database) -> None:
    store(database, right_span())
    failures: list[BaseException] = []

    def rename(times: int) -> None:
        try:
            for _ in range(times):
                with database.write() as session:
                    article = session.exec(select(Article)).one()
                    article.revision += 1
        except DBAPIError as error:
            failures.append(error)

    threads = [threading.Thread(target=rename, args=(25,)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    with database.read() as session:
        assert session.exec(select(Article.revision)).one() == 1 + 8 * 25


def test_a_commit_that_fails_is_not_answered_as_done(settings: Settings) -> None:
    app = create_app(settings)

    @app.get("/probe")
    def probe(session: WriteSessionDep) -> dict[str, bool]:
        session.connection().execute(text("PRAGMA defer_foreign_keys = ON"))
        session.connection().execute(text("INSERT INTO quote_about VALUES (1, 1)"))  # found out at COMMIT
        return {"done": True}

    app.state.database.migrate()
    with served(app) as url:
        assert httpx.get(f"{url}/probe").status_code == 500


def test_more_requests_than_connections_wait_their_turn(settings: Settings) -> None:
    app = create_app(settings)
    app.state.database.migrate()
    inside: list[int] = []

    @app.get("/probe")
    def probe(session: ReadSessionDep) -> dict[str, int]:
        inside.append(1)
        session.connection().execute(text("SELECT 1"))
        return {"seen": len(inside)}

    with served(app) as url, httpx.Client(base_url=url, timeout=60, limits=httpx.Limits(max_connections=100)) as client:
        answers: list[int] = []
        threads = [
            threading.Thread(target=lambda: answers.append(client.get("/probe").status_code)) for _ in range(100)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert answers == [200] * 100


# Migrations and the full-text index


def test_the_models_are_what_the_migrations_make(database: Database) -> None:
    with database.migrating() as connection:
        options = {"include_name": lambda name, kind, _: kind != "table" or not is_fts_table(name or "")}
        context = MigrationContext.configure(connection, opts=options)
        assert compare_metadata(context, Table.metadata) == []


def search(database: Database, word: str) -> int:
    with database.read() as session:
        found = session.connection().execute(
            text("SELECT count(*) FROM article_fts WHERE article_fts MATCH :w"), {"w": word}
        )
        return int(found.scalar_one())


def test_the_index_follows_the_table(database: Database) -> None:
    store(database, right_span())
    assert search(database, "lights") == 1
    with database.write() as session:
        session.exec(select(Article)).one().text = "Nothing is left."
    assert (search(database, "saparova"), search(database, "nothing")) == (0, 1)
    with database.write() as session:
        session.delete(session.exec(select(Article)).one())
    assert search(database, "nothing") == 0
    with database.write() as session:
        session.connection().execute(text("INSERT INTO article_fts(article_fts, rank) VALUES ('integrity-check', 1)"))


BATCH = """
from alembic import op

revision, down_revision = "9999", "0001"


def upgrade():
    with op.batch_alter_table("article", recreate="always") as batch:
        batch.alter_column("publisher", nullable=True)
"""


def test_a_batch_migration_keeps_children_and_triggers(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store(database, right_span())
    migrations = tmp_path / "migrations"
    shutil.copytree(ROOT / "migrations", migrations)
    (migrations / "versions" / "9999_batch.py").write_text(BATCH)
    monkeypatch.setattr("app.db.shipped", lambda _name: migrations)
    database.migrate()
    assert (count(database, Mention), count(database, Run)) == (1, 1)
    with database.write() as session:
        session.exec(select(Article)).one().text = "Nothing is left."
    assert search(database, "nothing") == 1


def test_damage_is_found(database: Database) -> None:
    store(database, right_span())
    database.check_integrity()
    with database.write() as session:
        session.connection().exec_driver_sql("DROP TRIGGER article_fts_update")
        session.connection().exec_driver_sql("UPDATE article SET text = 'Something else.'")
    with pytest.raises(Misconfigured, match="damaged"):
        database.check_integrity()


def test_a_database_that_cannot_be_written_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    database = Database(Settings(database_url=f"sqlite:///{tmp_path}/file/dateline.db"))
    with pytest.raises(Misconfigured, match="DATELINE_DATABASE_URL"):
        database.migrate()
    with pytest.raises(Misconfigured, match="dateline migrate"):
        database.check()


def test_spans_outside_the_text_do_not_exist() -> None:
    with pytest.raises(SpanMismatch, match="outside"):
        Span.of("short", 3, 9)
    assert Span.of("a 😀 b", 2, 3).exact == "😀"


def test_nothing_is_built_when_the_application_is_imported() -> None:
    from app import main  # noqa: PLC0415

    assert not any(isinstance(value, FastAPI) for value in vars(main).values())


def test_a_lone_surname_is_linked_only_where_the_full_name_stands(database: Database) -> None:
    def put(text: str, *aliases: str, name: str) -> str | None:
        """Store ``text`` with one person in it; the name that its mention is linked to."""
        data = text.encode()
        start = text.index(name)
        mention = said.Mention(start=start, end=start + len(name), exact=name, type="PERSON", entity=0)
        person = said.Entity(name=name, type="PERSON", aliases=aliases)
        with database.write() as session:
            article = store_article(session, read_document(data, "a.txt"), data, "a.txt")
            made = said.Annotations(entities=(person,), mentions=(mention,))
            run = store_run(session, article, Authorship("machine", "test", "1"), made)
            linked = session.exec(select(Mention.entity_id).where(Mention.run_id == run.id)).one()
            entity = session.get(Entity, linked) if linked else None
            return entity.name if entity else None

    assert put("Aigul Saparova spoke. Saparova left.", "Saparova", name="Aigul Saparova") == "Aigul Saparova"
    assert put("On Monday Saparova spoke again in the town hall.", name="Saparova") is None
    assert put("Nobody but Cher spoke that night.", name="Cher") == "Cher"
