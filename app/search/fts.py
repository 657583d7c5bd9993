"""The full-text indexes: FTS5 tables over the text of ordinary ones, kept in step by triggers.

Alembic knows neither. Its batch mode copies a table and drops the old one, and the triggers
with it, without a word: ``restore_triggers`` runs after every migration.
"""

from sqlalchemy import Connection

INDEXES = {"article": ("headline", "text"), "quote": ("text",)}


def is_fts_table(name: str) -> bool:
    """Whether a table is an index or one of the shadow tables FTS5 keeps for it."""
    return any(name == f"{table}_fts" or name.startswith(f"{table}_fts_") for table in INDEXES)


def create_indexes(connection: Connection) -> None:
    """Create every index, empty, and its triggers."""
    for table, columns in INDEXES.items():
        connection.exec_driver_sql(
            f"CREATE VIRTUAL TABLE {table}_fts USING fts5({', '.join(columns)}, content='{table}', "
            "content_rowid='id', tokenize='unicode61 remove_diacritics 2')"
        )
    restore_triggers(connection)


def drop_indexes(connection: Connection) -> None:
    """Drop every index and its triggers."""
    for table in INDEXES:
        for action in ("insert", "delete", "update"):
            connection.exec_driver_sql(f"DROP TRIGGER {table}_fts_{action}")
        connection.exec_driver_sql(f"DROP TABLE {table}_fts")


def check_indexes(connection: Connection) -> None:
    """Raise DBAPIError unless every index is sound and in step with its table."""
    for table in INDEXES:
        connection.exec_driver_sql(f"INSERT INTO {table}_fts({table}_fts, rank) VALUES ('integrity-check', 1)")


def restore_triggers(connection: Connection) -> None:
    """Create those triggers that are missing."""
    present = set(connection.exec_driver_sql("SELECT name FROM sqlite_master").scalars())
    for table, columns in INDEXES.items():
        if f"{table}_fts" in present:
            for statement in _triggers(table, columns):
                connection.exec_driver_sql(statement)


def _triggers(table: str, columns: tuple[str, ...]) -> list[str]:
    names = ", ".join(columns)
    add = f"INSERT INTO {table}_fts(rowid, {names}) VALUES (new.id, {', '.join(f'new.{c}' for c in columns)});"
    # External content: FTS5 must be told the old words, or it keeps them for ever.
    remove = (
        f"INSERT INTO {table}_fts({table}_fts, rowid, {names}) "
        f"VALUES ('delete', old.id, {', '.join(f'old.{c}' for c in columns)});"
    )
    on = f"CREATE TRIGGER IF NOT EXISTS {table}_fts"
    return [
        f"{on}_insert AFTER INSERT ON {table} BEGIN {add} END",
        f"{on}_delete AFTER DELETE ON {table} BEGIN {remove} END",
        f"{on}_update AFTER UPDATE OF {names} ON {table} BEGIN {remove} {add} END",
    ]
