"""Names that the model missed: capitalised words in mid-sentence, and names that it found elsewhere."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from app.annotate.entities.lexicon import country_names, demonyms, words
from app.annotate.entities.noise import is_noise
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
    if first < last and reading.shouted(first):
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


def repeated(reading: Reading, names: Sequence[Name], taken: bytearray) -> Iterator[Name]:
    """Other occurrences, word for word, of ``names``; longest first."""
    forms: dict[str, set[tuple[str, ...]]] = defaultdict(set)
    for name in names:
        form = tuple(reading.words[name.first : name.last])
        if form[0][0].isupper() or len(form) > 1:
            forms[form[0]].add(form)
    ordered = {head: sorted(tails, key=len, reverse=True) for head, tails in forms.items()}
    i = 0
    while i < len(reading):
        form = _match(reading, i, ordered.get(reading.words[i], []), taken)
        if form:
            again = reading.name(i, i + len(form), "", "repeated", REPEATED_CONFIDENCE)
            if again:
                yield again
        i += len(form) or 1


def _match(reading: Reading, i: int, forms: Sequence[tuple[str, ...]], taken: bytearray) -> tuple[str, ...]:
    for form in forms:
        end = i + len(form)
        if not any(taken[i:end]) and tuple(reading.words[i:end]) == form:
            return form
    return ()
