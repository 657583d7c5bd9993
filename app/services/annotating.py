"""The annotator as a service: loaded when first needed, since the model is the largest thing in memory."""

from collections.abc import Callable
from dataclasses import replace
from importlib.util import find_spec
from math import inf
from pathlib import Path
from threading import RLock
from time import monotonic
from typing import TYPE_CHECKING

from app.annotations import Annotations, Metadata
from app.db import Database
from app.errors import AnnotationTimeout, Misconfigured
from app.services.storing import Authorship, Submission, needs_annotating

if TYPE_CHECKING:
    from app.annotate import Annotator


class AnnotatorService:
    """Holds one annotator; whoever asks it waits for whoever has asked before, and then has ``timeout_s``."""

    def __init__(self, pipeline: str, timeout_s: float = inf) -> None:
        self._pipeline = pipeline
        self._timeout_s = timeout_s
        self._loaded: Annotator | None = None
        self._turn = RLock()

    def require(self) -> None:
        """Raise Misconfigured unless its pipeline is installed; it is not loaded for that."""
        try:
            found = Path(self._pipeline).is_dir() or find_spec(self._pipeline) is not None
        except (ImportError, ValueError):  # of no package, or the name of none
            found = False
        if not found:
            raise Misconfigured(
                f"there is no spaCy pipeline {self._pipeline!r}: install it, or name another in DATELINE_PIPELINE"
            )

    @property
    def annotator(self) -> "Annotator":
        """The annotator; Misconfigured when its pipeline cannot be loaded."""
        # Imported here: a process that only answers reads need not hold spaCy in memory.
        from app.annotate import load_annotator  # noqa: PLC0415

        with self._turn:
            if self._loaded is None:
                self._loaded = load_annotator(self._pipeline)
            return self._loaded

    @property
    def authorship(self) -> Authorship:
        """What a run by the annotator records."""
        by = self.annotator
        return Authorship("machine", by.name, by.version, by.model, by.parameters)

    def bare_pipeline(self) -> Callable[[str], object]:
        """The spaCy pipeline alone, loaded anew: what the annotator's speed is measured against."""
        from app.annotate.pipeline import load_language  # noqa: PLC0415

        return load_language(self._pipeline)

    def annotate(self, text: str, metadata: Metadata) -> Annotations:
        """See Annotator.annotate; AnnotationTimeout for a text that takes longer than the time given."""
        with self._turn:
            annotator = self.annotator  # loading it is not the text's fault
            try:
                return annotator.annotate(text, metadata, monotonic() + self._timeout_s)
            except TimeoutError as error:
                raise AnnotationTimeout(self._timeout_s) from error

    def annotated(self, submission: Submission) -> Submission:
        """The submission with what the annotator says of it, too."""
        document = submission.document
        run = (self.authorship, self.annotate(document.text, document.metadata))
        return replace(submission, runs=(*submission.runs, run))

    def completed(self, database: Database, submission: Submission, *, same_text: bool) -> Submission:
        """The same of one without annotations; as it is when its article has a machine's already, or it is a copy."""
        with database.read() as session:
            wanted = needs_annotating(session, submission, same_text=same_text)
        return self.annotated(submission) if wanted else submission
