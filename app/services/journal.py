"""The audit log: every write leaves who, what and when, in the transaction that makes it."""

import getpass
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sqlmodel import col, select
from sqlmodel.sql.expression import SelectOfScalar

from app.db import ReadSession, WriteSession
from app.models import AuditEntry, now
from app.schemas.audit import AuditRecord
from app.schemas.base import Listing
from app.schemas.queries import AuditQuery
from app.search.paging import Order
from app.services.lists import listing
from app.services.storing.tables import insert_rows, next_key


@dataclass(frozen=True, slots=True)
class Writer:
    """Who writes: the name and public id of a key, in which request; or a user of the command line."""

    name: str
    key: str | None = None
    key_id: int | None = None
    request_id: str | None = None


def command_line() -> Writer:
    """The user who runs this program."""
    try:
        return Writer(f"cli:{getpass.getuser()}")
    except (KeyError, OSError):  # a container may run as a number that has no name
        return Writer("cli")


def record(session: WriteSession, writer: Writer, action: str, subject: str | None = None, **detail: Any) -> None:
    """Say in the log that ``writer`` did ``action`` to what has this public id; never what an article says."""
    record_all(session, writer, action, [(subject, detail)])


def record_all(
    session: WriteSession, writer: Writer, action: str, written: Iterable[tuple[str | None, dict[str, Any]]]
) -> None:
    """The same of many at once: each a subject and its detail."""
    # Keys are given out here: after a copy PostgreSQL's sequence begins at one again.
    first, at = next_key(session, AuditEntry), now()
    rows = [
        {
            "id": first + offset,
            "at": at,
            "author": writer.name,
            "key": writer.key,
            "action": action,
            "subject": subject,
            "request_id": writer.request_id,
            "detail": detail,
        }
        for offset, (subject, detail) in enumerate(written)
    ]
    insert_rows(session, AuditEntry, rows)


def list_entries(session: ReadSession, query: AuditQuery) -> Listing[AuditRecord]:
    """A page of the log, newest first."""
    asked = query.model_dump(include={"author", "action", "subject", "request_id"})
    order = Order((col(AuditEntry.id),), descending=True)
    return listing(session, (_where(asked), order), query, "audit", lambda rows: [_record(row[0]) for row in rows])


def entries(session: ReadSession, limit: int, **asked: str | None) -> Iterator[AuditRecord]:
    """The newest entries whose fields have these values, newest first."""
    newest = _where(asked).order_by(col(AuditEntry.id).desc()).limit(limit)
    yield from map(_record, session.exec(newest.execution_options(yield_per=1_000)))


def _where(asked: Mapping[str, str | None]) -> SelectOfScalar[AuditEntry]:
    fields = ((getattr(AuditEntry, name), value) for name, value in asked.items() if value is not None)
    return select(AuditEntry).where(*(field == value for field, value in fields))


def _record(entry: AuditEntry) -> AuditRecord:
    return AuditRecord(**entry.model_dump(exclude={"id"}))
