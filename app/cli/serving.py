"""dateline serve."""

import os
import signal
import socket
import subprocess
import sys
from typing import Annotated, Any

import typer
import uvicorn
from uvicorn.config import LOGGING_CONFIG
from uvicorn.supervisors import Multiprocess

from app import __version__
from app.cli.console import opened, out
from app.config import Settings, load_settings
from app.errors import Misconfigured
from app.services.annotating import AnnotatorService

app = typer.Typer()

# How long a worker may not answer its supervisor before it is replaced: while it loads the model or
# annotates a long text it does not.
WORKER_PATIENCE_S = 60


@app.command()
def serve(
    with_seed: Annotated[bool, typer.Option("--seed", help="Load the seed article first.")] = False,
    host: Annotated[str | None, typer.Option(help="Instead of DATELINE_HOST.")] = None,
    port: Annotated[int | None, typer.Option(help="Instead of DATELINE_PORT.")] = None,
    workers: Annotated[int | None, typer.Option(help="Instead of DATELINE_WORKERS.")] = None,
) -> None:
    """Serve the database over HTTP, migrated first."""
    given = {"host": host, "port": port, "workers": workers}
    settings = load_settings(**{name: value for name, value in given.items() if value is not None})
    AnnotatorService(settings.pipeline).require()
    listening = _listen(settings)
    # uvicorn raises the signal again when it has closed: ended on request is no failure.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with opened(settings):
        pass
    if with_seed:
        _seed_apart(settings)
    _announce(settings.host, listening.getsockname()[1])
    _run(settings, listening)


def _run(settings: Settings, listening: socket.socket) -> None:
    """Serve until a signal ends it: in this process, or in several that share the socket."""
    config = uvicorn.Config(
        "app.main:app_from_environment",  # named, not imported: the command line stands beside the API, not above it
        factory=True,
        http="app.api.connections:HttpConnection",
        ws="none",
        log_level=settings.log_level,
        log_config=_logging(settings.log_level),
        access_log=False,  # the application's own has the id of each request
        workers=settings.workers,
        timeout_worker_healthcheck=WORKER_PATIENCE_S,
    )
    if settings.workers == 1:
        uvicorn.Server(config).run(sockets=[listening])
    else:
        supervisor = Multiprocess(config, sockets=[listening])
        supervisor.run()
        if any((process.exitcode or 0) > 0 for process in supervisor.processes):  # negative: ended by our signal
            raise typer.Exit(1)


def _logging(level: str) -> dict[str, Any]:
    """uvicorn's, and the application's beside it; without colours, which take longer than all else of a line."""
    ours = {"handlers": ["default"], "level": level.upper(), "propagate": False}
    lines = {"format": "%(levelname)-8s %(message)s"}
    return LOGGING_CONFIG | {
        "formatters": LOGGING_CONFIG["formatters"] | {"default": lines},
        "loggers": LOGGING_CONFIG["loggers"] | {"dateline": ours},
    }


def _seed_apart(settings: Settings) -> None:
    """Seed in a process of its own: the model it needs is ten times what serving takes, and would stay."""
    environment = os.environ | {"DATELINE_DATABASE_URL": settings.database_url}
    done = subprocess.run([sys.executable, "-m", "app", "seed"], env=environment, check=False)
    if done.returncode:
        raise typer.Exit(done.returncode)


def _listen(settings: Settings) -> socket.socket:
    """The socket to serve on, before any work is done for nothing."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    try:
        return socket.create_server((settings.host, settings.port), family=family)
    except OSError as error:
        raise Misconfigured(
            f"cannot listen on {settings.host} port {settings.port}: {error.strerror}; choose another with --port"
        ) from error


def _announce(host: str, port: int) -> None:
    shown = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, f"[{host}]" if ":" in host else host)
    base = f"http://{shown}:{port}"
    out.print(
        f"Dateline {__version__}\n  {base}/        start here\n  {base}/docs    try every request\n"
        f"  {base}/search?q=Atyrau",
        markup=False,
    )
