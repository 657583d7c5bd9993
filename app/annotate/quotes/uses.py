"""Quotation marks that hold no speech: scare quotes, and titles of works."""

from app.annotate.quotes.reading import Reading
from app.annotate.quotes.utterances import Utterance


def settle_use(reading: Reading, utterance: Utterance) -> None:
    """Mark an unattributed quotation of a few words as "title" or "scare"."""
    if utterance.clauses or utterance.kind != "direct":
        return
    start, end = utterance.pieces[0]
    words = reading.text[start:end].split()
    if len(words) <= 3 and reading.text[end - 1] not in "?!":
        utterance.use = "title" if all(word[:1].isupper() for word in words) else "scare"
