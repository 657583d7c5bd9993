"""What a reader mends in a published text: line ends, torn paragraphs, paragraph breaks that were lost.

All of it is done on runs of white space and the stray glyphs in them; nothing else is ever touched.
"""

import re
from collections.abc import Iterator

from app.documents.source_map import Edit

# The newline functions of the Unicode Standard, section 5.8.
NEWLINE = re.compile("(?>\r\n|[\n\v\f\r\x85\u2028\u2029])")
_BLANK = "[^\\S\n\v\f\r\x85\u2028\u2029]"
_GAP = re.compile(f"{NEWLINE.pattern}{_BLANK}*{NEWLINE.pattern}|\u2029")
_SPACES = re.compile(r"\s{2,}|[^\S ]")

# What stands where a paragraph break was lost in conversion: boxes drawn for a character without
# a glyph, U+FFFC for an object, U+FFFD for what could not be decoded.
_STRAY = "[\u2610\u2612\u25a0\u25a1\ufffc\ufffd]"
CLOSING = "\"'”’»)]"
_SENTENCE_END = f"(?:(?<=[.!?…])|(?<=[.!?…][{re.escape(CLOSING)}])|(?<=[.!?…][{re.escape(CLOSING)}]{{2}}))"
# A stray glyph counts behind a sentence of its own line; at the start of a line it is a list's mark.
# Possessive, and never begun inside a run of blanks: linear on any text.
_RUN = re.compile(
    f"(?<!{_BLANK})(?:{_BLANK}*+{NEWLINE.pattern}\\s*+|{_SENTENCE_END}{_BLANK}++(?P<stray>{_STRAY})\\s++(?![a-z]))"
)

# The start of what is no running prose: heading, quotation, table, list item, bare address.
BLOCK = re.compile(r">|\||<?https?:|(?:#+|[-*+•]|\(?(?:\d{1,3}|[a-z])[.)])\s")


def collapsed(source: str, start: int, end: int) -> Iterator[Edit]:
    """The edits that leave single spaces in ``source[start:end]``, a field of one line."""
    for run in _SPACES.finditer(source, start, end):
        yield Edit(run.start(), run.end(), " ", "space-collapsed")


def mended(source: str, start: int, end: int) -> Iterator[Edit]:
    """The edits that make a canonical text of ``source[start:end]``: paragraphs one blank line apart."""
    paragraph = start
    for run in _RUN.finditer(source, start, end):
        became, kind = NEWLINE.sub("\n", run[0]), None
        if run["stray"]:
            became, kind = "\n\n", "paragraph-break"
        elif _GAP.search(run[0]):
            torn = is_torn(source[paragraph : run.start()], source[run.end() : min(run.end() + 80, end)])
            became, kind = (" ", "paragraph-joined") if torn else ("\n\n", None)
            paragraph = run.end()
        if became != run[0]:
            yield Edit(run.start(), run.end(), became, kind)


def is_torn(before: str, after: str) -> bool:
    """Whether two paragraphs were one: a sentence left open in prose, and a lower-case word that goes on.

    A name such as iPhone or al-Qaida, a list item or an address does not go on.
    """
    last = before.rstrip(CLOSING)[-1:]
    word = (after.split(maxsplit=1) or [""])[0]
    is_open = last.isalnum() or last == ","
    return is_open and word[:1].isalpha() and word.islower() and not (BLOCK.match(before) or BLOCK.match(after))
