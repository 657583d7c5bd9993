"""Positions: one number that puts articles, and quotes, in order of publication.

An article's position is its day and then its key, so that newest first is from the greatest down, a
range of dates is a range of positions, and an article added later never moves another one. A quote's
position is its article's and then its place there, counted down: from the greatest down, quotes stand
newest article first and in text order within each. Full-text indexes have positions for row ids.
"""

from datetime import date, timedelta

KEY_BITS = 29
SLOT_BITS = 16
MAX_DAY = (1 << 18) - 1
MAX_SLOT = (1 << SLOT_BITS) - 1

MAX_POSITION = (1 << 47) - 1
"""No article has a greater one."""

# Undated articles are older than all others; what was published earlier counts as of the first day.
_DAY_ZERO = date(1599, 12, 31)
_FIRST_DAY, _LAST_DAY = (_DAY_ZERO + timedelta(days=number) for number in (1, MAX_DAY))


def day_number(published: date | None) -> int:
    """Days since the end of 1599, at least 1 and at most MAX_DAY (in 2317); 0 for no date."""
    if published is None:
        return 0
    days: int = (published - _DAY_ZERO).days
    return min(max(days, 1), MAX_DAY)


def day_of(number: int) -> date | None:
    """The date that has this number; None for 0."""
    return _DAY_ZERO + timedelta(days=number) if number else None


def article_position(published: date | None, key: int) -> int:
    """The position of the article with this date and key; keys are below 2**29."""
    return day_number(published) << KEY_BITS | key


def positions_of(first: date, last: date) -> tuple[int, int]:
    """The least and the greatest position that an article of these days can have."""
    return day_number(first) << KEY_BITS, ((day_number(last) + 1) << KEY_BITS) - 1


def is_told_apart(day: date | None) -> bool:
    """Whether positions tell this day from those before and behind it; they do from no day at all."""
    return day is None or _FIRST_DAY < day < _LAST_DAY


def published(position: int) -> date | None:
    """The day at the head of an article's position."""
    return day_of(position >> KEY_BITS)


def quote_position(article: int, slot: int) -> int:
    """The position of the quote that has this place, from zero, among all quotes of the article at ``article``."""
    return article << SLOT_BITS | (MAX_SLOT - slot)


def quotes_of(article: int) -> tuple[int, int]:
    """The least and the greatest position of the quotes of the article at ``article``."""
    return article << SLOT_BITS, article << SLOT_BITS | MAX_SLOT
