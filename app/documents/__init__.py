"""The reader of source documents: bytes in, document out. Pure.

A document is Markdown or plain text, with or without YAML front matter. Its text is what was
published, with artefacts of conversion mended; every character of it is traced to its bytes.
"""

from dataclasses import dataclass
from pathlib import PurePath
from typing import Literal

from app.annotations import Metadata
from app.documents.layout import lines_of, take_foot, take_front_matter, take_header
from app.documents.metadata import Draft
from app.documents.repairs import NEWLINE, mended
from app.documents.source_map import Repair, Segment, SourceMap, rewrite
from app.errors import DocumentError

__all__ = ["Document", "Repair", "Segment", "SourceMap", "plain_document", "read_document"]

MediaType = Literal["text/markdown", "text/plain"]


@dataclass(frozen=True, slots=True)
class Document:
    """What was read: the metadata, the canonical text, and how both came from the bytes."""

    metadata: Metadata
    text: str
    source_map: SourceMap
    repairs: tuple[Repair, ...]
    media_type: MediaType


def read_document(data: bytes, name: str = "document.md") -> Document:
    """Read one document; ``name`` says by its ending whether it is Markdown where the document does not.

    The text is the body: paragraphs one blank line apart, line ends "\\n"; a paragraph torn in two is one
    again, and a stray glyph between sentences is a paragraph break. Headline, date, publisher and
    address are not part of it; the dateline is. DocumentError for what cannot be read.
    """
    source = _decode(data)
    lines = list(lines_of(source))
    if not lines:
        raise DocumentError("the document is empty")
    draft = Draft(source)
    media_type = _media_type(name, lines[0].text)
    body = take_foot(take_header(take_front_matter(source, lines, draft), draft), draft)
    if not body:
        raise DocumentError("the document has no body", lines[-1].number)
    start, end = body[0].start, body[-1].end
    text = rewrite(source, start, end, mended(source, start, end), "text")
    repairs = (*draft.repairs, *text.repairs)
    return Document(draft.metadata(text.text), text.text, text.source_map, repairs, media_type)


def plain_document(text: str, metadata: Metadata) -> Document:
    """The document that is ``text``, as it is, with nothing to read or mend; its bytes are its UTF-8.

    DocumentError for a text that is empty or that UTF-8 or SQLite cannot hold.
    """
    if not text:
        raise DocumentError("the document is empty")
    try:
        data = text.encode()
    except UnicodeEncodeError as error:
        raise DocumentError(f"code point {error.start} is half of a surrogate pair") from error
    _decode(data)
    whole = Segment(0, len(text), 0, len(data), verbatim=True)
    return Document(metadata, text, SourceMap((whole,)), (), "text/plain")


def _decode(data: bytes) -> str:
    try:
        source = data.decode()
    except UnicodeDecodeError as error:
        line = _line_at(data[: error.start].decode())
        detail = f"byte {error.start} (0x{data[error.start]:02x}) is not UTF-8: {error.reason}"
        raise DocumentError(detail, line) from error
    # SQLite's string functions, and many a client, take a NUL for the end of the text.
    if "\0" in source:
        before = source[: source.index("\0")]
        raise DocumentError(f"byte {len(before.encode())} is NUL, which no text has", _line_at(before))
    return source


def _line_at(before: str) -> int:
    return len(NEWLINE.findall(before)) + 1


def _media_type(name: str, first_line: str) -> MediaType:
    marked = first_line == "---" or first_line.startswith("# ")
    is_markdown = marked or PurePath(name).suffix.lower() in (".md", ".markdown")
    return "text/markdown" if is_markdown else "text/plain"
