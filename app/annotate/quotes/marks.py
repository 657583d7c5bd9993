"""Quotation marks: which stretches of a text stand between them.

Marks are paired paragraph by paragraph from characters alone, before any grammar. British single
marks count only where no apostrophe explains them; a mark that is never closed runs to the end of
its paragraph, and on into the next when that opens with a mark again (the printer's convention for
a quotation of several paragraphs, Chicago Manual of Style 13.30).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from app.spans import paragraphs

_MARK = re.compile(r"``|''|[\"“”„‟«»＂‘’‚‛'`]")
_MARKUP = re.compile(r"<[a-zA-Z/][^<>\n]{0,2000}>")
_DOUBLE = {"``": "open", "''": "straight", '"': "straight", "＂": "straight"} | dict.fromkeys("“„‟", "open")
_DOUBLE |= {"”": "close", "«": "open", "»": "close"}
_AHEAD = 50  # marks looked at to tell a single quotation from an apostrophe
_ELISION = re.compile(r"(?:\d0s|em|til|tis|twas|cause|bout|n|round)\b", re.IGNORECASE)


@dataclass(slots=True)
class Quotation:
    """Words between quotation marks: ``start:end`` with the marks, ``inner_start:inner_end`` without.

    ``closed`` is False where the closing mark is missing; ``continues`` is True when the quotation
    goes on in the next one (next paragraph). Quotations inside quotations are not listed.
    """

    start: int
    inner_start: int
    inner_end: int
    end: int
    paragraph: int
    single: bool = False
    closed: bool = True
    continues: bool = False


@dataclass(frozen=True, slots=True)
class _Mark:
    start: int
    end: int
    role: str  # "open", "close" or "either"
    single: bool
    glyph: str


def find_quotations(text: str) -> list[Quotation]:
    """The outermost quotations of ``text``, in order and disjoint. Linear in its length."""
    found: list[Quotation] = []
    for number, paragraph in enumerate(paragraphs(text)):
        marks = list(_marks(text, paragraph.start, paragraph.end))
        found += _pair(text, marks, number, paragraph.start, paragraph.end)
    for quotation, following in pairwise(found):
        adjacent = following.paragraph == quotation.paragraph + 1
        opens = not text[quotation.end : following.start].strip()
        quotation.continues = not quotation.closed and adjacent and opens
    return [quotation for quotation in found if quotation.inner_end > quotation.inner_start]


def _marks(text: str, start: int, end: int) -> Iterator[_Mark]:
    tags = [match.span() for match in _MARKUP.finditer(text, start, end)]
    for match in _MARK.finditer(text, start, end):
        if any(left < match.start() < right for left, right in tags):
            continue
        glyph = match.group()
        before = text[match.start() - 1] if match.start() > start else " "
        after = text[match.end()] if match.end() < end else " "
        role = _double_role(glyph, before, after) if glyph in _DOUBLE else _single_role(text, match, before, after)
        if role:
            yield _Mark(match.start(), match.end(), role, glyph not in _DOUBLE, glyph)


def _double_role(glyph: str, before: str, after: str) -> str | None:
    role = _DOUBLE[glyph]
    opens, closes = _may_open(before, after), _may_close(before, after)
    if opens == closes:
        return "either" if role == "straight" else role
    return "open" if opens else "close"


def _single_role(text: str, match: re.Match[str], before: str, after: str) -> str | None:
    """None for an apostrophe: inside a word, or where letters are left out ('em, '90s)."""
    if before.isalnum() and after.isalnum():
        return None
    if match.group() in "‘‚‛'`" and _may_open(before, after) and not _ELISION.match(text, match.end()):
        return "open"
    return "close" if match.group() in "’'" and _may_close(before, after) else None


def _may_open(before: str, after: str) -> bool:
    return (before.isspace() or before in "([{—–-/\"“‘'…>") and not after.isspace()


def _may_close(before: str, after: str) -> bool:
    return not before.isspace() and not after.isalnum()


def _pair(text: str, marks: list[_Mark], paragraph: int, start: int, end: int) -> Iterator[Quotation]:
    opened: _Mark | None = None
    for place, mark in enumerate(marks):
        if opened is None:
            if mark.role == "close" or (mark.single and not _closes_later(text, marks, place)):
                continue
            if mark.role == "either" and text[mark.start - 1 : mark.start].isdigit():
                continue  # inches, seconds
            opened = mark
        elif _closes(text, marks, place, opened):
            yield Quotation(opened.start, opened.end, mark.start, mark.end, paragraph, opened.single)
            opened = None
    if opened is not None and not opened.single and (opened.role == "open" or opened.start == start):
        yield Quotation(opened.start, opened.end, end, end, paragraph, closed=False)


def _closes(text: str, marks: list[_Mark], place: int, opened: _Mark) -> bool:
    """Whether the mark at ``place`` ends what ``opened`` began."""
    mark = marks[place]
    if mark.single != opened.single:
        return False
    if opened.glyph == "„":
        return mark.glyph in '“”"'
    if opened.single:
        return mark.role == "close" and not (_possessive(text, mark) and _closes_later(text, marks, place))
    return mark.role != "open" or (opened.glyph == mark.glyph == '"' and not text[mark.end : mark.end + 1].isalnum())


def _possessive(text: str, mark: _Mark) -> bool:
    """ "the voters' choice": an s before, and a word straight after."""
    return text[mark.start - 1] in "sS" and text[mark.end : mark.end + 2].strip().isalpha()


def _closes_later(text: str, marks: list[_Mark], place: int) -> bool:
    """Whether a closing single mark follows before another single quotation opens."""
    for mark in marks[place + 1 : place + 1 + _AHEAD]:
        if mark.single and mark.role == "open":
            return False
        if mark.single and mark.role == "close" and not _possessive(text, mark):
            return True
    return False
