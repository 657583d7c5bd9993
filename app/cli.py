"""The command line: dateline serve, seed, import, migrate, reindex, backup, restore, check, copy, annotate, …"""

import gc
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import IO, Annotated

import typer
import uvicorn
from rich import box
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn
from rich.table import Table
from uvicorn.supervisors import Multiprocess

from app import __version__
from app.config import Settings, load_settings
from app.db import Database
from app.errors import DatelineError, Misconfigured
from app.services.annotating import AnnotatorService
from app.services.auditing import audit
from app.services.backups import backup as back_up
from app.services.backups import restore as put_back
from app.services.batch import annotate_files
from app.services.copying import copy as copy_library
from app.services.doctor import examine
from app.services.evaluation import evaluate as measure
from app.services.files import Failure, find_documents
from app.services.importing import ImportSummary, import_lines
from app.services.reindexing import Advance, is_current
from app.services.reindexing import reindex as make_anew
from app.services.seeding import Summary
from app.services.seeding import seed as load

# Piped, a table is as wide as it needs to be.
out = Console(highlight=False, soft_wrap=True, width=None if sys.stdout.isatty() else 200)
err = Console(stderr=True, highlight=False, soft_wrap=True)
app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)

# How long a worker may not answer its supervisor before it is replaced: while it loads the model or
# annotates a long text it does not.
WORKER_PATIENCE_S = 60

Paths = Annotated[list[Path] | None, typer.Argument(help="Documents (.md, .txt) and folders of them.")]


def main() -> None:
    """Run the command line: a mistake ends it with one sentence and exit code 1."""
    try:
        app()
    except DatelineError as error:
        err.print(f"dateline: {error}", markup=False)
        sys.exit(1)


@app.callback(invoke_without_command=True)
def root(show_version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False) -> None:
    """Dateline: what was published, who and what is in it, who said what."""
    if show_version:
        out.print(f"dateline {__version__} (spaCy {version('spacy')})")
        raise typer.Exit


@app.command()
def migrate() -> None:
    """Create the database, or bring its schema up to date."""
    settings = load_settings()
    with _database(settings) as database:
        out.print(f"{database.describe()} is up to date", markup=False)


@app.command()
def seed(paths: Paths = None) -> None:
    """Load documents with their annotations; without PATH, the article that comes with Dateline."""
    settings = load_settings()
    with _database(settings) as database:
        summary = _seed(database, settings, paths or [])
    if summary.failures:
        raise typer.Exit(1)


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
    listening = _listen(settings)
    # uvicorn raises the signal again when it has closed: ended on request is no failure.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with _database(settings):
        pass
    if with_seed:
        _seed_apart(settings)
    _announce(settings.host, listening.getsockname()[1])
    _run(settings, listening)


@app.command()
def annotate(
    paths: Annotated[list[Path], typer.Argument(help="Documents (.md, .txt), folders of them; - for standard input.")],
    jobs: Annotated[int, typer.Option(min=1, help="How many processes annotate.")] = 1,
) -> None:
    """Print the annotations of documents, a line of JSON each, in order; nothing is stored."""
    documents = find_documents(paths)
    failed = False
    with _progress() as progress:
        task = progress.add_task("Annotating", total=len(documents))
        for result in annotate_files(documents, load_settings().pipeline, jobs):
            progress.advance(task)
            if isinstance(result, Failure):
                failed = True
                err.print(f"dateline: {result.path}: {result.reason}", markup=False)
            else:
                sys.stdout.write(result + "\n")
    if failed:
        raise typer.Exit(1)


@app.command(name="import")
def import_(
    paths: Annotated[
        list[typer.FileBinaryRead],
        typer.Argument(help="Files of JSON lines, as 'annotate' prints them; - for standard input."),
    ],
) -> None:
    """Store articles that are annotated already, from lines of JSON; what is stored already stays as it is."""
    # A batch is some hundred thousand objects that live until it is stored: looking through them for cycles
    # again and again takes a fifth of the time.
    gc.set_threshold(200_000, 20, 20)
    settings = load_settings()
    with _database(settings) as database, _progress() as progress:
        summary = ImportSummary()
        for lines in paths:
            task = progress.add_task(f"Importing {lines.name}", total=_size(lines))
            for line in import_lines(database, lines, summary, partial(progress.advance, task)):
                err.print(f"dateline: {lines.name}: line {line.number}: {line.reason}", markup=False)
    out.print(f"{summary.stored} stored, {summary.unchanged} unchanged, {summary.failed} failed", markup=False)
    if summary.failed:
        raise typer.Exit(1)


@app.command()
def reindex() -> None:
    """Make all that is derived for search anew from the articles and their annotations."""
    with _database(load_settings()) as database:
        _reindex(database)
    out.print(f"{database.describe()} is indexed anew", markup=False)


@app.command()
def backup(
    file: Annotated[Path, typer.Argument(help="Where the backup goes: a new file.")],
    force: Annotated[bool, typer.Option("--force", help="Replace the file if it is there.")] = False,
) -> None:
    """Copy the SQLite database into a file, whole or not at all, while it serves."""
    with closing(Database(load_settings())) as database:
        with _stages() as advance:
            back_up(database, file, advance, force=force)
        out.print(f"{database.describe()} is backed up in {file}", markup=False)


@app.command()
def restore(
    file: Annotated[Path, typer.Argument(help="A backup, as 'backup' makes it.")],
    force: Annotated[bool, typer.Option("--force", help="Replace the database if it is there.")] = False,
) -> None:
    """Put a backup in the place of the SQLite database, which nobody may be using, and migrate it."""
    with closing(Database(load_settings())) as database:
        with _stages() as advance:
            put_back(file, database, advance, force=force)
        out.print(f"{database.describe()} is restored from {file}", markup=False)


@app.command()
def check() -> None:
    """Check all that is stored: pages, indexes, every text and span, and what is derived; nothing is changed."""
    wrong = 0
    with closing(Database(_unhurried())) as database:
        with _stages() as advance:
            for wrong, discrepancy in enumerate(audit(database, advance), start=1):  # noqa: B007 - counts
                out.print(str(discrepancy), markup=False)
        out.print(f"{database.describe()}: {wrong or 'nothing'} wrong", markup=False)
    if wrong:
        raise typer.Exit(1)


@app.command()
def copy(
    source: Annotated[str, typer.Argument(help="Where it is: as in DATELINE_DATABASE_URL, or the path of a file.")],
    target: Annotated[str, typer.Argument(help="Where it goes, in the same form: an empty database, or a new file.")],
) -> None:
    """Copy a library into another database, from SQLite to PostgreSQL or back, and compare every row."""
    with closing(_named(source)) as old, closing(_named(target)) as new:
        with _stages() as advance:
            rows = copy_library(old, new, advance)
        out.print(f"{rows} rows copied from {old.describe()} to {new.describe()}, and compared", markup=False)


@app.command()
def evaluate(
    folder: Annotated[Path, typer.Argument(help="Scorers and data: eval_quotes.py, eval_ner.py, data/*.jsonl.gz.")],
    errors: Annotated[int, typer.Option(min=0, help="Print this many misses of each kind, in their sentences.")] = 0,
) -> None:
    """Measure the annotator against annotated news, beside other systems and human readers."""
    service = AnnotatorService(load_settings().pipeline)
    with _stages() as advance:
        report = measure(folder, service.annotator, service.bare_pipeline(), errors, advance)
    table = Table("figure", "data", "peers' best", "reached", "human readers", box=box.MARKDOWN)
    for f in report.figures:
        table.add_row(f.name, f.data, f"{f.peers:g}", f"{f.reached:g}", "" if f.human is None else f"{f.human:g}")
    out.print(table)
    if report.errors:
        out.print(report.errors, markup=False)


@app.command()
def doctor() -> None:
    """Check settings, database and annotator, and say what to do."""
    findings = list(examine())
    for finding in findings:
        out.print(f"{'ok  ' if finding.well else 'FAIL'} {finding.subject}: {finding.detail}", markup=False)
    if not all(finding.well for finding in findings):
        raise typer.Exit(1)


def _run(settings: Settings, listening: socket.socket) -> None:
    """Serve until a signal ends it: in this process, or in several that share the socket."""
    config = uvicorn.Config(
        "app.main:app_from_environment",  # named, not imported: the command line stands beside the API, not above it
        factory=True,
        log_level=settings.log_level,
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


@contextmanager
def _database(settings: Settings) -> Iterator[Database]:
    """The database, migrated, and indexed by this version of Dateline."""
    database = Database(settings)
    try:
        database.migrate()
        if not is_current(database):
            _reindex(database)
        yield database
    finally:
        database.close()


def _named(place: str) -> Database:
    """The database at a URL, or in a file."""
    return Database(_unhurried(database_url=place if "://" in place else f"sqlite:///{place}"))


def _unhurried(**given: object) -> Settings:
    """Settings for reading all there is: that is not a slow query, and is never left to a replica."""
    return load_settings(**given, replica_url=None, query_timeout_s=86_400)


def _reindex(database: Database) -> None:
    with _stages() as advance:
        make_anew(database, advance)


@contextmanager
def _stages() -> Iterator[Advance]:
    """A bar for each stage of what is done."""
    with _progress() as progress:
        tasks: dict[str, TaskID] = {}
        yield lambda stage, done, total: _show(progress, tasks, stage, done, total)


def _show(progress: Progress, tasks: dict[str, TaskID], stage: str, done: int, total: int) -> None:
    if stage not in tasks:
        tasks[stage] = progress.add_task(stage, total=total)
    progress.update(tasks[stage], completed=done)


def _size(file: IO[bytes]) -> int | None:
    """How many bytes a file has; None where that cannot be known."""
    return os.fstat(file.fileno()).st_size if file.seekable() else None


def _seed(database: Database, settings: Settings, paths: list[Path]) -> Summary:
    documents = find_documents(paths)
    with _progress() as progress:
        task = progress.add_task("Loading", total=len(documents))
        service = AnnotatorService(settings.pipeline)
        summary = load(database, service, documents, lambda: progress.advance(task))
    for failure in summary.failures:
        err.print(f"dateline: {failure.path}: {failure.reason}", markup=False)
    out.print(
        f"{summary.stored} stored, {summary.unchanged} unchanged, {len(summary.failures)} failed",
        markup=False,
    )
    return summary


def _seed_apart(settings: Settings) -> None:
    """Seed in a process of its own: the model it needs is ten times what serving takes, and would stay."""
    environment = os.environ | {"DATELINE_DATABASE_URL": settings.database_url}
    done = subprocess.run([sys.executable, "-m", "app", "seed"], env=environment, check=False)
    if done.returncode:
        raise typer.Exit(done.returncode)


def _progress() -> Progress:
    """A progress bar on a terminal, silence elsewhere."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    return Progress(*columns, console=err, disable=not err.is_terminal, transient=True)


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
