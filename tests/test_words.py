"""Words: what text and queries are cut into."""

import sys
import unicodedata
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.search.words import LEVELS, MAX_WORD, located_words, weights, words

PIECES = [
    *"aZ9 _'’-.øßıİ½²①٢Ⅻﬁﷺ北京がカ゛ﾞ가ᄒ",
    "\u0301",
    "\u3099",
    "\u00ad",
    "\u200d",
    "\u0e31",
    "\u0e01",
    "\u093f",
    "\u0915",
    "\u064e",
    "\ue000",
    "\U0001f6e2",
    "\0",
]
TEXTS = st.text(st.sampled_from(PIECES) | st.characters(exclude_categories=["Cs"]))


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("The government’s oil-field", "the government s oil field"),
        ("U.S. and A_B C++", "u s and a b c"),
        ("Łódź, Øst, Đà Nẵng, İstanbul, ısı", "lodz ost da nang istanbul isi"),
        ("STRASSE Straße œuvre Æsir Þór", "strasse strasse oeuvre aesir thor"),
        ("Ёлка Άθήνα", "елка αθηνα"),
        ("مُحَمَّد أحمد محـمد", "محمد احمد محمد"),
        ("שָׁלוֹם", "שלום"),
        ("हिन्दी में", "हिन्दी में"),
        ("北京大学 in 2011", "北 京 大 学 in 2011"),
        ("ｶﾞ ガ", "ガ ガ"),
        ("หนังสือ", "ห นั ง สื อ"),
        ("한국어 뉴스", "한국어 뉴스"),
        ("½ x² ① ٢٠١١ ２０１１ ﬁn", "1 2 x2 1 2011 2011 fin"),
        ("co\u00adope\u200brate", "cooperate"),
        ("🛢 – … \0", ""),
    ],
)
def test_words_are_what_readers_type(text: str, folded: str) -> None:
    assert words(text) == folded.split()
    assert words(unicodedata.normalize("NFD", text)) == folded.split()


def test_every_character_folds_to_word_characters_that_fold_to_themselves() -> None:
    for code in (*range(0xD800), *range(0xE000, sys.maxunicode + 1)):
        found = words(chr(code))
        assert words(" ".join(found)) == found
        assert all(unicodedata.category(c)[0] in "LNM" or unicodedata.category(c) == "Co" for w in found for c in w)


@given(TEXTS)
def test_folding_words_again_changes_nothing(text: str) -> None:
    assert words(" ".join(words(text))) == words(text)
    assert words(unicodedata.normalize("NFD", text)) == words(unicodedata.normalize("NFC", text))


@given(TEXTS)
def test_located_words_stand_where_they_say(text: str) -> None:
    located = list(located_words(text))
    assert [word.form for word in located] == words(text)
    for word in located:
        assert word.form in words(text[word.start : word.end])
    assert all(a.start <= b.start and a.end <= b.end for a, b in pairwise(located))


def test_a_word_without_end_is_cut() -> None:
    assert words("x" * 1000 + " é" + "é" * 1000) == ["x" * MAX_WORD, "e" * MAX_WORD]
    (word,) = located_words("x" * 1000)
    assert (len(word.form), word.start, word.end) == (MAX_WORD, 0, 1000)


def test_a_word_weighs_as_often_as_it_is_said_and_most_in_the_headline() -> None:
    body = [word for times in (1, 2, 3, 4, 6, 10) for word in [f"w{times}"] * times]
    tokens = weights(["oil", "w2", "oil"], body)
    assert tokens == ["9oil", "9w2", "5w3", "6w4", "7w6", "8w10"]
    assert {token[0] for token in weights(["a"], body)} == set(LEVELS)
