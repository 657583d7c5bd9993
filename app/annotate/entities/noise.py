"""Spans that name nobody: common nouns with a capital, offices, holidays, numbers."""

import re
from collections.abc import Iterable
from functools import cache

from app.annotate.entities.lexicon import demonyms, phrases, words
from app.annotate.entities.reading import Name, Reading

_GENERIC = (
    "common",
    "honorifics",
    "org_words",
    "gpe_words",
    "loc_words",
    "fac_words",
    "law_words",
    "event_words",
    "product_words",
)
_SEAT = re.compile(r"[DRI]-[A-Z][A-Za-z.]*")  # "D-Va.": a party and a state
_OFFICES = frozenset({"Minister", "Ministers", "Secretary", "Undersecretary", "Under-Secretary", "Editor", "Officer"})


def without_noise(reading: Reading, names: Iterable[Name]) -> list[Name]:
    """``names`` without those that are no names."""
    return [name for name in names if not is_noise(reading, name)]


def is_noise(reading: Reading, name: Name) -> bool:
    """Whether the words name nobody and nothing."""
    form = reading.words[name.first : name.last]
    if _is_known(form) or (name.label == "ORG" and form[-1] in words("bodies")):
        return False
    return (
        _is_generic(form)
        or len(reading.text[name.start : name.end]) < 2
        or _is_no_word(form)
        or _is_office(reading, name)
        or " ".join(form).replace("’", "'") in phrases_of("holidays")
        or (len(form) == 1 and _is_ordinary(reading, name.first))
    )


def _is_ordinary(reading: Reading, i: int) -> bool:
    """Whether token ``i`` owes its capital to its place in the sentence."""
    in_small = reading.words[i].lower() in reading.lower_words
    return reading.opens_sentence(i) and (in_small or reading.pos[i] in {"ADV", "VERB", "ADP", "SCONJ", "PRON", "AUX"})


def _is_known(form: list[str]) -> bool:
    if len(form) == 1 and (form[0] in words("norp") or form[0] in demonyms()):
        return True
    return any(tuple(form) in phrases(name) for name in ("organisations", "regions", "polities", "facilities"))


@cache
def phrases_of(name: str) -> frozenset[str]:
    """The phrases of a list, each as one string."""
    return frozenset(" ".join(phrase) for phrase in phrases(name))


def _is_generic(form: list[str]) -> bool:
    """Only words such as "Ministry", "President" or "FILE PHOTO"."""
    if len(form) > 1 and form[-1] in words("org_words"):
        return False
    generic = words(*_GENERIC) if len(form) == 1 else words("common", "honorifics")
    return all(word[0].isdigit() or word in generic or _natural(word) in generic for word in form)


def _natural(word: str) -> str:
    return word.rstrip(".").capitalize() if word.isupper() and len(word) > 3 else word.rstrip(".")


def _is_no_word(form: list[str]) -> bool:
    whole = "".join(form)
    if _SEAT.fullmatch(whole):
        return True
    return not any(c.isalpha() for c in whole) or "$" in whole or "%" in whole or "€" in whole or "£" in whole


def _is_office(reading: Reading, name: Name) -> bool:
    """The field of an office: "Interior" in "Interior Minister", "State" in "Secretary of State"."""
    if name.label not in {"", "ORG"}:
        return False
    if reading.word(name.last) in _OFFICES and reading.words[name.last - 1] in words("portfolios"):
        return True
    return is_portfolio(reading, name.first)


def is_portfolio(reading: Reading, first: int) -> bool:
    """Whether token ``first`` is in the field of an office: "Resources" in "Minister of Energy and Resources"."""
    i = first - 1
    while i > first - 7 and (reading.word(i) in _FIELD_WORDS or reading.word(i) in words("portfolios")):
        if reading.word(i) == "of" and reading.word(i - 1) in _OFFICES:
            return True
        i -= 1
    return False


_FIELD_WORDS = frozenset({"of", "and", "the", ",", "&"})
