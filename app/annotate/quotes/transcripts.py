"""Transcripts and interviews: "WALLACE: …", "Q: …", paragraph by paragraph, with or without marks."""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from app.annotate.quotes.reading import Reading
from app.annotate.quotes.utterances import Utterance
from app.spans import paragraphs

_LABEL = re.compile(
    r"[\"“‘']?(?P<name>[A-Z][A-Z.'’ -]{1,40}|[QA]|Question|Answer|[A-Z][\w.'’-]+(?: [A-Z][\w.'’-]+){0,3})"
    r"(?: \([^)\n]{1,40}\))?: (?=\S)"
)
_FEWEST = 2  # labelled paragraphs that make a transcript
_REPEATS = 2  # of labels in small letters, which headings and lists have too


@dataclass(frozen=True, slots=True)
class Turn:
    """What stands behind one label, to the end of its paragraph."""

    name_start: int
    name_end: int
    start: int
    end: int


def find_turns(reading: Reading) -> list[Utterance]:
    """One utterance for each labelled paragraph of a transcript; none for any other text."""
    return [utterance for turn in _turns(reading.text) if (utterance := _utterance(reading, turn))]


def _turns(text: str) -> list[Turn]:
    found = list(_labelled(text))
    names = Counter(text[turn.name_start : turn.name_end] for turn in found)
    capitals = [turn for turn in found if text[turn.name_start : turn.name_end].isupper()]
    repeated = [turn for turn in found if names[text[turn.name_start : turn.name_end]] >= _REPEATS]
    if len({text[turn.name_start : turn.name_end] for turn in repeated}) >= _FEWEST:
        return repeated if len(repeated) > len(capitals) else capitals
    return capitals if len(capitals) >= _FEWEST and len(repeated) >= _REPEATS else []


def _labelled(text: str) -> Iterator[Turn]:
    for paragraph in paragraphs(text):
        match = _LABEL.match(text, paragraph.start, paragraph.end)
        if match:
            yield Turn(match.start("name"), match.end("name"), match.end(), paragraph.end)


def _utterance(reading: Reading, turn: Turn) -> Utterance | None:
    name = reading.token_at(turn.name_end) - 1
    index = reading.token_at(turn.start)
    if index >= len(reading) or name < 0:
        return None
    number = reading.quotation_at[index]
    if number >= 0 and reading.quotations[number].start < turn.start:
        end = min(reading.quotations[number].inner_end, turn.end)
        utterance = Utterance("direct", [(turn.start, end)], [number])
    elif number >= 0:
        return None  # NAME: "…" needs no transcript
    else:
        utterance = Utterance("indirect", [(turn.start, turn.end)])
    colon = reading.token_at(turn.start) - 1
    utterance.cue = (colon, colon + 1)
    utterance.name(reading.tokens[name], "transcript", 0.9)
    return utterance
