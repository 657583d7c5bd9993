"""Positions that order what is listed, and all that is derived for search

Revision: 0002

What is derived is left empty: ``dateline migrate`` fills it, as ``dateline reindex`` does.
"""

import sqlalchemy as sa
from alembic import op

from app.positions import article_position
from app.search.fts import create_indexes

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

# As in the first schema: sorted and compared by code points on both engines.
STRING = sa.String().with_variant(sa.String(collation="C"), "postgresql")
COUNTS = ("articles", "mentions", "spoken", "about", "relayed")


def upgrade() -> None:
    _drop_first_indexes()
    _create_tables()
    _add_columns()
    _fill_columns()
    _require_columns()
    create_indexes(op.get_bind())


def _drop_first_indexes() -> None:
    if op.get_bind().dialect.name == "sqlite":
        for table in ("article", "quote"):
            for action in ("insert", "delete", "update"):
                op.execute(f"DROP TRIGGER {table}_fts_{action}")
            op.execute(f"DROP TABLE {table}_fts")
    for table, column in (("article", "published"), ("article", "publisher_key"), ("mention", "entity_id"),
                          ("quote_source", "entity_id"), ("quote_about", "entity_id")):  # fmt: skip
        op.drop_index(f"ix_{table}_{column}", table_name=table)


def _create_tables() -> None:
    op.create_table(
        "publisher",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", STRING, nullable=False),
        sa.Column("name", STRING, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_publisher")),
        sa.UniqueConstraint("key", name=op.f("uq_publisher_key")),
    )
    op.create_table(
        "entity_day",
        sa.Column("entity_id", sa.Integer(), nullable=False),
        sa.Column("day", sa.Integer(), nullable=False),
        sa.Column("articles", sa.Integer(), nullable=False),
        sa.Column("mentions", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["entity_id"], ["entity.id"], name=op.f("fk_entity_day_entity_id_entity"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("entity_id", "day", name=op.f("pk_entity_day")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "name_word",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("form", STRING, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_name_word")),
        sa.UniqueConstraint("form", name=op.f("uq_name_word_form")),
    )
    op.create_table(
        "alias_word",
        sa.Column("word_id", sa.Integer(), nullable=False),
        sa.Column("alias_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["alias_id"], ["entity_alias.id"], name=op.f("fk_alias_word_alias_id_entity_alias"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["word_id"], ["name_word.id"], name=op.f("fk_alias_word_word_id_name_word")),
        sa.PrimaryKeyConstraint("word_id", "alias_id", name=op.f("pk_alias_word")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_alias_word_alias_id", "alias_word", ["alias_id"])
    op.create_table(
        "index_state",
        sa.Column("name", STRING, nullable=False),
        sa.Column("version", STRING, nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_index_state")),
    )


def _add_columns() -> None:
    op.add_column("article", sa.Column("position", sa.BigInteger(), nullable=True))
    op.add_column("article", sa.Column("publisher_id", sa.Integer(), nullable=True))
    for name in COUNTS:
        op.add_column("entity", sa.Column(name, sa.Integer(), nullable=False, server_default="0"))
    for table in ("mention", "quote", "quote_source", "quote_about"):
        op.add_column(table, sa.Column("position", sa.BigInteger(), nullable=True))
    op.add_column("quote_source", sa.Column("relayed", sa.Boolean(), nullable=True))


def _fill_columns() -> None:
    bind = op.get_bind()
    articles = sa.table("article", sa.column("id"), sa.column("published", sa.Date()))
    rows = [{"k": key, "p": article_position(day, key)} for key, day in bind.execute(sa.select(*articles.c))]
    if rows:
        bind.execute(sa.text("UPDATE article SET position = :p WHERE id = :k"), rows)
    for statement in _FILL:
        op.execute(statement)


_FILL = [
    "INSERT INTO publisher (key, name) SELECT publisher_key, min(publisher) FROM article "
    "WHERE publisher_key IS NOT NULL GROUP BY publisher_key ORDER BY publisher_key",
    "UPDATE article SET publisher_id = (SELECT id FROM publisher WHERE key = publisher_key)",
    "UPDATE mention SET position = (SELECT article.position FROM run JOIN article ON article.id = run.article_id "
    "WHERE run.id = mention.run_id)",
    "UPDATE quote SET position = numbered.position FROM (SELECT quote.id AS id, article.position * 65536 + 65536 "
    "- row_number() OVER (PARTITION BY article.id ORDER BY quote.id) AS position FROM quote "
    "JOIN run ON run.id = quote.run_id JOIN article ON article.id = run.article_id) AS numbered "
    "WHERE numbered.id = quote.id",
    "UPDATE quote_source SET relayed = ordinal > 0, "
    "position = (SELECT quote.position FROM quote WHERE quote.id = quote_source.quote_id)",
    "UPDATE quote_about SET position = (SELECT quote.position FROM quote WHERE quote.id = quote_about.quote_id)",
]


def _require_columns() -> None:
    with op.batch_alter_table("article") as batch:
        batch.drop_column("publisher_key")
        batch.alter_column("position", existing_type=sa.BigInteger(), nullable=False)
        batch.create_unique_constraint(op.f("uq_article_position"), ["position"])
        batch.create_foreign_key(op.f("fk_article_publisher_id_publisher"), "publisher", ["publisher_id"], ["id"])
    op.create_index("ix_article_publisher_id_position", "article", ["publisher_id", "position"])
    with op.batch_alter_table("entity") as batch:
        for name in COUNTS:
            batch.alter_column(name, existing_type=sa.Integer(), server_default=None)
    op.create_index("ix_entity_mentions", "entity", ["mentions", "id"])
    op.create_index("ix_entity_type_mentions", "entity", ["type", "mentions", "id"])
    for table in ("mention", "quote", "quote_source", "quote_about"):
        with op.batch_alter_table(table) as batch:
            batch.alter_column("position", existing_type=sa.BigInteger(), nullable=False)
            if table == "quote":
                batch.create_unique_constraint(op.f("uq_quote_position"), ["position"])
            if table == "quote_source":
                batch.alter_column("relayed", existing_type=sa.Boolean(), nullable=False)
    _index_linked("mention", "position", "start", "id")
    _index_linked("quote_source", "relayed", "position")
    op.create_index("ix_quote_about_entity", "quote_about", ["entity_id", "position"])
    _create_tables_by_position()


def _index_linked(table: str, *columns: str) -> None:
    linked = sa.text("entity_id IS NOT NULL")
    op.create_index(f"ix_{table}_entity", table, ["entity_id", *columns], sqlite_where=linked, postgresql_where=linked)


def _create_tables_by_position() -> None:
    for name in ("article_facts", "article_places"):
        op.create_table(
            name,
            sa.Column("position", sa.BigInteger(), nullable=False),
            sa.Column("packed", sa.LargeBinary(), nullable=False),
            sa.ForeignKeyConstraint(
                ["position"], ["article.position"], name=op.f(f"fk_{name}_position_article"), ondelete="CASCADE"
            ),
            sa.PrimaryKeyConstraint("position", name=op.f(f"pk_{name}")),
        )
    op.create_table(
        "article_band",
        sa.Column("band", sa.BigInteger(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["position"], ["article.position"], name=op.f("fk_article_band_position_article"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("band", "position", name=op.f("pk_article_band")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_article_band_position", "article_band", ["position"])


def downgrade() -> None:
    raise NotImplementedError("restore a backup: positions replaced what the first schema had")
