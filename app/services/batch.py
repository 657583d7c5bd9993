"""Annotating much, in several processes where that is wanted."""

import json
import os
import signal
import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import active_children, get_context, parent_process
from pathlib import Path
from threading import Thread
from types import TracebackType
from typing import Self, TypeVar

from app.documents import read_document
from app.errors import InvalidInput, Misconfigured
from app.services.annotating import AnnotatorService
from app.services.files import Failure, printable
from app.services.storing import Authorship

STANDARD_INPUT = Path("-")
# Items for each process, under way or done and waiting for an earlier one: enough that none is idle, and no more
# in memory than that.
AHEAD = 4

Item = TypeVar("Item")
Made = TypeVar("Made")
Work = Callable[[AnnotatorService, Item], Made]


class Annotators:
    """An annotator in this process, or in each of ``jobs`` others, which end with this one however it ends."""

    def __init__(self, pipeline: str, jobs: int = 1) -> None:
        self._ahead = jobs * AHEAD
        self._own = AnnotatorService(pipeline)
        self._pool: ProcessPoolExecutor | None = None
        if jobs > 1:
            # Spawned, not forked: a progress bar has threads.
            self._pool = ProcessPoolExecutor(jobs, get_context("spawn"), _start_worker, (pipeline,))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: BaseException | TracebackType | None) -> None:
        if self._pool is not None:
            if kind is not None:
                for process in active_children():
                    process.terminate()
            self._pool.shutdown(cancel_futures=True)

    @property
    def authorship(self) -> Authorship:
        """What a run by the annotator records."""
        (found,) = self.each(_authorship, [None])
        return found

    def each(self, work: Work[Item, Made], items: Iterable[Item]) -> Iterator[Made]:
        """What ``work``, a function of a module, makes of each item, in order; items are read as they are needed.

        Misconfigured where a process is ended from outside.
        """
        if self._pool is None:
            yield from (work(self._own, item) for item in items)
            return
        try:
            yield from _in_order((self._pool.submit(_run, work, item) for item in items), self._ahead)
        except BrokenProcessPool as error:
            raise Misconfigured(
                "a process that annotates was ended, perhaps for want of memory: use fewer --jobs"
            ) from error


def annotate_files(paths: Sequence[Path], pipeline: str, jobs: int = 1) -> Iterator[str | Failure]:
    """For each path in order a line of JSON (document, metadata, text, annotations), or why there is none."""
    files = ((path, sys.stdin.buffer.read() if path == STANDARD_INPUT else None) for path in paths)
    with Annotators(pipeline, jobs) as annotators:
        yield from annotators.each(_line, files)


def _in_order(futures: Iterable[Future[Made]], ahead: int) -> Iterator[Made]:
    waiting: deque[Future[Made]] = deque()
    for future in futures:
        waiting.append(future)
        if len(waiting) == ahead:
            yield waiting.popleft().result()
    while waiting:
        yield waiting.popleft().result()


_worker: AnnotatorService


def _start_worker(pipeline: str) -> None:
    global _worker  # noqa: PLW0603 - a process pool has no other place for what each process keeps
    _worker = AnnotatorService(pipeline)
    # A terminal sends it to all of a command's processes; the first one sees to the others.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    """A parent that was killed cannot end its children, and they would wait for work for ever."""
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _run(work: Work[Item, Made], item: Item) -> Made:
    return work(_worker, item)


def _authorship(service: AnnotatorService, _item: None) -> Authorship:
    return service.authorship


def _line(service: AnnotatorService, file: tuple[Path, bytes | None]) -> str | Failure:
    path, data = file
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
