"""Of what type each name is: the model, the form and the neighbours of all its mentions are heard."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence

from app.annotate.entities.contexts import context_votes
from app.annotate.entities.forms import Vote, form_votes
from app.annotate.entities.lexicon import words
from app.annotate.entities.reading import Name, Reading
from app.names import fold

Votes = dict[str, float]

_CLASSES = {"GPE": "place", "LOC": "place", "FAC": "place", "PERSON": "PERSON", "ORG": "ORG", "NORP": "NORP"}
_MAX_MODEL_VOTES = 2.0  # so that other evidence can speak
_LIKE_A_PEOPLE = re.compile(r"(?:an|ese|ish|i|s|ist|ic|ite|men|man|er)$")


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
        label, share = decide(votes)
        label = label or _default(reading, group)
        if label:
            _bequeath(reading, key, group, label, inherited)
            settled += [_decided(name, label, share) for name in group]
    return sorted(settled, key=lambda name: name.start)


def _decided(name: Name, label: str, share: float) -> Name:
    """``name`` with its type; contested types are as often right as their share of the votes and a fifth says."""
    return name._replace(label=label, confidence=round(name.confidence * min(1.0, share + 0.2), 2))


def _order(item: tuple[str, list[Name]]) -> tuple[bool, int, str]:
    key, group = item
    return group[0].rule == "parenthesis", -key.count(" "), key


def _all_votes(reading: Reading, key: str, group: Sequence[Name], inherited: Votes) -> Votes:
    votes: Votes = defaultdict(float, inherited)
    for label, weight in _model_votes(key, group):
        votes[label] += weight
    for label, weight in form_votes(reading.form(group[0]), key):
        votes[label] += weight
    for name in group:
        if name.rule == "dateline":
            votes[name.label] += 5
        for label, weight in context_votes(reading, name):
            votes[label] += weight
    return votes


def _model_votes(key: str, group: Sequence[Name]) -> Iterator[Vote]:
    """The model's labels of one name's mentions, with a ceiling so that other evidence can speak."""
    counts = Counter(name.label for name in group if name.label)
    total = sum(counts.values())
    for label, count in counts.items():
        doubt = 0.5 if label == "NORP" and not _LIKE_A_PEOPLE.search(key) else 1
        yield label, doubt * count * min(total, _MAX_MODEL_VOTES) / total


def _default(reading: Reading, group: Sequence[Name]) -> str | None:
    """For a name that nothing speaks for: an acronym is an organisation most often, all else more often no name."""
    word = reading.words[group[0].first]
    is_acronym = group[0].last - group[0].first == 1 and len(word) > 2 and word.isupper()
    return "ORG" if is_acronym else None


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


def decide(votes: Mapping[str, float]) -> tuple[str | None, float]:
    """The label with most votes in the class (person, place, …) with most votes, and the share of that class.

    None and 0 when no class has votes in its favour.
    """
    classes: Votes = defaultdict(float)
    for label, weight in votes.items():
        classes[_CLASSES.get(label, "other")] += weight
    positive = {kind: weight for kind, weight in classes.items() if weight > 0}
    if not positive:
        return None, 0.0
    best = max(positive, key=lambda kind: (positive[kind], kind))
    label = max((votes[label], label) for label in votes if _CLASSES.get(label, "other") == best)[1]
    return label, positive[best] / sum(positive.values())
