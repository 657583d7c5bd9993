"""The database: spans that must match, snapshots for readers, one writer, migrations that lose nothing."""

import shutil
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event, Semaphore

import httpx
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from fastapi import FastAPI
from sqlalchemy.exc import DBAPIError
from sqlmodel import col, select, text

from app import annotations as said
from app.api.dependencies import ReadSessionDep, SearchSessionDep, WriteSessionDep
from app.config import Settings
from app.db import READ_CONNECTIONS, SEARCH_CONNECTIONS, Database, known_revisions
from app.documents import read_document
from app.errors import Conflict, Misconfigured, SpanMismatch, Unavailable
from app.main import create_app
from app.models import Article, Entity, EntityAlias, Mention, Publisher, Run, Table
from app.search.fts import is_ours
from app.services.storing import Authorship, Submission, store
from app.spans import Span
from tests.conftest import ROOT, asking, served
from tests.databases import Files

DOCUMENT = b"Lights Go Out in Oral\n\nORAL, Kazakhstan - The lights went out, Aigul Saparova said.\n"
NAME = "Aigul Saparova"


def put(database: Database, *mentions: tuple[int, int, str], by: Authorship | None = None) -> None:
    """Store the document above with a run that has these mentions."""
    document = read_document(DOCUMENT, "lights.txt")
    made = [said.Mention(start=a, end=b, exact=exact, type="PERSON", entity=0) for a, b, exact in mentions]
    entities = [said.Entity(name=NAME, type="PERSON")]
    annotations = said.Annotations(entities=tuple(entities), mentions=tuple(made))
    author = by or Authorship("machine", "test", "1")
    with database.write() as session:
        store(session, [Submission(document, DOCUMENT, "lights.txt", ((author, annotations),))])


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
            put(database, right_span(), wrong, by=Authorship(kind, "test", "1"))
    assert count(database, Article) == count(database, Run) == count(database, Mention) == 0


def test_the_same_again_changes_nothing(database: Database) -> None:
    put(database, right_span())
    put(database, right_span())
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
        put(database, right_span(), by=by)
        assert served_by() == [expected]


def test_an_earlier_run_of_people_can_be_served_again(database: Database) -> None:
    by = Authorship("human", "editor", "1")
    put(database, right_span(), by=by)
    put(database, by=by)
    put(database, right_span(), by=by)
    with database.read() as session:
        served = session.exec(select(Run).where(Run.served)).one()
        assert session.exec(select(Mention).where(Mention.run_id == served.id)).one()
        assert served.latest


def test_another_document_under_the_same_url_is_a_conflict(database: Database) -> None:
    def offer(body: bytes) -> None:
        data = body + b"\n\nSource: https://news.example/1\n"
        with database.write() as session:
            store(session, [Submission(read_document(data, "a.txt"), data, "a.txt")])

    offer(b"The lights went out in Oral on Monday.")
    with pytest.raises(Conflict, match=r"https://news\.example/1.*: text changed"):
        offer(b"The lights came back in Oral on Monday.")
    with pytest.raises(Conflict, match="headline changed"):
        offer(b"# Lights\n\nThe lights went out in Oral on Monday.")


def test_foreign_keys_are_enforced(database: Database) -> None:
    with pytest.raises(DBAPIError, match=r"(?i)foreign key"), database.write() as session:
        session.add(
            Mention(
                run_id=7,
                ordinal=0,
                type="PERSON",
                start=0,
                end=1,
                exact="x",
                place="body",
                paragraph=0,
                position=0,
                confidence=1,
            )
        )


# Readers and the writer


def test_readers_neither_wait_for_the_writer_nor_see_half_of_it(database: Database) -> None:
    with database.write() as session:
        store(session, [Submission(read_document(DOCUMENT, "a.txt"), DOCUMENT, "a.txt")])
        session.flush()
        assert count(database, Article) == 0
    assert count(database, Article) == 1


def test_readers_cannot_write(database: Database) -> None:
    with pytest.raises(DBAPIError, match=r"read-?only"), database.read() as session:
        session.connection().execute(text("DELETE FROM article"))


def test_writers_that_read_first_take_turns(database: Database) -> None:
    put(database, right_span())
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


DEFER = {
    "sqlite": "PRAGMA defer_foreign_keys = ON",
    "postgresql": "ALTER TABLE entity_alias ALTER CONSTRAINT fk_entity_alias_entity_id_entity "
    "DEFERRABLE INITIALLY DEFERRED",
}


def test_writers_in_several_processes_take_turns(database: Database, settings: Settings) -> None:
    """Each looks for a row and adds it when it is missing; none meets that of another."""
    others = [Database(settings) for _ in range(3)]

    def add(writer: Database) -> None:
        for number in range(20):
            with writer.write() as session:
                if session.exec(select(Publisher).where(Publisher.key == f"{number}")).first() is None:
                    session.add(Publisher(key=f"{number}", name=f"{number}"))

    with ThreadPoolExecutor(3) as pool:
        list(pool.map(add, others))
    for other in others:
        other.close()
    assert count(database, Publisher) == 20


def test_a_writer_whose_turn_does_not_come_says_so(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(f"app.db.{settings.dialect}.WAIT_S", 0.2)
    first, second = Database(settings), Database(settings)
    with first.write() as session:
        session.add(Publisher(key="one", name="One"))
        session.flush()
        with pytest.raises(Unavailable, match=r"writing for 0\.2 s"), second.write() as late:
            late.exec(select(Publisher))
    first.close()
    second.close()


def test_names_sort_by_code_points_on_both_engines(database: Database) -> None:
    names = ["Zulu", "abc", "a b", "Éire", "äb", "\N{GRINNING FACE}", "\ufb01n"]
    with database.write() as session:
        session.add_all(Publisher(key=name, name=name) for name in names)
    with database.read() as session:
        assert list(session.exec(select(Publisher.key).order_by(col(Publisher.key)))) == sorted(names)


def test_a_commit_that_fails_is_not_answered_as_done(settings: Settings) -> None:
    app = create_app(settings)

    @app.get("/probe")
    def probe(session: WriteSessionDep) -> dict[str, bool]:
        session.connection().execute(text(DEFER[settings.dialect]))
        session.add(EntityAlias(entity_id=9, name="x", name_key="x"))  # found out at COMMIT
        return {"done": True}

    with served(app) as url:
        assert httpx.get(f"{url}/probe").status_code == 500


def test_more_requests_than_connections_wait_their_turn(settings: Settings) -> None:
    app = create_app(settings)
    inside: list[int] = []

    @app.get("/probe")
    def probe(session: ReadSessionDep) -> dict[str, int]:
        inside.append(1)
        session.connection().execute(text("SELECT 1"))
        return {"seen": len(inside)}

    with served(app) as url, asking(url, limits=httpx.Limits(max_connections=100)) as client:
        answers: list[int] = []
        threads = [
            threading.Thread(target=lambda: answers.append(client.get("/probe").status_code)) for _ in range(100)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert answers == [200] * 100


# Slow queries

SLOW = {
    "sqlite": "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n",
    "postgresql": "SELECT count(*) FROM (SELECT pg_sleep(0.01) FROM generate_series(1, 100000)) AS slept",
}


def test_a_query_that_takes_too_long_is_stopped_and_says_so(settings: Settings) -> None:
    app = create_app(settings.model_copy(update={"query_timeout_s": 0.1}))

    @app.get("/probe")
    def probe(session: SearchSessionDep, slow: bool) -> dict[str, bool]:
        session.connection().execute(text(SLOW[settings.dialect] if slow else "SELECT 1"))
        return {"slow": slow}

    with served(app) as url:
        for _ in range(READ_CONNECTIONS + 1):  # none is lost
            answer = httpx.get(f"{url}/probe?slow=true", timeout=60)
            assert (answer.status_code, answer.json()["type"]) == (503, "urn:dateline:problem:query-timeout")
            assert "0.1 s" in answer.json()["detail"]
        assert httpx.get(f"{url}/probe?slow=false").status_code == 200


def test_many_short_queries_of_one_request_are_stopped_as_one_long_one(settings: Settings) -> None:
    app = create_app(settings.model_copy(update={"query_timeout_s": 1.0}))
    took = []

    @app.get("/probe")
    def probe(session: SearchSessionDep, waits: float, queries: int) -> dict[str, bool]:
        began = time.monotonic()
        try:
            for _ in range(queries):
                session.connection().execute(text("SELECT 1"))
                time.sleep(waits)
            session.connection().execute(text(SLOW[settings.dialect]))
        finally:
            # Here and not around the request: how long that waits for its turn is not what is bounded.
            took.append(time.monotonic() - began)
        return {"done": True}

    with served(app) as url:
        for waits, queries in ((0.01, 1_000), (0.8, 1)):  # stopped between two, and in the last of them
            answer = httpx.get(f"{url}/probe?waits={waits}&queries={queries}", timeout=60)
            assert (answer.status_code, answer.json()["type"]) == (503, "urn:dateline:problem:query-timeout")
            assert 0.9 < took.pop() < 1.5


def test_slow_searches_do_not_hold_up_a_lookup(settings: Settings) -> None:
    """More slow searches than there are connections and threads; the lookup is answered while they are at it."""
    app = create_app(settings.model_copy(update={"query_timeout_s": 3.0}))
    put(app.state.database, right_span())
    with app.state.database.read() as session:
        identity = session.exec(select(Article.public_id)).one()
    begun, enough = Semaphore(0), Event()

    @app.get("/probe")
    def probe(session: SearchSessionDep) -> None:
        begun.release()
        if not enough.is_set():
            session.connection().execute(text(SLOW[settings.dialect]))

    with served(app) as url, ThreadPoolExecutor(60) as pool:
        searches = [pool.submit(httpx.get, f"{url}/probe", timeout=60) for _ in range(60)]
        for _ in range(SEARCH_CONNECTIONS):
            assert begun.acquire(timeout=30)
        looked_up = httpx.get(f"{url}/articles/{identity}", timeout=60)
        done = [search for search in searches if search.done()]
        enough.set()
        statuses = Counter(search.result().status_code for search in searches)
    assert (looked_up.status_code, done) == (200, [])
    assert statuses == {503: SEARCH_CONNECTIONS, 200: 60 - SEARCH_CONNECTIONS}


# Migrations and the full-text index


@pytest.fixture
def file(files: Files) -> Iterator[Database]:
    """An empty SQLite database, migrated: for what only SQLite has."""
    opened = Database(Settings(database_url=files.create()))
    opened.migrate()
    yield opened
    opened.close()


def test_the_models_are_what_the_migrations_make(database: Database) -> None:
    with database.migrating() as connection:
        options = {"include_name": lambda name, kind, _: not is_ours(name, kind)}
        context = MigrationContext.configure(connection, opts=options)
        assert compare_metadata(context, Table.metadata) == []


def search(database: Database, word: str) -> int:
    with database.read() as session:
        found = session.connection().execute(
            text("SELECT count(*) FROM article_fts WHERE article_fts MATCH :w"), {"w": word}
        )
        return int(found.scalar_one())


def test_the_index_follows_the_table(file: Database) -> None:
    put(file, right_span())
    assert search(file, "lights") == 1
    with file.write() as session:
        session.exec(select(Article)).one().text = "Nothing is left."
    assert (search(file, "saparova"), search(file, "nothing")) == (0, 1)
    with file.write() as session:
        session.delete(session.exec(select(Article)).one())
    assert search(file, "nothing") == 0
    with file.write() as session:
        session.connection().execute(text("INSERT INTO article_fts(article_fts, rank) VALUES ('integrity-check', 1)"))


BATCH = """
from alembic import op

revision, down_revision = "9999", "{head}"


def upgrade():
    with op.batch_alter_table("article", recreate="always") as batch:
        batch.alter_column("publisher", nullable=True)
"""


def test_a_batch_migration_keeps_children_and_triggers(
    file: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(file, right_span())
    migrations = tmp_path / "migrations"
    head = ScriptDirectory(str(ROOT / "migrations")).get_current_head()
    shutil.copytree(ROOT / "migrations", migrations)
    (migrations / "versions" / "9999_batch.py").write_text(BATCH.format(head=head))
    monkeypatch.setattr("app.db.database.shipped", lambda _name: migrations)
    file.migrate()
    assert (count(file, Mention), count(file, Run)) == (1, 1)
    with file.write() as session:
        session.exec(select(Article)).one().text = "Nothing is left."
    assert search(file, "nothing") == 1


def test_the_names_of_migrations_begin_with_their_revisions() -> None:
    scripts = ScriptDirectory(str(ROOT / "migrations"))
    assert known_revisions() == {script.revision for script in scripts.walk_revisions()}
    assert max(known_revisions()) == scripts.get_current_head()


def test_a_schema_of_a_newer_version_is_left_alone(database: Database) -> None:
    with database.write() as session:
        session.connection().exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    for use in (database.check, database.migrate):
        with pytest.raises(Misconfigured, match="of a newer Dateline"):
            use()


def test_damage_is_found(file: Database) -> None:
    put(file, right_span())
    file.check_integrity()
    with file.write() as session:
        session.connection().exec_driver_sql("INSERT INTO article_fts(article_fts) VALUES ('delete-all')")
    with pytest.raises(Misconfigured, match="damaged"):
        file.check_integrity()


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
    def linked(text: str, *aliases: str, name: str) -> str | None:
        """Store ``text`` with one person in it; the name that its mention is linked to."""
        data = text.encode()
        start = text.index(name)
        mention = said.Mention(start=start, end=start + len(name), exact=name, type="PERSON", entity=0)
        person = said.Entity(name=name, type="PERSON", aliases=aliases)
        with database.write() as session:
            made = said.Annotations(entities=(person,), mentions=(mention,))
            runs = ((Authorship("machine", "test", "1"), made),)
            (stored,) = store(session, [Submission(read_document(data, "a.txt"), data, "a.txt", runs)])
            run = session.exec(select(Run).where(Run.public_id == stored.runs[0])).one()
            key = session.exec(select(Mention.entity_id).where(Mention.run_id == run.id)).one()
            entity = session.get(Entity, key) if key else None
            return entity.name if entity else None

    assert linked("Aigul Saparova spoke. Saparova left.", "Saparova", name="Aigul Saparova") == "Aigul Saparova"
    assert linked("On Monday Saparova spoke again in the town hall.", name="Saparova") is None
    assert linked("Nobody but Cher spoke that night.", name="Cher") == "Cher"
