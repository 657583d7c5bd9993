"""Processes that are measured: servers on a port of their own, ended with the block; their memory."""

import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile
from time import monotonic, sleep
from typing import IO

from benchmarks.client import HOST, Client

START_S = 120
END_S = 20
SAID_LINES = 40


@dataclass(frozen=True, slots=True)
class Server:
    """A server that answers on ``port`` of the loopback address."""

    port: int
    pid: int

    def memory_mb(self) -> tuple[float, float]:
        """What its process holds: resident, and its share of it (RSS and PSS), in megabytes."""
        rollup = Path(f"/proc/{self.pid}/smaps_rollup").read_text(encoding="ascii")
        rss, pss = (re.search(rf"^{name}: +(\d+) kB", rollup, re.MULTILINE) for name in ("Rss", "Pss"))
        return (int(rss[1]) / 1000 if rss else 0.0, int(pss[1]) / 1000 if pss else 0.0)


def environment(database_url: str) -> dict[str, str]:
    """The surroundings of a command of ours: no setting but the database."""
    bare = {name: value for name, value in os.environ.items() if not name.startswith("DATELINE_")}
    return bare | {"DATELINE_DATABASE_URL": database_url}


@contextmanager
def dateline(database_url: str, *options: str, module: str = "app") -> Iterator[Server]:
    """``dateline serve``; ``module`` is what to run it from."""
    command = ["-m", module, "serve", "--host", HOST, *options]
    with _serving(command, "/readyz", environment(database_url)) as server:
        yield server


@contextmanager
def datasette(database: Path) -> Iterator[Server]:
    """Datasette on the file."""
    command = ["-m", "datasette", "serve", str(database), "--host", HOST]
    with _serving(command, "/-/versions.json", os.environ) as server:
        yield server


def resident_mb(pid: int) -> float:
    """The resident memory of a process in megabytes; 0 when it has ended."""
    try:
        found = re.search(r"^VmRSS:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text(encoding="ascii"), re.MULTILINE)
    except OSError:
        return 0.0
    return int(found[1]) / 1000 if found else 0.0


@contextmanager
def _serving(command: list[str], ready: str, env: Mapping[str, str]) -> Iterator[Server]:
    port = _free_port()
    with TemporaryFile() as log:
        process = subprocess.Popen(
            [sys.executable, *command, "--port", str(port)], env=env, stdout=log, stderr=subprocess.STDOUT
        )
        try:
            if not _is_ready(process, port, ready):
                raise RuntimeError("a server did not start")
            yield Server(port, process.pid)
        except Exception as error:
            error.add_note(f"{' '.join(command)} said: {_said(log)}")
            raise
        finally:
            _end(process)


def _said(log: IO[bytes]) -> str:
    """What a server has printed last, without the requests it has answered."""
    log.seek(0)
    lines = log.read().decode(errors="replace").splitlines()
    return "\n".join([line for line in lines if not line.startswith("INFO:")][-SAID_LINES:])


def _free_port() -> int:
    with socket.create_server((HOST, 0)) as taken:
        port: int = taken.getsockname()[1]
        return port


def _is_ready(process: subprocess.Popen[bytes], port: int, path: str) -> bool:
    """Whether the server answers at ``path``, at once or soon."""
    latest = monotonic() + START_S
    while process.poll() is None and monotonic() < latest:
        try:
            with Client(port) as client:
                if client.get(path).status == 200:
                    return True
        except OSError:
            pass
        sleep(0.1)
    return False


def _end(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(END_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
