"""The model's spans, mended: torn where two names meet, trimmed to the name, grown to the whole name."""

import re
from collections.abc import Iterable, Iterator

from spacy.tokens import Doc

from app.annotate.entities.lexicon import demonyms, first_names, words
from app.annotate.entities.reading import Name, Reading
from app.annotations import ENTITY_TYPES

_ARTICLES = frozenset({"the", "a", "an"})
_POSSESSIVES = frozenset({"'s", "’s"})
_TEARS = frozenset({"/", "(", ")", "[", "]", "|", "–", "—", "•", ";"})
_BETWEEN_PEOPLE = frozenset({"and", "as", "to", "with", "or", "&"})
_MARKUP = re.compile(r"[\n<>=]")
_TITLED = frozenset({"WORK_OF_ART", "LAW", "EVENT", "PRODUCT"})


def model_names(doc: Doc, reading: Reading) -> tuple[list[Name], list[Name]]:
    """The names, and the values (dates, numbers), that the model found in ``doc``."""
    names: list[Name] = []
    values: list[Name] = []
    for span in doc.ents:
        if span.label_ in ENTITY_TYPES:
            for first, last in _pieces(reading, span.start, span.end, span.label_):
                names += _name(reading, first, last, span.label_)
        elif value := reading.name(span.start, span.end, span.label_, "model"):
            values.append(value)
    return _joined(reading, names), values


def without_overlaps(names: Iterable[Name], others: Iterable[Name]) -> list[Name]:
    """``names`` without those that share a token with one of ``others``."""
    taken = {i for other in others for i in range(other.first, other.last)}
    return [name for name in names if taken.isdisjoint(range(name.first, name.last))]


def _pieces(reading: Reading, first: int, last: int, label: str) -> Iterator[tuple[int, int]]:
    """Tear at line breaks, brackets, spaced dashes and addresses, and people apart from each other."""
    start = first
    tears = _TEARS | _BETWEEN_PEOPLE if label == "PERSON" else _TEARS
    for i in range(first, last):
        word = reading.words[i]
        spaced_dash = word == "-" and not reading.joined(i)
        if word in tears or spaced_dash or _MARKUP.search(word) or reading.address(i) or _is_verb(reading, i, first):
            if start < i:
                yield start, i
            start = i + 1
    if start < last:
        yield start, last


def _is_verb(reading: Reading, i: int, first: int) -> bool:
    """Whether token ``i`` is the verb of a headline: "Fires" in "Vostok Fires Abenov"."""
    return i > first and reading.pos[i] == "VERB" and reading.words[i].endswith("s")


def _name(reading: Reading, first: int, last: int, label: str) -> list[Name]:
    first, last = _trim_lower(reading, first, last, label)
    if label not in _TITLED:
        last = _trim_possessive(reading, first, last)
    if last - first > 1 and reading.words[first].rstrip(".") in words("strict_honorifics"):
        label = "PERSON"
    if label == "ORG":
        last = _before_offices(reading, first, last)
    if label == "PERSON":
        first = _after_honorifics(reading, first, last)
        last = _person_end(reading, first, last)
    name = reading.name(first, last, label, "model") if first < last else None
    return [name] if name else []


def _trim_lower(reading: Reading, first: int, last: int, label: str) -> tuple[int, int]:
    """Without articles and lower-case words at the edges, such as "mascot" in "mascot Benny"."""
    particles = words("particles")
    while first < last and _is_no_beginning(reading.words[first]) and reading.words[first] not in particles:
        first += 1
    if label not in _TITLED:
        while first < last and _is_ordinary(reading.words[last - 1]) and not reading.joined(last - 1):
            last -= 1
    return first, last


def _is_no_beginning(word: str) -> bool:
    return _is_ordinary(word) or word in {"Former", "Ex", "Late", "Outgoing"}


def _is_ordinary(word: str) -> bool:
    """An article, or a word with no capital in it; "al-Shabab", "iPhone" and "mid-Atlantic" are none."""
    return word.lower() in _ARTICLES or (word.islower() and word.isascii() and word.isalpha())


def _trim_possessive(reading: Reading, first: int, last: int) -> int:
    """Without what an owner's name owns: "Bank of England's Governor"."""
    if reading.words[last - 1] in words("org_words", "fac_words", "loc_words"):
        return last
    for i in range(first + 1, last - 1):
        if reading.words[i] in _POSSESSIVES and reading.words[i - 1] not in words("classes"):
            return i
    return last


def _before_offices(reading: Reading, first: int, last: int) -> int:
    """Without the office: "FIFA" in "FIFA President"."""
    offices = words("offices")
    while last - first > 1 and reading.words[last - 1] in offices:
        last -= 1
    return last


def _after_honorifics(reading: Reading, first: int, last: int) -> int:
    """Without what stands before a name: "Gen", "President", "Welshman"."""
    honorifics, given = words("honorifics"), first_names()
    while first < last - 1:
        word = reading.words[first]
        titled = word.rstrip(".") in honorifics or word in demonyms() or word in words("norp")
        described = last - first > 2 and word.lower() in words("person_nouns")
        if not (titled or described) or (word in given and reading.words[first + 1] not in honorifics):
            break
        first += 1
    return first


def _person_end(reading: Reading, first: int, last: int) -> int:
    """Where the name ends: "Ursula" goes on to "von der Leyen"; "Ann Lund Writing" has gone too far."""
    while last - first > 1 and (reading.words[last - 1] in _CREDITS or reading.words[last - 1][0].isdigit()):
        last -= 1
    last = _hyphen_end(reading, last)
    for end in range(last, min(last + 3, len(reading) - 1)):
        if reading.words[end] not in _NOBILIARY:
            break
        if reading.words[end + 1][0].isupper():
            return end + 2
    return last


_CREDITS = frozenset({"Writing", "Editing", "Reporting"})
_NOBILIARY = frozenset({"von", "van", "der", "den", "ter", "bin", "ibn", "bint", "di", "lo", "della", "dos"})


def _hyphen_end(reading: Reading, last: int) -> int:
    """Beyond a hyphen where the tokenizer split a name: "Moon Jae" "-" "in"."""
    while reading.word(last) == "-" and reading.joined(last) and last + 1 < len(reading) and reading.joined(last + 1):
        if not reading.words[last + 1].isalpha() or len(reading.words[last + 1]) > 7:
            break
        last += 2
    return last


def _joined(reading: Reading, names: list[Name]) -> list[Name]:
    """Parts of one name put together: "Mary Ann" "Lund-Hansen", "Ursula" von der "Leyen"."""
    joined: list[Name] = []
    for name in names:
        before = joined[-1] if joined else None
        if before and before.last > name.first:
            continue
        if before and _is_one_name(reading, before, name):
            whole = reading.name(before.first, name.last, before.label, "model")
            joined[-1] = whole or before
        else:
            joined.append(name)
    return joined


def _is_one_name(reading: Reading, one: Name, two: Name) -> bool:
    gap = reading.words[one.last : two.first]
    if len(gap) > 3 or any("\n" in word for word in gap):
        return False
    if one.label == two.label == "PERSON":
        return not gap or all(word in words("particles") for word in gap)
    if one.label == two.label == "ORG":
        return not gap
    return False
