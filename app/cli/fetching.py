"""dateline fetch."""

from collections import Counter
from typing import Annotated

import typer

from app.cli.console import err, opened, out, progress_bar
from app.config import load_settings
from app.services.annotating import AnnotatorService
from app.services.bodies import fetching, submission_of
from app.services.files import printable
from app.services.importing import Importer, LineResult
from app.services.journal import command_line

app = typer.Typer()


@app.command()
def fetch(
    urls: Annotated[list[str], typer.Argument(metavar="URL", help="Where pages are: https://… or http://…")],
    bare: Annotated[bool, typer.Option("--bare", help="Do not annotate them.")] = False,
    same_text: Annotated[
        bool, typer.Option("--same-text", help="Store a text again that is stored under another address.")
    ] = False,
) -> None:
    """Fetch pages, annotate and store them; what is stored already stays as it is."""
    settings, addresses = load_settings(), [printable(url) for url in urls]
    read, annotating = fetching(settings), None if bare else AnnotatorService(settings.pipeline)
    outcomes: Counter[str] = Counter()
    with opened(settings) as database, progress_bar() as progress:
        task = progress.add_task("Fetching", total=len(addresses))
        importer = Importer(
            database,
            command_line(),
            annotating,
            same_text=same_text,
            read=lambda url: submission_of(read(url.decode())),
        )
        for batch in importer.batches(url.encode() for url in addresses):
            for result in importer.store(batch):
                outcomes[result.outcome] += 1
                _say(addresses[result.number - 1], result)
            progress.update(task, completed=batch[-1].number)
    if outcomes["failed"]:
        raise typer.Exit(1)


def _say(url: str, result: LineResult) -> None:
    if result.outcome == "failed":
        err.print(f"dateline: {url}: {result.detail}", markup=False)
    elif result.detail:
        out.print(f"{url}: {result.detail}", markup=False)
    else:
        already = "" if result.outcome == "stored" else " already,"
        out.print(f"{url} is stored{already} as {result.article}", markup=False)
