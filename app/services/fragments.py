"""Links into pages: URLs with text directives, by which browsers show words (WICG URL Fragment Text Directives)."""

import re
from collections.abc import Iterator, Sequence
from urllib.parse import quote

from app.spans import Span

# Longer words, or words of several paragraphs, are named by so many of their first and last.
LONG = 300
ENDS = 5
# Words of context to tell one place from another that reads the same.
MOST_CONTEXT = 12


def link(url: str | None, text: str, spans: Sequence[Span]) -> str | None:
    """Where ``spans`` of ``text`` are shown on the page at ``url``; None where that is no address of a page."""
    if url is None or not url.startswith(("http://", "https://")):
        return None
    page, mark, fragment = url.partition("#")
    directives = "&".join(f"text={directive(text, span)}" for span in spans)
    return f"{page}#{fragment.partition(':~:')[0] if mark else ''}:~:{directives}"


def directive(text: str, span: Span) -> str:
    """``[prefix-,]start[,end][,-suffix]``: no more context than it takes for the first such place to be ``span``."""
    start, end = _ends(span.exact)
    before = text[: span.start].rpartition("\n")[2].split()
    behind = text[span.end :].partition("\n")[0].split()
    wanted = (span.start, span.end)
    contexts = _contexts(before, behind)
    prefix, suffix = next((each for each in contexts if _place(text, start, end, *each) == wanted), ("", ""))
    parts = [f"{_encoded(prefix)}-"] if prefix else []
    parts += [_encoded(part) for part in (start, end) if part]
    return ",".join(parts + ([f"-{_encoded(suffix)}"] if suffix else []))


def _ends(words: str) -> tuple[str, str]:
    """The words; or the first and the last, where they are many, or of several paragraphs: a match stands in one."""
    if len(words) <= LONG and "\n" not in words:
        return words, ""
    first, last = words.partition("\n")[0].split(" "), words.rpartition("\n")[2].split(" ")
    return " ".join(first[:ENDS]), " ".join(last[-ENDS:])


def _contexts(before: Sequence[str], behind: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Prefixes and suffixes, the shortest first; none is of punctuation only."""
    yield "", ""
    for size in range(1, MOST_CONTEXT + 1):
        prefix, suffix = map(_context, (before[-size:], behind[:size]))
        yield from ((prefix, ""), ("", suffix), (prefix, suffix))


def _context(words: Sequence[str]) -> str:
    return " ".join(words) if any(map(str.isalnum, "".join(words))) else ""


def _place(text: str, start: str, end: str, prefix: str, suffix: str) -> tuple[int, int] | None:
    """Where a browser finds this first: whole words, whatever their case and the white space between them."""
    middle = f".*?{_pattern(end)}" if end else ""
    found = re.search(
        rf"{_pattern(prefix)}\s*(?P<words>{_pattern(start)}{middle})\s*{_pattern(suffix)}",
        text,
        re.IGNORECASE | re.DOTALL,
    )
    return found and found.span("words")


def _pattern(words: str) -> str:
    before, behind = (r"(?<!\w)" if words[:1].isalnum() else ""), (r"(?!\w)" if words[-1:].isalnum() else "")
    return before + r"\s+".join(map(re.escape, words.split())) + behind


def _encoded(words: str) -> str:
    # A dash is no reserved character of URLs, but marks a prefix or a suffix here.
    return quote(words, safe="").replace("-", "%2D")
