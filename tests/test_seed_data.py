"""The seed article is the one that was published, and its human annotations are complete and consistent."""

import hashlib
import json
import re
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from app.annotations import ENTITY_TYPES, Annotations, Quote
from app.documents import read_document
from app.spans import Span

SEED = Path(__file__).parent.parent / "seed_data" / "000_017569d77500ae99.txt"
QUOTED = re.compile(r'"([^"]+)"')


@pytest.fixture(scope="module")
def text() -> str:
    return read_document(SEED.read_bytes(), SEED.name).text


@pytest.fixture(scope="module")
def record() -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(SEED.with_suffix(".annotations.json").read_text(encoding="utf-8"))
    return loaded


@pytest.fixture(scope="module")
def human(record: dict[str, Any]) -> Annotations:
    return Annotations.model_validate(record["annotations"])


def quote_of(human: Annotations, opening: str) -> Quote:
    (found,) = (quote for quote in human.quotes if quote.content[0].exact.startswith(opening))
    return found


def names(human: Annotations, quote: Quote) -> list[str | None]:
    return [None if s.entity is None else human.entities[s.entity].name for s in quote.sources]


def test_the_document_is_kept_byte_for_byte() -> None:
    digest = hashlib.sha256(SEED.read_bytes()).hexdigest()
    assert digest == "2b08118efb4b7c5e86f6dbecc878df0be45877f2b4dcbf27ddc36d76bc8d5a4e"


def test_the_record_says_who_annotated_it_and_when(record: dict[str, Any]) -> None:
    assert record["kind"] == "human"
    assert record["annotator"] == {"name": "dateline-editors", "version": "1"}
    assert datetime.fromisoformat(record["created"]).tzinfo is not None


def test_every_span_is_of_the_canonical_text(human: Annotations, text: str) -> None:
    human.check(text)


class TestMentions:
    def test_stand_in_order_and_apart(self, human: Annotations) -> None:
        for before, after in zip(human.mentions, human.mentions[1:], strict=False):
            assert before.end <= after.start

    def test_bear_a_name_and_the_type_of_their_entity(self, human: Annotations) -> None:
        for mention in human.mentions:
            if mention.entity is None:
                assert mention.type not in ENTITY_TYPES
            else:
                entity = human.entities[mention.entity]
                assert (mention.type, mention.exact in (entity.name, *entity.aliases)) == (entity.type, True)

    def test_no_occurrence_of_a_name_is_forgotten(self, human: Annotations, text: str) -> None:
        for entity in human.entities:
            for name in (entity.name, *entity.aliases):
                for found in re.finditer(rf"(?<!\w){re.escape(name)}(?!\w)", text):
                    span = Span.of(text, *found.span())
                    assert any(span in mention for mention in human.mentions), span

    def test_no_capitalised_word_within_a_sentence_is_forgotten(self, human: Annotations, text: str) -> None:
        within = re.finditer(r"(?<=[\w,]\s)[A-Z][\w.]*|(?<=-)[A-Z]\w*", text)
        missed = [m[0] for m in within if not any(e.start <= m.start() < e.end for e in human.mentions)]
        assert missed == []

    def test_no_number_is_forgotten(self, human: Annotations, text: str) -> None:
        missed = [m[0] for m in re.finditer(r"\d+", text) if not any(m[0] in e.exact for e in human.mentions)]
        assert missed == []

    def test_have_no_article_and_no_possessive(self, human: Annotations) -> None:
        assert not [m for m in human.mentions if re.match(r"(?i)(the|an?) |.*'s$", m.exact)]

    def test_dates_count_from_the_day_of_publication(self, human: Annotations) -> None:
        assert [(m.exact, m.value) for m in human.mentions if m.type == "DATE"] == [
            ("Monday", "2011-10-31"),
            ("last month", "2011-10"),
            ("every year", None),
            ("this year", "2011"),
            ("August", "2011-08"),
            ("Monday", "2011-10-31"),
            ("last week", "2011-W43"),
            ("Oct. 21", "2011-10-21"),
            ("24-year-old", None),
            ("Today", None),  # she may have spoken on the Monday of the blasts or on the day after
            ("Monday", "2011-10-31"),
        ]

    def test_only_the_first_two_stand_in_the_dateline(self, human: Annotations) -> None:
        assert [m.exact for m in human.mentions if m.place == "dateline"] == ["ALMATY", "Kazakhstan"]


class TestEntities:
    def test_are_each_listed_once_and_mentioned(self, human: Annotations) -> None:
        known = [name for entity in human.entities for name in (entity.name, *entity.aliases)]
        assert len(known) == len(set(known))
        assert {m.entity for m in human.mentions} - {None} == set(range(len(human.entities)))

    def test_stand_in_the_order_of_their_first_mention(self, human: Annotations) -> None:
        order = list(dict.fromkeys(m.entity for m in human.mentions if m.entity is not None))
        assert order == sorted(order)

    def test_join_the_names_of_one_group(self, human: Annotations) -> None:
        aliases = {entity.name: entity.aliases for entity in human.entities if entity.aliases}
        assert aliases == {"Almaty": ("ALMATY",), "Jund al-Khilafah": ("Soldiers of the Caliphate",)}


class TestQuotes:
    def test_take_in_all_words_between_quotation_marks(self, human: Annotations, text: str) -> None:
        pieces = [piece for quote in human.quotes for piece in quote.content]
        for found in QUOTED.finditer(text):
            assert any(piece.start <= found.start(1) and found.end(1) <= piece.end for piece in pieces), found[0]

    def test_are_of_the_kind_that_their_marks_show(self, human: Annotations, text: str) -> None:
        inside = {found.span(1) for found in QUOTED.finditer(text)}
        for quote in human.quotes:
            marks = any('"' in piece.exact for piece in quote.content)
            is_direct = all((piece.start, piece.end) in inside for piece in quote.content)
            assert quote.kind == ("direct" if is_direct else "mixed" if marks else "indirect"), quote.content

    def test_stay_within_one_paragraph(self, human: Annotations, text: str) -> None:
        for quote in human.quotes:
            spans = [*quote.content, *(s.span for s in quote.sources if s.span), *([quote.cue] if quote.cue else [])]
            assert "\n" not in text[min(s.start for s in spans) : max(s.end for s in spans)]

    def test_resolve_a_description_by_a_mention_of_the_entity(self, human: Annotations) -> None:
        places = {(m.start, m.end): m.entity for m in human.mentions}
        for source in (source for quote in human.quotes for source in quote.sources):
            assert source.entity is not None and source.span is not None
            named = any(
                source.span.start <= start and end <= source.span.end and entity == source.entity
                for (start, end), entity in places.items()
            )
            assert named or source.antecedent
            if source.antecedent:
                assert places[source.antecedent.start, source.antecedent.end] == source.entity
                assert source.rule == "read"

    @pytest.mark.parametrize(
        ("opening", "kind", "cue", "sources"),
        [
            ("A militant Islamist", "indirect", "said", ["SITE"]),
            ("responsibility for two", "indirect", "claimed", ["Jund al-Khilafah", "SITE"]),
            ("the bombings were", "mixed", "said", ["Jund al-Khilafah", "SITE"]),
            ("acts of terror.", "direct", "suspicion", []),
            ("Monday's bombings", "mixed", "saying", ["Bolat Daukenov", "Novosti-Kazakhstan"]),
            ("it would carry out", "indirect", "said", ["Jund al-Khilafah", "SITE"]),
            ("reports that it was", "indirect", "denied", ["Jund al-Khilafah"]),
            ("the person carrying", "indirect", "said", ["Jund al-Khilafah"]),
            ("of violence unless", "indirect", "warning", ["Jund al-Khilafah"]),
            ("the authorities for", "indirect", "criticized", ["Jund al-Khilafah"]),
            ("it had identified", "indirect", "said", ["Atyrau region prosecutor's office", "Novosti-Kazakhstan"]),
            ("Homemade explosive", "indirect", "said", ["Atyrau region prosecutor's office"]),
            ("Today the office", "direct", "said", ["Linsi Crain"]),
        ],
    )
    def test_say_who_said_it_and_who_relayed_it(
        self, human: Annotations, opening: str, kind: str, cue: str, sources: list[str]
    ) -> None:
        quote = quote_of(human, opening)
        assert (quote.kind, quote.cue and quote.cue.exact) == (kind, cue)
        assert names(human, quote) == sources

    def test_are_no_more_than_those(self, human: Annotations) -> None:
        assert len(human.quotes) == 13

    def test_two_sentences_said_in_one_breath_are_one_quote(self, human: Annotations) -> None:
        (piece,) = quote_of(human, "Today the office").content
        assert piece.exact.endswith("working normally. The company has raised security,")
