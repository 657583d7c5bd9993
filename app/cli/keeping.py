"""dateline backup, restore, check, copy, doctor: keeping what is stored."""

from contextlib import closing
from pathlib import Path
from typing import Annotated

import typer

from app.cli.console import named, out, stages, unhurried
from app.config import load_settings
from app.db import Database
from app.services.auditing import audit
from app.services.backups import backup as back_up
from app.services.backups import restore as put_back
from app.services.copying import copy as copy_library
from app.services.doctor import examine
from app.services.journal import command_line

app = typer.Typer()


@app.command()
def backup(
    file: Annotated[Path, typer.Argument(help="Where the backup goes: a new file.")],
    force: Annotated[bool, typer.Option("--force", help="Replace the file if it is there.")] = False,
) -> None:
    """Copy the SQLite database into a file, whole or not at all, while it serves."""
    with closing(Database(load_settings())) as database:
        with stages() as advance:
            back_up(database, file, advance, force=force)
        out.print(f"{database.describe()} is backed up in {file}", markup=False)


@app.command()
def restore(
    file: Annotated[Path, typer.Argument(help="A backup, as 'backup' makes it.")],
    force: Annotated[bool, typer.Option("--force", help="Replace the database if it is there.")] = False,
) -> None:
    """Put a backup in the place of the SQLite database, which nobody may be using, and migrate it."""
    with closing(Database(load_settings())) as database:
        with stages() as advance:
            put_back(file, database, command_line(), advance, force=force)
        out.print(f"{database.describe()} is restored from {file}", markup=False)


@app.command()
def check() -> None:
    """Check all that is stored: pages, indexes, every text and span, and what is derived; nothing is changed."""
    wrong = 0
    with closing(Database(unhurried())) as database:
        with stages() as advance:
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
    with closing(named(source)) as old, closing(named(target)) as new:
        with stages() as advance:
            rows = copy_library(old, new, command_line(), advance)
        out.print(f"{rows} rows copied from {old.describe()} to {new.describe()}, and compared", markup=False)


@app.command()
def doctor() -> None:
    """Check settings, database and annotator, and say what to do."""
    findings = list(examine())
    for finding in findings:
        out.print(f"{'ok  ' if finding.well else 'FAIL'} {finding.subject}: {finding.detail}", markup=False)
    if not all(finding.well for finding in findings):
        raise typer.Exit(1)
