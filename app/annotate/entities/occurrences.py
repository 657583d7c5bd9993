"""Where names that are known, from a list or from elsewhere in the article, occur in a text."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from functools import cache

from app.annotate.entities.boundaries import without_overlaps
from app.annotate.entities.lexicon import country_names, demonyms, phrases, words
from app.annotate.entities.reading import Name, Reading

_MAX_REPEATED = 12  # words; longer ones are sentences that the model took for titles
_PLAIN = frozenset({"Africa", "Asia", "Europe", "England", "Scotland", "Wales", "Reuters"})

# Names as tuples of words; and for each first word how long, longest first, those are that begin with it.
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
            if end > len(reading.words):
                continue
            if (word, *reading.words[i + 1 : end]) in known and not any(taken[i:end]):
                name = reading.name(i, end, "", rule)
                if name:
                    yield name
                break
        else:
            end = i
