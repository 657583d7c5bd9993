"""Comparing annotations of one text: what is there twice, what only once, what is annotated otherwise."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from app.schemas.base import EntityRef
from app.schemas.runs import Change, Changes, Compared, ComparedMention, ComparedQuote, EntityChanges

# Where words stand: start and end of each piece.
Place = tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Said:
    """All that is said of one text."""

    mentions: Sequence[ComparedMention]
    quotes: Sequence[ComparedQuote]

    @property
    def entities(self) -> dict[str, EntityRef]:
        """Whom and what it speaks of, by id, in order of their first mention; then who is only quoted."""
        mentioned = [mention.entity for mention in self.mentions]
        quoted = [source.entity for quote in self.quotes for source in quote.sources]
        return {entity.id: entity for entity in (*mentioned, *quoted) if entity is not None}


def compare(before: Iterable[Compared], after: Iterable[Compared]) -> Changes[Compared]:
    """What is different of mentions, or of quotes; those of the same words are the same one."""
    olds, news = _by_place(before), _by_place(after)
    found: dict[str, Any] = {"added": [], "removed": [], "changed": [], "unchanged": 0}
    for place in sorted(olds.keys() | news.keys()):
        old, new = _without_equal(olds[place], news[place])
        both = min(len(old), len(new))
        found["unchanged"] += len(olds[place]) - len(old)
        found["changed"] += map(_change, old[:both], new[:both])
        found["removed"] += old[both:]
        found["added"] += new[both:]
    return Changes(**found)


def compare_entities(before: Said, after: Said) -> EntityChanges:
    """Who is spoken of in one only."""
    old, new = before.entities, after.entities
    return EntityChanges(
        added=[entity for key, entity in new.items() if key not in old],
        removed=[entity for key, entity in old.items() if key not in new],
        unchanged=len(old.keys() & new.keys()),
    )


def differing(one: Compared, other: Compared) -> list[str]:
    """The fields in which two differ; the id is none of what is said."""
    names = (name for name in type(one).model_fields if name != "id")
    return [name for name in names if getattr(one, name) != getattr(other, name)]


def _by_place(said: Iterable[Compared]) -> defaultdict[Place, list[Compared]]:
    found: defaultdict[Place, list[Compared]] = defaultdict(list)
    for one in said:
        pieces = one.content if isinstance(one, ComparedQuote) else [one]
        found[tuple((piece.start, piece.end) for piece in pieces)].append(one)
    return found


def _without_equal(olds: list[Compared], news: list[Compared]) -> tuple[list[Compared], list[Compared]]:
    """What is left of both when each is taken together with an equal one."""
    left, added = list(olds), []
    for new in news:
        equal = next((old for old in left if not differing(old, new)), None)
        left.remove(equal) if equal is not None else added.append(new)
    return left, added


def _change(before: Compared, after: Compared) -> Change[Compared]:
    return Change(fields=differing(before, after), before=before, after=after)
