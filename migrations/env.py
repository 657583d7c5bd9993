"""Runs migrations: 'dateline migrate' hands over a connection, the alembic command makes its own."""

from alembic import context
from sqlalchemy import Connection

from app.config import load_settings
from app.db import Database
from app.models import Table
from app.search.fts import is_ours, restore_triggers


def run(connection: Connection) -> None:
    """Bring the schema to the revision asked for: all of it or nothing."""
    sqlite = connection.dialect.name == "sqlite"
    context.configure(
        connection=connection,
        target_metadata=Table.metadata,
        render_as_batch=sqlite,
        transactional_ddl=True,
        include_name=lambda name, kind, _parents: not is_ours(name, kind),
    )
    with context.begin_transaction():
        context.run_migrations()
        if sqlite:
            _mend(connection)


def _mend(connection: Connection) -> None:
    """What batch mode leaves undone: triggers gone with the tables it copied, foreign keys not looked at."""
    restore_triggers(connection)
    broken = connection.exec_driver_sql("PRAGMA foreign_key_check").all()
    if broken:
        raise RuntimeError(f"the migration would orphan rows: {broken[:5]}")


given = context.config.attributes.get("connection")
if given is not None:
    run(given)
else:
    with Database(load_settings()).migrating() as own:
        run(own)
