"""What denies: words that turn what stands behind them, or what is reported, into what was not said."""

import re
from collections.abc import Sequence

from app.search.tokens import Token, tokens
from app.search.utterances import NEGATIONS, SMALL
from app.search.words import words
from app.spans import Span

# Characters before a cue that are read for what denies it.
BEFORE = 60
VERBS = frozenset(
    words(
        "deny denies denied denying refute refutes refuted refuting reject rejects rejected rejecting "
        "dismiss dismisses dismissed dismissing dispute disputes disputed disputing disavow disavowed"
    )
)
_PAUSE = re.compile(r"[.,;:!?—–\n]")


def is_negation(token: Token) -> bool:
    """Whether it denies, a contraction too."""
    return token.key in NEGATIONS or token.key == "cannot" or token.key.endswith("n't")


def negation_before(text: str, found: Sequence[Token], i: int) -> int | None:
    """Which token denies what begins with token ``i``: there are only small words and no punctuation between them."""
    while i > 0 and not _PAUSE.search(text[found[i - 1].end : found[i].start]):
        i -= 1
        if is_negation(found[i]):
            return i
        if found[i].key not in SMALL:
            break
    return None


def denial_of(text: str, start: int, end: int, *, direct: bool) -> Span | None:
    """The word that denies what is reported by the words from ``start`` to ``end``: "never said", "denied that".

    A direct quote behind "denied" is the denial itself.
    """
    offset = max(0, start - BEFORE)
    window = text[offset:end]
    found = tokens(window)
    cue = [i for i, token in enumerate(found) if offset + token.start >= start]
    denying = [i for i in cue if is_negation(found[i]) or (found[i].key in VERBS and not direct)]
    if cue and cue[0] and found[cue[0] - 1].key in VERBS:
        denying.append(cue[0] - 1)
    negated = negation_before(window, found, cue[0]) if cue else None
    if negated is not None:
        denying.append(negated)
    if not denying:
        return None
    return Span.of(text, offset + found[denying[0]].start, offset + found[denying[0]].end)
