"""Annotating many files, in several processes where that is wanted."""

import json
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

from app.documents import read_document
from app.errors import InvalidInput
from app.services.annotating import AnnotatorService
from app.services.files import Failure, printable

STANDARD_INPUT = Path("-")
# Files handed to a process at a time: enough that handing over costs nothing, few enough to share evenly.
CHUNK = 4


def annotate_files(paths: Sequence[Path], pipeline: str, jobs: int = 1) -> Iterator[str | Failure]:
    """For each path in order a line of JSON (document, metadata, text, annotations), or why there is none."""
    work = ((path, sys.stdin.buffer.read() if path == STANDARD_INPUT else None) for path in paths)
    if jobs == 1:
        service = AnnotatorService(pipeline)
        yield from (_line(service, *item) for item in work)
        return
    # Spawned, not forked: a progress bar has threads.
    with ProcessPoolExecutor(jobs, get_context("spawn"), _start_worker, (pipeline,)) as pool:
        yield from pool.map(_work, work, chunksize=CHUNK)


_worker: AnnotatorService


def _start_worker(pipeline: str) -> None:
    global _worker  # noqa: PLW0603 - a process pool has no other place for what each process keeps
    _worker = AnnotatorService(pipeline)


def _work(item: tuple[Path, bytes | None]) -> str | Failure:
    return _line(_worker, *item)


def _line(service: AnnotatorService, path: Path, data: bytes | None) -> str | Failure:
    try:
        document = read_document(path.read_bytes() if data is None else data, path.name)
        annotations = service.annotate(document.text, document.metadata)
    except (InvalidInput, OSError) as error:
        return Failure.of(path, error)
    by = service.annotator
    made = {
        "annotator": {"name": by.name, "version": by.version, "model": by.model, "parameters": by.parameters},
        "document": printable(str(path)),
        "metadata": document.metadata.model_dump(mode="json"),
        "text": document.text,
        **annotations.model_dump(mode="json"),
    }
    return json.dumps(made, ensure_ascii=False)
