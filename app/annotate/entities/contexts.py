"""What the words around a name say of its type."""

from collections.abc import Iterator, Mapping
from functools import cache

from app.annotate.entities.forms import Vote
from app.annotate.entities.lexicon import words
from app.annotate.entities.reading import Name, Reading

_LED = ("-led", "-owned", "-listed")


def context_votes(reading: Reading, name: Name) -> Iterator[Vote]:
    """What the words around one mention say."""
    yield from _votes_before(reading, name)
    yield from _votes_behind(reading, name)


@cache
def _cues_before() -> dict[str, Vote]:
    """What one word right before a name says of it."""
    cues = _cues(
        {"person_nouns": ("PERSON", 2), "org_nouns": ("ORG", 2), "place_nouns": ("GPE", 2), "loc_tails": ("LOC", 4)}
    )
    cues |= {title: ("PERSON", 3) for word in words("honorifics") for title in (word, word + ".")}
    cues |= dict.fromkeys(words("storm_nouns"), ("EVENT", 5))
    cues |= dict.fromkeys(("the", "The", "a", "an", "its", "at"), ("PERSON", -1))
    return cues | dict.fromkeys(("in", "In", "near"), ("GPE", 1.2))


@cache
def _cues_behind() -> dict[str, Vote]:
    """What one word right behind a name says of it."""
    return _cues({"place_tails": ("GPE", 2), "org_tails": ("ORG", 2), "loc_tails": ("LOC", 4)})


def _cues(lists: Mapping[str, Vote]) -> dict[str, Vote]:
    return {word: vote for name, vote in lists.items() for word in words(name)}


def _votes_before(reading: Reading, name: Name) -> Iterator[Vote]:
    before, second = reading.word(name.first - 1), reading.word(name.first - 2)
    if before.endswith(_LED) or (before in {"led", "owned", "listed"} and second == "-"):
        yield "ORG", 2
    if before in _cues_before():
        yield _cues_before()[before]
    elif before == "(" and reading.word(name.last) == ")":
        yield "ORG", 1
    elif before == "/" and second.upper() == "REUTERS":  # the photographer, in a caption
        yield "PERSON", 4
    elif before in {"of", "in", "at", "for"} and second in words("org_relations"):
        yield "ORG", 1.5
    elif before in {"of", ","} and second in words("place_nouns"):
        yield "GPE", 2
    elif before == "," and second in words("loc_tails"):
        yield "LOC", 4


def _votes_behind(reading: Reading, name: Name) -> Iterator[Vote]:
    after, second = reading.word(name.last), reading.word(name.last + 1)
    if after in _cues_behind():
        yield _cues_behind()[after]
    elif after == "," and second.isdigit() and reading.word(name.last + 2) in {",", "."}:
        yield "PERSON", 3
    elif after == "," and second == "who":
        yield "PERSON", 2
    elif after == ",":
        yield from _apposition_votes(reading, name.last + 1)
    elif after == "-" and second in {"based", "born"}:
        yield "GPE", 3
    yield from _subject_votes(reading, name)


def _apposition_votes(reading: Reading, start: int) -> Iterator[Vote]:
    """ ", a spokeswoman for …": the first telling noun of an apposition within six words."""
    if reading.word(start) not in {"a", "an", "the", "former", "deputy", "his", "her", "their"}:
        return
    for i in range(start + 1, min(start + 7, len(reading))):
        word = reading.words[i]
        if word in {",", ".", "of", "for", "who", "in", "at", "\n"}:
            return
        for label, nouns in (("PERSON", "person_nouns"), ("ORG", "org_nouns"), ("GPE", "place_nouns")):
            if word in words(nouns) and reading.word(i + 1) not in words("person_nouns", "org_nouns"):
                yield label, 2
                return


def _subject_votes(reading: Reading, name: Name) -> Iterator[Vote]:
    last = name.last - 1
    if reading.dep[last] != "nsubj":
        return
    verb = reading.lemma(reading.head(last))
    if verb in words("speech"):
        yield "PERSON", 0.6
        yield "ORG", 0.3
    elif verb in words("business_verbs"):
        yield "ORG", 1
