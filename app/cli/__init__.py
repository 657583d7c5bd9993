"""The command line, thin, over the services that HTTP uses too; each group of commands in a module of its own."""

import sys
from importlib.metadata import version
from typing import Annotated

import typer

from app import __version__
from app.cli import fetching, keeping, keys, loading, measuring, reannotating, serving
from app.cli.console import err, out
from app.errors import DatelineError

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
for group in (serving, loading, fetching, reannotating, keys, keeping, measuring):
    app.add_typer(group.app)


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
