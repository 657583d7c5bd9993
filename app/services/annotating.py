"""The annotator as a service: loaded when first needed, since the model is the largest thing in memory."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from app.annotations import Annotations, Metadata

if TYPE_CHECKING:
    from app.annotate import Annotator


class AnnotatorService:
    """Holds one annotator; its callers take turns, which is theirs to see to."""

    def __init__(self, pipeline: str) -> None:
        self._pipeline = pipeline
        self._loaded: Annotator | None = None

    @property
    def annotator(self) -> "Annotator":
        """The annotator; Misconfigured when its pipeline cannot be loaded."""
        # Imported here: a process that only answers reads need not hold spaCy in memory.
        from app.annotate import load_annotator  # noqa: PLC0415

        if self._loaded is None:
            self._loaded = load_annotator(self._pipeline)
        return self._loaded

    def bare_pipeline(self) -> Callable[[str], object]:
        """The spaCy pipeline alone, loaded anew: what the annotator's speed is measured against."""
        from app.annotate.pipeline import load_language  # noqa: PLC0415

        return load_language(self._pipeline)

    def annotate(self, text: str, metadata: Metadata) -> Annotations:
        """See Annotator.annotate."""
        return self.annotator.annotate(text, metadata)
