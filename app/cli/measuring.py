"""dateline evaluate."""

from pathlib import Path
from typing import Annotated

import typer
from rich import box
from rich.table import Table

from app.cli.console import out, stages
from app.config import load_settings
from app.services.annotating import AnnotatorService
from app.services.evaluation import evaluate as measure

app = typer.Typer()


@app.command()
def evaluate(
    folder: Annotated[Path, typer.Argument(help="Scorers and data: eval_quotes.py, eval_ner.py, data/*.jsonl.gz.")],
    errors: Annotated[int, typer.Option(min=0, help="Print this many misses of each kind, in their sentences.")] = 0,
) -> None:
    """Measure the annotator against annotated news, beside other systems and human readers."""
    service = AnnotatorService(load_settings().pipeline)
    with stages() as advance:
        report = measure(folder, service.annotator, service.bare_pipeline(), errors, advance)
    table = Table("figure", "data", "peers' best", "reached", "human readers", box=box.MARKDOWN)
    for f in report.figures:
        table.add_row(f.name, f.data, f"{f.peers:g}", f"{f.reached:g}", "" if f.human is None else f"{f.human:g}")
    out.print(table)
    if report.errors:
        out.print(report.errors, markup=False)
