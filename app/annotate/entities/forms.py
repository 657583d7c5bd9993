"""What the words of a name say of its type by themselves."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from functools import cache

from app.annotate.entities.gazetteer import city_votes, states
from app.annotate.entities.lexicon import country_names, demonyms, first_names, phrases, words
from app.names import fold

Vote = tuple[str, float]  # a type, and how many of the model's mentions it outweighs

# "KF-21", "COP26"
_CODE = re.compile(r"[A-Z]{1,4}-?\d+[\w.-]*")
_SUMMIT = re.compile(r"(?:COP|G|BRICS)[ -]?\d\d?")

_DESIGNATORS = (
    ("ORG", "org_words"),
    ("LOC", "loc_words"),
    ("GPE", "gpe_words"),
    ("FAC", "fac_words"),
    ("EVENT", "event_words"),
    ("LAW", "law_words"),
    ("PRODUCT", "product_words"),
)


def form_votes(form: Sequence[str], key: str) -> Iterator[Vote]:
    """What the words ``form``, folded ``key``, say."""
    yield from _listed().get(key, ())
    if len(form) == 1:
        yield from _shape_votes(form[0])
    else:
        yield from _designator_votes(form)
    if form[0] in first_names():
        yield "PERSON", 2.5 if 1 < len(form) < 5 else 0.7
    if all(word in words("norp") for word in form):
        yield "NORP", 5
    if weight := city_votes(key):
        yield "GPE", weight


@cache
def _listed() -> dict[str, list[Vote]]:
    """The votes for each folded name that a list has."""
    votes: dict[str, list[Vote]] = defaultdict(list)
    lists: tuple[tuple[Iterable[str], Vote], ...] = (
        (country_names(), ("GPE", 5)),
        (states(), ("GPE", 4)),
        (demonyms(), ("NORP", 5)),
        (words("languages"), ("LANGUAGE", 4)),
        (words("outbreaks"), ("EVENT", 6)),
        (map(" ".join, phrases("polities")), ("GPE", 5)),
        (map(" ".join, phrases("regions")), ("LOC", 5)),
        (map(" ".join, phrases("facilities")), ("FAC", 4)),
        (map(" ".join, phrases("organisations")), ("ORG", 4)),
        (map(" ".join, phrases("norp_phrases")), ("NORP", 5)),
    )
    for names, vote in lists:
        for key in {fold(name) for name in names}:
            votes[key].append(vote)
    return votes


def _shape_votes(word: str) -> Iterator[Vote]:
    if word.isupper() and word.isalpha() and 2 < len(word) < 7:  # an acronym: hardly a place, or a person
        yield "GPE", -1
        yield "PERSON", -1
    if _SUMMIT.fullmatch(word):
        yield "EVENT", 6
    elif _CODE.fullmatch(word):
        yield "PRODUCT", 2


def _designator_votes(form: Sequence[str]) -> Iterator[Vote]:
    head = _head_word(form)
    weight = 2 if len(form) == 2 and form[0] in first_names() else 4  # "Albert Hall" may be a person
    for label, name in _DESIGNATORS:
        if head in words(name):
            yield label, weight


def _head_word(form: Sequence[str]) -> str:
    """The last word, or the one before "of": "University" in "University of Nairobi"."""
    for i, word in enumerate(form):
        if i and word in {"of", "for", "de", "del"}:
            return form[i - 1]
    return form[-1].rstrip(".")
