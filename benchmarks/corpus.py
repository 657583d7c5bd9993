"""The articles to begin with: reuters-21578, a JSON line each, annotated once."""

import gzip
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import yaml

from benchmarks.multiply import Json
from benchmarks.processes import environment

_PARAGRAPH = re.compile(r"\n\s{3,}")
_SIGNATURE = "reuter"


def annotate(corpus: Path, work: Path, jobs: int) -> Path:
    """What ``dateline annotate`` prints of the corpus, kept in the work folder and made only if it is not there."""
    annotated = work / "annotated.jsonl"
    if not annotated.is_file():
        partial = annotated.with_suffix(".partial")
        documents = _write_documents(corpus, work / "documents")
        command = [sys.executable, "-m", "app", "annotate", str(documents), "--jobs", str(jobs)]
        with partial.open("wb") as out:
            subprocess.run(command, stdout=out, env=environment("sqlite:///unused.db"), check=True)
        partial.rename(annotated)
    return annotated


def _write_documents(corpus: Path, folder: Path) -> Path:
    folder.mkdir(exist_ok=True)
    with gzip.open(corpus, "rt", encoding="utf-8") as lines:
        for record in map(json.loads, lines):
            paragraphs = list(_paragraphs(record["text"]))
            if paragraphs:
                (folder / f"{record['id']:05}.md").write_text(_document(record, paragraphs), encoding="utf-8")
    return folder


def _paragraphs(text: str) -> Iterator[str]:
    """The paragraphs on a line each, without the agency's signature at the end."""
    for paragraph in _PARAGRAPH.split(text):
        words = " ".join(paragraph.split())
        if words and words.lower() != _SIGNATURE:
            yield words


def _document(record: Json, paragraphs: list[str]) -> str:
    meta = {"title": record["title"], "date": record["date"][:10], "publisher": "Reuters"}
    return f"---\n{yaml.safe_dump(meta, allow_unicode=True)}---\n" + "\n\n".join(paragraphs) + "\n"
