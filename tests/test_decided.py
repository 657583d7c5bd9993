"""Decisions applied to annotations, and moved to other texts: pure, whatever the annotations and the decisions."""

from typing import Any

from hypothesis import assume, given
from hypothesis import strategies as st

from app import annotations as said
from app.names import fold
from app.services.storing.decided import Decided, applied, moved, single_mention, single_quote, spans_of
from app.services.storing.moves import Move
from app.spans import Span

TEXT = "“We will not leave,” said Aigul Saparova, a teacher in Oral. The city would appeal, she added."
SAPAROVA = said.Entity(name="Aigul Saparova", type="PERSON", aliases=("Saparova",), identifiers={"wikidata": "Q1"})
ORAL = said.Entity(name="Oral", type="GPE")
PEOPLE = [None, SAPAROVA, ORAL]

Decision = tuple[str, Decided]


def at(words: str) -> Span:
    return Span.of(TEXT, TEXT.index(words), TEXT.index(words) + len(words))


def mention(words: str, kind: Any = "PERSON", entity: said.Entity | None = None) -> said.Annotations:
    return single_mention(said.Mention(**at(words).model_dump(), type=kind), entity)


def quote(*words: str, speaker: said.Entity | None = None) -> said.Annotations:
    made = said.Quote(kind="direct", content=tuple(map(at, words)), sources=(said.Source(),))
    return single_quote(made, [speaker])


def together(*parts: said.Annotations) -> said.Annotations:
    """All of it as annotations of one text, in order."""
    return applied(said.Annotations(), [("dec", Decided(becomes=part)) for part in parts])


def said_in(annotations: said.Annotations) -> list[str]:
    """Its mentions and quotes in words."""
    quotes = [" … ".join(piece.exact for piece in each.content) for each in annotations.quotes]
    return [each.exact for each in annotations.mentions] + quotes


@st.composite
def spans(draw: st.DrawFn) -> Span:
    start = draw(st.integers(0, len(TEXT) - 1))
    return Span.of(TEXT, start, draw(st.integers(start + 1, len(TEXT))))


mentions = st.builds(
    lambda span, kind, entity: single_mention(said.Mention(**span.model_dump(), type=kind, confidence=0.5), entity),
    spans(),
    st.sampled_from(["PERSON", "GPE", "DATE"]),
    st.sampled_from(PEOPLE),
)
quotes = st.builds(
    lambda pieces, who: single_quote(
        said.Quote(kind="direct", content=tuple(pieces), sources=tuple(said.Source() for _ in who)), who
    ),
    st.lists(spans(), min_size=1, max_size=2),
    st.lists(st.sampled_from(PEOPLE), max_size=2),
)
ones = mentions | quotes
decisions = st.lists(
    st.builds(Decided, was=ones)
    | st.builds(Decided, becomes=ones)
    | st.builds(Decided, was=mentions, becomes=mentions)
    | st.builds(Decided, was=quotes, becomes=quotes),
    max_size=6,
).map(lambda each: [(f"dec_{number}", decided) for number, decided in enumerate(each)])
bases = st.lists(ones, max_size=6).map(lambda parts: together(*parts))


@given(bases, decisions)
def test_what_comes_of_it_is_sound(base: said.Annotations, made: list[Decision]) -> None:
    found = applied(base, made)
    found.check(TEXT)
    assert len({(fold(entity.name), entity.type) for entity in found.entities}) == len(found.entities)
    named = [each.entity for each in found.mentions] + [s.entity for each in found.quotes for s in each.sources]
    assert {place for place in named if place is not None} == set(range(len(found.entities)))
    starts = [each.content[0].start for each in found.quotes]
    assert starts == sorted(starts)


@given(bases, decisions)
def test_the_last_decision_holds(base: said.Annotations, made: list[Decision]) -> None:
    assume(made)
    name, last = made[-1]
    found = applied(base, made)
    if last.becomes is not None:
        (expected,) = said_in(last.becomes)
        everything: list[said.Mention | said.Quote] = [*found.mentions, *found.quotes]
        ours = [each for each in everything if each.rule == name]
        assert [each.confidence for each in ours] == [1.0]
        assert said_in(last.becomes) == [expected]
        overlapping = [m for m in found.mentions for one in last.becomes.mentions if m.overlaps(one)]
        assert [each.rule for each in overlapping] == [name] * len(last.becomes.mentions)
    elif last.was is not None:
        same = {(m.start, m.end, m.type) for m in last.was.mentions}
        assert not [m for m in found.mentions if (m.start, m.end, m.type) in same]
        assert not [q for q in found.quotes if q.content in {gone.content for gone in last.was.quotes}]


@given(bases, decisions)
def test_doing_it_again_changes_nothing(base: said.Annotations, made: list[Decision]) -> None:
    once = applied(base, made)
    assert applied(once, made) == once


@given(bases, decisions)
def test_what_nobody_decided_about_stays_as_it_was(base: said.Annotations, made: list[Decision]) -> None:
    about = [part for _, decided in made for part in (decided.was, decided.becomes) if part is not None]
    touched = [span for part in about for span in (*part.mentions, *(s for q in part.quotes for s in q.content))]
    kept = [m for m in base.mentions if not any(m.overlaps(span) for span in touched)]
    found = applied(base, made)
    assert [m.model_copy(update={"entity": None}) for m in kept] == [
        m.model_copy(update={"entity": None}) for m in found.mentions if not any(m.overlaps(span) for span in touched)
    ]


def test_a_mention_takes_the_place_of_those_it_overlaps() -> None:
    base = together(mention("Aigul"), mention("Oral", "GPE", ORAL))
    assert said_in(applied(base, [("dec_a", Decided(becomes=mention("Aigul Saparova")))])) == ["Aigul Saparova", "Oral"]


def test_a_quote_within_another_stays_and_one_that_crosses_it_goes() -> None:
    base = together(quote("will not"), quote("leave,” said"), quote("The city would appeal"))
    made = applied(base, [("dec_a", Decided(becomes=quote("We will not leave")))])
    assert said_in(made) == ["We will not leave", "will not", "The city would appeal"]


def test_quotes_are_the_same_whatever_stands_around_their_words() -> None:
    base = together(quote("“We will not leave,”"))
    assert said_in(applied(base, [("dec_a", Decided(was=quote("We will not leave,")))])) == []
    (only,) = applied(base, [("dec_a", Decided(becomes=quote("We will not leave", speaker=SAPAROVA)))]).quotes
    assert only.rule == "dec_a" and only.sources[0].rule == "dec_a"


def test_rejected_is_a_mention_of_that_type_and_no_other() -> None:
    base = together(mention("Oral", "GPE", ORAL))
    assert said_in(applied(base, [("dec_a", Decided(was=mention("Oral", "ORG")))])) == ["Oral"]
    assert said_in(applied(base, [("dec_a", Decided(was=mention("Oral", "GPE")))])) == []


def test_what_is_decided_is_known_by_name_and_type_alone() -> None:
    made = applied(said.Annotations(), [("dec_a", Decided(becomes=mention("Aigul Saparova", entity=SAPAROVA)))])
    assert made.entities == (said.Entity(name="Aigul Saparova", type="PERSON"),)


@given(ones, st.none() | ones)
def test_what_is_stored_is_what_was_decided(was: said.Annotations, becomes: said.Annotations | None) -> None:
    decided = Decided(was=was, becomes=becomes)
    assert Decided.model_validate(decided.dump()) == decided


def test_a_decision_goes_with_its_words() -> None:
    new = "Update. " + TEXT.replace("a teacher", "a headmistress")
    stands = moved(Decided(was=mention("Oral", "GPE"), becomes=mention("Oral", "GPE", ORAL)).dump(), Move(TEXT, new))
    assert stands is not None
    assert [span.start for span in spans_of(stands)] == [new.index("Oral")]
    assert moved(Decided(becomes=mention("teacher")).dump(), Move(TEXT, new)) is None
    assert moved(Decided(was=mention("teacher")).dump(), Move(TEXT, new)) is None


def test_what_becomes_of_words_that_are_gone_stands_alone() -> None:
    new = TEXT.replace("Aigul Saparova, a teacher", "Aigul, a teacher")
    decided = Decided(was=mention("Aigul Saparova"), becomes=mention("Aigul"))
    stands = moved(decided.dump(), Move(TEXT, new))
    assert stands is not None
    assert Decided.model_validate(stands).was is None
