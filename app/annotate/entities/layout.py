"""What stands outside the running text: datelines, bylines, captions."""

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from app.annotate.entities.gazetteer import is_known
from app.annotate.entities.reading import Name, Reading
from app.annotations import MentionPlace
from app.names import fold
from app.spans import paragraphs

# "ALMATY, Kazakhstan —", "PARIS (Reuters) -", "LONDON/PARIS, Dec 5 (AFP) —": at the head of a paragraph.
_DATELINE = re.compile(
    r"(?P<place>[A-Z][A-Z.'’\-]+(?:[ /][A-Z.'’\-]+){0,5})"
    r"(?P<rest>,[^\n()—–]{1,40}?)?\s*"
    r"(?P<agency>\([A-Z][\w .,/&-]{1,30}\))?\s*"
    r"(?:—|–|--?)(?=\s)"
)
_BYLINE = re.compile(
    r"(?:By|BY|Story by|Words by|Written by) (?=[A-Z])[^.\n]{3,80}$"
    r"|\(?(?:Additional )?(?:[Rr]eporting|[Ww]riting|[Ee]diting|[Cc]ompiled) by\b.*"
)
_CAPTION = re.compile(
    r"(?:FILE PHOTO|Photo|PHOTO|Image|Picture|Caption|CAPTION)\s?:.*|REUTERS ?/.*"
    r"|.*\b(?:Photo by|Picture:|Photograph:).*"
)


class Zone(NamedTuple):
    """A stretch of the text, in code points, that is no running text."""

    start: int
    end: int
    place: MentionPlace


def zones(text: str) -> Iterator[Zone]:
    """The datelines, bylines and captions of ``text``, in order."""
    for paragraph in paragraphs(text):
        head = paragraph.exact[:120]
        match = _DATELINE.match(head)
        if match and (match["rest"] or match["agency"] or is_known(fold(match["place"]))):
            yield Zone(paragraph.start, paragraph.start + match.end(), "dateline")
        elif _BYLINE.match(paragraph.exact):
            yield Zone(paragraph.start, paragraph.end, "byline")
        elif _CAPTION.match(head):
            yield Zone(paragraph.start, paragraph.end, "caption")


def datelines(reading: Reading, layout: Sequence[Zone]) -> Iterator[Name]:
    """The places in capitals that datelines begin with, each of "LONDON/PARIS" by itself."""
    for zone in layout:
        match = _DATELINE.match(reading.text, zone.start) if zone.place == "dateline" else None
        start = zone.start
        for piece in match["place"].split("/") if match else ():
            first, last = reading.token_at(start), reading.token_at(start + len(piece) - 1) + 1
            if name := reading.name(first, last, "GPE", "dateline"):
                yield name
            start += len(piece) + 1


def place_at(layout: Sequence[Zone], offset: int) -> MentionPlace:
    """What kind of place of the article code point ``offset`` is in."""
    number = bisect_right(layout, offset, key=lambda zone: zone.start) - 1
    return layout[number].place if number >= 0 and offset < layout[number].end else "body"
