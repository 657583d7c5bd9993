"""Which names of an article are one entity's: surnames, short forms, acronyms, "also known as".

Every folded name has a root, the folded name that stands for its entity; a name that could have several
roots has none, and its mentions stay unlinked.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence, Set
from itertools import pairwise
from typing import NamedTuple

from app.annotate.entities.gazetteer import countries, is_known
from app.annotate.entities.lexicon import country_names, words
from app.annotate.entities.reading import Name, Reading
from app.annotate.entities.teams import TEAM


class Link(NamedTuple):
    """What a folded name belongs to, and why; ``root`` is None when any of ``rivals`` could be meant."""

    root: str | None
    rule: str
    confidence: float
    rivals: tuple[str, ...] = ()


_AKA = (
    ("also", "known", "as"),
    ("known", "as"),
    ("better", "known", "as"),
    ("formerly", "known", "as"),
    ("also", "called"),
    ("aka",),
    ("a.k.a.",),
    ("formerly",),
)
_LONGEST_NAME = 8  # words
_INTRODUCED_CONFIDENCE = 0.7


def key_of(reading: Reading, name: Name) -> str:
    """The folded words of ``name``; a team is told from the place that it plays for."""
    key = reading.key(name)
    return f"{key} ({TEAM})" if name.rule == TEAM else key


def links(reading: Reading, names: Sequence[Name]) -> list[Link]:
    """The link of each of ``names``, in their order; a name that is its entity's own links to itself."""
    keys = [key_of(reading, name) for name in names]
    joins = _joins(reading, names, dict(zip(keys, (name.label for name in names), strict=True)))
    introduced: set[str] = set()
    found: list[Link] = []
    for key, name in zip(keys, names, strict=True):
        introduced.add(key)
        link = joins.get(key, Link(key, name.rule, name.confidence))
        known = {_root(rival, joins) for rival in link.rivals if rival in introduced}
        found.append(_introduced(link, known) if link.rivals else link)
    return found


def _root(key: str, joins: Mapping[str, Link]) -> str | None:
    return joins[key].root if key in joins else key


def _introduced(link: Link, known: Set[str | None]) -> Link:
    """A surname of two people means the one of them that the article has named so far, if that is one only."""
    if len(known) != 1:
        return link
    return link._replace(root=next(iter(known)), confidence=_INTRODUCED_CONFIDENCE)


def _joins(reading: Reading, names: Sequence[Name], labels: dict[str, str]) -> dict[str, Link]:
    """The link of each folded name that is not its own root."""
    found: dict[str, Link] = {}
    for step in (
        _same_country(labels),
        _asides(reading, names),
        _people(labels),
        _short_names(labels),
        _acronyms(labels),
    ):
        for key, link in step.items():
            if key not in found and link.root != key:
                found[key] = link
    return {key: _resolved(key, link, found) for key, link in found.items()}


def _resolved(key: str, link: Link, found: dict[str, Link]) -> Link:
    """``link`` followed to its end; a circle ends where it began."""
    seen = {key}
    while link.root in found and link.root not in seen:
        seen.add(link.root)
        above = found[link.root]
        link = link._replace(root=above.root, rivals=above.rivals)
    return link


def _same_country(labels: dict[str, str]) -> dict[str, Link]:
    """ "U.S." and "United States": one ISO code, one country, under the longest name."""
    known = countries()
    by_code: dict[str, list[str]] = defaultdict(list)
    for key, label in labels.items():
        if label == "GPE" and key in known:
            by_code[known[key].country].append(key)
    return {
        key: Link(max(keys, key=len), "same country", 0.95)
        for keys in by_code.values()
        for key in keys
        if len(keys) > 1
    }


def _asides(reading: Reading, names: Sequence[Name]) -> dict[str, Link]:
    """ "International Atomic Energy Agency (IAEA)", "Jund al-Khilafah (Soldiers of the Caliphate)", "also known as"."""
    found: dict[str, Link] = {}
    for one, two in pairwise(names):
        if one.label != two.label:
            continue
        gap = reading.words[one.last : two.first]
        if gap == ["("] and reading.word(two.last) == ")" and one.label not in {"GPE", "PERSON", "NORP"}:
            found.setdefault(key_of(reading, two), Link(key_of(reading, one), "parenthesis", 0.9))
        elif tuple(word for word in gap if word not in {",", "(", "the", "The"}) in _AKA:
            found.setdefault(key_of(reading, two), Link(key_of(reading, one), "also known as", 0.9))
    return found


def _people(labels: dict[str, str]) -> dict[str, Link]:
    """A surname, or a given name, alone belongs to the one full name of the article that has it."""
    people = [key for key, label in labels.items() if label == "PERSON"]
    by_end, by_start = _parts(people)
    found: dict[str, Link] = {}
    for key in people:
        if key in by_end:
            found[key] = _one_of(by_end[key], "surname", 0.9)
        elif key in by_start:
            found[key] = _one_of(by_start[key], "given name", 0.9)
    return found


def _parts(keys: Iterable[str]) -> tuple[dict[str, list[str]], dict[str, list[str]]]:
    """The ``keys`` of several words by their last words, and by their first words, however many."""
    by_end: dict[str, list[str]] = defaultdict(list)
    by_start: dict[str, list[str]] = defaultdict(list)
    for key in keys:
        parts = key.split(" ")
        for i in range(1, min(len(parts), _LONGEST_NAME)):
            by_end[" ".join(parts[i:])].append(key)
            by_start[" ".join(parts[:i])].append(key)
    return by_end, by_start


def _one_of(candidates: Iterable[str], rule: str, confidence: float) -> Link:
    """The one candidate, or the one that all the others are parts of; no root when they are rivals."""
    ordered = sorted(candidates, key=len)
    longest = set(ordered[-1].split(" "))
    if all(set(name.split(" ")) <= longest for name in ordered):
        return Link(ordered[-1], rule, confidence)
    return Link(None, rule, confidence, tuple(ordered))


def _short_names(labels: dict[str, str]) -> dict[str, Link]:
    """The first words of an organisation's name: "Velora" of "Velora Holdings"."""
    organisations = [key for key, label in labels.items() if label == "ORG"]
    _, by_start = _parts(key for key in organisations if " of " not in key)
    generic = {word.lower() for word in words("org_words")}
    found = {
        key: _one_of(by_start[key], "short name", 0.8)
        for key in organisations
        if key in by_start and key not in generic and not is_known(key)
    }
    return {key: link for key, link in found.items() if link.root}  # of several, the short name is the parent of all


def _acronyms(labels: dict[str, str]) -> dict[str, Link]:
    """ "IAEA" of the one organisation whose capitals it spells."""
    spelt: dict[str, list[str]] = defaultdict(list)
    for key, label in labels.items():
        parts = [part for part in key.replace("-", " ").split() if part not in words("links")]
        if label == "ORG" and len(parts) > 2:
            spelt["".join(part[0] for part in parts)].append(key)
    return {
        key: _one_of(spelt[bare], "acronym", 0.85)
        for key, label in labels.items()
        if label == "ORG" and (bare := key.replace(".", "")) in spelt and key not in country_names()
    }
