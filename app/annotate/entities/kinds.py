"""Of what type each name is: evidence from its form, its neighbours and the model, over the whole article.

Weights are in votes: one mention that the model labels is one vote.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from functools import cache

from app.annotate.entities.gazetteer import city_votes, states
from app.annotate.entities.lexicon import country_names, demonyms, first_names, phrases, words
from app.annotate.entities.reading import Name, Reading
from app.names import fold

Votes = dict[str, float]

_CLASSES: dict[str, str] = {
    "GPE": "place",
    "LOC": "place",
    "FAC": "place",
    "PERSON": "PERSON",
    "ORG": "ORG",
    "NORP": "NORP",
}
_MAX_MODEL_VOTES = 2.0


_SUMMIT = re.compile(r"(?:COP|G|BRICS)[ -]?\d\d?")


def form_votes(form: Sequence[str], key: str) -> Iterator[tuple[str, float]]:
    """What the words of a name say by themselves."""
    whole = " ".join(form)
    if whole in country_names() or tuple(form) in phrases("polities"):
        yield "GPE", 5
    if tuple(form) in phrases("regions"):
        yield "LOC", 5
    if tuple(form) in phrases("facilities"):
        yield "FAC", 4
    if tuple(form) in phrases("organisations"):
        yield "ORG", 4
    if whole in demonyms() or tuple(form) in phrases("norp_phrases") or all(word in words("norp") for word in form):
        yield "NORP", 5
    if whole in words("languages"):
        yield "LANGUAGE", 4
    if whole in words("outbreaks") or _SUMMIT.fullmatch(whole):
        yield "EVENT", 6
    if key in states():
        yield "GPE", 4
    elif weight := city_votes(key):
        yield "GPE", weight
    yield from _designator_votes(form)
    yield from _given_name_votes(form)


def _designator_votes(form: Sequence[str]) -> Iterator[tuple[str, float]]:
    if len(form) < 2:
        return
    head = _head_word(form)
    for label, name in _DESIGNATORS:
        if head in words(name):
            yield label, 4


_DESIGNATORS = (
    ("ORG", "org_words"),
    ("LOC", "loc_words"),
    ("GPE", "gpe_words"),
    ("FAC", "fac_words"),
    ("EVENT", "event_words"),
    ("LAW", "law_words"),
    ("PRODUCT", "product_words"),
)


def _head_word(form: Sequence[str]) -> str:
    """The last word, or the one before "of": "University" in "University of Nairobi"."""
    for i, word in enumerate(form):
        if i and word in {"of", "for", "de", "del"}:
            return form[i - 1]
    return form[-1].rstrip(".")


def _given_name_votes(form: Sequence[str]) -> Iterator[tuple[str, float]]:
    if form[0] in first_names():
        yield "PERSON", 2.5 if 1 < len(form) < 5 else 0.7


def context_votes(reading: Reading, name: Name) -> Iterator[tuple[str, float]]:
    """What the words around one mention say."""
    yield from _votes_before(reading, name)
    yield from _votes_behind(reading, name)


@cache
def _cues_before() -> dict[str, tuple[str, float]]:
    """What one word right before a name says of it."""
    cues = _cues(
        {"person_nouns": ("PERSON", 2), "org_nouns": ("ORG", 2), "place_nouns": ("GPE", 2), "loc_tails": ("LOC", 4)}
    )
    cues |= {title: ("PERSON", 3) for word in words("honorifics") for title in (word, word + ".")}
    cues |= dict.fromkeys(words("storm_nouns"), ("EVENT", 5))
    cues |= dict.fromkeys(("the", "The", "a", "an", "its", "at"), ("PERSON", -1))
    return cues | dict.fromkeys(("in", "In", "near"), ("GPE", 1.2))


@cache
def _cues_behind() -> dict[str, tuple[str, float]]:
    """What one word right behind a name says of it."""
    return _cues({"place_tails": ("GPE", 2), "org_tails": ("ORG", 2), "loc_tails": ("LOC", 4)})


def _cues(lists: Mapping[str, tuple[str, float]]) -> dict[str, tuple[str, float]]:
    return {word: vote for name, vote in lists.items() for word in words(name)}


def _votes_before(reading: Reading, name: Name) -> Iterator[tuple[str, float]]:
    before, second = reading.word(name.first - 1), reading.word(name.first - 2)
    if before.endswith(_LED) or (before in {"led", "owned", "listed"} and second == "-"):
        yield "ORG", 2
    if before in _cues_before():
        yield _cues_before()[before]
    elif before == "(" and reading.word(name.last) == ")":
        yield "ORG", 1
    elif before == "/" and second.upper() == "REUTERS":  # the photographer, in a caption
        yield "PERSON", 4
    elif before in {"of", "in", "at", "for"} and second in words("org_relations"):
        yield "ORG", 1.5
    elif before in {"of", ","} and second in words("place_nouns"):
        yield "GPE", 2
    elif before == "," and second in words("loc_tails"):
        yield "LOC", 4


def _votes_behind(reading: Reading, name: Name) -> Iterator[tuple[str, float]]:
    after, second = reading.word(name.last), reading.word(name.last + 1)
    if after in _cues_behind():
        yield _cues_behind()[after]
    elif after == "," and second.isdigit() and reading.word(name.last + 2) in {",", "."}:
        yield "PERSON", 3
    elif after == "," and second == "who":
        yield "PERSON", 2
    elif after == ",":
        yield from _apposition_votes(reading, name.last + 1)
    elif after == "-" and second in {"based", "born"}:
        yield "GPE", 3
    yield from _subject_votes(reading, name)


def _apposition_votes(reading: Reading, start: int) -> Iterator[tuple[str, float]]:
    """ ", a spokeswoman for …": the first telling noun of an apposition within six words."""
    if reading.word(start) not in {"a", "an", "the", "former", "deputy", "his", "her", "their"}:
        return
    for i in range(start + 1, min(start + 7, len(reading))):
        word = reading.words[i]
        if word in {",", ".", "of", "for", "who", "in", "at", "\n"}:
            return
        for label, nouns in (("PERSON", "person_nouns"), ("ORG", "org_nouns"), ("GPE", "place_nouns")):
            if word in words(nouns) and reading.word(i + 1) not in words("person_nouns") | words("org_nouns"):
                yield label, 2
                return


def _subject_votes(reading: Reading, name: Name) -> Iterator[tuple[str, float]]:
    last = name.last - 1
    if reading.dep[last] != "nsubj":
        return
    verb = reading.lemma(reading.head(last))
    if verb in words("speech"):
        yield "PERSON", 0.6
        yield "ORG", 0.3
    elif verb in words("business_verbs"):
        yield "ORG", 1


_LED = ("-led", "-owned", "-listed")


def settle(reading: Reading, names: Sequence[Name]) -> list[Name]:
    """``names`` with one type for all mentions of the same words; without those that nothing speaks for.

    Long names first: a full name decides for the surname alone, an expansion for its acronym.
    """
    groups: dict[str, list[Name]] = defaultdict(list)
    for name in names:
        groups[reading.key(name)].append(name)
    inherited: dict[str, Votes] = defaultdict(dict)
    settled: list[Name] = []
    for key, group in sorted(groups.items(), key=_order):
        votes = _all_votes(reading, key, group, inherited[key])
        label = decide(votes) or _default(reading, group)
        if label:
            _bequeath(reading, key, group, label, inherited)
            settled += [name._replace(label=label) for name in group]
    return sorted(settled, key=lambda name: name.start)


def _order(item: tuple[str, list[Name]]) -> tuple[bool, int, str]:
    key, group = item
    return group[0].rule == "parenthesis", -key.count(" "), key


def _all_votes(reading: Reading, key: str, group: Sequence[Name], inherited: Votes) -> Votes:
    votes: Votes = defaultdict(float, inherited)
    for label, weight in _model_votes(group):
        votes[label] += weight
    for label, weight in form_votes(reading.form(group[0]), key):
        votes[label] += weight
    for name in group:
        if name.rule == "dateline":
            votes[name.label] += 5
        for label, weight in context_votes(reading, name):
            votes[label] += weight
    return votes


def _model_votes(group: Sequence[Name]) -> Iterator[tuple[str, float]]:
    """The model's labels of one name's mentions, with a ceiling so that other evidence can speak."""
    counts = Counter(name.label for name in group if name.label)
    total = sum(counts.values())
    for label, count in counts.items():
        yield label, count * min(total, _MAX_MODEL_VOTES) / total


def _default(reading: Reading, group: Sequence[Name]) -> str | None:
    """For a name that nothing speaks for: an acronym or several words are an organisation most often."""
    first = group[0]
    return "ORG" if first.last - first.first > 1 or reading.words[first.first].isupper() else None


def _bequeath(reading: Reading, key: str, group: Sequence[Name], label: str, inherited: dict[str, Votes]) -> None:
    """Let the parts and the acronym of a long name inherit its type."""
    parts = key.split(" ")
    if len(parts) > 1 and label == "PERSON":
        _add(inherited[parts[-1]], label, 4)
        _add(inherited[parts[0]], label, 1.5)
    elif len(parts) > 1 and label == "ORG":
        _add(inherited[parts[0]], label, 1)
        if parts[-1] in words("corporate"):
            _add(inherited[" ".join(parts[:-1])], label, 3)
    for name in group:
        last = reading.bracket_end(name.last + 1)
        if len(parts) > 1 and label != "PERSON" and reading.word(name.last) == "(" and last > name.last + 1:
            _add(inherited[fold(reading.text[reading.starts[name.last + 1] : reading.end(last - 1)])], label, 4)
            break


def _add(votes: Votes, label: str, weight: float) -> None:
    votes[label] = votes.get(label, 0) + weight


def decide(votes: Mapping[str, float]) -> str | None:
    """The label with most votes, in the class (person, place, …) with most votes; None without any."""
    classes: Votes = defaultdict(float)
    for label, weight in votes.items():
        classes[_CLASSES.get(label, "other")] += weight
    best, weight = max(
        ((kind, weight) for kind, weight in classes.items()), key=lambda item: item[::-1], default=("", 0)
    )
    if weight <= 0:
        return None
    return max((votes[label], label) for label in votes if _CLASSES.get(label, "other") == best)[1]
