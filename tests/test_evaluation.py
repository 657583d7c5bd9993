"""The evaluation service, on a folder with scorers and texts of its own."""

import gzip
import json
from pathlib import Path

import pytest

from app.annotations import Annotations, Entity, Mention, Metadata, Quote, Source
from app.errors import InvalidInput, Misconfigured
from app.services.evaluation import NAMES, QUOTES, evaluate, in_sentence, quote_predictions
from app.spans import Span

TEXT = 'Peter Novak said the plant was "safe", Reuters reported.'

SCORER = """
import argparse, json
parser = argparse.ArgumentParser()
for name in ("gold", "predictions", "json", "errors"):
    parser.add_argument("--" + name)
parser.add_argument("--lenient", action="store_true")
options = parser.parse_args()
rows = [json.loads(line) for line in open(options.predictions, encoding="utf-8")]
predicted = sum(len(row.get("quotes") or row.get("entities")) for row in rows)
figure = [0, 0, predicted]
track = {"overlap": figure, "e2e": figure, "resolved_e2e": figure, "indirect_recall": [predicted, 1]}
json.dump({"direct": track, "speech": track, "strict": figure}, open(options.json, "w"))
print("MISS asked for", options.errors)
"""


class OneQuote:
    """An annotator that finds one quote and two names in any text."""

    def annotate(self, text: str, metadata: Metadata) -> Annotations:  # noqa: ARG002
        return annotations()


def annotations() -> Annotations:
    mentions = tuple(
        Mention(**Span.of(TEXT, start, start + len(name)).model_dump(), type=kind, entity=number)
        for number, (name, kind) in enumerate([("Peter Novak", "PERSON"), ("Reuters", "ORG")])
        for start in [TEXT.index(name)]
    )
    content = Span.of(TEXT, TEXT.index("the plant"), TEXT.index(", Reuters"))
    sources = tuple(
        Source(span=Span.of(TEXT, mention.start, mention.end), entity=number) for number, mention in enumerate(mentions)
    )
    entities = (Entity(name="Peter Novak", type="PERSON"), Entity(name="Reuters", type="ORG"))
    quote = Quote(kind="mixed", content=(content,), cue=Span.of(TEXT, 12, 16), sources=sources)
    return Annotations(entities=entities, mentions=mentions, quotes=(quote,))


def write_gold(path: Path) -> None:
    row = {"id": "a", "text": TEXT, "date": "2020-02-03", "quotes": [], "entities": []}
    with gzip.open(path, "wt", encoding="utf-8") as file:
        file.write(json.dumps(row) + "\n")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "data").mkdir()
    for scorer in ("eval_quotes.py", "eval_ner.py"):
        (tmp_path / scorer).write_text(SCORER, encoding="utf-8")
    for data in (QUOTES, *NAMES):
        write_gold(tmp_path / "data" / f"{data}.jsonl.gz")
    return tmp_path


def test_the_report_holds_what_the_scorers_say_and_the_speed(folder: Path) -> None:
    report = evaluate(folder, OneQuote(), bare=len, errors=7)
    reached = {(figure.name, figure.data): figure.reached for figure in report.figures}
    assert reached["direct: speaker by name", QUOTES] == 1
    assert reached["entities, lenient", NAMES[0]] == 2
    assert report.figures[-1].reached >= 0
    assert report.errors.count("MISS asked for 7") == 3


def test_a_miss_is_shown_in_its_sentence() -> None:
    texts = {"a": 'It rained. Peter Novak said "it is safe." Then he left.'}
    line = "MISS direct a | it is safe | src: Peter Novak | cue: said | best: False"
    assert in_sentence(line, texts) == f'{line}\n     Peter Novak said "it is safe."'
    assert in_sentence("MISS direct b | it is safe | src: x", texts) == "MISS direct b | it is safe | src: x"
    assert (
        in_sentence("MISS | a | PER | Novak | Peter Novak said", texts) == "MISS | a | PER | Novak | Peter Novak said"
    )


def test_progress_is_told_text_by_text(folder: Path) -> None:
    told: list[tuple[str, int, int]] = []
    evaluate(folder, OneQuote(), bare=len, progress=lambda *step: told.append(step))
    assert (f"annotating {QUOTES}", 1, 1) in told
    assert len(told) == 4


def test_a_chain_is_predicted_as_the_gold_marks_it() -> None:
    (row,) = quote_predictions(annotations())
    assert TEXT[row["start"] : row["end"]] == 'Peter Novak said the plant was "safe"'
    assert row["speaker_name"] == "Reuters"


def test_what_lies_in_another_quote_and_what_is_no_speech_is_not_predicted() -> None:
    quote = annotations().quotes[0]
    inner = quote.model_copy(update={"content": (Span.of(TEXT, 32, 36),), "sources": ()})
    scare = quote.model_copy(update={"use": "scare", "content": (Span.of(TEXT, 39, 46),)})
    changed = annotations().model_copy(update={"quotes": (quote, inner, scare)})
    assert len(list(quote_predictions(changed))) == 1


def test_a_missing_file_is_named(folder: Path) -> None:
    (folder / "eval_ner.py").unlink()
    with pytest.raises(Misconfigured, match=r"lacks eval_ner\.py"):
        evaluate(folder, OneQuote(), bare=len)


def test_a_scorer_that_fails_says_why(folder: Path) -> None:
    (folder / "eval_ner.py").write_text("raise SystemExit('no gold today')", encoding="utf-8")
    with pytest.raises(Misconfigured, match="no gold today"):
        evaluate(folder, OneQuote(), bare=len)


@pytest.mark.parametrize("content", [b"no gzip", gzip.compress(b"{no json}", mtime=0)], ids=["no gzip", "no JSON"])
def test_data_that_cannot_be_read_is_named(folder: Path, content: bytes) -> None:
    (folder / "data" / f"{QUOTES}.jsonl.gz").write_bytes(content)
    with pytest.raises(InvalidInput, match=QUOTES):
        evaluate(folder, OneQuote(), bare=len)


def test_every_figure_has_the_best_of_the_peers(folder: Path) -> None:
    figures = evaluate(folder, OneQuote(), bare=len).figures
    assert all(0 < figure.peers < 100 for figure in figures)
    assert len(figures) == 8
