"""Plans: what is asked for by a key reads what belongs to that key, however large the library (SQLite)."""

import re

import pytest
from sqlalchemy import event

from app.config import Settings
from app.db import Database
from app.main import create_app
from tests.conftest import asking, served
from tests.databases import Files
from tests.lines import line, put

PATHS = [
    "/articles",
    "/articles?sort=oldest",
    "/articles?entity=Ada",
    "/articles?entity=Ada&speaker=Ada&publisher=Sea",
    "/articles?speaker=Ada",
    "/articles?publisher=Sea",
    "/articles?from=2011-10-01&to=2011-10-31",
    "/articles?q=oil",
    "/search?q=oil&facet=entity&facet=month&total=true",
    "/quotes",
    "/quotes?sort=oldest",
    "/quotes?sort=oldest&limit=1&cursor={cursor}",
    "/quotes?q=oil&sort=oldest",
    "/quotes?speaker=Ada&sort=oldest",
    "/quotes?speaker=Ada",
    "/quotes?about=Ada",
    "/quotes?via=Ada",
    "/quotes?q=oil",
    "/quotes?article={article}",
    "/entities",
    "/entities?type=PERSON",
    "/entities?sort=name",
    "/entities?q=ada",
    "/entities/Ada",
    "/entities/Ada?run=machine",
    "/entities/Ada?run={run}",
    "/entities/Ada/articles",
    "/entities/Ada/mentions",
    "/entities/Ada/quotes",
    "/entities/Ada/related",
    "/entities/Ada/timeline",
    "/articles/{article}",
    "/articles/{article}/entities",
    "/articles/{article}/mentions",
    "/articles/{article}/quotes",
    "/articles/{article}/annotations",
    "/articles/{article}/annotations?run=machine",
    "/articles/{article}/similar",
    "/runs",
    "/runs?article={article}",
    "/suggest?q=ada",
    "/quotes/{run}.q0",
    "/quotes/{run}.q0/appearances",
]
TABLE = "article|run|mention|quote|quote_source|quote_about|quote_content|entity|entity_alias|entity_day"
# Reading a table or an index from its beginning may stop when the page is full, unless all of it is sorted first.
FROM_THE_BEGINNING = re.compile(rf"SCAN (?:{TABLE})( USING .*)?")
SORT = re.compile(r"USE TEMP B-TREE FOR (?:GROUP BY|ORDER BY)")


@pytest.fixture(scope="module")
def database(files: Files) -> str:
    url = files.create()
    database = Database(Settings(database_url=url))
    database.migrate()
    for number in range(3):
        text = f"“Oil is dear,” Ada said {number} times."
        put(
            database, line(text, names=[("Ada", "PERSON")], quotes=[("Ada", "Oil is dear,", "speech")], publisher="Sea")
        )
    database.close()
    return url


@pytest.mark.parametrize("path", PATHS)
def test_nothing_reads_a_whole_table(database: str, path: str) -> None:
    url = database
    app = create_app(Settings(database_url=url))
    plans: list[tuple[str, list[str]]] = []

    @event.listens_for(app.state.database._engine.reader, "before_cursor_execute")
    def explain(connection: object, cursor: object, statement: str, parameters: object, *_: object) -> None:
        if statement.startswith("SELECT"):
            explained = cursor.connection.execute(f"EXPLAIN QUERY PLAN {statement}", parameters)  # type: ignore[attr-defined]
            plans.append((statement, [row[3] for row in explained]))

    with served(app) as base, asking(base) as client:
        article = client.get("/articles").json()["items"][0]["id"]
        run = client.get("/runs").json()["items"][0]["id"]
        cursor = client.get("/quotes?sort=oldest&limit=1").json()["next"]
        plans.clear()
        answer = client.get(path.format(article=article, run=run, cursor=cursor))
        assert answer.status_code == 200, answer.text
    for statement, plan in plans:
        read = [match for match in map(FROM_THE_BEGINNING.fullmatch, plan) if match]
        in_order = all(match[1] or match[0] == "SCAN run" for match in read)
        assert not read or (in_order and not any(map(SORT.fullmatch, plan))), statement
