"""Words: what text and queries are cut into, one way for every search engine.

A word is a maximal run of letters, digits and marks (Unicode categories L, N, M and Co), folded:
case and accents are gone, digits are ASCII, ligatures and styled letters are spelled out, and so are
the letters that readers type without their stroke (ø, ł, đ). Arabic harakat, the tatweel and Hebrew
points go as accents do; vowel signs of other scripts stay. Everything else separates, apostrophes and
hyphens too: U.S. is two words and so is it's. What cannot be seen (soft hyphens, zero-width joiners
and spaces, variation selectors) is passed over, and the word goes on.

Chinese, Japanese, Thai, Lao, Khmer and Burmese put no spaces between words: there each character,
with its marks, is a word, and a query is the phrase of its characters.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import NamedTuple

MAX_WORD = 200
"""Characters of a folded word that count; what stands behind them is dropped."""

LEVELS = "987654"
"""How much a text is about a word, from most to least. 9: it stands in the headline; else how often it
stands in the text: 8 ten times, 7 six, 6 four, 5 three, 4 two. A word said once has no level.

These are quantised impacts (Anh and Moffat, "Pruned query evaluation using pre-computed impacts",
SIGIR 2006) that depend on the text alone, so what is added later changes no other text's level.
"""
# By how often a word stands in the text; ten times and more are one.
_LEVEL_OF = ("", "", "4", "5", "6", "6", "7", "7", "7", "7", "8")

UNSPACED = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\ua9e0-\ua9ff\uaa60-\uaa7f"  # Thai, Lao, Burmese, Khmer
    "\u3005-\u3007\u3021-\u3029\u3038-\u303c\u3041-\u30ff\u31f0-\u31ff\U0001aff0-\U0001b16f"  # kana and signs
    "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003fffd"  # Han
)
"""The characters of scripts written without spaces, as the inside of a character class."""

_PRIVATE = "\ue000-\uf8ff\U000f0000-\U0010fffd"
# In folded text, what is neither a space, nor a letter or digit, nor for private use is a mark.
_WORD = re.compile(rf"[{UNSPACED}][^\w {_PRIVATE}]*|[^ {UNSPACED}]+")
_ASCII_WORD = re.compile(r"[a-z0-9]+")
# Text whose words are ASCII: all else in it separates.
_PLAIN = re.compile("[\x00-\x7f\xa0‘’“”„«»–—…•]*")
_HAS_UNSPACED = re.compile(f"[{UNSPACED}]")

_STROKED = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "ð": "d", "ħ": "h", "ŧ": "t", "þ": "th", "æ": "ae", "œ": "oe", "ı": "i"}
)
UNSEEN = frozenset("\u00ad\u034f\u0640\u200b\u200c\u200d\u2060\ufeff")
_ACCENTS = re.compile(
    "[\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f"  # on any letter
    "\u0483-\u0489\u2de0-\u2dff\ua66f-\ua67d\ua69e\ua69f"  # Cyrillic
    "\u0591-\u05c7\ufb1e"  # Hebrew points
    "\u0610-\u061a\u064b-\u065f\u0670\u06d6-\u06ed\u0898-\u089f\u08ca-\u08ff"  # Arabic harakat
    "\u180b-\u180f\ufe00-\ufe0f\U000e0100-\U000e01ef]"  # variation selectors
)


class Word(NamedTuple):
    """A folded word and where it stands, in code points of the text as given."""

    form: str
    start: int
    end: int


class _Folds(dict[int, str]):
    """What each code point becomes; filled as texts need it."""

    def __missing__(self, code: int) -> str:
        self[code] = folded = _folded(chr(code))
        return folded


class _AlignedFolds(dict[int, str]):
    """The same, and _MOVES for code points that do not fold to just one, whatever stands beside them."""

    def __missing__(self, code: int) -> str:
        folded = _FOLDS[code]
        aligned = folded == " " or (len(folded) == 1 and folded.isalnum() and not _JAMO.match(folded))
        self[code] = result = folded if aligned else _MOVES
        return result


def _is_wordy(character: str) -> bool:
    category = unicodedata.category(character)
    return category[0] in "LNM" or category == "Co"


def _folded(character: str) -> str:
    if character in UNSEEN:
        return ""
    if not _is_wordy(character):
        return " "
    bare = _bare(character)
    # Folding a fold may open more (ligatures of accented letters, capitals of styled ones): until nothing changes.
    while (again := "".join(map(_bare, bare))) != bare:
        bare = again
    return unicodedata.normalize("NFC", bare)


def _bare(character: str) -> str:
    decomposed = unicodedata.normalize("NFKD", character)
    unaccented = "".join(c for c in decomposed if not _is_accent(c)).casefold().translate(_STROKED)
    return "".join(_digit(c) if _is_wordy(c) else " " for c in unaccented)


def _is_accent(character: str) -> bool:
    return character in UNSEEN or (unicodedata.category(character)[0] == "M" and bool(_ACCENTS.match(character)))


def _digit(character: str) -> str:
    return str(unicodedata.decimal(character, character))


_FOLDS = _Folds()
_MOVES = "\0"
_JAMO = re.compile("[\u1100-\u11ff]")  # join into syllables
_ALIGNED_FOLDS = _AlignedFolds()


def words(text: str) -> list[str]:
    """The folded words of ``text``, in order. ``words(" ".join(words(text))) == words(text)``."""
    if text.isascii():
        found = _ASCII_WORD.findall(text.lower())
    else:
        folded = unicodedata.normalize("NFC", text.translate(_FOLDS))
        found = _WORD.findall(folded) if _HAS_UNSPACED.search(folded) else folded.split()
    return [word[:MAX_WORD] for word in found]


def located_words(text: str) -> Iterator[Word]:
    """The folded words of ``text``, each with its place."""
    if text.isascii():
        return (Word(m[0][:MAX_WORD], m.start(), m.end()) for m in _ASCII_WORD.finditer(text.lower()))
    return _located(text)


def _located(text: str) -> Iterator[Word]:
    pieces = [_FOLDS[ord(c)] for c in text]
    # A code point may fold to none or to many: sources[i] is where the i-th folded one comes from.
    sources = [i for i, piece in enumerate(pieces) for _ in piece] + [len(text)]
    for match in _WORD.finditer("".join(pieces)):
        form = unicodedata.normalize("NFC", match[0])[:MAX_WORD]
        # An accent or a joiner behind the last letter folds to none, and belongs to the word.
        end = max(sources[match.end() - 1] + 1, sources[match.end()])
        yield Word(form, sources[match.start()], end)


def aligned_fold(text: str) -> str | None:
    """``text`` folded with every offset as it was; what is no letter or digit there separates words.

    None when some code point folds to none or to many, or there are marks: then ask ``located_words``.
    """
    if text.isascii() or _PLAIN.fullmatch(text):
        return text.lower()
    folded = text.translate(_ALIGNED_FOLDS)
    return None if _MOVES in folded else folded


def weights(headline: Sequence[str], body: Sequence[str]) -> list[str]:
    """One token for each distinct word that has a level: the level (see LEVELS), then the word."""
    titled = dict.fromkeys(headline)
    said = Counter(body)
    return [f"9{word}" for word in titled] + [
        f"{_LEVEL_OF[min(times, 10)]}{word}" for word, times in said.items() if times > 1 and word not in titled
    ]
