"""What day, week, month or year a DATE means, relative to the day of publication.

Values are ISO 8601: a day (2011-10-31), a week (2011-W43), a month (2011-10) or a year (2011), as precise as the
words are and no more: the period in which the date meant lies. dateutil's relativedelta does the arithmetic.
News convention decides where words alone do not: a bare weekday, month or day of a month is the nearest one
that is not in the future, unless the words ("next") or the verb ("will meet on Friday") say that it is to come.
"""

import re
from calendar import day_name, month_name
from collections.abc import Callable
from datetime import date

from dateutil.relativedelta import relativedelta, weekday

from app.annotate.entities.reading import Name, Reading

_WEEKDAYS = [name.lower() for name in day_name]
_MONTHS = [name.lower()[:3] for name in month_name]
_COUNTED = ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"]
_NUMBERS = {"a": 1, "an": 1} | {word: number for number, word in enumerate(_COUNTED, start=1)}
_UNITS = {
    "day": relativedelta(days=1),
    "week": relativedelta(weeks=1),
    "month": relativedelta(months=1),
    "year": relativedelta(years=1),
}

_MONTH = (
    r"(?P<month>jan(?:uary|\.)?|feb(?:ruary|\.)?|mar(?:ch|\.)?|apr(?:il|\.)?|may|june?\.?|july?\.?|"
    r"aug(?:ust|\.)?|sept?(?:ember|\.)?|oct(?:ober|\.)?|nov(?:ember|\.)?|dec(?:ember|\.)?)"
)
_DAY = r"(?P<day>[0-3]?\d)(?:st|nd|rd|th)?"
_YEAR = r"(?P<year>(?:1[5-9]|20)\d\d|(?:this|last|next) year)"
_WEEKDAY = rf"(?P<weekday>{'|'.join(_WEEKDAYS)})"
_WHICH = r"(?P<which>last|past|this|current|next|coming)"
_VAGUE = re.compile(
    r"^(?:(?:the|early|earlier|late|later|mid|around|about|on|by|since|until|end|start|beginning|middle|of|in)[ -]+)+"
)
_PART_OF_DAY = re.compile(r"[ ,]+(?:early |late )?(?:morning|afternoon|evening|night)$")

_Resolver = Callable[[re.Match[str], date, bool], str | None]


def date_value(words: str, published: date | None, future: bool = False) -> str | None:
    """The ISO 8601 value of ``words``; None when they, or what is known, do not decide.

    ``future`` says that the sentence speaks of what is to come.
    """
    plain = " ".join(words.lower().replace("’", "'").removesuffix("'s").split())
    plain = _PART_OF_DAY.sub("", _VAGUE.sub("", plain)).strip(" ,.-")
    for pattern, resolve, needs_published in _GRAMMAR:
        if match := pattern.fullmatch(plain):
            if published is None and (needs_published or not (match.groupdict().get("year") or "").isdigit()):
                return None
            try:
                return resolve(match, published or date.min, future)
            except (ValueError, OverflowError):  # "Feb. 30", "12,000 years ago"
                return None
    return None


def is_spoken(reading: Reading, value: Name) -> bool:
    """Whether ``value`` is in a quotation, where "today" is the day of speaking, which nobody states."""
    line = reading.text.rfind("\n", 0, value.start) + 1
    before = reading.text[max(line, value.start - _LONGEST_QUOTATION) : value.start]
    return before.count("“") > before.count("”") or before.count('"') % 2 == 1


_LONGEST_QUOTATION = 2_000
DEICTIC = frozenset({"today", "tonight", "yesterday", "tomorrow"})


def is_future(reading: Reading, value: Name) -> bool:
    """Whether the verb that governs ``value`` speaks of what is to come: "will meet on Friday"."""
    i = value.last - 1
    for _ in range(6):
        if any(reading.head(j) == i and reading.words[j] in _WILL for j in range(max(i - 5, 0), i)):
            return True
        above = reading.head(i)
        if above == i:
            return False
        if reading.word(i - 1) == "to" and reading.lemma(above) in _INTENDING:
            return True
        i = above
    return False


_WILL = frozenset({"will", "'ll", "’ll", "shall", "wo"})
_INTENDING = frozenset({"expect", "schedule", "plan", "due", "set", "slate", "intend", "hope", "be"})


def _calendar_day(match: re.Match[str], published: date, future: bool) -> str | None:
    month, day = _MONTHS.index(match["month"][:3]), int(match["day"])
    if year := _year_of(match["year"], published):
        return date(year, month, day).isoformat()
    this = date(published.year, month, day)
    if future:
        return (this if this >= published else this.replace(year=this.year + 1)).isoformat()
    return (this if this <= published else this.replace(year=this.year - 1)).isoformat()


def _calendar_month(match: re.Match[str], published: date, future: bool) -> str:
    month = _MONTHS.index(match["month"][:3])
    which = match.groupdict().get("which")
    year = _year_of(match.groupdict().get("year"), published) or published.year
    if match.groupdict().get("year"):
        return f"{year:04}-{month:02}"
    if (future or which in {"next", "coming"}) and month < published.month + (which == "next"):
        year += 1
    elif not future and which not in {"next", "coming", "this"} and month > published.month - (which == "last"):
        year -= 1
    return f"{year:04}-{month:02}"


def _year_of(words: str | None, published: date) -> int | None:
    if not words or words.isdigit():
        return int(words) if words else None
    return published.year + {"last": -1, "this": 0, "next": 1}[words.split()[0]]


def _year(match: re.Match[str], published: date, _future: bool) -> str | None:
    return f"{_year_of(match['year'], published):04}"


def _iso_day(match: re.Match[str], _published: date, _future: bool) -> str:
    return date.fromisoformat(match[0]).isoformat()


def _named_weekday(match: re.Match[str], published: date, future: bool) -> str:
    day = _WEEKDAYS.index(match["weekday"])
    if match["which"] in {"next", "coming"} or (future and match["which"] not in {"last", "past"}):
        start = published + relativedelta(days=1 if match["which"] else 0)
        return (start + relativedelta(weekday=weekday(day)(+1))).isoformat()
    start = published - relativedelta(days=1 if match["which"] in {"last", "past"} else 0)
    return (start + relativedelta(weekday=weekday(day)(-1))).isoformat()


def _near_day(match: re.Match[str], published: date, _future: bool) -> str:
    return (published + relativedelta(days={"yesterday": -1, "tomorrow": 1}.get(match["near"], 0))).isoformat()


def _near_period(match: re.Match[str], published: date, _future: bool) -> str:
    step = {"last": -1, "past": -1, "next": 1, "coming": 1}.get(match["which"], 0)
    return _period(published + step * _UNITS[match["unit"]], match["unit"])


def _ago(match: re.Match[str], published: date, _future: bool) -> str | None:
    count = int(match["count"]) if match["count"].isdigit() else _NUMBERS.get(match["count"])
    if count is None:
        return None
    return _period(published - count * _UNITS[match["unit"]], match["unit"])


def _period(day: date, unit: str) -> str:
    if unit == "week":
        year, week, _ = day.isocalendar()
        return f"{year:04}-W{week:02}"
    return day.isoformat()[: {"day": 10, "month": 7, "year": 4}[unit]]


def _rule(pattern: str, resolve: _Resolver, needs_published: bool = False) -> tuple[re.Pattern[str], _Resolver, bool]:
    return re.compile(pattern), resolve, needs_published


_GRAMMAR = (
    _rule(rf"(?:{_WEEKDAY},? )?{_MONTH} {_DAY}(?:,? {_YEAR})?", _calendar_day),
    _rule(rf"(?:{_WEEKDAY},? )?{_DAY} (?:of )?{_MONTH}(?:,? {_YEAR})?", _calendar_day),
    _rule(rf"{_MONTH},?(?: of)? {_YEAR}", _calendar_month),
    _rule(rf"(?:{_WHICH} )?{_MONTH}", _calendar_month, True),
    _rule(_YEAR, _year),
    _rule(r"(?P<year>\d{4})-\d\d-\d\d", _iso_day),
    _rule(rf"(?:{_WHICH} )?{_WEEKDAY}", _named_weekday, True),
    _rule(r"(?P<near>today|tonight|yesterday|tomorrow)", _near_day, True),
    _rule(rf"{_WHICH} (?P<unit>week|month|year)", _near_period, True),
    _rule(r"(?P<count>\d+|[a-z]+) (?P<unit>day|week|month|year)s? ago", _ago, True),
)
