"""dateline reannotate, replay: what this annotator says of articles that are stored."""

import signal
from collections import Counter
from collections.abc import Sequence
from typing import Annotated

import typer

from app.cli.console import err, opened, out, progress_bar, unhurried
from app.services import reannotating
from app.services.batch import Annotators
from app.services.journal import command_line

app = typer.Typer()

# What a shell reports of a command that Ctrl-C ended.
INTERRUPTED = 128 + signal.SIGINT

Jobs = Annotated[int, typer.Option(min=1, help="How many processes annotate.")]


@app.command()
def reannotate(
    articles: Annotated[list[str] | None, typer.Argument(metavar="ARTICLE", help="Ids; all without any.")] = None,
    jobs: Jobs = 1,
) -> None:
    """Annotate anew what another version of the annotator annotated, or none; until then the old run answers."""
    counts: Counter[str] = Counter()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        _reannotate(articles or [], jobs, counts)
    except KeyboardInterrupt:
        err.print("dateline: interrupted: what is stored stays, run it again for the rest", markup=False)
        raise typer.Exit(INTERRUPTED) from None
    finally:
        if counts:
            said = f"{counts['stored']} stored, {counts['unchanged']} unchanged, {counts['failed']} failed"
            out.print(said, markup=False)
    if counts["failed"]:
        raise typer.Exit(1)


def _reannotate(articles: Sequence[str], jobs: int, counts: Counter[str]) -> None:
    settings = unhurried()
    with opened(settings) as database, Annotators(settings.pipeline, jobs) as annotators, progress_bar() as progress:
        by = annotators.authorship
        plan = reannotating.plan(database, by, articles)
        counts["unchanged"] = plan.unchanged
        for result in plan.failed:
            _count(result, counts)
        task = progress.add_task("Annotating", total=len(plan.keys))
        for result in reannotating.reannotate(database, annotators, by, plan.keys, command_line()):
            _count(result, counts)
            progress.advance(task)


def _count(result: reannotating.Result, counts: Counter[str]) -> None:
    counts[result.outcome] += 1
    if result.detail:
        err.print(f"dateline: {result.article}: {result.detail}", markup=False)
