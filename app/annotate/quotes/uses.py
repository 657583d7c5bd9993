"""Quotation marks that hold no speech: titles of works, what a transcript says of the scene."""

import re

from app.annotate.quotes import lexicon
from app.annotate.quotes.marks import Quotation
from app.annotate.quotes.reading import Reading

_LONGEST_TITLE = 10  # words
_DIRECTION = re.compile(r"\s*[(\[][^()\[\]]*[)\]][.,]?\s*")


def is_direction(words: str) -> bool:
    """Whether all of it stands in brackets: "(CROSSTALK.)", "[laughter]"."""
    return _DIRECTION.fullmatch(words) is not None


def is_title(reading: Reading, quotation: Quotation) -> bool:
    """Whether all its longer words have capitals, in a sentence that neither ends nor reports there."""
    words = reading.text[quotation.inner_start : quotation.inner_end].strip(" ,.").split()
    if not 0 < len(words) <= _LONGEST_TITLE or not (words[0][:1].isupper() or words[0][:1].isdigit()):
        return False
    longer = [word for word in words if len(word) > 3]
    if not longer or not all(word[:1].isupper() or not word[:1].isalpha() for word in longer):
        return False
    index = reading.token_at(quotation.start)
    before = reading.tokens[index - 1] if index else None
    if before is None or reading.sentence_at[before.i] != reading.sentence_at[index]:
        return len(words) > 1 and reading.text[quotation.inner_end - 1] not in ".?!,"
    return (before.pos_ != "VERB" or before.lemma_ in lexicon.WORKING) and before.text != ":"
