"""Facts of articles packed into numbers (app.models.ArticleFacts): one way in, one way out.

A number is what it is of, in its upper 4 bits, and a key in the lower 28. What a facet counts over many
articles is then how often each number occurs in all of their bytes, one behind the other.
"""

from array import array
from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import date
from enum import IntEnum
from typing import get_args

from app.annotations import EntityType
from app.positions import day_of

KEY_BITS = 28
TYPES: tuple[str, ...] = get_args(EntityType)


class Fact(IntEnum):
    """What a number is of: an entity mentioned, a speaker, the publisher, by key; a place in TYPES; a month."""

    ENTITY = 0
    SPEAKER = 1
    PUBLISHER = 2
    TYPE = 3
    MONTH = 4


def pack(facts: Mapping[Fact, Iterable[int]]) -> bytes:
    """The facts of one article, each once."""
    numbers = (fact << KEY_BITS | key for fact, keys in facts.items() for key in sorted(set(keys)))
    return array("I", numbers).tobytes()


def month_number(day: int) -> int | None:
    """Months since the year 0 of a day (app.positions.day_number); None for no date."""
    published = day_of(day)
    return None if published is None else published.year * 12 + published.month - 1


def first_of_month(number: int) -> date:
    """The first day of the month that has this number."""
    return date(number // 12, number % 12 + 1, 1)


def month_name(number: int) -> str:
    """The month as YYYY-MM."""
    return f"{first_of_month(number):%Y-%m}"


def tally(packed: bytes | None, facts: Iterable[Fact], most: int) -> dict[Fact, Counter[int]]:
    """Of each of ``facts``, how often the keys occur that are most frequent; of equally frequent ones, the least."""
    # Imported here: a process that counts nothing need not hold it in memory.
    import numpy as np  # noqa: PLC0415

    found, times = np.unique(np.frombuffer(packed or b"", dtype="<u4"), return_counts=True)
    counted: dict[Fact, Counter[int]] = {}
    for fact in facts:
        least = fact << KEY_BITS
        first, end = np.searchsorted(found, (least, least + (1 << KEY_BITS)))
        top = first + np.argsort(-times[first:end], kind="stable")[:most]
        counted[fact] = Counter({int(found[place]) - least: int(times[place]) for place in top})
    return counted


def keys_of(packed: bytes, fact: Fact) -> list[int]:
    """The keys of one fact of one article, ascending."""
    return [number & ((1 << KEY_BITS) - 1) for number in array("I", packed) if number >> KEY_BITS == fact]
