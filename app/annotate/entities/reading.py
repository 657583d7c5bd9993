"""A parsed document as plain columns: walking Python lists is several times faster than walking tokens."""

import re
from bisect import bisect_right
from collections.abc import Iterator
from typing import NamedTuple

from spacy.tokens import Doc

from app.names import fold

_COLUMNS = ("ORTH", "IDX", "SPACY", "POS", "DEP", "HEAD", "LEMMA", "SENT_START")
_ADDRESS = re.compile(r"https?:|www\.|\w@\w|/\w+/|\w\.(?:com|org|net|html?|gov|edu)\b", re.IGNORECASE)
_EDGE = " \t\r\n\x00\"'`“”‘’„«»‹›()[]{}<>*_|,;:!?…–—-\u200b\u200e\u200f\ufeff\xa0"
_OPENERS = frozenset("\"“”'‘’(*•:—–-")
_TAIL = re.compile(
    r"(?:['’]s|-(?:led|based|backed|born|style|owned|made|run|controlled|held|listed|occupied|funded|educated|"
    r"trained|wide|sponsored|mediated|brokered|powered|bound|registered|linked|ruled|dominated|era|allied))$"
)

# How often what a rule finds is right in span and type, on development data, to the nearest twentieth.
CONFIDENCE = {
    "model": 0.85,
    "dateline": 0.95,
    "listed": 0.75,
    "repeated": 0.7,
    "parenthesis": 0.8,
    "capitals": 0.6,
    "adjoined": 0.5,
    "office": 0.7,
    "team": 0.9,
}


class Name(NamedTuple):
    """Words that name something: tokens ``first`` to ``last`` and code points ``start`` to ``end``, half-open."""

    first: int
    last: int
    start: int
    end: int
    label: str
    rule: str
    confidence: float


class Reading:
    """The tokens of a document by column; index ``i`` is the token's number."""

    def __init__(self, doc: Doc) -> None:
        columns: list[list[int]] = [column.tolist() for column in doc.to_array([*_COLUMNS]).T]
        orth, self.starts, space, pos, dep, self._heads, self._lemmas, first = columns
        self._strings = doc.vocab.strings
        names = {key: self._strings[key] for key in {*orth, *pos, *dep}}
        self.words: list[str] = [names[key] for key in orth]
        self.pos: list[str] = [names[key] for key in pos]
        self.dep: list[str] = [names[key] for key in dep]
        self.opens: list[bool] = [mark == 1 for mark in first]
        self.text: str = "".join(f"{word} " if blank else word for word, blank in zip(self.words, space, strict=True))
        self.stems: list[str] = [_stem(word) for word in self.words]
        self.lower_words = frozenset(word for word in names.values() if word.islower())
        self._shouted = [*_shouted(self.text)]
        self._keys: dict[str, str] = {}

    def __len__(self) -> int:
        return len(self.words)

    def word(self, i: int) -> str:
        """Token ``i``, or an empty string beyond either end."""
        return self.words[i] if 0 <= i < len(self.words) else ""

    def end(self, i: int) -> int:
        """The code point behind token ``i``."""
        return self.starts[i] + len(self.words[i])

    def key(self, name: Name) -> str:
        """The folded words of ``name``, under which its mentions meet."""
        form = self.text[name.start : name.end]
        if form not in self._keys:
            self._keys[form] = fold(form)
        return self._keys[form]

    def form(self, name: Name) -> list[str]:
        """The words of ``name``, the last without what a hyphen hangs on it."""
        return [*self.words[name.first : name.last - 1], self.stems[name.last - 1]]

    def head(self, i: int) -> int:
        """The token that governs token ``i``; itself for a root."""
        offset = self._heads[i]
        return i + (offset - 2**64 if offset >= 2**63 else offset)

    def lemma(self, i: int) -> str:
        """The lemma of token ``i``."""
        return str(self._strings[self._lemmas[i]])

    def opens_sentence(self, i: int) -> bool:
        """Whether token ``i`` would have a capital whatever it is."""
        before = self.word(i - 1)
        return i == 0 or self.opens[i] or before in _OPENERS or "\n" in before

    def bracket_end(self, first: int) -> int:
        """The closing bracket within eight tokens from ``first``, just behind an opening one; ``first`` if none."""
        return next((i for i in range(first, min(first + 9, len(self))) if self.words[i] == ")"), first)

    def token_at(self, offset: int) -> int:
        """The token in which, or behind which, code point ``offset`` stands."""
        return max(bisect_right(self.starts, offset) - 1, 0)

    def shouted(self, i: int) -> bool:
        """Whether token ``i`` stands in a line of capitals, where they mean nothing."""
        number = bisect_right(self._shouted, (self.starts[i], len(self.text))) - 1
        return number >= 0 and self.starts[i] < self._shouted[number][1]

    @property
    def has_shouts(self) -> bool:
        """Whether any line is in capitals."""
        return bool(self._shouted)

    def joined(self, i: int) -> bool:
        """Whether token ``i`` follows the one before it without white space."""
        return i > 0 and self.starts[i] == self.end(i - 1)

    def address(self, i: int) -> bool:
        """Whether token ``i`` is a web or mail address."""
        return len(self.words[i]) > 6 and _ADDRESS.search(self.words[i]) is not None

    def name(self, first: int, last: int, label: str, rule: str) -> Name | None:
        """The name in tokens ``first`` to ``last``, its edges trimmed; None when nothing is left."""
        while first < last and not self.words[first].strip(_EDGE):
            first += 1
        while first < last and (not (word := self.words[last - 1]).strip(_EDGE) or word in {"'s", "’s"}):
            last -= 1
        if first == last:
            return None
        start, end = self._edges(self.starts[first], self.end(last - 1))
        return Name(first, last, start, end, label, rule, CONFIDENCE[rule]) if start < end else None

    def _edges(self, start: int, end: int) -> tuple[int, int]:
        inner = self.text[start:end].rstrip(_EDGE)
        tail = _TAIL.search(inner)
        inner = inner[: tail.start()] if tail else inner
        kept = inner.lstrip(_EDGE)
        return start + len(inner) - len(kept), start + len(inner)


def _stem(word: str) -> str:
    """``word`` without what a hyphen hangs on a name: "U.S." for "U.S.-based"."""
    return _TAIL.sub("", word) if "-" in word else word


def _shouted(text: str) -> Iterator[tuple[int, int]]:
    """The lines of ``text``, in code points, that are three words or more in capitals."""
    start = 0
    for line in text.split("\n"):
        if line.isupper() and len(line.split()) > 2:
            yield start, start + len(line)
        start += len(line) + 1
