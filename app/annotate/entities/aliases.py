"""Which names of an article are one entity's: surnames, short forms, acronyms, "also known as".

Every folded name has a root, the folded name that stands for its entity; a name that could have several
roots has none, and its mentions stay unlinked.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple

from app.annotate.entities.gazetteer import countries, is_known, states
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
_CONVENTION_CONFIDENCE = 0.6


def key_of(reading: Reading, name: Name) -> str:
    """The folded words of ``name``; a team is told from the place that it plays for."""
    key = reading.key(name)
    return f"{key} ({TEAM})" if name.rule == TEAM else key


def links(reading: Reading, names: Sequence[Name]) -> list[Link]:
    """The link of each of ``names``, in their order; a name that is its entity's own links to itself."""
    keys = [key_of(reading, name) for name in names]
    labels = dict(zip(keys, (name.label for name in names), strict=True))
    joins = _joins(reading, names, labels, Counter(keys))
    first = {key: place for place, key in reversed([*enumerate(keys)])}
    meant: dict[str, str | None] = {}
    found: list[Link] = []
    for place, (key, name) in enumerate(zip(keys, names, strict=True)):
        link = joins.get(key, Link(key, name.rule, name.confidence))
        if link.rivals:
            meant.setdefault(key, _whom(link.rivals, joins, first, place))
            link = link._replace(root=meant[key], confidence=_CONVENTION_CONFIDENCE)
        found.append(link)
    return found


def _whom(rivals: Iterable[str], joins: Mapping[str, Link], first: Mapping[str, int], place: int) -> str | None:
    """Whom a surname of several people means where it first stands alone, and from there on.

    The one whom the article has named so far; when it has named none, the one whom it names next.
    """
    known = {joins[rival].root if rival in joins else rival for rival in rivals if first[rival] < place}
    if not known:
        nearest = min(rivals, key=lambda rival: first[rival])
        return joins[nearest].root if nearest in joins else nearest
    return known.pop() if len(known) == 1 else None


def _joins(
    reading: Reading, names: Sequence[Name], labels: dict[str, str], counts: Mapping[str, int]
) -> dict[str, Link]:
    """The link of each folded name that is not its own root."""
    found: dict[str, Link] = {}
    for step in (
        _same_place(labels),
        _asides(reading, names),
        _people(labels),
        _short_names(labels, counts),
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


def _same_place(labels: dict[str, str]) -> dict[str, Link]:
    """ "U.S." and "United States", "Vt." and "Vermont": one id, one country or state, under the longest name."""
    known = states() | countries()
    by_code: dict[str, list[str]] = defaultdict(list)
    for key, label in labels.items():
        if label == "GPE" and key in known:
            by_code[known[key].geonames].append(key)
    return {
        key: Link(max(keys, key=len), "same place", 0.95) for keys in by_code.values() for key in keys if len(keys) > 1
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
    found = _full_names(people)
    for key in people:
        if key in by_end:
            found[key] = _one_of(by_end[key], "surname", 0.9)
        elif key in by_start:
            found[key] = _one_of(by_start[key], "given name", 0.9)
    return found


def _full_names(people: Iterable[str]) -> dict[str, Link]:
    """ "Ana Ribeiro" and "Ana M. Ribeiro": one given name and one surname, one person, under the longest name."""
    same: dict[tuple[str, str], list[str]] = defaultdict(list)
    for key in people:
        parts = [part for part in key.split(" ") if part.rstrip(".") not in _SUFFIXES]
        if len(parts) > 1:
            same[parts[0], parts[-1]].append(key)
    return {
        key: Link(max(keys, key=lambda key: (len(key), key)), "full name", 0.85)
        for keys in same.values()
        for key in keys
        if len(keys) > 1
    }


_SUFFIXES = frozenset({"jr", "sr", "ii", "iii", "iv"})


def _parts(keys: Iterable[str]) -> tuple[dict[str, list[str]], dict[str, list[str]]]:
    """The ``keys`` of several words by their last words, and by their first words, however many."""
    by_end: dict[str, list[str]] = defaultdict(list)
    by_start: dict[str, list[str]] = defaultdict(list)
    for key in keys:
        parts = [part for part in key.split(" ") if part.rstrip(".") not in _SUFFIXES]
        for i in range(1, min(len(parts), _LONGEST_NAME)):
            by_end[" ".join(parts[i:])].append(key)
            by_start[" ".join(parts[:i])].append(key)
    return by_end, by_start


def _one_of(candidates: Iterable[str], rule: str, confidence: float) -> Link:
    """The one candidate, or the one that all the others are parts of; no root when they are rivals."""
    ordered = sorted(candidates, key=len)
    longest = {*ordered[-1].split(" ")}
    if all({*name.split(" ")} <= longest for name in ordered):
        return Link(ordered[-1], rule, confidence)
    return Link(None, rule, confidence, tuple(ordered))


def _short_names(labels: dict[str, str], counts: Mapping[str, int]) -> dict[str, Link]:
    """The first words of an organisation's name: "Velora" of "Velora Holdings".

    The long name ends as organisations' names do, or stands there twice: else it may be half a headline.
    """
    organisations = [key for key, label in labels.items() if label == "ORG"]
    generic = {word.lower() for word in words("org_words", "corporate")}
    whole = [key for key in organisations if key.split(" ")[-1] in generic or counts[key] > 1]
    _, by_start = _parts(key for key in whole if " of " not in key)
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
