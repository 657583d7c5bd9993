"""What a process of the command line does, in a module that imports as little as it can."""

import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

NEW = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
STREAMS = {"stdin": os.O_RDONLY, "stdout": NEW, "stderr": NEW}


def run(
    arguments: Sequence[str], environment: dict[str, str], root: Path, streams: Path, first: Callable[[], object]
) -> None:
    """Do as ``python -m app`` does in ``root``, with the files in the folder ``streams`` for its standard streams.

    ``first`` is done before anything else.
    """
    first()
    os.chdir(root)
    os.environ.clear()
    os.environ.update(environment)
    for number, (name, flags) in enumerate(STREAMS.items()):
        os.dup2(os.open(streams / name, flags, 0o600), number)
    sys.stdin = os.fdopen(0)
    sys.argv = ["dateline", *arguments]
    from app.cli import main  # noqa: PLC0415 - it looks at where it prints when it is imported

    main()
