"""The query language: what a query means, what is a mistake, and that the published pattern says the same."""

import re
from datetime import date

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.errors import QuerySyntaxError
from app.search.lexing import PATTERN
from app.search.query import (
    MAX_LENGTH,
    MAX_TERMS,
    And,
    DateFilter,
    NameFilter,
    Near,
    Node,
    Not,
    Or,
    Phrase,
    Query,
    parse,
    words_of,
)

OIL, GAS, PRICE, TEXAS = (Phrase((word,)) for word in ("oil", "gas", "price", "texas"))
PIECES = [
    *['"', "“", "”", "«", "＂", "\n", "\xa0", "\0", "*", "-", "--", "(", ")", ":", "+", "|"],
    *["oil", "Atyr*", "*x", "C++", "it's", "Iran:x", "a:b", "ה", "״", 'צה"ל', '"צה"'],
    *["AND", "OR", "NOT", "NEAR", "AND NOT ", "NEAR/5 ", "NEAR/0", "NEAR/101 ", "NEAR/x", "near", "NOTE"],
    *["speaker:", "speaker:X", "Entity:“A B”", "publisher:(", "PUBLISHER:OR", "speeker:X", "from:", "title:oil"],
    *['ל"הארץ"', "speaker:x*", 'speaker:"x"*', "publisher:a|b"],
    *["before:2011", "after:2011-02-29", "after:2012-02-29", "before:“2011-12”", "after:0000", "before:1900-02-29"],
    *[" "] * 12,
]
QUERIES = st.lists(st.sampled_from(PIECES), max_size=12).map("".join)


def parses(query: str) -> bool:
    try:
        parse(query)
    except QuerySyntaxError as error:
        (fault,) = error.faults
        assert fault.position is not None
        assert 0 <= fault.position <= len(query)
        return False
    return True


@given(QUERIES | st.lists(st.sampled_from(PIECES), max_size=9).map(" ".join) | st.text(max_size=20))
@settings(max_examples=500)
def test_the_published_pattern_is_the_grammar(query: str) -> None:
    assert parses(query) == bool(re.search(PATTERN, query))


@given(st.from_regex(PATTERN).filter(lambda query: len(query) <= 500))
# Making a query of it takes a tenth of a second, which a busy machine makes too long for hypothesis.
@settings(max_examples=50, suppress_health_check=[HealthCheck.too_slow])
def test_what_the_published_pattern_generates_parses(query: str) -> None:
    assert parses(query)


@given(QUERIES)
def test_a_suggestion_parses(query: str) -> None:
    try:
        parse(query)
    except QuerySyntaxError as error:
        suggestion = error.faults[0].suggestion
        assert suggestion is None or parses(suggestion)


@pytest.mark.parametrize(
    ("query", "meaning"),
    [
        ("oil", OIL),
        ("oil gas", And((OIL, GAS))),
        ("oil AND gas oil", And((OIL, GAS))),
        ("oil OR gas price", Or((OIL, And((GAS, PRICE))))),
        ("oil NOT gas NOT price", Not(OIL, Or((GAS, PRICE)))),
        ("oil AND NOT gas price", Not(And((OIL, PRICE)), GAS)),
        ("(oil OR gas) price", And((Or((OIL, GAS)), PRICE))),
        ("(oil price OR gas) NOT (Texas OR gas)", Not(Or((And((OIL, PRICE)), GAS)), Or((TEXAS, GAS)))),
        ("oil(gas)price", And((OIL, GAS, PRICE))),
        ("«oil price»", Phrase(("oil", "price"))),
        ("＂oil price＂", Phrase(("oil", "price"))),
        ("「北京」", Phrase(("北", "京"))),
        ('"「北京」の"', Phrase(("北", "京", "の"))),
        ('ל"הארץ"', And((Phrase(("ל",)), Phrase(("הארץ",))))),
        ('"הארץ" ו"מעריב"', And((Phrase(("הארץ",)), Phrase(("ו",)), Phrase(("מעריב",))))),
        ('צה"ל "oil צה"ל"', And((Phrase(("צה", "ל")), Phrase(("oil", "צה", "ל"))))),
        ('"oil"gas', And((OIL, GAS))),
        ('"oil pri"* gas*', And((Phrase(("oil", "pri"), prefix=True), Phrase(("gas",), prefix=True)))),
        ("oil NEAR price", Near((OIL, PRICE), 10)),
        ('oil NOT gas NEAR/3 "price" NEAR/7 Tex*', Not(OIL, Near((GAS, PRICE, Phrase(("tex",), True)), 3))),
        ("oil near price", And((OIL, Phrase(("near",)), PRICE))),
        ("it’s U.S.", And((Phrase(("it", "s")), Phrase(("u", "s"))))),
        ("北京", Phrase(("北", "京"))),
        (
            '"opec:oil" 10:30 http://oil',
            And((Phrase(("opec", "oil")), Phrase(("10", "30")), Phrase(("http", "oil")))),
        ),
        ("C++ +++ oil NEAR +++", And((Phrase(("c",)), OIL))),
        ("by: oil", And((Phrase(("by",)), OIL))),
        ("oil OR +++ NOT gas", OIL),
        ("+++", None),
        ('"" \0', None),
        ('"M*A*S*H" oil* *', And((Phrase(("m", "a", "s", "h")), Phrase(("oil",), prefix=True)))),
        ("(* OR --)", None),
    ],
)
def test_words_mean_what_a_reader_expects(query: str, meaning: Node | None) -> None:
    assert parse(query) == Query(meaning)
    assert parse(query).empty == (meaning is None)


def test_filters_narrow_the_search() -> None:
    query = 'Speaker:Obama NOT publisher:“The  New Times” oil AND after:2011-12 gas NOT BEFORE:"2012"'
    assert parse(query) == Query(
        And((OIL, GAS)),
        (
            NameFilter("speaker", "Obama", False, 0),
            NameFilter("publisher", "The  New Times", True, 18),
            DateFilter("after", date(2011, 12, 1), False, 53),
            DateFilter("before", date(2012, 1, 1), True, 75),
        ),
    )


def test_filters_need_no_words() -> None:
    assert parse("NOT speaker:x AND speaker:x +") == Query(
        None, (NameFilter("speaker", "x", True, 4), NameFilter("speaker", "x", False, 18))
    )
    assert not parse("entity:x").empty


@pytest.mark.parametrize(
    ("query", "position", "says", "suggestion"),
    [
        ("   ", 0, "empty", None),
        ('oil "gas', 4, "never closed", 'oil "gas"'),
        ("speaker:“Gas", 8, "never closed", 'speaker:“Gas"'),
        ("AND oil", 0, "nothing before", "oil"),
        ("oil AND", 4, "nothing behind", "oil"),
        ("oil OR AND gas", 7, "cannot follow", "oil OR gas"),
        ("oil OR NOT gas", 7, "cannot follow", None),
        ("oil NEAR NOT gas", 9, "cannot follow", None),
        ("NOT oil", 0, "nothing before", None),
        ("oil (NOT gas)", 5, "nothing before", None),
        ("speaker:x NOT oil", 10, "no words before", None),
        ("oil -gas -price", 4, "write NOT", "oil NOT gas NOT price"),
        ("oil -speaker:x", 4, "write NOT", "oil NOT speaker:x"),
        ("((oil))", 1, "cannot hold another", None),
        ("oil) gas", 3, "no group is open", "oil gas"),
        ("(oil gas", 0, "never closed", "(oil gas)"),
        ("f() oil", 1, "nothing in this group", "f oil"),
        ("oil NEAR(gas)", 8, "between words", None),
        ("(oil) NEAR gas", 4, "between words", None),
        ("oil NEAR speaker:x", 9, "between words", None),
        ("NEAR oil", 0, "nothing before", "oil"),
        ("oil NEAR/101 gas", 4, "1 to 100", "oil NEAR gas"),
        ("oil OR gas AND NOT speaker:x", 19, "beside OR", "(oil OR gas) NOT speaker:x"),
        ("oil OR speaker:x", 7, "beside OR", None),
        ("(oil speaker:x) gas", 5, "in a group", "(oil) gas speaker:x"),
        ("speaker: Obama", 0, "nothing behind", "speaker:Obama"),
        ('oil entity:""', 4, "nothing behind", None),
        ("before:2011/12/31", 0, "takes a date", "before:2011-12-31"),
        ("after:2011-02-29 oil", 0, "takes a date", None),
        ("after:yesterday", 0, "takes a date", None),
        ("speeker:Obama oil", 0, "is no filter", "speaker:Obama oil"),
        ("oil FROM:2011-12", 4, "is no filter", "oil after:2011-12"),
        ("oil exp*sion gas", 7, "ends the beginning", "oil exp* gas"),
        ("**oil** -*gas*", 0, "ends the beginning", "oil* NOT gas*"),
        ("oil | gas", 4, "write OR", "oil OR gas"),
        ("oil*|gas||price", 4, "write OR", "oil* OR gas OR price"),
        ("gas -oil|coal price", 4, "write NOT", "gas NOT (oil OR coal) price"),
        ("gas price|cost", 9, "write OR", "gas (price OR cost)"),
        ("(gas price|cost)", 10, "write OR", None),
        ("oil NEAR gas|coal", 12, "write OR", None),
        ("|oil", 0, "write OR", "oil"),
        ('gas "oil pri*"', 12, "behind its mark", 'gas "oil pri"*'),
        ('gas "oil pri*', 4, "never closed", 'gas "oil pri"*'),
        ('oil "', 4, "never closed", "oil"),
        ('"', 0, "never closed", None),
        ("foo:bar oil", 0, "is no filter", '"foo:bar" oil'),
        ('oil Trump:"bar x"', 4, "is no filter", 'oil Trump "bar x"'),
        ("Identity:theft Deadline:Oslo", 0, "is no filter", '"Identity:theft" "Deadline:Oslo"'),
        ("pubisher:x from:1987 entitty:x", 0, "is no filter", "publisher:x after:1987 entity:x"),
        ("from:2011-1", 0, "is no filter", None),
        ("oil speaker:Oba*", 15, "a name is whole", None),
        ('speaker:"E*Trade" entity:"x"* oil', 28, "a name is whole", 'speaker:"E*Trade" entity:"x" oil'),
        ("publisher:CNN|BBC", 13, "a name is whole", None),
        ("oil M*A*S*H", 5, "ends the beginning", 'oil "M*A*S*H"'),
        ("speakr:Obama Publishr:x", 0, "is no filter", "speaker:Obama publisher:x"),
        ('gas Title:"oil price"', 4, "is no filter", 'gas "oil price"'),
        ('from:"Barack Obama"', 0, "is no filter", 'speaker:"Barack Obama"'),
    ],
)
def test_a_mistake_is_named_with_its_place(query: str, position: int, says: str, suggestion: str | None) -> None:
    with pytest.raises(QuerySyntaxError, match=says) as raised:
        parse(query)
    (fault,) = raised.value.faults
    assert (fault.position, fault.suggestion) == (position, suggestion)


def test_a_query_has_an_end() -> None:
    parse("a " * MAX_TERMS)
    with pytest.raises(QuerySyntaxError) as raised:
        parse("a " * (MAX_TERMS + 1))
    assert raised.value.faults[0].position == 2 * MAX_TERMS


def test_nothing_is_suggested_that_could_not_be_asked() -> None:
    for beyond, suggestion in ((0, f'"{"a" * (MAX_LENGTH - 2)}"'), (1, None)):
        with pytest.raises(QuerySyntaxError) as raised:
            parse('"' + "a" * (MAX_LENGTH - 2 + beyond))
        assert raised.value.faults[0].suggestion == suggestion


def test_words_wanted_are_told_once_and_none_that_are_not_wanted() -> None:
    node = parse('("oil price" OR oil) gas NEAR pri* "price price"* NOT texas').words
    assert node is not None
    assert words_of(node) == (("oil", False), ("price", False), ("gas", False), ("pri", True), ("price", True))
