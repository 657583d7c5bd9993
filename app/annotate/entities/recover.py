"""Names that the model missed: capitalised words in mid-sentence, and names that it found elsewhere."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from functools import cache

from app.annotate.entities.boundaries import without_overlaps
from app.annotate.entities.lexicon import country_names, demonyms, phrases, words
from app.annotate.entities.noise import is_noise, is_portfolio
from app.annotate.entities.reading import Name, Reading

CAPITALS_CONFIDENCE = 0.5
REPEATED_CONFIDENCE = 0.7
_MAX_REPEATED = 12  # words; longer ones are sentences that the model took for titles
_PLAIN = frozenset({"Africa", "Asia", "Europe", "England", "Scotland", "Wales", "Reuters"})


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
        if last > first and not any(taken[first:last]) and _is_aside(reading, name, first, last):
            aside = reading.name(first, last, "", "parenthesis", CAPITALS_CONFIDENCE)
            if aside:
                yield aside


def _is_aside(reading: Reading, name: Name, first: int, last: int) -> bool:
    """Whether the words in brackets are another name, or the acronym of a name of several words."""
    if last - first > 1:
        return _is_title(reading.words[first:last])
    word = reading.words[first]
    return name.last - name.first > 1 and name.label != "PERSON" and word.isalpha() and any(c.isupper() for c in word)


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


Forms = tuple[frozenset[tuple[str, ...]], dict[str, list[int]]]


def whole_phrases(reading: Reading, names: Sequence[Name]) -> list[Name]:
    """``names`` with listed names of several words in the place of their parts: "Trinidad" and "Tobago"."""
    phrases = [name for name in listed(reading, names, bytearray(len(reading))) if name.last - name.first > 1]
    at = {i: phrase for phrase in phrases for i in range(phrase.first, phrase.last)}
    kept = [name for name in names if not (name.first in at and _is_part(name, at[name.first]))]
    return kept + without_overlaps(phrases, kept)


def _is_part(name: Name, phrase: Name) -> bool:
    return phrase.first <= name.first and name.last <= phrase.last and name[:2] != phrase[:2]


def repeated(reading: Reading, names: Sequence[Name], taken: bytearray) -> Iterator[Name]:
    """Other occurrences, word for word, of ``names``; longest first."""
    found = {tuple(reading.words[name.first : name.last]) for name in names}
    forms = _forms(form for form in found if len(form) <= _MAX_REPEATED and form[0][0].isupper())
    yield from _occurrences(reading, forms, taken, "repeated")
    if reading.has_shouts:
        loud = _forms(tuple(word.upper() for word in form) for form in found if len(form) <= _MAX_REPEATED)
        quiet = bytearray(hidden or not reading.shouted(i) for i, hidden in enumerate(taken))
        yield from _occurrences(reading, loud, quiet, "repeated")


def peoples(reading: Reading, _names: Sequence[Name], taken: bytearray) -> Iterator[Name]:
    """Adjectives of peoples, creeds and parties in mid-sentence: "Western" in "Western countries"."""
    for i, word in enumerate(reading.words):
        if word not in words("norp") or taken[i] or reading.opens_sentence(i):
            continue
        if reading.word(i + 1)[:1].isupper() or reading.words[i - 1][:1].isupper():
            continue
        name = reading.name(i, i + 1, "NORP", "listed", REPEATED_CONFIDENCE)
        if name:
            yield name


def surnames(reading: Reading, names: Sequence[Name], taken: bytearray) -> Iterator[Name]:
    """First and last words, by themselves, of people's full names."""
    parts = {
        reading.words[i]
        for name in names
        if name.label == "PERSON" and name.last - name.first > 1
        for i in (name.first, name.last - 1)
    }
    for i, word in enumerate(reading.words):
        if word in parts and not taken[i] and reading.pos[i] == "PROPN" and word.istitle():
            name = reading.name(i, i + 1, "", "repeated", REPEATED_CONFIDENCE)
            if name:
                yield name


def listed(reading: Reading, _names: Sequence[Name], taken: bytearray) -> Iterator[Name]:
    """Names that a list has, of countries, peoples, regions and well-known organisations."""
    yield from _occurrences(reading, _listed_forms(), taken, "listed")


@cache
def _listed_forms() -> Forms:
    """Listed names; single words only when they can be nothing else."""
    loud = {name.upper() for name in country_names() if len(name) > 3}
    forms = {tuple(name.split()) for name in {*demonyms(), *country_names(), *loud, *words("outbreaks")}}
    for name in ("organisations", "facilities", "regions", "polities", "norp_phrases"):
        forms |= {form for form in phrases(name) if len(form) > 1 or form[0].isupper() or form[0] in _PLAIN}
    return _forms(forms)


def _forms(forms: Iterable[tuple[str, ...]]) -> Forms:
    """``forms``, and for each first word the lengths, longest first, of those that begin with it."""
    known = frozenset(forms)
    lengths: dict[str, set[int]] = defaultdict(set)
    for form in known:
        lengths[form[0]].add(len(form))
    return known, {word: sorted(found, reverse=True) for word, found in lengths.items()}


def _occurrences(reading: Reading, forms: Forms, taken: bytearray, rule: str) -> Iterator[Name]:
    known, lengths = forms
    end = 0
    for i, word in enumerate(reading.stems):
        if taken[i] or i < end or word not in lengths:
            continue
        for length in lengths[word]:
            end = i + length
            if (word, *reading.words[i + 1 : end]) in known and not any(taken[i:end]):
                name = reading.name(i, end, "", rule, REPEATED_CONFIDENCE)
                if name:
                    yield name
                break
        else:
            end = i
