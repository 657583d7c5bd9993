"""As much of HTTP/1.1 as measuring takes, on plain sockets: any library costs more than the servers measured."""

import re
import select
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

HOST = "127.0.0.1"
TIMEOUT_S = 120

_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_ETAG = re.compile(rb"\r\netag: *([^\r]+)", re.IGNORECASE)
_LAST_CHUNK = b"\r\n0\r\n\r\n"


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer as it came."""

    head: bytes
    body: bytes

    @property
    def status(self) -> int:
        """The status code."""
        return int(self.head[9:12])

    @property
    def etag(self) -> str | None:
        """The ETag, with its quotation marks."""
        found = _ETAG.search(self.head)
        return found[1].decode() if found else None


def request(path: str, headers: Mapping[str, str] | None = None) -> bytes:
    """A GET, over a connection that is kept."""
    lines = [f"GET {path} HTTP/1.1", f"Host: {HOST}", *(f"{name}: {value}" for name, value in (headers or {}).items())]
    return "\r\n".join([*lines, "", ""]).encode()


def body_start(received: bytes | bytearray) -> int | None:
    """Where the body of a complete answer begins; None while the answer is not complete."""
    end = received.find(b"\r\n\r\n")
    if end < 0:
        return None
    start = end + 4
    length = _LENGTH.search(received, 0, start)
    if length:
        complete = len(received) >= start + int(length[1])
    else:
        complete = received[9:12] == b"304" or received.endswith(_LAST_CHUNK)
    return start if complete else None


def connect(port: int) -> socket.socket:
    """A connection to a server on this machine."""
    connection = socket.create_connection((HOST, port), timeout=TIMEOUT_S)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connection


class Client:
    """One connection that is kept, for one request at a time."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._connection = connect(port)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self._connection.close()

    def get(self, path: str, headers: Mapping[str, str] | None = None) -> Answer:
        """The answer, whatever its status; ConnectionError when the server closes before it is complete."""
        # Between answers there is nothing to read but the end: servers close what has been idle.
        if select.select([self._connection], [], [], 0)[0]:
            self._connection.close()
            self._connection = connect(self._port)
        self._connection.sendall(request(path, headers))
        received = bytearray()
        while (start := body_start(received)) is None:
            more = self._connection.recv(1 << 18)
            if not more:
                raise ConnectionError(f"the server closed the connection while answering {path}")
            received += more
        return Answer(bytes(received[:start]), bytes(received[start:]))

    def ok(self, path: str) -> bytes:
        """The body of an answer with status 200; ValueError for any other."""
        answer = self.get(path)
        if answer.status != 200:
            raise ValueError(f"{path} answered {answer.status}: {answer.body[:300]!r}")
        return answer.body
