"""The metadata of one document in the making: dates, addresses and datelines, each read strictly."""

import re
from datetime import date, datetime
from typing import Any

from dateutil import parser as dateutil_parser

from app.annotations import ADDRESS, Metadata
from app.documents.repairs import collapsed
from app.documents.source_map import Repair, rewrite

URL = re.compile(ADDRESS)

_YEAR = re.compile(r"(?<!\d)(?:1[5-9]|20)\d\d")
# Two values for each part of a date: what depends on them was not said.
_DEFAULTS = (datetime(2000, 1, 1), datetime(2001, 2, 2))

# AP Stylebook, "datelines": the city in capitals, the state or country, a date, the agency, a dash.
_DATELINE = re.compile(
    r"""[*_]*(?P<place>[^\W\d_][^\n\d():;—–*_]{1,60}?)
    (?:,\s(?:[A-Z][a-z]{2,8}\.?\s\d{1,2}|\d{1,2}\s[A-Z][a-z]{2,8})(?:,?\s\d{4})?)?
    (?:\s\((?P<agency>[^()\n]{2,40})\))?[*_]*
    (?:\s*[—–]|\s*--|\s-)\s*(?P<next>["'“‘«]*\w)""",
    re.VERBOSE,
)


class Draft:
    """Metadata being gathered: what is said first stands, and its mended spelling is noted."""

    def __init__(self, source: str) -> None:
        self.repairs: list[Repair] = []
        self._source = source
        self._values: dict[str, Any] = {}

    def __contains__(self, field: str) -> bool:
        return field in self._values

    def offer(self, field: str, start: int, end: int) -> bool:
        """Take ``source[start:end]`` for ``field``; False when it is no such thing or contradicts it."""
        spelt = rewrite(self._source, start, end, collapsed(self._source, start, end), field)
        new = field not in self
        taken = self.offer_value(field, spelt.text)
        if new and taken:
            self.repairs += spelt.repairs
        return taken

    def offer_value(self, field: str, words: str) -> bool:
        """The same for words that do not stand in the source as they are."""
        value = {"published": parse_date, "url": _parse_url}.get(field, str)(words)
        return value is not None and self._values.setdefault(field, value) == value

    def metadata(self, text: str) -> Metadata:
        """All that was taken, and the dateline that ``text`` opens with."""
        return Metadata.model_validate({"dateline": find_dateline(text), **self._values})


def parse_date(words: str) -> date | None:
    """The calendar date that ``words`` name in full; None when they name none, or may name either of two."""
    if not _YEAR.search(words):
        return None
    orders = (False,) if words[:4].isdecimal() else (False, True)
    readings = {_read_date(words, default, day_first) for default in _DEFAULTS for day_first in orders}
    return readings.pop() if len(readings) == 1 else None


def _read_date(words: str, default: datetime, day_first: bool) -> date | None:
    try:
        return dateutil_parser.parse(words, default=default, dayfirst=day_first, ignoretz=True).date()
    except (ValueError, ArithmeticError):  # dateutil lets decimal.InvalidOperation through
        return None


def _parse_url(words: str) -> str | None:
    return words if URL.fullmatch(words) else None


def find_dateline(text: str) -> str | None:
    """The place in the dateline that ``text`` opens with: "PARIS" of "PARIS (Reuters) - The minister …"."""
    found = _DATELINE.match(text)
    if not found or found["next"][-1].islower():
        return None
    parts = re.split(r",\s|/", found["place"])
    city = parts[0].isupper() or (found["agency"] and parts[0].istitle())
    return found["place"] if city and all(part[:1].isupper() for part in parts) else None
