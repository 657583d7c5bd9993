"""Comparing annotations of one text: what is there twice, what only once, what is annotated otherwise."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from pydantic import BaseModel

One = TypeVar("One", bound=BaseModel)

# Where words stand: start and end of each piece.
Place = tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Changed(Generic[One]):
    """The same words, annotated otherwise: which fields differ."""

    fields: list[str]
    before: One
    after: One


@dataclass(slots=True)
class Differences(Generic[One]):
    """What is different, in text order, and how many are not."""

    added: list[One] = field(default_factory=list)
    removed: list[One] = field(default_factory=list)
    changed: list[Changed[One]] = field(default_factory=list)
    unchanged: int = 0


def compare(before: Iterable[One], after: Iterable[One]) -> Differences[One]:
    """What is different of mentions, or of quotes: those of the same words are the same one, whatever their ids."""
    found = Differences[One]()
    olds, news = _by_place(before), _by_place(after)
    for place in sorted(olds.keys() | news.keys()):
        old, new = _without_equal(olds[place], news[place])
        both = min(len(old), len(new))
        found.unchanged += len(olds[place]) - len(old)
        found.changed += [Changed(_differing(*pair), *pair) for pair in zip(old, new, strict=False)]
        found.removed += old[both:]
        found.added += new[both:]
    return found


def _by_place(said: Iterable[One]) -> defaultdict[Place, list[One]]:
    found: defaultdict[Place, list[One]] = defaultdict(list)
    for one in said:
        pieces: Sequence[Any] = getattr(one, "content", [one])
        found[tuple((piece.start, piece.end) for piece in pieces)].append(one)
    return found


def _without_equal(olds: list[One], news: list[One]) -> tuple[list[One], list[One]]:
    """What is left of both when each is taken together with an equal one."""
    left, added = list(olds), []
    for new in news:
        equal = next((old for old in left if not _differing(old, new)), None)
        left.remove(equal) if equal is not None else added.append(new)
    return left, added


def _differing(one: One, other: One) -> list[str]:
    names = (name for name in type(one).model_fields if name != "id")
    return [name for name in names if getattr(one, name) != getattr(other, name)]
