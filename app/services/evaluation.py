"""Measuring an annotator against annotated news, with scorers that are not ours.

The folder evaluated holds the scorers and the data: ``eval_quotes.py``, ``eval_ner.py`` and
``data/*.jsonl.gz``. Their ``-h`` defines every figure. Only texts are shown to the annotator.
"""

import gzip
import json
import re
import subprocess
import sys
import tempfile
import time
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, ParamSpec, Protocol, cast

from app.annotations import Annotations, Metadata, Quote, Source
from app.errors import InvalidInput, Misconfigured

Progress = Callable[[str, int, int], None]
Prediction = dict[str, Any]
P = ParamSpec("P")

QUOTES: Final = "polnear_dev"
NAMES: Final = ("ner_eww_dev", "ner_conllpp2020")
TIMED: Final = "ner_eww_dev"


class Annotator(Protocol):
    """What is measured; ``app.annotate.Annotator`` is one."""

    def annotate(self, text: str, metadata: Metadata) -> Annotations:
        """All entities, mentions and quotations of ``text``."""


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the report. F1 and recall in percent; speed as a ratio.

    ``peers`` is the best of the peers' and ``human`` that of two human readers, where measured.
    """

    name: str
    data: str
    peers: float
    reached: float
    human: float | None = None


@dataclass(frozen=True, slots=True)
class Report:
    """All figures, and the misses that the scorers print, each in its sentence."""

    figures: tuple[Figure, ...]
    errors: str = ""


@dataclass(frozen=True, slots=True)
class _Measure:
    """A figure to look up: ``path`` leads to it in the JSON of the scorer."""

    name: str
    data: str
    path: tuple[str | int, ...]
    peers: float
    human: float | None = None


# Peers: the best of regex, textacy 0.13, sayswho 0.1.4, GenderGapTracker, BBC Citron retrained, and a composite
# of their best parts, all over en_core_web_md 3.7.1; for names, that pipeline alone. Humans: the agreement of two
# readers on 20 articles. Measured in November 2026 with the scorers of the evaluation folder; see its README.
_MEASURES: Final = (
    _Measure("direct quotes: span", QUOTES, ("direct", "overlap", 2), 94.0, 97.6),
    _Measure("direct: span and speaker", QUOTES, ("direct", "e2e", 2), 83.0, 97.2),
    _Measure("direct: speaker by name", QUOTES, ("direct", "resolved_e2e", 2), 76.7),
    _Measure("speech, all kinds: span and speaker", QUOTES, ("speech", "e2e", 2), 63.4, 91.1),
    _Measure("indirect recall", QUOTES, ("speech", "indirect_recall", 0), 51.1, 85.0),
    _Measure("entities, lenient", NAMES[0], ("strict", 2), 72.0),
    _Measure("entities, lenient", NAMES[1], ("strict", 2), 74.8),
)
_PEERS_SPEED: Final = 0.67

_MISS: Final = re.compile(r"(?:MISS|SPK|FP)\s+\w+ (?P<id>\S+) \| (?P<words>.*?) \| ")
_SENTENCE_END: Final = re.compile(r"[.!?][\"”’']?\s+|\n+")


def evaluate(
    folder: Path,
    annotator: Annotator,
    bare: Callable[[str], object],
    errors: int = 0,
    progress: Progress | None = None,
) -> Report:
    """Annotate every text of the folder's data, run its scorers, and time against ``bare``.

    ``bare`` is the spaCy pipeline alone; both read the same texts in turn, in the same run. Asks the
    scorers for ``errors`` misses each. Misconfigured when a scorer fails or is missing, InvalidInput for
    data that is no gzipped JSON lines.
    """
    _require(folder)
    tell = progress or _silent
    scores: dict[str, dict[str, Any]] = {}
    misses: list[str] = []
    with tempfile.TemporaryDirectory() as scratch:
        for data in (QUOTES, *NAMES):
            rows = list(_annotated(folder, data, annotator, tell))
            scores[data], output = _score(folder, data, rows, Path(scratch), errors)
            texts = {row["id"]: row["text"] for row in _rows(folder, data)} if output else {}
            misses += [in_sentence(line, texts) for line in output]
    figures = [_figure(measure, scores[measure.data]) for measure in _MEASURES]
    figures.append(_speed(folder, annotator, bare, tell))
    return Report(tuple(figures), "\n".join(misses))


def _silent(stage: str, done: int, total: int) -> None:
    """Progress that nobody wants to see."""


def quote_predictions(annotations: Annotations) -> Iterator[Prediction]:
    """The quotes as the scorer takes them: one line for each piece of content.

    Its gold marks the outermost attribution only: of a chain, the words of the inner reporting clause
    belong to the content, and who relayed it is the speaker. What lies inside another's content is left out.
    """
    units = [(quote, *_extent(quote, piece)) for quote in annotations.quotes for piece in range(len(quote.content))]
    spoken = [(quote, start, end) for quote, start, end in units if quote.use == "speech"]
    reach, outermost = 0, []
    for quote, start, end in sorted(spoken, key=lambda unit: (unit[1], -unit[2])):
        if end > reach:
            outermost.append((quote, start, end))
            reach = end
    for quote, start, end in outermost:
        yield _prediction(annotations, quote, start, end)


def _extent(quote: Quote, piece: int) -> tuple[int, int]:
    content = quote.content[piece]
    if len(quote.sources) < 2 or len(quote.content) > 1:
        return content.start, content.end
    inner = [content, *(source.span for source in quote.sources[:-1] if source.span)]
    return min(span.start for span in inner), max(span.end for span in inner)


def _prediction(annotations: Annotations, quote: Quote, start: int, end: int) -> Prediction:
    source = quote.sources[-1] if quote.sources else Source()
    span = source.span
    return {
        "start": start,
        "end": end,
        "cue_text": quote.cue.exact if quote.cue else None,
        "speaker_start": span.start if span else None,
        "speaker_end": span.end if span else None,
        "speaker_text": span.exact if span else None,
        "speaker_name": _name(annotations, source),
    }


def _name(annotations: Annotations, source: Source) -> str | None:
    if source.entity is not None:
        return annotations.entities[source.entity].name
    return source.antecedent.exact if source.antecedent else None


def _name_predictions(annotations: Annotations) -> Iterator[Prediction]:
    for mention in annotations.mentions:
        yield {"start": mention.start, "end": mention.end, "label": mention.type}


def _annotated(folder: Path, data: str, annotator: Annotator, progress: Progress) -> Iterator[dict[str, Any]]:
    rows = _rows(folder, data)
    for done, row in enumerate(rows, start=1):
        annotations = annotator.annotate(row["text"], _metadata(row))
        if data == QUOTES:
            yield {"id": row["id"], "quotes": list(quote_predictions(annotations))}
        else:
            yield {"id": row["id"], "entities": list(_name_predictions(annotations))}
        progress(f"annotating {data}", done, len(rows))


def _metadata(row: dict[str, Any]) -> Metadata:
    return Metadata.model_validate({"published": row.get("date"), "publisher": row.get("publisher")})


def _score(
    folder: Path, data: str, rows: Iterable[dict[str, Any]], scratch: Path, errors: int
) -> tuple[dict[str, Any], list[str]]:
    predictions, result = scratch / f"{data}.jsonl", scratch / f"{data}.json"
    predictions.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    scorer = ["eval_quotes.py"] if data == QUOTES else ["eval_ner.py", "--lenient"]
    command = [sys.executable, *scorer, "--gold", str(Path("data", f"{data}.jsonl.gz"))]
    command += ["--predictions", str(predictions), "--json", str(result), "--errors", str(errors)]
    run = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if run.returncode:
        raise Misconfigured(f"{scorer[0]} failed on {data}: {run.stderr.strip()[-500:]}")
    misses = [line for line in run.stdout.splitlines() if line.startswith(("MISS", "SPK", "FP"))]
    return json.loads(result.read_text(encoding="utf-8")), misses


def in_sentence(line: str, texts: Mapping[str, str]) -> str:
    """A miss of the quote scorer with the sentence it stands in below it; any other line as it is."""
    miss = _MISS.match(line)
    text = texts.get(miss["id"], "") if miss else ""
    start = text.find(miss["words"]) if miss else -1
    if miss is None or start < 0:
        return line
    edges = [edge.end() for edge in _SENTENCE_END.finditer(text)]
    first = bisect_right(edges, start)
    last = bisect_left(edges, start + len(miss["words"]))
    begin, end = (edges[first - 1] if first else 0), (edges[last] if last < len(edges) else len(text))
    return f"{line}\n     {' '.join(text[begin:end].split())}"


def _figure(measure: _Measure, scores: dict[str, Any]) -> Figure:
    value: Any = scores
    for step in measure.path:
        value = value[step]
    return Figure(measure.name, measure.data, measure.peers, float(cast(float, value)), measure.human)


def _speed(folder: Path, annotator: Annotator, bare: Callable[[str], object], progress: Progress) -> Figure:
    """Articles a second as a ratio; text by text, each first in turn, so that a busy machine slows both alike."""
    rows = _rows(folder, TIMED)
    seconds = {"bare": 0.0, "annotator": 0.0}
    for done, row in enumerate(rows, start=1):
        text, metadata = row["text"], _metadata(row)
        if done % 2:
            seconds["bare"] += _timed(bare, text)
        seconds["annotator"] += _timed(annotator.annotate, text, metadata)
        if not done % 2:
            seconds["bare"] += _timed(bare, text)
        progress(f"timing {TIMED}", done, len(rows))
    ratio = seconds["bare"] / seconds["annotator"] if seconds["annotator"] else 0.0
    return Figure("articles a second, next to the bare spaCy pipeline", TIMED, _PEERS_SPEED, round(ratio, 2))


def _timed(call: Callable[P, object], *args: P.args, **kwargs: P.kwargs) -> float:
    began = time.perf_counter()
    call(*args, **kwargs)
    return time.perf_counter() - began


def _rows(folder: Path, data: str) -> list[dict[str, Any]]:
    path = folder / "data" / f"{data}.jsonl.gz"
    try:
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            return [json.loads(line) for line in lines if line.strip()]
    except (OSError, ValueError) as error:
        raise InvalidInput(f"{path} is not gzipped JSON lines: {error}") from error


def _require(folder: Path) -> None:
    wanted = ["eval_quotes.py", "eval_ner.py", *(f"data/{data}.jsonl.gz" for data in (QUOTES, *NAMES))]
    missing = [name for name in wanted if not (folder / name).is_file()]
    if missing:
        raise Misconfigured(
            f"{folder} lacks {', '.join(missing)}: name a folder with eval_quotes.py, eval_ner.py and data/"
        )
