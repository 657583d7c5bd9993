"""The table: what was measured, next to what, what is asked of it and what it reached."""

import json
import platform
import sqlite3
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median

HEAD = ("what", "next to", "asked", "reached", "figures")


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the table. ``reached`` is a ratio unless it has a unit; ``figures`` are what it is made of."""

    what: str
    beside: str
    reached: float
    figures: str
    at_least: float | None = None
    at_most: float | None = None
    unit: str = ""

    @property
    def asked(self) -> str:
        """The bound in words; empty when there is none."""
        if self.at_least is not None:
            return f"at least {self.at_least:g}{self.unit}"
        return "" if self.at_most is None else f"at most {self.at_most:g}{self.unit}"

    @property
    def is_met(self) -> bool:
        """Whether it is within its bound."""
        enough = self.at_least is None or self.reached >= self.at_least
        return enough and (self.at_most is None or self.reached <= self.at_most)

    def cells(self) -> tuple[str, ...]:
        """What stands in the columns; what misses its bound is bold."""
        reached = f"{self.reached:.3g}{self.unit}" if self.reached < 1000 else f"{self.reached:,.0f}{self.unit}"
        return self.what, self.beside, self.asked, reached if self.is_met else f"**{reached}**", self.figures


def table(lines: Sequence[Line]) -> str:
    """The lines as Markdown."""
    rows = [HEAD, ("---",) * len(HEAD), *(line.cells() for line in lines)]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def machine() -> dict[str, str]:
    """On what it was measured."""
    return {"python": sys.version.split()[0], "sqlite": sqlite3.sqlite_version, "machine": platform.platform()}


def write_json(path: Path, lines: Sequence[Line], details: dict[str, object]) -> None:
    """Everything for programs: the machine, the lines, and the details of each measure."""
    written = [asdict(line) | {"asked": line.asked, "met": line.is_met} for line in lines]
    path.write_text(json.dumps({**machine(), "lines": written, "details": details}, indent=1), encoding="utf-8")


def p95(values: Sequence[float]) -> float:
    """The value that nineteen in twenty do not exceed."""
    return sorted(values)[max(0, -(-len(values) * 19 // 20) - 1)]


def median_ratio(ours: Sequence[float], theirs: Sequence[float]) -> float:
    """The median of ours to theirs, pair by pair."""
    return median(a / b for a, b in zip(ours, theirs, strict=True))
