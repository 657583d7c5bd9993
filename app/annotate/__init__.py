"""The annotator: text in, entities and quotations out. Pure: it knows no database, no HTTP, no settings.

A text goes through spaCy once; the components read the parsed document in turn:
entities (who and what is named), then quotes (what was said, and by whom).
"""

import hashlib
from importlib.metadata import version
from math import inf
from pathlib import Path
from typing import Any, Protocol

from app import __version__
from app.annotate.entities import find_entities
from app.annotate.pipeline import Pipeline, load_pipeline
from app.annotate.quotes import find_quotes
from app.annotations import Annotations, Metadata

__all__ = ["Annotator", "DatelineAnnotator", "load_annotator"]


class Annotator(Protocol):
    """What every annotator is: an identity that a run records, and one method.

    The same text, metadata and identity give the same annotations, digest for digest.
    """

    name: str
    version: str
    model: str
    parameters: dict[str, Any]

    def annotate(self, text: str, metadata: Metadata, deadline: float = inf) -> Annotations:
        """All entities, mentions and quotations of ``text``; every span matches it.

        TimeoutError when that takes longer than until ``deadline``, by time.monotonic().
        """


class DatelineAnnotator:
    """Dateline's own annotator: a spaCy pipeline, and rules of grammar and discourse over it."""

    name = "dateline"

    def __init__(self, pipeline: Pipeline) -> None:
        self.version = f"{__version__}+{_rules_digest()}"
        self.model = pipeline.identity
        self.parameters: dict[str, Any] = {"spacy": version("spacy")}
        self._pipeline = pipeline

    def annotate(self, text: str, metadata: Metadata, deadline: float = inf) -> Annotations:
        """See Annotator. Works on any text, in time linear in its length."""
        doc = self._pipeline(text, deadline)
        named = find_entities(doc, metadata)
        quotes = find_quotes(doc, named, metadata)
        annotations = Annotations(entities=named.entities, mentions=named.mentions, quotes=quotes)
        annotations.check(text)
        return annotations


def load_annotator(pipeline: str) -> Annotator:
    """Dateline's annotator over the named spaCy pipeline; Misconfigured when that cannot be loaded."""
    return DatelineAnnotator(load_pipeline(pipeline))


def _rules_digest() -> str:
    """Of all code and word lists here: a rule that changed makes another version, released or not."""
    digest = hashlib.sha256()
    here = Path(__file__).parent
    for path in sorted(here.rglob("*")):
        if path.is_file() and path.suffix != ".pyc":
            digest.update(path.relative_to(here).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:8]
