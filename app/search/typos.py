"""Names in spite of a typo: those with words near the ones typed.

A word of 4 to 7 characters may be one edit away, a longer one two; a shorter one must be right. An edit
adds, drops or changes a character, or swaps two neighbours (optimal string alignment, the restricted
form of Damerau, "A technique for computer detection and correction of spelling errors", CACM 7(3),
1964). What is typed is compared with the beginning of a word: one may make a mistake and not be done.
"""

from collections.abc import Iterator, Sequence
from functools import partial
from heapq import nsmallest

from rapidfuzz.distance import OSA
from sqlalchemy import ColumnElement, Integer, cast, column, func, literal, literal_column, or_, select, table, union
from sqlmodel import Session, col

from app.models import Entity, NameWord
from app.names import fold
from app.search.entities import WordCondition, aliases, begins, suggested
from app.search.paging import AnySelect

SHORTEST = 4
# Words that one typed word may stand for, the nearest ones.
MOST_WORDS = 500


def edits_allowed(word: str) -> int:
    """How many edits a typed word may be away from what it means."""
    return 0 if len(word) < SHORTEST else 1 if len(word) < 8 else 2


def suggestions(session: Session, typed: str, run: str, limit: int, found: Sequence[int]) -> AnySelect | None:
    """As app.search.entities.suggestions, of names near what is typed, without the entities ``found`` already.

    None where every word is too short to have a typo.
    """
    words = sorted(fold(typed).split(), key=len, reverse=True)
    if not any(map(edits_allowed, words)):
        return None
    near = aliases([_condition(session, word) for word in words])
    return suggested(near, run, limit).where(col(Entity.id).not_in(found))


def _condition(session: Session, word: str) -> WordCondition:
    if not edits_allowed(word):
        return partial(begins, prefix=word)
    keys = near_words(session, word)
    return lambda name: col(name.id).in_(keys)


def near_words(session: Session, word: str) -> list[int]:
    """Keys of the words of names whose beginning is as near to ``word`` as is allowed, the nearest first."""
    edits = edits_allowed(word)
    candidates = session.execute(_candidates(session, word, edits))
    near = ((distance, key) for key, form in candidates if (distance := _distance(word, form, edits)) <= edits)
    return [key for _, key in nsmallest(MOST_WORDS, near)]


def _distance(word: str, form: str, most: int) -> int:
    """Edits between ``word`` and the nearest beginning of ``form``; more than ``most`` where there are more."""
    lengths = range(len(word) - most, min(len(word) + most, len(form)) + 1)
    return min((OSA.distance(word, form[:n], score_cutoff=most) for n in lengths), default=most + 1)


def _candidates(session: Session, word: str, edits: int) -> AnySelect:
    """Words that begin like ``word`` or share a trigram with it, and have most of its characters.

    Each edit takes away one character at most.
    """
    form = col(NameWord.form)
    beginning = func.substr(form, 1, len(word) + edits)
    letters = sorted(set(word))
    present = sum((cast(beginning.contains(letter, autoescape=True), Integer) for letter in letters), literal(0))
    return select(col(NameWord.id), form).where(
        col(NameWord.id).in_(union(*_alike(session, word))), present >= len(letters) - edits
    )


def _heads(word: str) -> set[str]:
    """How a word begins that ``word`` is one edit away from, unless they share a trigram."""
    first, second, third = word[:1], word[1:2], word[2:3]
    # Where the second letter is wrong, a trigram is left behind it, but not in a word of four.
    return {first + second if len(word) > 4 else first, second + first, first + third}


def _alike(session: Session, word: str) -> Iterator[AnySelect]:
    keys = select(col(NameWord.id))
    for head in sorted(_heads(word)):
        yield keys.where(begins(NameWord, head))
    # pg_trgm knows letters and digits only.
    grams = [gram for i in range(len(word) - 2) if (gram := word[i : i + 3]).isalnum()]
    if grams and session.get_bind().dialect.name == "postgresql":
        yield keys.where(or_(*(col(NameWord.form).contains(gram) for gram in grams)))
    elif grams:
        index: ColumnElement[str] = literal_column("name_word_fts")
        matching = index.op("MATCH")(" OR ".join(f'"{gram}"' for gram in grams))
        yield select(column("rowid", Integer)).select_from(table("name_word_fts")).where(matching)
