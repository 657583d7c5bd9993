"""Names made whole: parts put together, and the common nouns that belong to a name taken in."""

from collections.abc import Iterable, Sequence

from app.annotate.entities.lexicon import country_names, demonyms, first_names, words
from app.annotate.entities.reading import Name, Reading


def adjoined(reading: Reading, names: Iterable[Name]) -> list[Name]:
    """``names`` with a missed part and what it touches made one: "Amina" and "Yusufu"."""
    whole: list[Name] = []
    for name in sorted(names, key=lambda name: name.start):
        before = whole[-1] if whole else None
        label = _label_of_both(reading, before, name) if before else None
        if before and label is not None:
            whole[-1] = reading.name(before.first, name.last, label, "adjoined") or before
        else:
            whole.append(name)
    return whole


def _label_of_both(reading: Reading, one: Name, two: Name) -> str | None:
    """The type of the name that ``one`` and ``two`` are together; None when they are two."""
    if _is_full_name(reading, one, two):
        return "PERSON"
    if _are_parts(reading, one, two) or _is_body_of(reading, one, two) or _is_possessor(reading, one, two):
        return one.label or two.label
    return None


def _is_full_name(reading: Reading, one: Name, two: Name) -> bool:
    """Whether ``one`` is a given name and ``two`` may be its surname: "Kofi" "Asante"."""
    surname = reading.words[two.first]
    return (
        one.last == two.first
        and one.last - one.first == two.last - two.first == 1
        and reading.words[one.first] in first_names()
        and surname.istitle()
        and two.label in {"", "ORG", "GPE", "PERSON"}
        and surname not in words("org_words", "fac_words", "loc_words", "gpe_words", "event_words")
        and surname not in country_names()
    )


def _is_body_of(reading: Reading, one: Name, two: Name) -> bool:
    """Whether ``one`` is "Economic Commission" and ``two`` "Latin America", with "for" between."""
    gap = reading.words[one.last : two.first]
    return (
        one.label in {"ORG", ""}
        and reading.words[one.last - 1] in words("org_words")
        and gap in (["of"], ["of", "the"], ["for"], ["for", "the"])
    )


def _is_possessor(reading: Reading, one: Name, two: Name) -> bool:
    """Whether ``one`` is "Women" and ``two`` "Wear Daily", with "'s" between."""
    gap = reading.words[one.last : two.first]
    return reading.words[one.last - 1] in words("classes") and gap in (["'s"], ["’s"], ["'"], ["’"])


def _are_parts(reading: Reading, one: Name, two: Name) -> bool:
    if one.last != two.first:
        return False
    if "capitals" not in {one.rule, two.rule} or "listed" in {one.rule, two.rule} or "dateline" in {one.rule, two.rule}:
        return False
    return {one.label, two.label} <= {"", "PERSON", "ORG"} and not reading.opens[two.first]


def with_given_names(reading: Reading, names: Sequence[Name]) -> list[Name]:
    """``names`` with the given name that opens a sentence, where its capital said nothing: "Tiwa" and "Bello"."""
    ends = {name.last for name in names}
    return [name if name.first in ends else _with_given_name(reading, name) for name in names]


def _with_given_name(reading: Reading, name: Name) -> Name:
    if name.label != "PERSON" or not _is_given_name(reading, name.first - 1):
        return name
    return reading.name(name.first - 1, name.last, "PERSON", "adjoined") or name


def _is_given_name(reading: Reading, i: int) -> bool:
    word = reading.word(i)
    return (
        word.istitle()
        and word.isalpha()
        and reading.pos[i] == "PROPN"
        and not reading.opens[i + 1]
        and word.lower() not in reading.lower_words
        and word.lower() not in words("person_nouns")
        and word not in demonyms()
        and word not in words(*_NO_GIVEN_NAMES)
    )


_NO_GIVEN_NAMES = ("common", "honorifics", "offices", "portfolios", "norp", "org_words", "gpe_words", "fac_words")


def with_regions(reading: Reading, names: Iterable[Name]) -> list[Name]:
    """``names`` with "the Atyrau region" told from Atyrau: "region" and "province" are part of the name."""
    return [_with_region(reading, name) for name in names]


def _with_region(reading: Reading, name: Name) -> Name:
    tail = reading.word(name.last)
    the = reading.word(name.first - 1).lower() == "the"
    if name.label not in {"GPE", "LOC"} or not (tail == "province" or (tail == "region" and the)):
        return name
    return reading.name(name.first, name.last + 1, "GPE", name.rule) or name


def with_offices(reading: Reading, names: Iterable[Name]) -> list[Name]:
    """``names`` with the offices named after a place: "Atyrau region prosecutor's office"."""
    return [_with_office(reading, name) for name in names]


def _with_office(reading: Reading, name: Name) -> Name:
    last = name.last + (reading.word(name.last) in {"region", "province", "county", "city", "district", "state"})
    holder = reading.words[last : last + 3]
    if name.label not in {"GPE", "LOC"} or len(holder) < 3 or holder[0] not in words("office_holders"):
        return name
    if holder[1] not in {"'s", "’s"} or holder[2].lower() != "office":
        return name
    return reading.name(name.first, last + 3, "ORG", "office") or name
