"""Earlier texts, deletions, decisions, keys, audit, jobs; months beside days; facts of articles lie by position

Revision: 0003
"""

from collections import Counter
from collections.abc import Iterator
from itertools import groupby

import sqlalchemy as sa
from alembic import op

from app.search.packing import month_number

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

# As in the first schema: sorted and compared by code points on both engines.
STRING = sa.String().with_variant(sa.String(collation="C"), "postgresql")

CHUNK = 10_000


def upgrade() -> None:
    _create_access()
    _create_jobs()
    _create_texts()
    _create_decisions()
    _add_columns()
    _create_months()
    if op.get_bind().dialect.name == "sqlite":
        for name in ("article_facts", "article_places"):
            _lay_by_position(name)


def _create_access() -> None:
    op.create_table(
        "api_key",
        sa.Column("id", sa.Integer(), nullable=False),
        _text("public_id"),
        _text("name"),
        _text("sha256"),
        sa.Column("scopes", sa.JSON(), nullable=False),
        _instant("created_at"),
        _instant("last_used_at", nullable=True),
        _instant("revoked_at", nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_key")),
        sa.UniqueConstraint("public_id", name=op.f("uq_api_key_public_id")),
    )
    op.create_table(
        "audit_entry",
        sa.Column("id", sa.Integer(), nullable=False),
        _instant("at"),
        _text("author"),
        _text("key", nullable=True),
        _text("action"),
        _text("subject", nullable=True),
        _text("request_id", nullable=True),
        sa.Column("detail", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_entry")),
    )
    op.create_index("ix_audit_entry_subject", "audit_entry", ["subject"])
    op.create_index("ix_audit_entry_request_id", "audit_entry", ["request_id"])
    op.create_table(
        "idempotency_record",
        sa.Column("key_id", sa.Integer(), nullable=False),
        _text("idempotency_key"),
        _text("fingerprint"),
        sa.Column("status", sa.Integer(), nullable=False),
        _text("subject"),
        sa.Column("detail", sa.JSON(), nullable=False),
        _instant("created_at"),
        _owner("idempotency_record", "key_id", "api_key"),
        sa.PrimaryKeyConstraint("key_id", "idempotency_key", name=op.f("pk_idempotency_record")),
    )
    op.create_index("ix_idempotency_record_created_at", "idempotency_record", ["created_at"])


def _create_jobs() -> None:
    op.create_table(
        "job",
        sa.Column("id", sa.Integer(), nullable=False),
        _text("public_id"),
        _text("kind"),
        _text("state"),
        _text("author"),
        _text("key", nullable=True),
        _text("request_id", nullable=True),
        sa.Column("parameters", sa.JSON(), nullable=False),
        sa.Column("bytes_total", sa.BigInteger(), nullable=False),
        sa.Column("bytes_done", sa.BigInteger(), nullable=False),
        *(sa.Column(name, sa.Integer(), nullable=False) for name in ("lines", "stored", "unchanged", "failed")),
        _text("error", nullable=True),
        _instant("created_at"),
        _instant("started_at", nullable=True),
        _instant("finished_at", nullable=True),
        _text("worker", nullable=True),
        _instant("leased_until", nullable=True),
        sa.CheckConstraint("kind IN ('article', 'import')", name=op.f("ck_job_kind")),
        sa.CheckConstraint("state IN ('receiving', 'queued', 'running', 'done', 'failed')", name=op.f("ck_job_state")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_job")),
        sa.UniqueConstraint("public_id", name=op.f("uq_job_public_id")),
    )
    op.create_index("ix_job_state", "job", ["state"])
    op.create_table(
        "job_input",
        sa.Column("job_id", sa.Integer(), nullable=False),
        sa.Column("start", sa.BigInteger(), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        _owner("job_input", "job_id", "job"),
        sa.PrimaryKeyConstraint("job_id", "start", name=op.f("pk_job_input")),
    )
    op.create_table(
        "job_line",
        sa.Column("job_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        _text("outcome"),
        _text("article", nullable=True),
        _text("detail", nullable=True),
        sa.CheckConstraint("outcome IN ('stored', 'unchanged', 'failed')", name=op.f("ck_job_line_outcome")),
        _owner("job_line", "job_id", "job"),
        sa.PrimaryKeyConstraint("job_id", "number", name=op.f("pk_job_line")),
    )


def _create_texts() -> None:
    op.create_table(
        "revision",
        sa.Column("article_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        _text("headline", nullable=True),
        sa.Column("published", sa.Date(), nullable=True),
        *(_text(name, nullable=True) for name in ("publisher", "dateline")),
        *(_text(name) for name in ("text", "text_sha256")),
        sa.Column("text_length", sa.Integer(), nullable=False),
        _instant("created_at"),
        *(_text(name) for name in ("name", "media_type", "sha256")),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.Column("segments", sa.JSON(), nullable=False),
        sa.Column("repairs", sa.JSON(), nullable=False),
        _text("run", nullable=True),
        sa.Column("carried", sa.JSON(), nullable=False),
        _owner("revision", "article_id", "article"),
        sa.PrimaryKeyConstraint("article_id", "number", name=op.f("pk_revision")),
    )
    op.create_table(
        "deleted_article",
        _text("public_id"),
        _instant("deleted_at"),
        sa.PrimaryKeyConstraint("public_id", name=op.f("pk_deleted_article")),
    )


def _create_decisions() -> None:
    op.create_table(
        "decision",
        sa.Column("id", sa.Integer(), nullable=False),
        *(_text(name) for name in ("public_id", "action", "subject")),
        *(sa.Column(name, sa.Integer(), nullable=True) for name in ("article_id", "revision", "entity_id")),
        sa.Column("made", sa.JSON(), nullable=False),
        sa.Column("stands", sa.JSON(), nullable=True),
        sa.Column("before", sa.JSON(), nullable=True),
        _text("comment", nullable=True),
        _text("author"),
        _instant("created_at"),
        _text("undone_by", nullable=True),
        _instant("undone_at", nullable=True),
        sa.CheckConstraint(
            "action IN ('accept', 'reject', 'add', 'change', 'merge', 'split')", name=op.f("ck_decision_action")
        ),
        sa.CheckConstraint("subject IN ('mention', 'quote', 'entity')", name=op.f("ck_decision_subject")),
        _owner("decision", "article_id", "article"),
        sa.ForeignKeyConstraint(["entity_id"], ["entity.id"], name=op.f("fk_decision_entity_id_entity")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_decision")),
        sa.UniqueConstraint("public_id", name=op.f("uq_decision_public_id")),
    )
    op.create_index("ix_decision_article_id", "decision", ["article_id"])
    op.create_index("ix_decision_entity_id", "decision", ["entity_id"])
    op.create_table(
        "entity_split",
        *(
            sa.Column(name, sa.Integer(), nullable=False)
            for name in ("entity_id", "article_id", "target_id", "decision_id")
        ),
        sa.ForeignKeyConstraint(["entity_id"], ["entity.id"], name=op.f("fk_entity_split_entity_id_entity")),
        sa.ForeignKeyConstraint(["target_id"], ["entity.id"], name=op.f("fk_entity_split_target_id_entity")),
        _owner("entity_split", "article_id", "article"),
        _owner("entity_split", "decision_id", "decision"),
        sa.PrimaryKeyConstraint("entity_id", "article_id", name=op.f("pk_entity_split")),
        sqlite_with_rowid=False,
    )
    for column in ("article_id", "decision_id", "target_id"):
        op.create_index(f"ix_entity_split_{column}", "entity_split", [column])


def _add_columns() -> None:
    """Added, not copied: the tables are the largest there are, and SQLite adds a column without touching a row."""
    op.add_column("article", _instant("revised_at", nullable=True))
    op.add_column("entity", sa.Column("merged_into", sa.Integer(), nullable=True))
    op.add_column("entity", sa.Column("rejected", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("entity", sa.Column("by_runs", sa.JSON(), nullable=True))
    op.add_column("entity", sa.Column("sort_key", STRING, nullable=False, server_default=""))
    op.execute("UPDATE entity SET sort_key = name_key")
    op.create_index("ix_entity_sort_key", "entity", ["sort_key", "id"])
    merged = sa.text("merged_into IS NOT NULL")
    op.create_index("ix_entity_merged_into", "entity", ["merged_into"], sqlite_where=merged, postgresql_where=merged)
    for column in ("named", "shown"):
        op.add_column("entity_alias", sa.Column(column, sa.Boolean(), nullable=False, server_default=sa.true()))
    op.add_column("quote", _text("rule", nullable=True))
    for table in ("mention", "quote_source"):
        op.add_column(table, sa.Column("named_id", sa.Integer(), nullable=True))
    named = sa.text("named_id IS NOT NULL")
    for table in ("mention", "quote_source"):
        op.create_index(f"ix_{table}_named", table, ["named_id"], sqlite_where=named, postgresql_where=named)
    for name, counted in (("mention_count", "mention WHERE"), ("speech_count", "quote WHERE use = 'speech' AND")):
        op.add_column("run", sa.Column(name, sa.Integer(), nullable=False, server_default="0"))
        op.execute(f"UPDATE run SET {name} = (SELECT count(*) FROM {counted} run_id = run.id)")


def _create_months() -> None:
    op.create_table(
        "entity_month",
        *(sa.Column(name, sa.Integer(), nullable=False) for name in ("entity_id", "month", "articles", "mentions")),
        _owner("entity_month", "entity_id", "entity"),
        sa.PrimaryKeyConstraint("entity_id", "month", name=op.f("pk_entity_month")),
        sqlite_with_rowid=False,
    )
    months = sa.table("entity_month", *map(sa.column, ("entity_id", "month", "articles", "mentions")))
    rows = _months()
    while some := [row for _, row in zip(range(CHUNK), rows, strict=False)]:
        op.bulk_insert(months, some)


def _months() -> Iterator[dict[str, int]]:
    days = sa.text("SELECT entity_id, day, articles, mentions FROM entity_day WHERE day > 0 ORDER BY entity_id, day")
    found = op.get_bind().execute(days, execution_options={"yield_per": CHUNK})
    for (entity, month), each in groupby(found, lambda row: (row[0], month_number(row[1]))):
        counts: Counter[str] = Counter()
        for row in each:
            counts.update(articles=row[2], mentions=row[3])
        yield {"entity_id": entity, "month": month or 0, **counts}


def _lay_by_position(name: str) -> None:
    """Make a table anew whose rows lie in order of the positions they are found by."""
    op.create_table(
        f"{name}_by_position",
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("packed", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["position"], ["article.position"], name=op.f(f"fk_{name}_position_article"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("position", name=op.f(f"pk_{name}")),
    )
    op.execute(f"INSERT INTO {name}_by_position SELECT position, packed FROM {name} ORDER BY position")
    op.drop_table(name)
    op.rename_table(f"{name}_by_position", name)


def _text(name: str, *, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, STRING, nullable=nullable)


def _instant(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(), nullable=nullable)


def _owner(table: str, column: str, owner: str) -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_{table}_{column}_{owner}")
    return sa.ForeignKeyConstraint([column], [f"{owner}.id"], name=name, ondelete="CASCADE")


def downgrade() -> None:
    raise NotImplementedError("restore a backup: earlier texts and decisions have no place in the schema before")
