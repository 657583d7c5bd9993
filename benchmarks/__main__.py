"""``python -m benchmarks``: build what is needed, measure, print the table.

Needs what benchmarks/requirements.txt locks; docs/benchmarks.md says what each line counts.
"""

import os
import signal
import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from benchmarks.benchmark import Benchmark, Measure, Steps
from benchmarks.library import BLOCK
from benchmarks.report import Line, machine, table, write_json
from benchmarks.session import TENTH, Effort
from benchmarks.workshop import Workshop

err = Console(stderr=True, highlight=False)
command = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@command.command()
def main(
    corpus: Annotated[Path | None, typer.Option(help="reuters-21578.jsonl.gz; needed until it is annotated.")] = None,
    articles: Annotated[
        list[int] | None, typer.Option(help="Sizes of libraries: all is measured on the first.", min=BLOCK * TENTH)
    ] = None,
    work: Annotated[Path, typer.Option(help="Folder for what is built.")] = Path("build/benchmarks"),
    only: Annotated[list[Measure] | None, typer.Option(help="Measure these only.")] = None,
    postgres_url: Annotated[
        list[str] | None,
        typer.Option(help="An empty database for the first size as well; a second one for a tenth of it."),
    ] = None,
    rounds: Annotated[int, typer.Option(min=1, help="Rounds of requests a second.")] = 7,
    seconds: Annotated[float, typer.Option(min=0.1, help="Seconds of each side in each round.")] = 2,
    keep: Annotated[bool, typer.Option(help="Keep what was built for the next run.")] = True,
) -> None:
    """Measure Dateline next to others and print a table; libraries that are in the work folder are used again."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    sizes = articles or [200_000, 1_000_000]
    if any(size % (BLOCK * TENTH) for size in sizes):
        raise typer.BadParameter(f"sizes are multiples of {BLOCK * TENTH:,}")
    work.mkdir(parents=True, exist_ok=True)
    workshop = Workshop(work, corpus, os.cpu_count() or 1)
    run = Benchmark(workshop, sizes, only or list(Measure), Effort(rounds, seconds), postgres_url or [])
    sqlite, postgres = _lines(run.on_sqlite()), _lines(run.on_postgres())
    sys.stdout.write(f"{', '.join(machine().values())}\n\n{table(sqlite)}\n")
    if postgres:
        sys.stdout.write(f"\nOn PostgreSQL:\n\n{table(postgres)}\n")
    write_json(work / "results.json", [*sqlite, *postgres], run.details)
    workshop.tidy() if keep else workshop.clear()


def _lines(steps: Steps) -> list[Line]:
    """What all steps measure, showing on a terminal which one is on."""
    columns = (
        BarColumn(20),
        TextColumn("{task.completed} done"),
        TimeElapsedColumn(),
        TextColumn("{task.description}"),
    )
    lines: list[Line] = []
    with Progress(*columns, console=err, disable=not err.is_terminal, transient=True) as progress:
        task = progress.add_task("", total=None)
        for step in steps:
            progress.update(task, description=step.description)
            try:
                lines += step.run()
            except Exception as error:
                steps.throw(error)  # servers stop, and say what they know of it
            progress.advance(task)
    return lines


if __name__ == "__main__":
    command()
