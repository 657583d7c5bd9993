"""Jobs get done: a process that serves sees to it that another works at them while there are any.

Not in a thread of its own: who reads would wait for it, since of two threads one runs at a time, and the model that
annotates would stay in memory.
"""

import logging
import subprocess
import sys
from contextlib import suppress
from threading import Event, Thread
from typing import IO, cast

from app.config import Settings
from app.db import Database
from app.errors import DatelineError, Misconfigured
from app.services.working import POLL_S, are_any

log = logging.getLogger("dateline")

# How long what is being stored may take when the service ends, less than containers give: what is not stored then is
# left to whoever comes next.
STOP_S = 8.0
# A worker that fails is not started again at once, to fail again.
REST_S = 30.0


class WorkerProcess:
    """A process that works at jobs: it ends with this one, and by itself when there are none."""

    def __init__(self, settings: Settings) -> None:
        command = [sys.executable, "-m", "app.services.working"]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE)
        self._commands = cast("IO[bytes]", self._process.stdin)
        self._say(settings.model_dump_json().encode() + b"\n")

    @property
    def exit_code(self) -> int | None:
        """With what it has ended; None while it works."""
        return self._process.poll()

    def wake(self) -> None:
        """Say that there is a job."""
        self._say(b"\n")

    def stop(self) -> None:
        """End it behind what it is storing."""
        with suppress(OSError):  # what it has not read, it never will
            self._commands.close()
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(STOP_S)
        self._process.kill()
        self._process.wait()

    def _say(self, data: bytes) -> None:
        with suppress(OSError):  # it has ended
            self._commands.write(data)
            self._commands.flush()


class JobRunner:
    """Starts a worker when there is a job and none is running, until it is stopped."""

    def __init__(self, database: Database, settings: Settings) -> None:
        self._database = database
        self._settings = settings
        self._worker: WorkerProcess | None = None
        self._is_set_up = False
        self._woken = Event()
        self._stopping = Event()
        self._thread = Thread(target=self._run, name="jobs", daemon=True)

    def start(self) -> None:
        """Begin to look for jobs."""
        self._thread.start()

    def wake(self) -> None:
        """Look now: there is one."""
        self._woken.set()

    def stop(self) -> None:
        """End the worker, if there is one, behind what it is storing."""
        self._stopping.set()
        self._woken.set()
        self._thread.join()
        if self._worker is not None:
            self._worker.stop()

    def _run(self) -> None:
        while not self._stopping.is_set():
            self._woken.clear()
            try:
                self._look()
            except Exception as error:  # whatever it is, the database will be back
                log.warning("jobs cannot be looked for now: %s", error, exc_info=not isinstance(error, DatelineError))
            self._woken.wait(POLL_S)

    def _look(self) -> None:
        if not self._is_there() or not are_any(self._database):
            return
        if self._worker is None:
            self._worker = WorkerProcess(self._settings)
        elif self._worker.exit_code is None:
            self._worker.wake()
        else:
            self._retire(self._worker)

    def _retire(self, worker: WorkerProcess) -> None:
        """Let another worker be started when this one has ended as it should; later, when it has not."""
        if worker.exit_code:
            log.warning("a worker ended with %s: another is started in %g s", worker.exit_code, REST_S)
            self._stopping.wait(REST_S)
        worker.stop()
        self._worker = None
        self._woken.set()

    def _is_there(self) -> bool:
        """Whether the database is there and of our schema: a file that is not there would be made by looking."""
        if not self._is_set_up:
            with suppress(Misconfigured):
                self._database.check()
                self._is_set_up = True
        return self._is_set_up
