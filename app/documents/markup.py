"""HTML cut into what it says and what it does not, each with its place. Tokens are the HTML Standard's (13.2.5).

Any string is HTML: nothing is refused, and time is linear.
"""

import re
from collections.abc import Iterator
from html import unescape
from typing import NamedTuple

# Possessive throughout: what was taken for a tag is not tried as anything else.
_ATTRIBUTES = r"""(?:[\s/]++|[^\s/>][^\s/>=]*+(?:\s*+=\s*+(?:"[^"]*+"|'[^']*+'|[^\s>"'][^\s>]*+)?)?)*+"""
_TOKEN = re.compile(
    rf"""
    <!--(?:-?>|.*?(?:--!?>|\Z))
    | <(?P<raw>iframe|noembed|noframes|script|style|textarea|title|xmp)(?=[\s/>])(?P<raw_attributes>{_ATTRIBUTES})
      (?:>(?P<content>.*?)(?:</(?P=raw)(?=[\s/>]){_ATTRIBUTES}>?|\Z))?
    | <(?P<name>/?[a-z][^\s/>]*+)(?P<attributes>{_ATTRIBUTES})>?
    | <(?:[!?]|/(?![a-z]))[^>]*+>?
    | (?P<reference>&(?:\#\d+|\#x[\da-f]+|[a-z][a-z\d]*+);?)
    | (?P<words>[^<&]+|[<&])
    """,
    re.VERBOSE | re.IGNORECASE | re.DOTALL | re.ASCII,
)
_ATTRIBUTE = re.compile(
    r"""([^\s/>][^\s/>=]*+)(?:\s*+=\s*+(?:"([^"]*+)"|'([^']*+)'|([^\s>"'][^\s>]*+))?)?""", re.DOTALL | re.ASCII
)
# What stands for a byte that was not decoded; see app.documents.charsets.
UNDECODED = re.compile("[\ud800-\udfff]")

# What a browser shows on lines of its own (HTML Standard, 15.3), and cells, which are not one sentence.
_BLOCK = re.compile(
    r"address|article|aside|blockquote|body|caption|center|d[dlt]|details|dialog|dir|div|fieldset|figcaption|figure"
    r"|footer|form|h[1-6r]|head|header|hgroup|html|legend|li|listing|main|menu|nav|[ou]l|optgroup|option|p|plaintext"
    r"|pre|search|section|summary|table|t(?:body|d|foot|h|head|r)"
)


class Token(NamedTuple):
    """``source[start:end]``, and ``words``, what it puts into the text.

    Characters and references have no ``name``. A tag has its name, with a slash when it closes; it puts
    a line break for ``br``, a blank line for a block, or nothing. ``content`` is that of an element whose
    content is no markup, such as ``script``.
    """

    words: str
    start: int
    end: int
    name: str = ""
    attributes: str = ""
    content: str = ""

    def attribute(self, name: str) -> str | None:
        """The value of an attribute, its references resolved; None when the tag has none of that name."""
        for key, double, single, bare in _ATTRIBUTE.findall(self.attributes):
            if key.lower() == name:
                return unescape(double or single or bare)
        return None


def tokens(source: str) -> Iterator[Token]:
    """The tokens of ``source`` but for comments, in order. Bytes that were not decoded say U+FFFD."""
    for found in _TOKEN.finditer(source):
        place = found.span()
        if found["words"]:
            yield Token(UNDECODED.sub("\ufffd", found["words"]), *place)
        elif found["reference"]:
            yield Token(unescape(found["reference"]), *place)
        elif found["raw"]:
            yield Token("", *place, found["raw"].lower(), found["raw_attributes"], found["content"] or "")
        elif found["name"]:
            name = found["name"].lower()
            yield Token(_break(name.removeprefix("/")), *place, name, found["attributes"])


def _break(name: str) -> str:
    return "\n" if name == "br" else "\n\n" if _BLOCK.fullmatch(name) else ""


def said(source: str) -> str:
    """All that the tokens of ``source`` put into the text."""
    return "".join(token.words for token in tokens(source))
