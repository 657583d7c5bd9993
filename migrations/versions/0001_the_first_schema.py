"""The first schema

Revision: 0001
"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

# Sorted and compared by code points on both engines, whatever the locale of the PostgreSQL database.
STRING = sa.String().with_variant(sa.String(collation="C"), "postgresql")


# The full-text indexes of this revision: external content, kept in step by triggers.
INDEXED = {"article": ("headline", "text"), "quote": ("text",)}


def upgrade() -> None:
    op.create_table(
        "article",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", STRING, nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("headline", STRING, nullable=True),
        sa.Column("published", sa.Date(), nullable=True),
        sa.Column("publisher", STRING, nullable=True),
        sa.Column("publisher_key", STRING, nullable=True),
        sa.Column("dateline", STRING, nullable=True),
        sa.Column("url", STRING, nullable=True),
        sa.Column("text", STRING, nullable=False),
        sa.Column("text_sha256", STRING, nullable=False),
        sa.Column("text_length", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_article")),
        sa.UniqueConstraint("public_id", name=op.f("uq_article_public_id")),
        sa.UniqueConstraint("url", name=op.f("uq_article_url")),
    )
    op.create_index("ix_article_published", "article", ["published"], unique=False)
    op.create_index("ix_article_publisher_key", "article", ["publisher_key"], unique=False)
    op.create_index("ix_article_text_sha256", "article", ["text_sha256"], unique=False)

    op.create_table(
        "entity",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", STRING, nullable=False),
        sa.Column("type", STRING, nullable=False),
        sa.Column("name", STRING, nullable=False),
        sa.Column("name_key", STRING, nullable=False),
        sa.Column("identifiers", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_entity")),
        sa.UniqueConstraint("name_key", "type", name=op.f("uq_entity_name_key_type")),
        sa.UniqueConstraint("public_id", name=op.f("uq_entity_public_id")),
    )
    op.create_table(
        "entity_alias",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("entity_id", sa.Integer(), nullable=False),
        sa.Column("name", STRING, nullable=False),
        sa.Column("name_key", STRING, nullable=False),
        sa.ForeignKeyConstraint(
            ["entity_id"], ["entity.id"], name=op.f("fk_entity_alias_entity_id_entity"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_entity_alias")),
        sa.UniqueConstraint("entity_id", "name", name=op.f("uq_entity_alias_entity_id_name")),
    )
    op.create_index("ix_entity_alias_name_key", "entity_alias", ["name_key"], unique=False)

    op.create_table(
        "run",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", STRING, nullable=False),
        sa.Column("article_id", sa.Integer(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("kind", STRING, nullable=False),
        sa.Column("annotator", STRING, nullable=False),
        sa.Column("version", STRING, nullable=False),
        sa.Column("model", STRING, nullable=True),
        sa.Column("parameters", sa.JSON(), nullable=False),
        sa.Column("digest", STRING, nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("served", sa.Boolean(), nullable=False),
        sa.Column("latest", sa.Boolean(), nullable=False),
        sa.CheckConstraint("kind IN ('human', 'machine')", name=op.f("ck_run_kind")),
        sa.ForeignKeyConstraint(
            ["article_id"], ["article.id"], name=op.f("fk_run_article_id_article"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_run")),
        sa.UniqueConstraint("public_id", name=op.f("uq_run_public_id")),
    )
    op.create_index("ix_run_article_id", "run", ["article_id"], unique=False)
    op.create_index(
        "ix_run_latest",
        "run",
        ["article_id", "kind"],
        unique=True,
        sqlite_where=sa.text("latest"),
        postgresql_where=sa.text("latest"),
    )
    op.create_index(
        "ix_run_served",
        "run",
        ["article_id"],
        unique=True,
        sqlite_where=sa.text("served"),
        postgresql_where=sa.text("served"),
    )

    op.create_table(
        "source_document",
        sa.Column("article_id", sa.Integer(), nullable=False),
        sa.Column("name", STRING, nullable=False),
        sa.Column("media_type", STRING, nullable=False),
        sa.Column("sha256", STRING, nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.Column("segments", sa.JSON(), nullable=False),
        sa.Column("repairs", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["article_id"],
            ["article.id"],
            name=op.f("fk_source_document_article_id_article"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("article_id", name=op.f("pk_source_document")),
    )
    op.create_table(
        "mention",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("run_id", sa.Integer(), nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("entity_id", sa.Integer(), nullable=True),
        sa.Column("type", STRING, nullable=False),
        sa.Column("start", sa.Integer(), nullable=False),
        sa.Column("end", sa.Integer(), nullable=False),
        sa.Column("exact", STRING, nullable=False),
        sa.Column("value", STRING, nullable=True),
        sa.Column("place", STRING, nullable=False),
        sa.Column("paragraph", sa.Integer(), nullable=False),
        sa.Column("rule", STRING, nullable=True),
        sa.Column("confidence", sa.Float(), nullable=False),
        sa.CheckConstraint('start < "end"', name=op.f("ck_mention_span")),
        sa.ForeignKeyConstraint(["entity_id"], ["entity.id"], name=op.f("fk_mention_entity_id_entity")),
        sa.ForeignKeyConstraint(["run_id"], ["run.id"], name=op.f("fk_mention_run_id_run"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mention")),
        sa.UniqueConstraint("run_id", "ordinal", name=op.f("uq_mention_run_id_ordinal")),
    )
    op.create_index("ix_mention_entity_id", "mention", ["entity_id"], unique=False)

    op.create_table(
        "quote",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("run_id", sa.Integer(), nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("kind", STRING, nullable=False),
        sa.Column("use", STRING, nullable=False),
        sa.Column("text", STRING, nullable=False),
        sa.Column("start", sa.Integer(), nullable=False),
        sa.Column("cue_start", sa.Integer(), nullable=True),
        sa.Column("cue_end", sa.Integer(), nullable=True),
        sa.Column("cue_exact", STRING, nullable=True),
        sa.Column("confidence", sa.Float(), nullable=False),
        sa.CheckConstraint("kind IN ('direct', 'mixed', 'indirect')", name=op.f("ck_quote_kind")),
        sa.CheckConstraint("use IN ('speech', 'scare', 'title')", name=op.f("ck_quote_use")),
        sa.ForeignKeyConstraint(["run_id"], ["run.id"], name=op.f("fk_quote_run_id_run"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_quote")),
        sa.UniqueConstraint("run_id", "ordinal", name=op.f("uq_quote_run_id_ordinal")),
    )
    op.create_table(
        "quote_about",
        sa.Column("quote_id", sa.Integer(), nullable=False),
        sa.Column("entity_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["entity_id"], ["entity.id"], name=op.f("fk_quote_about_entity_id_entity")),
        sa.ForeignKeyConstraint(
            ["quote_id"], ["quote.id"], name=op.f("fk_quote_about_quote_id_quote"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("quote_id", "entity_id", name=op.f("pk_quote_about")),
    )
    op.create_index("ix_quote_about_entity_id", "quote_about", ["entity_id"], unique=False)

    op.create_table(
        "quote_content",
        sa.Column("quote_id", sa.Integer(), nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("start", sa.Integer(), nullable=False),
        sa.Column("end", sa.Integer(), nullable=False),
        sa.Column("exact", STRING, nullable=False),
        sa.CheckConstraint('start < "end"', name=op.f("ck_quote_content_span")),
        sa.ForeignKeyConstraint(
            ["quote_id"], ["quote.id"], name=op.f("fk_quote_content_quote_id_quote"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("quote_id", "ordinal", name=op.f("pk_quote_content")),
    )
    op.create_table(
        "quote_source",
        sa.Column("quote_id", sa.Integer(), nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("entity_id", sa.Integer(), nullable=True),
        sa.Column("start", sa.Integer(), nullable=True),
        sa.Column("end", sa.Integer(), nullable=True),
        sa.Column("exact", STRING, nullable=True),
        sa.Column("antecedent_start", sa.Integer(), nullable=True),
        sa.Column("antecedent_end", sa.Integer(), nullable=True),
        sa.Column("antecedent_exact", STRING, nullable=True),
        sa.Column("rule", STRING, nullable=True),
        sa.Column("confidence", sa.Float(), nullable=False),
        sa.ForeignKeyConstraint(["entity_id"], ["entity.id"], name=op.f("fk_quote_source_entity_id_entity")),
        sa.ForeignKeyConstraint(
            ["quote_id"], ["quote.id"], name=op.f("fk_quote_source_quote_id_quote"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("quote_id", "ordinal", name=op.f("pk_quote_source")),
    )
    op.create_index("ix_quote_source_entity_id", "quote_source", ["entity_id"], unique=False)

    if op.get_context().dialect.name == "sqlite":
        _create_indexes()


def downgrade() -> None:
    if op.get_context().dialect.name == "sqlite":
        _drop_indexes()
    op.drop_index("ix_quote_source_entity_id", table_name="quote_source")

    op.drop_table("quote_source")
    op.drop_table("quote_content")
    op.drop_index("ix_quote_about_entity_id", table_name="quote_about")

    op.drop_table("quote_about")
    op.drop_table("quote")
    op.drop_index("ix_mention_entity_id", table_name="mention")

    op.drop_table("mention")
    op.drop_table("source_document")
    op.drop_index("ix_run_served", table_name="run")
    op.drop_index("ix_run_latest", table_name="run")
    op.drop_index("ix_run_article_id", table_name="run")

    op.drop_table("run")
    op.drop_index("ix_entity_alias_name_key", table_name="entity_alias")

    op.drop_table("entity_alias")
    op.drop_table("entity")
    op.drop_index("ix_article_text_sha256", table_name="article")
    op.drop_index("ix_article_publisher_key", table_name="article")
    op.drop_index("ix_article_published", table_name="article")

    op.drop_table("article")


def _create_indexes() -> None:
    for table, columns in INDEXED.items():
        names, index = ", ".join(columns), f"{table}_fts"
        old, new = (", ".join(f"{row}.{column}" for column in columns) for row in ("old", "new"))
        op.execute(
            f"CREATE VIRTUAL TABLE {index} USING fts5({names}, content='{table}', content_rowid='id', "
            "tokenize='unicode61 remove_diacritics 2')"
        )
        add = f"INSERT INTO {index}(rowid, {names}) VALUES (new.id, {new});"
        remove = f"INSERT INTO {index}({index}, rowid, {names}) VALUES ('delete', old.id, {old});"
        op.execute(f"CREATE TRIGGER {index}_insert AFTER INSERT ON {table} BEGIN {add} END")
        op.execute(f"CREATE TRIGGER {index}_delete AFTER DELETE ON {table} BEGIN {remove} END")
        op.execute(f"CREATE TRIGGER {index}_update AFTER UPDATE OF {names} ON {table} BEGIN {remove} {add} END")


def _drop_indexes() -> None:
    for table in INDEXED:
        for action in ("insert", "delete", "update"):
            op.execute(f"DROP TRIGGER {table}_fts_{action}")
        op.execute(f"DROP TABLE {table}_fts")
