"""Fails unless nine functions in ten are shorter than thirty lines. Arguments: folders to read."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path
from statistics import median

LONG = 30
SHARE_OF_SHORT = 0.9


def functions(root: Path) -> Iterator[tuple[int, str]]:
    """The length in lines of every function under a folder, with its place."""
    for path in sorted(root.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield (node.end_lineno or node.lineno) - node.lineno + 1, f"{path}:{node.lineno} {node.name}"


def main() -> str | None:
    """Print the figures; the reason to fail, if there is one."""
    found = [function for root in sys.argv[1:] for function in functions(Path(root))]
    long = sorted((function for function in found if function[0] >= LONG), reverse=True)
    short = 1 - len(long) / len(found)
    lengths = [length for length, _ in found]
    print(f"{len(found)} functions, median {median(lengths):g} lines, {short:.1%} under {LONG}")  # noqa: T201
    if short >= SHARE_OF_SHORT:
        return None
    return "\n".join(f"{length} lines: {place}" for length, place in long)


if __name__ == "__main__":
    sys.exit(main())
