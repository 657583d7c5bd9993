"""Working at jobs, in a process of its own: whoever takes one has it while its lease is renewed.

What is stored of a job and how far that has come is one transaction. A process that is killed leaves nothing half
done, and whoever takes the job then goes on behind the last line that is.
"""

import gc
import json
import logging
import os
import secrets
import signal
import socket
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from io import BytesIO, FileIO
from threading import Event, Thread
from time import monotonic
from typing import Any

from sqlalchemy import ColumnElement, and_, delete, or_, update
from sqlalchemy.exc import OperationalError
from sqlmodel import col, func, select

from app.config import Settings, load_settings
from app.db import Database, WriteSession
from app.errors import DatelineError, Unavailable
from app.models import Job, JobInput, JobLine, now, stored_key
from app.services.annotating import AnnotatorService
from app.services.bodies import Body, fetching_over_http
from app.services.importing import Importer, Line, LineResult, Read, read_line
from app.services.journal import Writer
from app.services.storing.tables import insert_rows
from app.services.writing import Desk

log = logging.getLogger("dateline")

POLL_S = 2.0
# A process without a job ends; one that ends at once would load the model anew for each of a few.
IDLE_S = 60.0
LEASE_S = 30
# The least that is annotated in a second: a lease lasts longer by what the longest line may take.
ANNOTATED_PER_S = 5_000


def main() -> None:
    """Work at jobs, as standard input says: a line of JSON, the settings; a byte, there is a job; its end, stop."""
    for each in (signal.SIGINT, signal.SIGTERM):  # sent to a group of processes; the service's end is what counts
        signal.signal(each, signal.SIG_IGN)
    os.nice(5)  # who reads comes first
    gc.set_threshold(200_000, 20, 20)  # as 'dateline import'
    # The interpreter does not end while a thread waits within sys.stdin's buffer: here is none.
    commands = FileIO(sys.stdin.fileno(), closefd=False)
    settings = load_settings(**json.loads(commands.readline()))
    logging.basicConfig(format="%(levelname)-8s %(message)s", level=settings.log_level.upper())
    with closing(Database(settings)) as database:
        worker = JobWorker(database, settings)
        Thread(target=_listen, args=(commands, worker), daemon=True).start()
        worker.run()


def _listen(commands: FileIO, worker: "JobWorker") -> None:
    while commands.read(1):
        worker.wake()
    worker.stop()


class _LeaseLost(Exception):
    """Another process has the job now: this one was too slow."""


@dataclass(slots=True)
class _Claim:
    """A job that this process works at: how far it had come, and how long the longest line of what comes now is."""

    key: int
    kind: str
    parameters: dict[str, Any]
    writer: Writer
    lines: int
    bytes_done: int
    bytes_total: int
    longest: int = 0


class JobWorker:
    """Works at jobs, one at a time, until it is stopped or there has been none for a while."""

    def __init__(self, database: Database, settings: Settings) -> None:
        self._desk = Desk(database, AnnotatorService(settings.pipeline), fetching_over_http(settings))
        self._database = database
        self._longest = settings.max_body_bytes
        self._name = f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"
        self._woken = Event()
        self._stopping = Event()

    def wake(self) -> None:
        """Look now: there is a job."""
        self._woken.set()

    def stop(self) -> None:
        """End behind what is being stored now; the rest is left to whoever comes next."""
        self._stopping.set()
        self._woken.set()

    def run(self) -> None:
        """Work."""
        last = monotonic()
        while not self._stopping.is_set() and monotonic() - last < IDLE_S:
            self._woken.clear()
            if self._work():
                last = monotonic()
            else:
                self._woken.wait(POLL_S)

    def _work(self) -> bool:
        """Work at the next job; whether there was one."""
        try:
            claim = self._claim() if are_any(self._database) else None
            if claim is not None:
                self._work_at(claim)
        except Exception as error:  # whatever it is: the database will be back, and the next job is another
            log.warning("jobs cannot be worked at now: %s", error, exc_info=not isinstance(error, DatelineError))
            return False
        return claim is not None

    def _claim(self) -> _Claim | None:
        """The oldest job that nobody works at, now ours."""
        with self._database.write() as session:
            session.execute(delete(Job).where(_is_given_up()))
            job = session.exec(select(Job).where(_is_ready()).order_by(col(Job.id)).limit(1)).first()
            if job is None:
                return None
            job.state, job.worker, job.leased_until = "running", self._name, _lease(0)
            job.started_at = job.started_at or now()
            writer = Writer(job.author, job.key, request_id=job.request_id)
            return _Claim(stored_key(job), job.kind, job.parameters, writer, job.lines, job.bytes_done, job.bytes_total)

    def _work_at(self, claim: _Claim) -> None:
        try:
            if self._store(claim):
                self._end(claim, "done")
            else:
                self._let_go(claim)
        except _LeaseLost:
            log.warning("a job was taken over by another process: this one was too slow")
        except (Unavailable, OperationalError):
            raise
        except Exception as error:
            said = str(error) if isinstance(error, DatelineError) else "the service has failed; its log says how"
            log.exception("a job failed")
            self._end(claim, "failed", said)

    def _store(self, claim: _Claim) -> bool:
        """Store what is left of the job; False when there was no time for all of it."""
        importer = self._importer(claim)
        for batch in importer.batches(self._lines(claim), claim.lines, claim.bytes_done):
            importer.store(batch, partial(self._settle, claim))
            if self._stopping.is_set():
                return False
        return True

    def _importer(self, claim: _Claim) -> Importer:
        asked = claim.parameters
        return Importer(
            self._database,
            claim.writer,
            self._desk.annotating if asked["annotate"] else None,
            same_text=asked["same_text"],
            read=self._reader(claim),
        )

    def _reader(self, claim: _Claim) -> Read:
        if claim.kind == "import":
            return partial(read_line, longest=self._longest)
        return lambda data: Body(claim.parameters["content_type"], data).read(self._desk.fetch)

    def _lines(self, claim: _Claim) -> Iterator[bytes]:
        """The lines that are left; of an article there is one."""
        position = claim.bytes_done
        while position < claim.bytes_total:
            data = self._piece(claim, position)
            lines = list(BytesIO(data)) if claim.kind == "import" else [data]
            claim.longest = max(map(len, lines))
            self._renew(claim)
            position += len(data)
            yield from lines

    def _piece(self, claim: _Claim, position: int) -> bytes:
        """The rest of the piece that ``position`` is in. A replica may not have it yet: the writers' database does."""
        pieces = select(JobInput).where(JobInput.job_id == claim.key, col(JobInput.start) <= position)
        with self._database.write() as session:
            piece = session.exec(pieces.order_by(col(JobInput.start).desc()).limit(1)).one()
            return piece.data[position - piece.start :]

    def _settle(
        self, claim: _Claim, session: WriteSession, lines: Sequence[Line], results: Sequence[LineResult]
    ) -> None:
        """What became of lines, and that the job has come so far, in the transaction that stores them."""
        last, n = lines[-1], Counter(result.outcome for result in results)
        counts = {name: getattr(Job, name) + n[name] for name in ("stored", "unchanged", "failed")}
        lease = _lease(claim.longest)
        self._update(session, claim, lines=last.number, bytes_done=last.end, leased_until=lease, **counts)
        insert_rows(session, JobLine, [_row(claim, result) for result in results])
        mine = col(JobInput.job_id) == claim.key
        here = select(func.max(JobInput.start)).where(mine, col(JobInput.start) <= last.end).scalar_subquery()
        session.execute(delete(JobInput).where(mine, col(JobInput.start) < here))

    def _renew(self, claim: _Claim) -> None:
        with self._database.write() as session:
            self._update(session, claim, leased_until=_lease(claim.longest))

    def _end(self, claim: _Claim, state: str, error: str | None = None) -> None:
        with self._database.write() as session:
            self._update(session, claim, state=state, error=error, finished_at=now(), worker=None, leased_until=None)
            session.execute(delete(JobInput).where(col(JobInput.job_id) == claim.key))

    def _let_go(self, claim: _Claim) -> None:
        with self._database.write() as session:
            self._update(session, claim, state="queued", worker=None, leased_until=None)

    def _update(self, session: WriteSession, claim: _Claim, **values: Any) -> None:
        """Change the job; _LeaseLost when it is no longer ours."""
        ours = update(Job).where(col(Job.id) == claim.key, col(Job.worker) == self._name)
        if session.connection().execute(ours.values(**values)).rowcount != 1:
            raise _LeaseLost


def are_any(database: Database) -> bool:
    """Whether there is a job that nobody works at; asked without the writers' turn."""
    with database.read() as session:
        return session.exec(select(Job.id).where(or_(_is_ready(), _is_given_up())).limit(1)).first() is not None


def _is_ready() -> ColumnElement[bool]:
    return or_(col(Job.state) == "queued", and_(col(Job.state) == "running", col(Job.leased_until) < now()))


def _is_given_up() -> ColumnElement[bool]:
    return and_(col(Job.state) == "receiving", col(Job.leased_until) < now())


def _lease(longest: int) -> datetime:
    return now() + timedelta(seconds=LEASE_S + longest // ANNOTATED_PER_S)


def _row(claim: _Claim, result: LineResult) -> dict[str, Any]:
    return {
        "job_id": claim.key,
        "number": result.number,
        "outcome": result.outcome,
        "article": result.article,
        "detail": result.detail,
    }


if __name__ == "__main__":
    main()
