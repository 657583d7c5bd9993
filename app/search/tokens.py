"""Words as they are compared where nothing may be overlooked but case, punctuation and spacing.

Search (app.search.words) finds as much as it can; what says that somebody said something must not. So here
accents count, and so do an apostrophe inside a word ("we're", "were"), what stands inside a number ("1.5",
"15"), and signs: money, per cent, minus. An ellipsis is one of them: what it stands for is missing.
"""

import re
import unicodedata
from collections.abc import Iterator
from typing import NamedTuple

from app.search.utterances import ELLIPSIS
from app.search.words import UNSEEN, located_words


class Token(NamedTuple):
    """A word or a sign: what is compared of it, and where it stands, in code points of the text as given."""

    key: str
    start: int
    end: int


def tokens(text: str) -> list[Token]:
    """The words and signs of ``text``, in order."""
    signs = (Token(_sign(m[0]), *m.span()) for m in _SIGN.finditer(text))
    return sorted([*_joined(text), *signs], key=lambda token: token.start)


def is_cut(text: str, at: int) -> bool:
    """Whether what ends and begins here belongs together: as a hyphenated word, or as an amount and its sign."""
    return bool(_TORN.search(f"{text[max(0, at - 3) : at]}\0{text[at : at + 3]}"))


def is_pause(between: str) -> bool:
    """Whether what stands between two words ends a sentence or a quotation."""
    return bool(_END.search(between))


def _joined(text: str) -> Iterator[Token]:
    """The words, those that an apostrophe, a bracket ("[T]he") or a digit separator joins as one."""
    start = end = 0
    for word in located_words(text):
        if end and not _JOINT.fullmatch(text[end - 1 : word.start + 1]):
            yield Token(_key(text[start:end]), start, end)
            start = word.start
        elif not end:
            start = word.start
        end = word.end
    if end:
        yield Token(_key(text[start:end]), start, end)


def _key(word: str) -> str:
    word = word.replace("[", "").replace("]", "")
    if word.isascii():
        return word.lower()
    seen = "".join(c for c in word if c not in UNSEEN)
    return _APOSTROPHE.sub("'", unicodedata.normalize("NFC", unicodedata.normalize("NFC", seen).casefold()))


def _sign(found: str) -> str:
    return "…" if found[0] in ".…" else "-" if found in "-–−" else found


_APOSTROPHES = "'’ʼ‘"
_APOSTROPHE = re.compile(f"[{_APOSTROPHES}]")
_JOINT = re.compile(rf"[^\W\d_][{_APOSTROPHES}\[\]][^\W\d_]|\d[.,:/]\d")
_AMOUNT = "$¢£¤¥₠-⃀€%‰°#"
_SIGN = re.compile(rf"{ELLIPSIS}|[{_AMOUNT}&+±×÷=<>≤≥−]|(?<!\w)[-–](?=[\d$£¥€.])")
# What a cut, the \0, must not part.
_TORN = re.compile(rf"\w[-‐‑]\0\w|\w\0[-‐‑]\w|[{_AMOUNT}+±<>≤≥−]\s?\0\s?\d|(?<!\w)[-–]\0\d|\d\s?\0\s?[{_AMOUNT}]")
_END = re.compile(r"[.;:!?…\n\"“”„«»]")
