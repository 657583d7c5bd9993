"""Sketches of texts: near-duplicates share bands (Broder 1997; Leskovec et al., Mining of Massive Datasets, 3.4).

A text is the set of its runs of three words. Eight bands of four MinHash values each: two texts with
four fifths of their runs in common share a band 98 times in 100, those with a third in common 9 times.
Who shares one is compared in full before anything is said.
"""

from collections.abc import Iterator, Sequence
from hashlib import blake2b
from struct import pack

from rensa import RMinHash

from app.search.words import words

RUN = 3
BANDS = 8
ROWS = 4
_SEED = 1


def runs_of_words(text: str) -> set[str]:
    """Every run of three words in ``text``; all of it where it has fewer."""
    found = words(text)
    if len(found) <= RUN:
        return {" ".join(found)} if found else set()
    return {" ".join(run) for run in zip(*(found[start:] for start in range(RUN)), strict=False)}


def resemblance(one: set[str], other: set[str]) -> float:
    """What share of the runs of both they have in common, 0 to 1 (Jaccard)."""
    return len(one & other) / len(one | other) if one or other else 0.0


def bands(text: str) -> list[int]:
    """The bands of the sketch of ``text``, as 63-bit numbers; none for a text without words."""
    runs = runs_of_words(text)
    if not runs:
        return []
    sketch = RMinHash(num_perm=BANDS * ROWS, seed=_SEED)
    sketch.update(list(runs))
    return list(_banded(sketch.digest()))


def _banded(digest: Sequence[int]) -> Iterator[int]:
    for band in range(BANDS):
        packed = pack(f"<{ROWS + 1}I", band, *digest[band * ROWS : (band + 1) * ROWS])
        yield int.from_bytes(blake2b(packed, digest_size=8).digest(), "big") >> 1
