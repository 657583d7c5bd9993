"""Names as keys: the forms under which "ALMATY" and "Almaty", "Jund al‑Khilafah" and "jund al-khilafah" meet."""

import re
import unicodedata
from functools import lru_cache

_DASHES = re.compile(r"[\u2010-\u2015\u2212]")
_QUOTES = re.compile(r"[\u2018\u2019\u201a\u201b\u02bc\u0060\u00b4]")
_SPACES = re.compile(r"\s+")
_AFTER_HYPHEN = re.compile(r"(?<=-)[^-]+")


# The same names come again and again.
@lru_cache(maxsize=50_000)
def fold(name: str) -> str:
    """``name`` without accents, case, and differences of dash, apostrophe and white space."""
    plain = _QUOTES.sub("'", _DASHES.sub("-", name))
    decomposed = unicodedata.normalize("NFKD", plain)
    bare = "".join(c for c in decomposed if not unicodedata.combining(c))
    return _SPACES.sub(" ", bare.casefold()).strip()


def name_words(folded: str) -> list[str]:
    """The words of a folded name, each of which somebody may begin to type: "jund", "al-khilafah", "khilafah"."""
    return [word for part in folded.split(" ") for word in (part, *_AFTER_HYPHEN.findall(part)) if word]
