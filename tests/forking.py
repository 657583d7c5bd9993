"""A process that has built the service and forks one that serves it as often as asked: a start in milliseconds."""

import os
import signal
import socket
from multiprocessing.connection import Connection

from app.api.connections import HttpConnection
from app.config import Settings


def serve_when_asked(settings: Settings, orders: Connection) -> None:
    """For each order a server of its own on a free port: its process and its port are the answer."""
    import uvicorn  # noqa: PLC0415 - as tests.command_line: what is forked imports as little as it can

    from app.main import create_app  # noqa: PLC0415

    app = create_app(settings)
    # Servers that are killed are nobody's to wait for: they are gone at once.
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    while orders.recv():
        with socket.create_server(("127.0.0.1", 0)) as listening:
            process = os.fork()
            if process == 0:
                uvicorn.Server(uvicorn.Config(app, log_level="warning", http=HttpConnection)).run(sockets=[listening])
                os._exit(0)
            orders.send((process, listening.getsockname()[1]))
