"""The reader of source documents: bytes in, document out. Pure.

A document is HTML, or Markdown or plain text with or without YAML front matter. Its text is what was
published, with artefacts of conversion mended; every character of it is traced to its bytes.
"""

from pathlib import PurePath

from app.annotations import Metadata
from app.documents import html
from app.documents.charsets import essence
from app.documents.document import Document
from app.documents.layout import lines_of, take_foot, take_front_matter, take_header
from app.documents.metadata import Draft
from app.documents.repairs import NEWLINE, mended
from app.documents.source_map import Repair, Segment, SourceMap, rewrite
from app.errors import DocumentError

__all__ = ["Document", "Repair", "Segment", "SourceMap", "plain_document", "read_document"]

# By the ending of a name; all else is plain text.
_KINDS = {
    ".htm": "text/html",
    ".html": "text/html",
    ".xhtml": "application/xhtml+xml",
    ".md": "text/markdown",
    ".markdown": "text/markdown",
}


def read_document(
    data: bytes, name: str = "document.md", media_type: str | None = None, url: str | None = None
) -> Document:
    """Read one document: HTML or not by ``media_type``, a Content-Type, or else by the ending of ``name``.

    What is not HTML is Markdown where it opens like it, or where ``media_type`` or the ending says so. ``url``
    is where the document was got, and its address where it does not say another.

    The text is the body: paragraphs one blank line apart, line ends "\n". Headline, date, publisher and
    address are not part of it; the dateline is. In Markdown and plain text a paragraph torn in two is one
    again, and a stray glyph between sentences is a paragraph break. DocumentError for what cannot be read.
    """
    kind = essence(media_type) if media_type else _KINDS.get(PurePath(name).suffix.lower(), "text/plain")
    if kind in html.MEDIA_TYPES:
        return html.read_html(data, url, media_type or kind)
    return _read_text(data, kind, url)


def _read_text(data: bytes, kind: str, url: str | None) -> Document:
    source = _decode(data)
    lines = list(lines_of(source))
    if not lines:
        raise DocumentError("the document is empty")
    draft = Draft(source)
    body = take_foot(take_header(take_front_matter(source, lines, draft), draft), draft)
    if not body:
        raise DocumentError("the document has no body", lines[-1].number)
    start, end = body[0].start, body[-1].end
    text = rewrite(source, start, end, mended(source, start, end), "text")
    repairs = (*draft.repairs, *text.repairs)
    if url and "url" not in draft:
        draft.offer_value("url", url)
    marked = lines[0].text == "---" or lines[0].text.startswith("# ")
    return Document(draft.metadata(text.text), text.text, text.source_map, repairs, "text/markdown" if marked else kind)


def plain_document(text: str, metadata: Metadata) -> Document:
    """The document that is ``text``, as it is, with nothing to read or mend; its bytes are its UTF-8.

    DocumentError for a text that is blank or that UTF-8 or SQLite cannot hold.
    """
    if not text.strip():
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
