"""Names that the model missed: capitalised words in mid-sentence, and names that it found elsewhere."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from functools import cache

from app.annotate.entities.lexicon import country_names, demonyms, phrases, words
from app.annotate.entities.noise import is_noise, is_portfolio
from app.annotate.entities.reading import Name, Reading

CAPITALS_CONFIDENCE = 0.5
REPEATED_CONFIDENCE = 0.7


def covered(reading: Reading, names: Iterable[Name]) -> bytearray:
    """One flag for each token: whether a name stands there."""
    flags = bytearray(len(reading))
    for name in names:
        flags[name.first : name.last] = b"\x01" * (name.last - name.first)
    return flags


def capitalised(reading: Reading, _names: Sequence[Name], taken: bytearray) -> Iterator[Name]:
    """Runs of capitalised words outside ``taken`` that the tagger, too, holds for proper nouns."""
    i = 0
    while i < len(reading):
        if taken[i] or not _is_capitalised(reading, i):
            i += 1
            continue
        first = i
        i += 1
        while step := _continues(reading, i, taken):
            i += step
        yield from _run(reading, first, i)


def _continues(reading: Reading, i: int, taken: bytearray) -> int:
    """By how many tokens a name that ends before token ``i`` goes on: "al-" and a capital, or a capital alone."""
    for step in (1, 2, 3):
        last = i + step - 1
        if (
            last >= len(reading)
            or taken[last]
            or (step == 1 and reading.opens[i] and not reading.words[i - 1].endswith("."))
        ):
            return 0
        if _is_capitalised(reading, last):
            return step
        if reading.words[last] not in words("particles") and not (reading.words[last] == "-" and reading.joined(last)):
            return 0
    return 0


def asides(reading: Reading, names: Sequence[Name], taken: bytearray) -> Iterator[Name]:
    """What stands capitalised in brackets right behind a name: "Jund al-Khilafah (Soldiers of the Caliphate)"."""
    for name in names:
        first = name.last + 1
        if reading.word(name.last) != "(" or name.label in {"GPE", "LOC", "NORP"}:
            continue
        last = reading.bracket_end(first)
        if last > first and not any(taken[first:last]) and _is_title(reading.words[first:last]):
            aside = reading.name(first, last, "", "parenthesis", CAPITALS_CONFIDENCE)
            if aside:
                yield aside


def _is_title(form: Sequence[str]) -> bool:
    """Whether a form is capitalised but for its small words."""
    small = words("links") | words("particles")
    big = [word for word in form if word not in small]
    return len(big) > 1 and form[0][0].isupper() and all(word[0].isupper() and word.isalpha() for word in big)


def _is_capitalised(reading: Reading, i: int) -> bool:
    word = reading.words[i]
    noun = reading.pos[i] == "PROPN" or (word.isupper() and len(word) > 2 and reading.pos[i] == "NOUN")
    return noun and word[0].isupper() and not reading.address(i)


def _run(reading: Reading, first: int, last: int) -> Iterator[Name]:
    common = words("common") | words("honorifics")
    while first < last and reading.words[first].rstrip(".") in common:
        first += 1
    while first < last and reading.words[last - 1].rstrip(".") in common:
        last -= 1
    if first < last and (reading.shouted(first) or is_portfolio(reading, first)):
        return
    if last - first == 1 and _is_doubtful(reading, first):
        return
    name = reading.name(first, last, "", "capitals", CAPITALS_CONFIDENCE) if first < last else None
    if name and not is_noise(reading, name):
        yield name


def _is_doubtful(reading: Reading, i: int) -> bool:
    """A single word that may owe its capital to its place, or a shape that no name has."""
    word = reading.words[i]
    if word in demonyms() or word in country_names():
        return False
    return reading.opens_sentence(i) or len(word) < 2 or not word[0].isalpha() or word in words("org_words")


def adjoined(reading: Reading, names: Iterable[Name]) -> list[Name]:
    """``names`` with a missed part and what it touches made one: "Loyiso" and "Tunce"."""
    whole: list[Name] = []
    for name in sorted(names, key=lambda name: name.start):
        before = whole[-1] if whole else None
        if before and (
            _are_parts(reading, before, name)
            or _is_body_of(reading, before, name)
            or _is_possessor(reading, before, name)
        ):
            label = before.label or name.label
            whole[-1] = reading.name(before.first, name.last, label, "adjoined", CAPITALS_CONFIDENCE) or before
        else:
            whole.append(name)
    return whole


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


def repeated(reading: Reading, names: Sequence[Name], taken: bytearray) -> Iterator[Name]:
    """Other occurrences, word for word, of ``names``; longest first."""
    forms = {tuple(reading.words[name.first : name.last]) for name in names}
    ordered = _by_first_word(form for form in forms if form[0][0].isupper() or len(form) > 1)
    i = 0
    while i < len(reading):
        form = _match(reading, i, ordered.get(reading.words[i], []), taken)
        if form:
            again = reading.name(i, i + len(form), "", "repeated", REPEATED_CONFIDENCE)
            if again:
                yield again
        i += len(form) or 1


def listed(reading: Reading, _names: Sequence[Name], taken: bytearray) -> Iterator[Name]:
    """Names that a list has, of countries, peoples, regions and well-known organisations."""
    for i, word in enumerate(reading.words):
        form = () if taken[i] else _match(reading, i, _listed_forms().get(word, ()), taken)
        if form and (name := reading.name(i, i + len(form), "", "listed", REPEATED_CONFIDENCE)):
            yield name


@cache
def _listed_forms() -> dict[str, list[tuple[str, ...]]]:
    """Listed names by their first words, the longest first; single words only when they can be nothing else."""
    single = {*demonyms(), *country_names()}
    forms = {tuple(name.split()) for name in single}
    for name in ("organisations", "facilities", "regions", "polities", "norp_phrases"):
        forms |= {form for form in phrases(name) if len(form) > 1 or form[0].isupper() or form[0] in _PLAIN_REGIONS}
    return _by_first_word(forms)


_PLAIN_REGIONS = frozenset({"Africa", "Asia", "Europe", "England", "Scotland", "Wales", "Reuters"})


def _by_first_word(forms: Iterable[tuple[str, ...]]) -> dict[str, list[tuple[str, ...]]]:
    found: dict[str, list[tuple[str, ...]]] = defaultdict(list)
    for form in sorted(forms, key=lambda form: (-len(form), form)):
        found[form[0]].append(form)
    return found


def _match(reading: Reading, i: int, forms: Sequence[tuple[str, ...]], taken: bytearray) -> tuple[str, ...]:
    for form in forms:
        end = i + len(form)
        if not any(taken[i:end]) and tuple(reading.words[i:end]) == form:
            return form
    return ()
