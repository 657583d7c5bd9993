"""How a document is laid out: front matter, header, body, foot. What is in doubt is body."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import dropwhile

import yaml

from app.documents.metadata import URL, Draft, find_dateline, parse_date
from app.documents.repairs import BLOCK, CLOSING, NEWLINE, is_torn
from app.errors import DocumentError

_KEYS = {
    "headline": ("title", "headline"),
    "published": ("date", "published", "published at", "date published", "publication date", "pubdate", "posted"),
    "publisher": ("publisher", "publication", "source", "site", "site name"),
    "dateline": ("dateline",),
    "url": ("url", "link", "canonical", "canonical url", "source url", "original url", "original", "via"),
}
_FIELD_OF = {key: field for field, keys in _KEYS.items() for key in keys}

_LABEL = r"[*_]*(?P<key>[A-Za-z][A-Za-z -]{1,20}):[*_]*"
_LABEL_ALONE = re.compile(_LABEL)
_LABELLED = re.compile(rf"{_LABEL}\s+(?P<value>\S.{{1,120}}[^.])")
_HEADING = re.compile(r"#\s+(?P<value>.+?)(?:\s+#+)?")
_BOLD = re.compile(r"(\*\*|__)(?P<value>[^*_]{1,120}[^*_.:;,])\1")
_DEEPEST = 20
_DATE = re.compile(r"[*_]*(?:(?i:published|posted)(?: on)? )?(?P<value>[\w ,.:/+-]{8,60}?)[*_]*")
_ADDRESS = re.compile(rf"(?:{_LABEL}\s*)?(?P<open><|\[[^\]]*\]\()?(?P<value>{URL.pattern}?)(?(open)[>)])")


@dataclass(frozen=True, slots=True)
class Line:
    """A line that is not blank: its one-based number, where its words start, and the words."""

    number: int
    start: int
    text: str

    @property
    def end(self) -> int:
        return self.start + len(self.text)

    def value(self, found: re.Match[str]) -> tuple[int, int]:
        """Where the group ``value`` of a match in these words starts and ends in the document."""
        return self.start + found.start("value"), self.start + found.end("value")


def lines_of(source: str) -> Iterator[Line]:
    """The lines of ``source`` that are not blank, without byte order mark and outer white space."""
    newlines = [match.span() for match in NEWLINE.finditer(source)]
    starts = [int(source.startswith("\ufeff")), *(end for _, end in newlines)]
    ends = [*(start for start, _ in newlines), len(source)]
    for number, (start, end) in enumerate(zip(starts, ends, strict=True), 1):
        words = source[start:end].strip()
        if words:
            yield Line(number, source.index(words, start), words)


def take_front_matter(source: str, lines: list[Line], draft: Draft) -> list[Line]:
    """Read the YAML between two ``---`` that the document opens with; the lines below it."""
    if lines[0].text != "---":
        return lines
    for index, line in enumerate(lines[1:], 1):
        if line.text in ("---", "..."):
            _read_front_matter(source, lines[0], line.start, draft)
            return lines[index + 1 :]
    raise DocumentError("the front matter that opens here is never closed by ---", lines[0].number)


def _read_front_matter(source: str, opening: Line, end: int, draft: Draft) -> None:
    root = _compose(source[opening.end : end], opening.number)
    if root is None:
        return
    if not isinstance(root, yaml.MappingNode):
        raise DocumentError("the front matter is not a mapping of keys to values", opening.number)
    for key, node in root.value:
        field = _field(key.value, node.value) if isinstance(key, yaml.ScalarNode) else None
        if field:
            _take_value(source, opening, field, node, draft)


class _Loader(yaml.SafeLoader):
    """Refuses lists and mappings in many brackets: each token within takes the longer, the more are open."""

    def fetch_flow_collection_start(self, token: type[yaml.Token]) -> None:
        if self.flow_level >= _DEEPEST:
            raise yaml.YAMLError(f"more than {_DEEPEST} brackets are open")
        super().fetch_flow_collection_start(token)


def _compose(block: str, first_line: int) -> yaml.Node | None:
    # Nodes and not values: a headline that reads 1984 or No is words, and a node knows its line.
    try:
        return yaml.compose(block, Loader=_Loader)
    except yaml.MarkedYAMLError as error:
        line = first_line + error.problem_mark.line if error.problem_mark else first_line
        raise DocumentError(f"the front matter is not YAML: {error.problem}", line) from error
    except (yaml.YAMLError, RecursionError) as error:
        raise DocumentError(f"the front matter is not YAML: {error}", first_line) from error


def _take_value(source: str, opening: Line, field: str, node: yaml.Node, draft: Draft) -> None:
    line = opening.number + node.start_mark.line
    if not isinstance(node, yaml.ScalarNode) or re.search("[\0\ud800-\udfff]", node.value):
        raise DocumentError(f"the {field} in the front matter is not a text", line)
    words = node.value.strip()
    if not words or node.tag == "tag:yaml.org,2002:null":
        return
    if field == "published" and parse_date(words) is None:
        raise DocumentError(f"{words!r} in the front matter is no date, or may be either of two", line)
    start = source.find(words, opening.end + node.start_mark.index, opening.end + node.end_mark.index)
    if start >= 0:
        draft.offer(field, start, start + len(words))
    else:  # folded or escaped: the words do not stand in the source as they are
        draft.offer_value(field, " ".join(words.split()))


def take_header(lines: list[Line], draft: Draft) -> list[Line]:
    """Read headline, date, publisher and labelled lines from the top, in any order; the lines below them."""
    rest = list(dropwhile(lambda line: _take_line(line, draft), lines))
    if len(rest) == len(lines) and _is_headline(lines) and draft.offer("headline", lines[0].start, lines[0].end):
        rest = list(dropwhile(lambda line: _take_line(line, draft), lines[1:]))
    return rest


def _take_line(line: Line, draft: Draft) -> bool:
    if len(line.text) > 300:
        return False
    bold = "publisher" if "headline" in draft else "headline"
    for field, pattern in (("headline", _HEADING), (bold, _BOLD), (None, _LABELLED), ("published", _DATE)):
        found = pattern.fullmatch(line.text)
        named = field or (found and _field(found["key"], found["value"]))
        if found and named and draft.offer(named, *line.value(found)):
            return True
    return False


def _is_headline(lines: list[Line]) -> bool:
    """Whether the first line is one though nothing marks it: short, no sentence, a paragraph of its own."""
    if len(lines) < 2 or lines[1].number == lines[0].number + 1:
        return False
    words = lines[0].text
    is_sentence = words.rstrip(CLOSING).endswith((".", ":", ";", ",")) or words[0].islower()
    is_prose = is_torn(words, lines[1].text) or find_dateline(words) is not None
    return len(words) <= 120 and not (is_sentence or is_prose or BLOCK.match(words))


def take_foot(lines: list[Line], draft: Draft) -> list[Line]:
    """Read the address of the original on the last line, with its label there or above; the lines over it."""
    found = _ADDRESS.fullmatch(lines[-1].text) if lines else None
    if not found or (found["key"] and _field(found["key"], found["value"]) != "url"):
        return lines
    if not draft.offer("url", *lines[-1].value(found)):
        return lines
    label = None if found["key"] or not lines[:-1] else _LABEL_ALONE.fullmatch(lines[-2].text)
    return lines[:-2] if label and _field(label["key"], found["value"]) == "url" else lines[:-1]


def _field(key: str, value: object) -> str | None:
    """The field that a label names; a "source" may be the publisher or, if it is an address, the article."""
    field = _FIELD_OF.get(re.sub("[-_]", " ", key).casefold())
    is_address = isinstance(value, str) and URL.match(value)
    return "url" if field == "publisher" and is_address else field
