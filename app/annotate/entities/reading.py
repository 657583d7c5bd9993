"""A parsed document as plain columns: walking Python lists is several times faster than walking tokens."""

import re
from bisect import bisect_right
from collections.abc import Sequence
from typing import NamedTuple

from spacy.tokens import Doc

_ADDRESS = re.compile(r"https?:|www\.|\w@\w|/\w+/|\w\.(?:com|org|net|html?|gov|edu)\b", re.IGNORECASE)
_EDGE = " \t\r\n\x00\"'`“”‘’„«»‹›()[]{}<>*_|,;:!?…–—-\u200b\u200e\u200f\ufeff\xa0"
_OPENERS = frozenset("\"“”'‘’(*•:—–-")
_TAIL = re.compile(
    r"(?:['’]s|-(?:led|based|backed|born|style|owned|made|run|controlled|held|listed|occupied|funded|educated|"
    r"trained|wide|sponsored|mediated|brokered|powered|bound|registered|linked|ruled|dominated|era|allied))$"
)


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
        strings = doc.vocab.strings
        pos, dep, head, lemma, first = (
            column.tolist() for column in doc.to_array(["POS", "DEP", "HEAD", "LEMMA", "SENT_START"]).T
        )
        self.text: str = doc.text
        self.words: list[str] = [token.text for token in doc]
        self.starts: list[int] = [token.idx for token in doc]
        self.ends: list[int] = [start + len(word) for start, word in zip(self.starts, self.words, strict=True)]
        names = {key: strings[key] for key in {*pos, *dep}}
        self.pos: list[str] = [names[key] for key in pos]
        self.dep: list[str] = [names[key] for key in dep]
        self.opens: list[bool] = [mark == 1 for mark in first]
        self._heads: list[int] = head
        self._lemmas: list[int] = lemma
        self._strings = strings
        self.stems: list[str] = [_stem(word) for word in self.words]
        self._shouted = _shouted(self.words)
        self.lower_words = frozenset(word for word in self.words if word.islower())

    def __len__(self) -> int:
        return len(self.words)

    def word(self, i: int) -> str:
        """Token ``i``, or an empty string beyond either end."""
        return self.words[i] if 0 <= i < len(self.words) else ""

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
        return self._shouted[i]

    def joined(self, i: int) -> bool:
        """Whether token ``i`` follows the one before it without white space."""
        return i > 0 and self.starts[i] == self.ends[i - 1]

    def address(self, i: int) -> bool:
        """Whether token ``i`` is a web or mail address."""
        return len(self.words[i]) > 6 and _ADDRESS.search(self.words[i]) is not None

    def name(self, first: int, last: int, label: str, rule: str, confidence: float) -> Name | None:
        """The name in tokens ``first`` to ``last``, its edges trimmed; None when nothing is left."""
        while first < last and not self.words[first].strip(_EDGE):
            first += 1
        while first < last and (not (word := self.words[last - 1]).strip(_EDGE) or word in {"'s", "’s"}):
            last -= 1
        if first == last:
            return None
        start, end = self._edges(self.starts[first], self.ends[last - 1])
        return Name(first, last, start, end, label, rule, confidence) if start < end else None

    def _edges(self, start: int, end: int) -> tuple[int, int]:
        inner = self.text[start:end].rstrip(_EDGE)
        tail = _TAIL.search(inner)
        inner = inner[: tail.start()] if tail else inner
        kept = inner.lstrip(_EDGE)
        return start + len(inner) - len(kept), start + len(inner)


def _stem(word: str) -> str:
    """``word`` without what a hyphen hangs on a name: "U.S." for "U.S.-based"."""
    return _TAIL.sub("", word) if "-" in word else word


def _shouted(words: Sequence[str]) -> list[bool]:
    """For each word, whether its line has no lower-case letters and three or more words."""
    flags: list[bool] = []
    line: list[str] = []
    for word in [*words, "\n"]:
        line.append(word)
        if "\n" in word:
            letters = [word for word in line if any(c.isalpha() for c in word)]
            flags += [len(letters) > 2 and all(word.isupper() for word in letters)] * len(line)
            line = []
    return flags[:-1]
