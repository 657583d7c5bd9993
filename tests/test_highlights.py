"""Highlights: where a query matches, against a plain search word by word; and snippets around them."""

from itertools import pairwise, product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.search.highlights import SNIPPET_LENGTH, Highlighter, as_html, snippet
from app.search.query import And, Near, Node, Not, Or, Phrase, parse
from app.search.words import Word, located_words

PLAIN = ["oil", "Oil", "gas", "oilfield", "a", "it’s", "_", "x" * 250]
ODD = ["öl", "Нефть", "北京", "が", "カ\u3099", "สื", "½", "o\u00adil", "हिन्दी", "가", "각", "\u1100\u1161", "Œ"]
JOINS = st.sampled_from([" ", " ", "-", "", "\n", " – "])


def texts(pieces: list[str]) -> st.SearchStrategy[str]:
    return st.lists(st.tuples(st.sampled_from(pieces), JOINS).map("".join), max_size=12).map("".join)


TEXTS = texts(PLAIN) | texts([*PLAIN, *ODD]) | st.text(max_size=30)
WORDS = st.sampled_from(
    ["oil", "gas", "a", "it", "s", "x", "x" * 200, "ol", "нефть", "北", "京", "が", "가", "1", "oe"]
)
PHRASES = st.builds(Phrase, st.lists(WORDS, min_size=1, max_size=3).map(tuple), st.booleans())
LEAVES = PHRASES | st.builds(Near, st.lists(PHRASES, min_size=2, max_size=3).map(tuple), st.integers(1, 3))


def holding(phrase: Phrase, found: list[Word]) -> list[tuple[int, int]]:
    """Where the phrase stands: the first of its words, and one past the last."""
    size = len(phrase.words)
    runs = [(start, [word.form for word in found[start : start + size]]) for start in range(len(found) - size + 1)]
    return [
        (start, start + size)
        for start, forms in runs
        if (tuple(forms) == phrase.words)
        or (phrase.prefix and tuple(forms[:-1]) == phrase.words[:-1] and forms[-1].startswith(phrase.words[-1]))
    ]


def expected(node: Node, found: list[Word]) -> set[tuple[int, int]]:
    match node:
        case Phrase():
            return set(holding(node, found))
        case Near():
            clumps = product(*(holding(phrase, found) for phrase in node.phrases))
            near = (c for c in clumps if max(start for start, _ in c) - min(end for _, end in c) <= node.distance)
            return {place for clump in near for place in clump}
        case And(parts) | Or(parts):
            return set().union(*(expected(part, found) for part in parts))
        case Not(wanted):
            return expected(wanted, found)


def code_points(node: Node, text: str) -> set[int]:
    found = list(located_words(text))
    places = ((found[start].start, found[end - 1].end) for start, end in expected(node, found))
    return {i for start, end in places for i in range(start, end)}


@given(TEXTS, st.lists(LEAVES, min_size=2, max_size=3), st.booleans())
@settings(max_examples=300)
def test_exactly_what_is_wanted_is_marked(text: str, leaves: list[Phrase | Near], without: bool) -> None:
    node: Node = Not(leaves[0], leaves[1]) if without else Or(tuple(leaves))
    places = Highlighter(node).places(text)
    assert {i for start, end in places for i in range(start, end)} == code_points(node, text)
    assert all(0 <= start < end <= len(text) for start, end in places)
    assert all(before[1] <= after[0] for before, after in pairwise(places))


@pytest.mark.parametrize(
    ("query", "text", "marked"),
    [
        ("oil", "Oil, OIL; oilfield: turmoil.", ["Oil", "OIL"]),
        ("oil*", "Oil, oilfield: turmoil.", ["Oil", "oilfield"]),
        ('"oil field"', "The oil-field, oil fields", ["oil-field"]),
        ('"a b" "b c"', "a b c", ["a b c"]),
        ('"a b a"', "a b a b a, a b", ["a b a b a"]),
        ("oil field", "oil field", ["oil", "field"]),
        ("government", "The government’s", ["government"]),
        ("government’s", "The government's", ["government's"]),
        ("cafe", "Café CAFÉ cafe\u0301", ["Café", "CAFÉ", "cafe\u0301"]),
        ("北京", "在北京大学", ["北京"]),
        ("cooperate", "co\u00adoperate", ["co\u00adoperate"]),
        ("oil NOT gas", "oil gas", ["oil"]),
        ("oil NEAR/1 gas", "oil one gas two three oil", ["oil", "gas"]),
        ("oil NEAR/1 gas", "oil one two gas", []),
        ("neft", "oil", []),
    ],
)
def test_a_reader_sees_what_was_found(query: str, text: str, marked: list[str]) -> None:
    node = parse(query).words
    assert node is not None
    assert [text[start:end] for start, end in Highlighter(node).places(text)] == marked


@given(st.lists(st.sampled_from(["oil", "gas", "a<b", "x" * 300, "\n"]), max_size=120).map(" ".join))
def test_a_snippet_is_short_and_holds_a_match(text: str) -> None:
    matches = Highlighter(Phrase(("oil",))).places(text)
    window = snippet(text, matches)
    if window is None:
        assert not text
        return
    first, last = window
    assert 0 <= first < last <= min(len(text), first + SNIPPET_LENGTH)
    inside = [match for match in matches if first <= match[0] and match[1] <= last]
    assert inside or not matches
    shown = as_html(text, window, matches)
    assert shown.count("<mark>oil</mark>") == len(inside)
    assert "a<b" not in shown


def test_a_snippet_shows_most_different_words() -> None:
    text = f"oil oil oil {'. ' * 300} oil and gas {'. ' * 300} gas"
    window = snippet(text, Highlighter(Or((Phrase(("oil",)), Phrase(("gas",))))).places(text))
    assert window is not None
    assert "oil and gas" in text[slice(*window)]


def test_a_match_longer_than_a_snippet_is_shown_whole() -> None:
    text = f"oil {'x' * 300} gas"
    (match,) = Highlighter(Phrase(("oil", "x" * 200, "gas"))).places(text)
    assert match == (0, len(text))
