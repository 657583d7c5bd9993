"""The full-text indexes, derived from the tables: FTS5 on SQLite, tsvector and trigram columns on PostgreSQL.

Both hold the words that app.search.words makes of a text, and nothing else decides what a word is.
On SQLite an index reads them from a view, through functions that every connection of ours has, and
triggers keep it in step. Alembic knows neither; its batch mode copies a table and drops the old one,
and the triggers with it, without a word: ``restore_triggers`` runs after every migration.
On PostgreSQL ``add`` fills them, and the rows go with those they were made of.
"""

import sqlite3
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, text

from app.errors import InvalidInput
from app.positions import SLOT_BITS, quotes_of
from app.search.words import weights, words

# By index: its table, and its columns as SQL over that table.
INDEXES = {
    "article": {
        "headline": "dateline_words(headline)",
        "text": "dateline_words(text)",
        "weight": "dateline_weights(headline, text)",
    },
    "quote": {"text": "dateline_words(text)"},
}
NAMES = "name_word"
INDEXED = (*INDEXES, NAMES)
# What stands between headline and text, so that no phrase reaches over: no word has it in it.
BORDER = "¶"
# Bytes of all different words of a text that a tsvector holds: 1 MB, less 8 for each word's length.
MOST_LEXEMES = 1_000_000

# Splits at spaces and takes all else as it is, whatever SQLite knows of Unicode.
_TOKENIZE = "ascii"
_DERIVED = (*(f"{table}_{kind}" for table in INDEXES for kind in ("fts", "words")), f"{NAMES}_fts")


def is_ours(name: str | None, kind: str) -> bool:
    """Whether a table, or an index, is one that is made here, or one of the shadow tables FTS5 keeps."""
    made = (f"ix_{NAMES}_trigrams",) if kind == "index" else _DERIVED
    return name is not None and any(name == each or name.startswith(f"{each}_") for each in made)


def create_indexes(connection: Connection) -> None:
    """Create every index, empty, and what keeps it in step."""
    if connection.dialect.name == "postgresql":
        _run(connection, _POSTGRES)
        return
    for table, columns in INDEXES.items():
        made = ", ".join(f"{sql} AS {name}" for name, sql in columns.items())
        connection.exec_driver_sql(f"CREATE VIEW {table}_words AS SELECT position, {made} FROM {table}")
        connection.exec_driver_sql(
            f"CREATE VIRTUAL TABLE {table}_fts USING fts5({', '.join(columns)}, content='{table}_words', "
            f"content_rowid='position', tokenize=\"{_TOKENIZE}\")"
        )
    connection.exec_driver_sql(
        f"CREATE VIRTUAL TABLE {NAMES}_fts USING fts5(form, content='{NAMES}', content_rowid='id', tokenize='trigram')"
    )
    restore_triggers(connection)


def check_indexes(connection: Connection) -> None:
    """Raise DBAPIError unless every index is sound and in step with its table (SQLite)."""
    for table in INDEXED:
        check_index(connection, table)


def check_index(connection: Connection, table: str) -> None:
    """Raise DBAPIError unless the index over ``table`` is sound and in step (SQLite)."""
    connection.exec_driver_sql(f"INSERT INTO {table}_fts({table}_fts, rank) VALUES ('integrity-check', 1)")


def out_of_step(connection: Connection, table: str, rows: Iterable[tuple[Any, ...]]) -> list[int]:
    """Positions of those rows whose words are not in the index as they are in the text (PostgreSQL).

    Rows of ``article`` are (position, headline, text), of ``quote`` (position, text).
    """
    made = [_article_words(*row) if table == "article" else _quote_words(*row) for row in rows]
    held = text(
        f"SELECT position, words, tsvector_to_array(vector) FROM {table}_words WHERE position = ANY(:positions)"
    )
    found = connection.execute(held, {"positions": [row["position"] for row in made]})
    stored = {position: (words, set(lexemes)) for position, words, lexemes in found}
    return [row["position"] for row in made if stored.get(row["position"]) != (row["words"], set(row["lexemes"]))]


def restore_triggers(connection: Connection) -> None:
    """Create those triggers that are missing (SQLite)."""
    if connection.dialect.name != "sqlite":
        return
    present = set(connection.exec_driver_sql("SELECT name FROM sqlite_master").scalars())
    for table, columns in INDEXES.items():
        if f"{table}_fts" in present and f"{table}_words" in present:
            _run(connection, _triggers(table, list(columns), f"{table}_words", "position"))
    if f"{NAMES}_fts" in present:
        _run(connection, _triggers(NAMES, ["form"], NAMES, "id"))


def clear(connection: Connection) -> None:
    """Empty the indexes over articles and quotes, to be filled by ``fill``."""
    if connection.dialect.name == "postgresql":
        # Not TRUNCATE: searches would wait for it until all is made anew.
        _run(connection, [f"DELETE FROM {table}_words" for table in INDEXES])
    else:
        _run(connection, [f"INSERT INTO {table}_fts({table}_fts) VALUES ('delete-all')" for table in INDEXES])


def fill(connection: Connection, positions: Sequence[int]) -> None:
    """Index the articles at these positions, ascending, and their quotes, which are in no index yet."""
    listed = ", ".join(map(str, positions))
    least, greatest = quotes_of(positions[0])[0], quotes_of(positions[-1])[1]
    quotes = f"position BETWEEN {least} AND {greatest} AND position >> {SLOT_BITS} IN ({listed})"
    if connection.dialect.name == "postgresql":
        add(connection, positions)
        found = connection.exec_driver_sql(f"SELECT position, text FROM quote WHERE {quotes}").all()
        add_quotes(connection, ((position, said) for position, said in found))
        return
    # Ascending: FTS5 writes out all it holds whenever a row id is less than the one before.
    for table, which in (("article", f"position IN ({listed})"), ("quote", quotes)):
        names = ", ".join(INDEXES[table])
        connection.exec_driver_sql(
            f"INSERT INTO {table}_fts(rowid, {names}) SELECT position, {names} FROM {table}_words "
            f"WHERE {which} ORDER BY position"
        )


def add(connection: Connection, positions: Iterable[int]) -> None:
    """Index the articles at these positions on PostgreSQL, and their quotes; SQLite's triggers have done so."""
    if connection.dialect.name != "postgresql":
        return
    keys = {"positions": list(positions)}
    rows = connection.execute(
        text("SELECT position, headline, text FROM article WHERE position = ANY(:positions)"), keys
    )
    made = [_article_words(*row) for row in rows]
    _insert(connection, "article", made)


def remove(connection: Connection, position: int) -> None:
    """Take an article that is to be indexed anew out of the index on PostgreSQL; SQLite's triggers do so."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("DELETE FROM article_words WHERE position = :position"), {"position": position})


def add_quotes(connection: Connection, quotes: Iterable[tuple[int, str]]) -> None:
    """Index quotes, (position, text) each, on PostgreSQL; SQLite's triggers have done so."""
    if connection.dialect.name == "postgresql":
        _insert(connection, "quote", [_quote_words(*quote) for quote in quotes])


def install_functions(connection: sqlite3.Connection) -> None:
    """Give a connection the functions that views and triggers call."""
    connection.create_function("dateline_words", 1, _joined, deterministic=True)
    connection.create_function("dateline_weights", 2, _weights, deterministic=True)


# An article's text is asked for twice in a row, for its words and for their weights.
@lru_cache(maxsize=4)
def _words(source: str) -> tuple[str, ...]:
    return tuple(words(source))


def _joined(source: str | None) -> str:
    return " ".join(_words(source or ""))


def _weights(headline: str | None, body: str) -> str:
    return " ".join(weights(_words(headline or ""), _words(body)))


def _article_words(position: int, headline: str | None, body: str) -> dict[str, Any]:
    title, rest = _words(headline or ""), _words(body)
    levels = [f"{token[0]}:{token[1:]}" for token in weights(title, rest)]
    return {
        "position": position,
        "words": f" {' '.join((*title, BORDER, *rest))} ",
        "lexemes": list({*title, *rest, *levels}),
    }


def _quote_words(position: int, said: str) -> dict[str, Any]:
    found = _words(said)
    return {"position": position, "words": f" {' '.join(found)} ", "lexemes": list(set(found))}


def _insert(connection: Connection, table: str, rows: list[dict[str, Any]]) -> None:
    for row in rows:
        # array_to_tsvector does not look: it would make a vector in which words cannot be found.
        if sum(len(lexeme.encode()) for lexeme in row["lexemes"]) > MOST_LEXEMES:
            raise InvalidInput("a text has more different words than PostgreSQL's index can hold: store it in parts")
    if rows:
        connection.execute(
            text(
                f"INSERT INTO {table}_words (position, words, vector) "
                "VALUES (:position, :words, array_to_tsvector(CAST(:lexemes AS text[])))"
            ),
            rows,
        )


def _run(connection: Connection, statements: Iterable[str]) -> None:
    for statement in statements:
        connection.exec_driver_sql(statement)


def _triggers(table: str, columns: list[str], source: str, key: str) -> list[str]:
    names, on = ", ".join(columns), f"CREATE TRIGGER IF NOT EXISTS {table}_fts"
    add_new = f"INSERT INTO {table}_fts(rowid, {names}) SELECT {key}, {names} FROM {source} WHERE {key} = new.{key};"
    # FTS5 must be told the old words, or it keeps them for ever: before the row changes they can still be read.
    remove = (
        f"INSERT INTO {table}_fts({table}_fts, rowid, {names}) "
        f"SELECT 'delete', {key}, {names} FROM {source} WHERE {key} = old.{key};"
    )
    return [
        f"{on}_insert AFTER INSERT ON {table} BEGIN {add_new} END",
        f"{on}_delete BEFORE DELETE ON {table} BEGIN {remove} END",
        f"{on}_change BEFORE UPDATE ON {table} BEGIN {remove} END",
        f"{on}_changed AFTER UPDATE ON {table} BEGIN {add_new} END",
    ]


_POSTGRES = [
    *(
        f"CREATE TABLE {table}_words (position bigint PRIMARY KEY REFERENCES {table} (position) "
        "ON DELETE CASCADE ON UPDATE CASCADE, words text NOT NULL, vector tsvector NOT NULL)"
        for table in INDEXES
    ),
    *(f"CREATE INDEX ix_{table}_words_vector ON {table}_words USING gin (vector)" for table in INDEXES),
    f"CREATE INDEX ix_{NAMES}_trigrams ON {NAMES} USING gin (form gin_trgm_ops)",
]
