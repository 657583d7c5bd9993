"""Taking jobs in, piece by piece: nothing of one is worked at before all of it is there."""

import base64
import secrets
from collections.abc import Iterator
from datetime import timedelta
from io import BytesIO

from sqlalchemy import delete, update
from sqlmodel import col

from app.db import Database, WriteSession
from app.errors import InvalidInput, Unavailable
from app.models import Job, JobInput, now
from app.schemas.jobs import JobDetail, JobKind
from app.schemas.writing import StoredArticle, WriteQuery
from app.services.idempotency import Answer, Attempt, once
from app.services.journal import Writer, record
from app.services.storing.tables import insert_rows, next_key
from app.services.writing import answered

ACCEPTED = 202
# Large enough that a transaction for each costs little, small enough that nobody waits for one.
PIECE_BYTES = 1_000_000
# What is being received is given up when no piece of it has come for so long: its process was killed.
RECEIVING = timedelta(hours=1)


class Pieces:
    """Cuts a stream into pieces of whole lines, of about a megabyte each.

    Of a line longer than ``longest`` bytes only its beginning is kept, and one byte too many, which tells it.
    """

    def __init__(self, longest: int) -> None:
        self._longest = longest
        self._kept = bytearray()
        self._open = 0

    def feed(self, data: bytes) -> Iterator[bytes]:
        """The piece that is full with ``data``, if one is."""
        for part in BytesIO(data):
            self._add(part.removesuffix(b"\n"), ends=part.endswith(b"\n"))
        whole = self._kept.rfind(b"\n") + 1 if len(self._kept) >= PIECE_BYTES else 0
        if whole:
            yield bytes(self._kept[:whole])
            del self._kept[:whole]

    def rest(self) -> bytes:
        """What is left at the end."""
        return bytes(self._kept)

    def _add(self, part: bytes, *, ends: bool) -> None:
        kept = part[: self._longest + 1 - self._open]
        self._kept += kept + b"\n" * ends
        self._open = 0 if ends else self._open + len(kept)


class Intake:
    """One job that is being taken in."""

    def __init__(self, database: Database, writer: Writer, kind: JobKind, query: WriteQuery, content_type: str) -> None:
        self._database = database
        self._writer = writer
        self._kind: JobKind = kind
        self._parameters = {**query.model_dump(), "content_type": content_type}
        self._public_id = f"job_{base64.b32encode(secrets.token_bytes(10)).decode().lower()}"
        self._key: int | None = None
        self._size = 0

    def keep(self, piece: bytes) -> None:
        """Keep the next piece."""
        with self._database.write() as session:
            self._keep(session, piece)

    def close(self, piece: bytes, attempt: Attempt | None = None) -> StoredArticle | JobDetail:
        """Keep the last piece and let the work begin; or give back what the attempt was answered when it came before.

        InvalidInput when there is nothing to do.
        """
        with self._database.write() as session:
            answer = once(session, attempt, lambda: self._queue(session, piece))
            if answer.subject != self._public_id:
                session.execute(delete(Job).where(col(Job.id) == self._key))
            return answered(session, answer)

    def discard(self) -> None:
        """Forget all of it."""
        if self._key is not None:
            with self._database.write() as session:
                session.execute(delete(Job).where(col(Job.id) == self._key, col(Job.state) == "receiving"))

    def _queue(self, session: WriteSession, piece: bytes) -> Answer:
        if not self._size and not piece.strip():
            raise InvalidInput("the body is empty")
        self._keep(session, piece)
        queued = update(Job).where(col(Job.id) == self._key).values(state="queued", leased_until=None)
        session.execute(queued)
        record(session, self._writer, "job.create", self._public_id, kind=self._kind)
        return Answer(ACCEPTED, self._public_id)

    def _keep(self, session: WriteSession, piece: bytes) -> None:
        if self._key is None:
            self._key = self._begin(session)
        here = update(Job).where(col(Job.id) == self._key, col(Job.state) == "receiving")
        size = self._size + len(piece)
        if session.execute(here.values(bytes_total=size, leased_until=now() + RECEIVING)).rowcount != 1:  # type: ignore[attr-defined]
            raise Unavailable("the lines did not come in time: send them again")
        if piece:
            insert_rows(session, JobInput, [{"job_id": self._key, "start": self._size, "data": piece}])
        self._size = size

    def _begin(self, session: WriteSession) -> int:
        key = next_key(session, Job)
        session.add(
            Job(
                id=key,
                public_id=self._public_id,
                kind=self._kind,
                state="receiving",
                author=self._writer.name,
                key=self._writer.key,
                request_id=self._writer.request_id,
                parameters=self._parameters,
            )
        )
        session.flush()
        return key
