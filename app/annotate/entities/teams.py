"""Teams that go by the name of a place: "Oklahoma beat Texas 27-14" tells of two organisations.

Not so with countries: a national team stays a GPE, as in OntoNotes.
"""

import re
from collections import Counter
from collections.abc import Sequence

from app.annotate.entities.lexicon import country_names, words
from app.annotate.entities.reading import CONFIDENCE, Name, Reading

TEAM = "team"
_SCORE = re.compile(r"\b\d{1,3}[-–]\d{1,3}\b")
_SCORES = 3  # so many in one article, and words of sport: a report of games
_PLACED = frozenset({"in", "at", "from", "near", "of", "to", "across", "outside"})
_OPPOSED = frozenset(
    {
        "over",
        "against",
        "beat",
        "beating",
        "beats",
        "defeat",
        "defeated",
        "defeating",
        "past",
        "host",
        "hosts",
        "hosted",
    }
    | {
        "visiting",
        "rival",
        "rivals",
        "versus",
        "vs",
        "vs.",
        "v",
        "face",
        "faces",
        "faced",
        "facing",
        "unbeaten",
        "champions",
    }
)
_POSSESSIVES = frozenset({"'s", "’s"})


def with_teams(reading: Reading, names: Sequence[Name]) -> list[Name]:
    """``names`` with places that play told from places that are played in."""
    if len(_SCORE.findall(reading.text)) < _SCORES or not words("sport_nouns") & reading.lower_words:
        return list(names)
    playing = Counter(_form(reading, name) for name in names if name.label == "GPE" and _plays(reading, name))
    playing = Counter({form: count for form, count in playing.items() if form not in country_names()})
    return [_as_team(name) if _is_team(reading, name, playing) else name for name in names]


def _form(reading: Reading, name: Name) -> str:
    return reading.text[name.start : name.end]


def _as_team(name: Name) -> Name:
    return name._replace(label="ORG", rule=TEAM, confidence=CONFIDENCE[TEAM])


def _is_team(reading: Reading, name: Name, playing: Counter[str]) -> bool:
    if name.label != "GPE" or not playing[_form(reading, name)]:
        return False
    return _plays(reading, name) or (playing[_form(reading, name)] > 1 and not _is_placed(reading, name))


def _is_placed(reading: Reading, name: Name) -> bool:
    before, after = reading.word(name.first - 1), reading.word(name.last)
    return before.lower() in _PLACED or before == "," or (after == "," and reading.word(name.last + 1).istitle())


def _plays(reading: Reading, name: Name) -> bool:
    before, after, second = reading.word(name.first - 1), reading.word(name.last), reading.word(name.last + 1)
    last = name.last - 1
    if before.lower() in _OPPOSED or (before.isdigit() and reading.word(name.first - 2) in {"No.", "no."}):
        return True
    if (after == "(" and second[:1].isdigit()) or (after.isdigit() and second in {",", "-", "–", "("}):
        return True
    if after in _POSSESSIVES:
        return any(reading.word(i) in words("sport_nouns") for i in range(name.last + 1, name.last + 5))
    return reading.dep[last] == "nsubj" and reading.lemma(reading.head(last)) in words("sport_verbs")
