"""Where a database cannot be written, a sentence says so; what was stored before stays, and nothing is half there."""

import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from pathlib import Path

import httpx
import pytest
from sqlalchemy import Engine, create_engine, event, make_url
from sqlmodel import func, select

from app.config import Settings
from app.db import Database
from app.db.postgresql import WRITERS_LOCK
from app.main import create_app
from app.models import Article, Run
from tests.conftest import asking, dateline, served
from tests.databases import Databases, Files
from tests.hindered import Hindrance
from tests.hindered import dateline as hindered
from tests.hindered import served as hindered_server
from tests.keys import a_key
from tests.lines import Line, line, printed, put

Hinder = Callable[[str], AbstractContextManager[None]]

COMMANDS = ("import", "seed", "reannotate")
ARTICLES = 40
MORE = 1_200


def article(number: int) -> Line:
    words = f"“We count on {number}, and nobody knows why,” said Aigul Saparova, a teacher in Oral. " * 10
    return line(words, names=[("Oral", "GPE")], url=f"https://example.org/{number}")


def filled(databases: Databases) -> str:
    """The URL of a new database with some articles, which another annotator has read."""
    url = databases.create()
    assert dateline("migrate", database=url).returncode == 0
    database = Database(Settings(database_url=url))
    put(database, *(article(number) for number in range(ARTICLES)))
    database.close()
    return url


@pytest.fixture(scope="module")
def library(databases: Databases) -> str:
    """One that is not to be changed."""
    return filled(databases)


@pytest.fixture
def url(databases: Databases, library: str) -> Iterator[str]:
    """The same, to be changed."""
    url = databases.create(library)
    yield url
    databases.drop(url)


@pytest.fixture(scope="module")
def file_library(files: Files) -> str:
    """An SQLite file that is not to be changed."""
    return filled(files)


@pytest.fixture
def file_url(files: Files, file_library: str) -> Iterator[str]:
    """The same, to be changed."""
    url = files.create(file_library)
    yield url
    files.drop(url)


@pytest.fixture(scope="module")
def lines(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """More articles than a small disk has room for."""
    file = tmp_path_factory.mktemp("lines") / "lines.jsonl"
    file.write_bytes(b"".join(printed(article(number)) for number in range(ARTICLES, ARTICLES + MORE)))
    return file


def whole(command: str, lines: Path) -> tuple[str, ...]:
    """A command with its arguments."""
    return (command, str(lines)) if command == "import" else (command,)


def counts(url: str) -> tuple[int, int]:
    """How many articles and runs there are."""
    database = Database(Settings(database_url=url))
    with database.read() as session:
        articles, runs = (session.scalar(select(func.count()).select_from(model)) or 0 for model in (Article, Run))
    database.close()
    return articles, runs


def assert_whole(url: str) -> None:
    checked = dateline("check", database=url)
    assert checked.returncode == 0, checked.stdout + checked.stderr


def assert_refused(done: subprocess.CompletedProcess[str], why: str) -> None:
    """With one sentence, that says nothing of what was to be stored."""
    (sentence,) = done.stderr.splitlines()
    assert (done.returncode, sentence[:10]) == (1, "dateline: ")
    assert why in sentence
    assert "Oral" not in sentence and "art_" not in sentence


def path_of(url: str) -> Path:
    return Path(url.removeprefix("sqlite:///"))


def permit(url: str, mode: int) -> None:
    """Set the permissions of an SQLite file and of those that belong to it."""
    path = path_of(url)
    for file in path.parent.glob(f"{path.name}*"):
        file.chmod(mode)


@contextmanager
def only_read(url: str) -> Iterator[None]:
    """Nobody may write the database."""
    if url.startswith("sqlite:"):
        permit(url, 0o444)
        yield
        permit(url, 0o644)
        return
    engine, name = create_engine(url, isolation_level="AUTOCOMMIT"), make_url(url).database
    with engine.connect() as connection:
        connection.exec_driver_sql(f"ALTER DATABASE {name} SET default_transaction_read_only = on")
        yield
        connection.exec_driver_sql(f"ALTER DATABASE {name} RESET default_transaction_read_only")
    engine.dispose()


@contextmanager
def kept(url: str) -> Iterator[None]:
    """Somebody else has been writing for longer than anybody waits."""
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql(
            "BEGIN IMMEDIATE" if engine.dialect.name == "sqlite" else f"SELECT pg_advisory_lock({WRITERS_LOCK})"
        )
        yield
    engine.dispose()


@contextmanager
def full(url: str) -> Iterator[None]:
    """The disk of a PostgreSQL server has no room for another mention: it answers so, whatever made it full."""
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql(
            "CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN RAISE disk_full USING MESSAGE = 'could not extend file'; END $$"
        )
        connection.exec_driver_sql(
            "CREATE TRIGGER full_disk BEFORE INSERT ON mention FOR EACH STATEMENT EXECUTE FUNCTION full_disk()"
        )
        yield
        connection.exec_driver_sql("DROP FUNCTION full_disk CASCADE")
    engine.dispose()


@pytest.mark.parametrize("command", COMMANDS)
def test_one_that_may_only_be_read(url: str, lines: Path, command: str) -> None:
    with only_read(url):
        done = hindered(Hindrance(), *whole(command, lines), database=url)
    assert_refused(done, "may only be read" if url.startswith("sqlite:") else "in a read-only transaction")
    assert counts(url) == (ARTICLES, ARTICLES)
    assert_whole(url)


@pytest.mark.parametrize("command", COMMANDS)
def test_one_that_another_process_keeps(url: str, lines: Path, command: str) -> None:
    with kept(url):
        done = hindered(Hindrance(wait_s=0.3), *whole(command, lines), database=url)
    assert_refused(done, "another process")
    assert counts(url) == (ARTICLES, ARTICLES)
    assert_whole(url)


# Pages that are left: for nothing; or for a part, of what is stored in several transactions.
@pytest.mark.parametrize(
    ("command", "pages", "some"),
    [("import", 3, False), ("import", 800, True), ("seed", 3, False), ("reannotate", 20, True)],
)
def test_a_full_disk(file_url: str, lines: Path, command: str, pages: int, some: bool) -> None:
    done = hindered(Hindrance(pages=pages_of(file_url) + pages), *whole(command, lines), database=file_url)
    assert_refused(done, "the disk is full")
    assert_there_is_room_again(file_url, lines, command, some)


@pytest.mark.parametrize(("command", "some"), [("import", False), ("reannotate", True)])
def test_a_disk_that_fails(file_url: str, lines: Path, command: str, some: bool) -> None:
    """What SQLite says where a file may not grow, whether that is a quota or a broken disk."""
    done = hindered(Hindrance(file_bytes=2_000_000), *whole(command, lines), database=file_url)
    assert_refused(done, "the disk fails")
    assert_there_is_room_again(file_url, lines, command, some)


@pytest.mark.parametrize("command", COMMANDS)
def test_a_full_disk_of_a_server(server: Databases, lines: Path, command: str) -> None:
    url = filled(server)
    with full(url):
        done = dateline(*whole(command, lines), database=url)
    assert_refused(done, "the disk of the database server is full")
    assert counts(url) == (ARTICLES, ARTICLES)
    assert_there_is_room_again(url, lines, command, some=False)
    server.drop(url)


def limited(pages: int) -> str:
    return f"PRAGMA max_page_count = {pages}"


def pages_of(url: str) -> int:
    with closing(sqlite3.connect(path_of(url))) as connection:
        found: int = connection.execute("PRAGMA page_count").fetchone()[0]
    return found


def assert_there_is_room_again(url: str, lines: Path, command: str, some: bool) -> None:
    """That nothing is half there, something is where it could be, and that the same command does the rest."""
    before = counts(url)
    assert (before != (ARTICLES, ARTICLES)) == some
    assert_whole(url)
    again = dateline(*whole(command, lines), database=url)
    assert again.returncode == 0, again.stderr
    expected = {
        "import": (ARTICLES + MORE, ARTICLES + MORE),
        "seed": (ARTICLES + 1, ARTICLES + 2),
        "reannotate": (ARTICLES, 2 * ARTICLES),
    }
    assert before < counts(url) == expected[command]
    assert_whole(url)


class TestBackup:
    @pytest.fixture
    def folder(self, tmp_path: Path) -> Iterator[Path]:
        """Where backups go: one is there."""
        (tmp_path / "old.db").write_bytes(b"the backup of yesterday")
        yield tmp_path
        tmp_path.chmod(0o755)

    def assert_refused(self, done: subprocess.CompletedProcess[str], folder: Path, why: str) -> None:
        assert_refused(done, why)
        assert [(file.name, file.read_bytes()) for file in folder.iterdir()] == [("old.db", b"the backup of yesterday")]

    @pytest.mark.parametrize("name", ["new.db", "old.db"])
    def test_on_a_disk_that_has_no_room(self, file_url: str, folder: Path, name: str) -> None:
        done = hindered(Hindrance(file_bytes=100_000), "backup", str(folder / name), "--force", database=file_url)
        self.assert_refused(done, folder, f"cannot write {folder / name}, and nothing is changed")

    def test_in_a_folder_that_may_only_be_read(self, file_url: str, folder: Path) -> None:
        folder.chmod(0o555)
        done = hindered(Hindrance(), "backup", str(folder / "new.db"), database=file_url)
        self.assert_refused(done, folder, f"cannot write {folder / 'new.db'}, and nothing is changed")

    def test_of_one_that_another_process_has_locked(self, file_url: str, folder: Path) -> None:
        with closing(sqlite3.connect(path_of(file_url), isolation_level=None)) as connection:
            connection.execute("PRAGMA locking_mode = EXCLUSIVE")
            connection.execute("BEGIN EXCLUSIVE")
            done = hindered(Hindrance(wait_s=0.3), "backup", str(folder / "new.db"), database=file_url)
        self.assert_refused(done, folder, f"{path_of(file_url)} is locked")

    def test_of_one_that_is_being_written_or_may_only_be_read(self, file_url: str, folder: Path) -> None:
        """That is no hindrance: it holds all that was committed."""
        for hindrance in (kept, only_read):
            target = folder / f"{hindrance.__name__}.db"
            with hindrance(file_url):
                done = hindered(Hindrance(), "backup", str(target), database=file_url)
            assert done.returncode == 0, done.stderr
            assert counts(f"sqlite:///{target}") == (ARTICLES, ARTICLES)


@contextmanager
def no_room(url: str) -> Iterator[None]:
    """A full disk of this process, or of the server."""
    if url.startswith("postgresql"):
        with full(url):
            yield
        return
    pages = pages_of(url) + 3
    event.listen(Engine, "connect", limit := lambda connection, _: connection.execute(limited(pages)))
    yield
    event.remove(Engine, "connect", limit)


MADE = {"text": article(ARTICLES)["text"]}


def assert_only_read(base: str, key: dict[str, str]) -> None:
    """A write is answered with a problem; whoever reads, with a key or without, has what there was."""
    with asking(base) as client:
        refused = client.post("/articles", json=MADE, headers=key)
        assert (refused.status_code, refused.headers["content-type"]) == (503, "application/problem+json")
        assert "Oral" not in refused.text
        for path in ("/articles", "/search?q=count", "/readyz"):
            assert client.get(path).status_code == client.get(path, headers=key).status_code == 200


def assert_written(url: str, key: dict[str, str]) -> None:
    """That nothing was written before, and that now it is."""
    assert counts(url) == (ARTICLES, ARTICLES)
    with served(create_app(Settings(database_url=url))) as base:
        assert httpx.post(f"{base}/articles", json=MADE, headers=key, timeout=60).status_code == 201
    assert_whole(url)


@pytest.fixture
def key(url: str) -> dict[str, str]:
    """Headers of who may write."""
    database = Database(Settings(database_url=url))
    made = {"Authorization": a_key(database, "write")}
    database.close()
    return made


@pytest.mark.parametrize("hindrance", [no_room, kept])
def test_a_server_whose_database_takes_no_more(
    url: str, key: dict[str, str], monkeypatch: pytest.MonkeyPatch, hindrance: Hinder
) -> None:
    monkeypatch.setattr("app.db.sqlite.WAIT_S", 0.3)
    monkeypatch.setattr("app.db.postgresql.WAIT_S", 0.3)
    with hindrance(url), served(create_app(Settings(database_url=url))) as base:
        assert_only_read(base, key)
    assert_written(url, key)


def test_a_server_whose_database_may_only_be_read(url: str, key: dict[str, str]) -> None:
    if url.startswith("sqlite:"):
        with only_read(url), hindered_server(url) as base:
            assert_only_read(base, key)
    else:
        with only_read(url), served(create_app(Settings(database_url=url))) as base:
            assert_only_read(base, key)
    assert_written(url, key)


def test_a_check_that_cannot_be_made_finds_nothing(file_url: str) -> None:
    """SQLite checks its full-text indexes as if it wrote: that it may not is nothing wrong with them."""
    with only_read(file_url):
        done = hindered(Hindrance(), "check", database=file_url)
    assert_refused(done, "may only be read")
    assert done.stdout == ""
