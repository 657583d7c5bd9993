"""Requests a second: many connections, each asking again as soon as it is answered.

``requests_per_second`` runs this module in a process of its own, so that asking never waits for whoever measures.
"""

import json
import selectors
import socket
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import cycle
from time import perf_counter

from benchmarks.client import Client, body_start, connect, request

WARM_UP_S = 0.3


@dataclass(frozen=True, slots=True)
class Load:
    """These paths in turn, over and over; ``conditional``: each with the ETag it answered before."""

    port: int
    paths: Sequence[str]
    connections: int = 16
    seconds: float = 2.0
    conditional: bool = False

    def requests_per_second(self) -> float:
        """What the server reached; ValueError when any answer was not 200, or 304 if conditional."""
        command = [sys.executable, "-m", "benchmarks.load"]
        done = subprocess.run(command, input=json.dumps(asdict(self)), capture_output=True, text=True, check=False)
        if done.returncode:
            raise ValueError(done.stderr.strip())
        return float(done.stdout)


def drive(load: Load) -> float:
    """Requests a second over ``load.seconds``."""
    expected = b"304" if load.conditional else b"200"
    requests = cycle(_requests(load))
    with selectors.DefaultSelector() as selector:
        for _ in range(load.connections):
            connection = connect(load.port)
            selector.register(connection, selectors.EVENT_READ, bytearray())
            connection.sendall(next(requests))
        answered, begun, now = 0, 0.0, perf_counter()
        warm = now + WARM_UP_S
        while not begun or now < begun + load.seconds:
            for key, _ in selector.select():
                if _is_answered(key, expected):
                    key.fileobj.sendall(next(requests))  # type: ignore[union-attr]
                    answered += 1
            now = perf_counter()
            if not begun and now > warm:
                answered, begun = 0, now
        for key in list(selector.get_map().values()):
            key.fileobj.close()  # type: ignore[union-attr]
    return answered / (now - begun)


def _requests(load: Load) -> list[bytes]:
    if not load.conditional:
        return [request(path) for path in load.paths]
    with Client(load.port) as client:
        etags = [client.get(path).etag or "" for path in load.paths]
    return [request(path, {"If-None-Match": etag}) for path, etag in zip(load.paths, etags, strict=True)]


def _is_answered(key: selectors.SelectorKey, expected: bytes) -> bool:
    """Receive; whether the answer is complete, and then empty what was received."""
    received: bytearray = key.data
    connection = key.fileobj
    if not isinstance(connection, socket.socket):
        raise TypeError("only sockets were registered")
    more = connection.recv(1 << 18)
    if not more:
        raise ConnectionError("the server closed a connection")
    received += more
    if body_start(received) is None:
        return False
    if received[9:12] != expected:
        raise ValueError(f"expected {expected!r}, not {bytes(received[:300])!r}")
    received.clear()
    return True


if __name__ == "__main__":
    sys.stdout.write(f"{drive(Load(**json.load(sys.stdin)))}\n")
