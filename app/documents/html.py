"""HTML read as a source document.

What is the article, trafilatura decides (Barbaresi, ACL 2021); the text is the page's own characters at those
places, so that every one of them is traced to its bytes. What was extracted and does not stand on the page,
such as an article that only a script has, does not become text.
"""

import logging
import re
from array import array
from collections.abc import Iterator
from html import unescape
from itertools import dropwhile, takewhile

from app.documents.charsets import decode, detect, encode
from app.documents.declared import declare
from app.documents.document import Document
from app.documents.markup import UNDECODED, Token, tokens
from app.documents.metadata import Draft
from app.documents.source_map import SourceMap
from app.errors import DocumentError

MEDIA_TYPES = frozenset({"text/html", "application/xhtml+xml"})

# A paragraph that is not on the page as a whole is looked for in parts: so many letters at least, no further
# apart on the page than so many, and given up when so many parts are missing.
_PART = 24
_APART = 2_000
_MISSING = 4

_NUMERIC = re.compile(r"&#(?:x[\da-f]+|\d+);?", re.IGNORECASE | re.ASCII)

# White space that browsers collapse, and what else ends lines (Unicode Standard, 5.8); a no-break space stays.
_COLLAPSED = re.compile("[\t\n\v\f\r\x1c-\x1f \x85\u2028\u2029]")


def read_html(data: bytes, url: str | None = None, media_type: str = "text/html") -> Document:
    """Read the article of a page, got from ``url`` as ``media_type``: paragraphs one blank line apart.

    The charset is that of the byte order mark, of ``media_type``, of the page's own declaration, or UTF-8.
    White space is collapsed as browsers do, ``br`` is a line end, and the headline is not part of the text.
    DocumentError for a page that cannot be decoded or has no article in it.
    """
    charset, source = _decode(data, media_type)
    found = list(tokens(source))
    draft = Draft(source)
    declare(found, draft, url)
    page = "".join(token.words for token in found)
    text, source_map = _Composer(source, charset).compose(found, _chosen(page, _extracted(source), draft))
    kind = "text/html" if charset == "utf-8" else f"text/html; charset={charset}"
    return Document(draft.metadata(text), text, source_map, (), kind)


def _decode(data: bytes, media_type: str) -> tuple[str, str]:
    """The charset of a page, and its characters."""
    charset, is_said = detect(data, media_type)
    source = decode(data, charset)
    if not is_said and UNDECODED.search(source):
        raise DocumentError("the page is not UTF-8 and does not say what it is: give its charset, or save it as UTF-8")
    if "\0" in source:
        at = len(encode(source[: source.index("\0")], charset))
        raise DocumentError(f"byte {at} is NUL, which no text has")
    if len(encode(source, charset)) != len(data):
        raise DocumentError(f"the page is in {charset} in a form that leads not back to its bytes: save it as UTF-8")
    return charset, source


def _extracted(source: str) -> list[str]:
    """The paragraphs of the page's article, in order, as far as trafilatura keeps their spelling."""
    from trafilatura import bare_extraction  # noqa: PLC0415 - 20 MB, and only for who reads pages

    logging.getLogger("trafilatura").setLevel(logging.CRITICAL)  # what it logs as errors is said by ours
    found = bare_extraction(_parseable(source), include_comments=False, include_tables=False)
    blocks = [] if found is None or isinstance(found, dict) else list(found.body)
    paragraphs = ["".join(block.itertext()) for block in blocks]
    if not any(map(_letters, paragraphs)):
        raise DocumentError("there is no article in the page: it may be loaded by a script, or be a list of links")
    return paragraphs


def _parseable(source: str) -> str:
    """``source`` without what libxml2 cannot hold: one reference to a control character, and there is no article."""
    return _NUMERIC.sub(lambda found: found[0] if unescape(found[0]) else "", UNDECODED.sub("\ufffd", source))


def _letters(text: str) -> "array[int]":
    """Where the characters are that every reader of HTML keeps: those that print, but for white space."""
    return array("L", (i for i, c in enumerate(text) if c.isprintable() and not c.isspace() and c != "\u2424"))


def _only_letters(text: str) -> str:
    return "".join(map(text.__getitem__, _letters(text)))


def _chosen(page: str, paragraphs: list[str], draft: Draft) -> bytearray:
    """For every character of ``page`` whether it is of the ``paragraphs``, but for those that are the headline."""
    headline = _only_letters(draft.metadata("").headline or "")
    wanted = list(dropwhile(lambda paragraph: paragraph in ("", headline), map(_only_letters, paragraphs)))
    letters = _letters(page)
    places = _places(wanted, _only_letters(page))
    if sum(end - start for start, end in places) * 2 <= sum(map(len, wanted)):
        raise DocumentError("the article is not in the page's own text: it may be loaded by a script")
    chosen = bytearray(len(page))
    for start, end in places:
        first, last = letters[start], letters[end - 1]
        chosen[first : last + 1] = b"\1" * (last + 1 - first)
    return chosen


def _places(paragraphs: list[str], page: str) -> list[tuple[int, int]]:
    """Where the paragraphs, or parts of them, stand on the page, in order and apart."""
    found: list[tuple[int, int]] = []
    for paragraph in filter(None, paragraphs):
        start = found[-1][1] if found else 0
        at = page.find(paragraph, start)
        found += [(at, at + len(paragraph))] if at >= 0 else _parts(paragraph, page, start)
    return _together(found, page)


def _parts(paragraph: str, page: str, start: int) -> Iterator[tuple[int, int]]:
    limit, missing = len(page), 0
    while paragraph and missing < _MISSING:
        at = page.find(paragraph[:_PART], start, limit)
        if at < 0:
            missing += 1
            paragraph = paragraph[_PART:]
            continue
        pairs = zip(paragraph, page[at : at + len(paragraph)], strict=False)
        length = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))
        yield at, at + length
        start, paragraph = at + length, paragraph[length:]
        limit = start + _APART


def _together(places: list[tuple[int, int]], page: str) -> list[tuple[int, int]]:
    """The same words as near to those behind them as they stand: a teaser above the article is not the article."""
    mirror = page[::-1]
    moved = places[-1:]
    for start, end in reversed(places[:-1]):
        at = mirror.find(page[start:end][::-1], len(page) - moved[-1][0])
        moved.append((len(page) - at - (end - start), len(page) - at))
    return moved[::-1]


class _Composer:
    """Appends characters of a page to a text, and keeps for each the bytes it stands for."""

    def __init__(self, source: str, charset: str) -> None:
        self._source = source
        self._charset = charset
        self._parts: list[str] = []
        self._rows: list[list[int]] = []
        self._space = ""  # white space and breaks since what was written last, which ended here:
        self._end = 0
        self._position = self._byte = 0  # in the source, as far as bytes were counted

    def compose(self, found: list[Token], chosen: bytearray) -> tuple[str, SourceMap]:
        """The text that the chosen characters make, and its map."""
        at = 0
        for token in found:
            size = len(token.words)
            if token.name:
                self._space += token.words
            else:
                self._take(token, chosen[at : at + size])
            at += size
        return "".join(self._parts), SourceMap.load(self._rows)

    def _take(self, token: Token, chosen: bytearray) -> None:
        if 1 not in chosen:
            self._space += " " if any(map(str.isspace, token.words)) else ""
            return
        for words, start, end in _atoms(token):
            if words.isspace():
                self._space += _COLLAPSED.sub(" ", words)
            elif 1 in chosen[start - token.start : end - token.start]:
                self._write(words, start, end)

    def _write(self, words: str, start: int, end: int) -> None:
        if self._parts and self._space:
            self._append(_separator(self._space), self._end, start)
        self._append(words, start, end)
        self._space, self._end = "", end

    def _append(self, words: str, start: int, end: int) -> None:
        byte_start = self._byte + len(encode(self._source[self._position : start], self._charset))
        spelt = encode(self._source[start:end], self._charset)
        self._position, self._byte = end, byte_start + len(spelt)
        text_start = self._rows[-1][1] if self._rows else 0
        row = [text_start, text_start + len(words), byte_start, self._byte, int(spelt == words.encode())]
        if self._rows and _goes_on(self._rows[-1], row):
            self._rows[-1][1], self._rows[-1][3] = row[1], row[3]
        else:
            self._rows.append(row)
        self._parts.append(words)


def _goes_on(before: list[int], row: list[int]) -> bool:
    """Whether two rows are one stretch of characters spelt as they are."""
    *_, byte_end, verbatim = before
    return bool(verbatim and row[4] and byte_end == row[2])


def _atoms(token: Token) -> Iterator[tuple[str, int, int]]:
    """What of a token can be told apart, with its place: its characters, or a reference as a whole."""
    if len(token.words) != token.end - token.start:
        yield token.words, token.start, token.end
        return
    for index, character in enumerate(token.words, token.start):
        yield character, index, index + 1


def _separator(space: str) -> str:
    """What stands for white space and breaks between characters."""
    breaks = space.count("\n")
    return "\n" * min(breaks, 2) or re.sub(" +", " ", space)
