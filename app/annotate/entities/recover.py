"""Names that the model missed: capitalised words in mid-sentence, and names that it found elsewhere."""

from collections.abc import Iterable, Iterator, Sequence

from app.annotate.entities.lexicon import country_names, demonyms, words
from app.annotate.entities.noise import is_noise, is_portfolio
from app.annotate.entities.reading import Name, Reading


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
            aside = reading.name(first, last, "", "parenthesis")
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
    small = words("links", "particles")
    big = [word for word in form if word not in small]
    return len(big) > 1 and form[0][0].isupper() and all(word[0].isupper() and word.isalpha() for word in big)


def _is_capitalised(reading: Reading, i: int) -> bool:
    word = reading.words[i]
    noun = reading.pos[i] == "PROPN" or (word.isupper() and len(word) > 2 and reading.pos[i] == "NOUN")
    return noun and word[0].isupper() and not reading.address(i)


def _run(reading: Reading, first: int, last: int) -> Iterator[Name]:
    common = words("common", "honorifics")
    while first < last and reading.words[first].rstrip(".") in common:
        first += 1
    while first < last and reading.words[last - 1].rstrip(".") in common:
        last -= 1
    if first < last and (reading.shouted(first) or is_portfolio(reading, first)):
        return
    if last - first == 1 and _is_doubtful(reading, first):
        return
    name = reading.name(first, last, "", "capitals") if first < last else None
    if name and not is_noise(reading, name):
        yield name


def _is_doubtful(reading: Reading, i: int) -> bool:
    """A single word that may owe its capital to its place, or a shape that no name has."""
    word = reading.words[i]
    if word in demonyms() or word in country_names():
        return False
    if word.isupper() and word.lower() in reading.lower_words:  # shouted for emphasis
        return True
    return reading.opens_sentence(i) or len(word) < 2 or not word[0].isalpha() or word in words("org_words")


def peoples(reading: Reading, _names: Sequence[Name], taken: bytearray) -> Iterator[Name]:
    """Adjectives of peoples, creeds and parties in mid-sentence: "Western" in "Western countries"."""
    for i, word in enumerate(reading.words):
        if word not in words("norp") or taken[i] or reading.opens_sentence(i):
            continue
        if reading.word(i + 1)[:1].isupper() or reading.words[i - 1][:1].isupper():
            continue
        name = reading.name(i, i + 1, "NORP", "listed")
        if name:
            yield name


def surnames(reading: Reading, names: Sequence[Name], taken: bytearray) -> Iterator[Name]:
    """First and last words, by themselves, of people's full names."""
    parts = {
        reading.words[i]
        for name in names
        if name.label == "PERSON" and name.last - name.first > 1
        for i in (name.first, name.last - 1)
        if reading.words[i] not in words("honorifics", "common")
    }
    for i, word in enumerate(reading.words):
        if word in parts and not taken[i] and reading.pos[i] == "PROPN" and word.istitle():
            name = reading.name(i, i + 1, "", "repeated")
            if name:
                yield name
