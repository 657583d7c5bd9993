"""dateline migrate, seed, annotate, import, reindex: what goes into the database."""

import gc
import sys
from collections import Counter
from pathlib import Path
from typing import Annotated

import typer

from app.cli.console import err, index_anew, opened, out, progress_bar, size
from app.config import Settings, load_settings
from app.db import Database
from app.services.annotating import AnnotatorService
from app.services.batch import annotate_files
from app.services.files import Failure, find_documents
from app.services.importing import Importer
from app.services.journal import command_line
from app.services.seeding import Summary
from app.services.seeding import seed as load

app = typer.Typer()

Paths = Annotated[list[Path] | None, typer.Argument(help="Documents (.md, .txt) and folders of them.")]


@app.command()
def migrate() -> None:
    """Create the database, or bring its schema up to date."""
    settings = load_settings()
    with opened(settings) as database:
        out.print(f"{database.describe()} is up to date", markup=False)


@app.command()
def seed(paths: Paths = None) -> None:
    """Load documents with their annotations; without PATH, the article that comes with Dateline."""
    settings = load_settings()
    with opened(settings) as database:
        summary = _seed(database, settings, paths or [])
    if summary.failures:
        raise typer.Exit(1)


@app.command()
def annotate(
    paths: Annotated[list[Path], typer.Argument(help="Documents (.md, .txt), folders of them; - for standard input.")],
    jobs: Annotated[int, typer.Option(min=1, help="How many processes annotate.")] = 1,
) -> None:
    """Print the annotations of documents, a line of JSON each, in order; nothing is stored."""
    documents = find_documents(paths)
    failed = False
    with progress_bar() as progress:
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
    bare: Annotated[bool, typer.Option("--bare", help="Leave those unannotated that are.")] = False,
    same_text: Annotated[
        bool, typer.Option("--same-text", help="Store a text again that is stored under another address.")
    ] = False,
) -> None:
    """Store articles from lines of JSON, annotated already or not; what is stored already stays as it is."""
    # A batch is some hundred thousand objects that live until it is stored: looking through them for cycles
    # again and again takes a fifth of the time.
    gc.set_threshold(200_000, 20, 20)
    settings = load_settings()
    annotating = None if bare else AnnotatorService(settings.pipeline)
    counts: Counter[str] = Counter()
    with opened(settings) as database, progress_bar() as progress:
        importer = Importer(database, command_line(), annotating, same_text=same_text)
        for file in paths:
            task = progress.add_task(f"Importing {file.name}", total=size(file))
            for batch in importer.batches(file):
                for result in importer.store(batch):
                    counts[result.outcome] += 1
                    if result.detail:
                        err.print(f"dateline: {file.name}: line {result.number}: {result.detail}", markup=False)
                progress.update(task, completed=batch[-1].end)
    out.print(f"{counts['stored']} stored, {counts['unchanged']} unchanged, {counts['failed']} failed", markup=False)
    if counts["failed"]:
        raise typer.Exit(1)


@app.command()
def reindex() -> None:
    """Make all that is derived for search anew from the articles and their annotations."""
    with opened(load_settings()) as database:
        index_anew(database)
    out.print(f"{database.describe()} is indexed anew", markup=False)


def _seed(database: Database, settings: Settings, paths: list[Path]) -> Summary:
    documents = find_documents(paths)
    with progress_bar() as progress:
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
