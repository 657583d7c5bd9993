"""dateline reannotate, replay: what this annotator says of articles that are stored."""

import signal
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing
from typing import Annotated, get_args

import typer

from app.cli.console import err, opened, out, progress_bar, unhurried
from app.db import Database
from app.errors import InvalidInput
from app.services import reannotating, replaying
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


@app.command()
def replay(
    runs: Annotated[list[str] | None, typer.Argument(metavar="RUN", help="Ids of runs.")] = None,
    every: Annotated[bool, typer.Option("--all", help="Every run of this annotator and version.")] = False,
    jobs: Jobs = 1,
) -> None:
    """Annotate the texts of runs once more, and compare digests; nothing is stored."""
    if bool(runs) is every:
        raise InvalidInput("name runs, or say --all")
    settings, counts = unhurried(), Counter[str]()
    with closing(Database(settings)) as database, Annotators(settings.pipeline, jobs) as annotators:
        database.check()
        for result in _replayed(database, annotators, runs or []):
            counts[result.outcome] += 1
            if not (every and result.outcome == "ok"):
                out.print(": ".join(filter(None, (result.run, result.outcome, result.detail))), markup=False)
    out.print(", ".join(f"{counts[outcome]} {outcome}" for outcome in get_args(replaying.Outcome)), markup=False)
    if counts.total() > counts["ok"]:
        raise typer.Exit(1)


def _replayed(database: Database, annotators: Annotators, runs: Sequence[str]) -> Iterator[replaying.Replayed]:
    with progress_bar() as progress:
        plan = replaying.plan(database, annotators.authorship, runs)
        yield from plan.others
        task = progress.add_task("Replaying", total=len(plan.keys))
        for result in replaying.replay(database, annotators, plan.keys):
            progress.advance(task)
            yield result


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
