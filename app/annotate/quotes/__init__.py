"""What was said in a text, and by whom.

The parts, in the order in which they run:

marks         what stands between quotation marks
transcripts   who takes which turn
clauses       which words report speech, and who is their source (phrases, lexicon)
complements   where what they report stands
relations     what the reports of one sentence have to do with each other
content       what was said, by grammar
adjacency     whose words the quotations are that grammar leaves over (uses: which are nobody's)
discourse     whose they are by what was said before them
chains        who relayed whom
speakers      which entity a source is, by name, pronoun or description (persons)
"""

from spacy.tokens import Doc

from app.annotate.entities import Named
from app.annotate.quotes.adjacency import Adjacency
from app.annotate.quotes.chains import chained
from app.annotate.quotes.clauses import find_clauses
from app.annotate.quotes.content import grammatical
from app.annotate.quotes.reading import Reading
from app.annotate.quotes.relations import relate
from app.annotate.quotes.speakers import Speakers
from app.annotate.quotes.transcripts import find_turns
from app.annotate.quotes.uses import is_direction
from app.annotate.quotes.utterances import Utterance
from app.annotations import Metadata, Quote
from app.spans import Span

__all__ = ["find_quotes"]


def find_quotes(doc: Doc, named: Named, metadata: Metadata) -> tuple[Quote, ...]:  # noqa: ARG001
    """Every quotation in ``doc``, in text order; sources link to ``named.entities``."""
    reading = Reading(doc)
    turns = find_turns(reading)
    clauses = find_clauses(reading)
    relate(reading, clauses)
    utterances = turns + grammatical(reading, clauses, turns)
    utterances += Adjacency(reading, clauses, utterances).attribute()
    speakers = Speakers(reading, named)
    spoken = [utterance for utterance in utterances if _drop_directions(reading, utterance)]
    ordered = sorted(chained(reading, spoken), key=lambda utterance: utterance.pieces)
    return tuple(_quote(reading, speakers, utterance) for utterance in ordered)


def _drop_directions(reading: Reading, utterance: Utterance) -> bool:
    """Take from the utterance what describes the scene; whether anything is left."""
    utterance.pieces = [(start, end) for start, end in utterance.pieces if not is_direction(reading.text[start:end])]
    return bool(utterance.pieces)


def _quote(reading: Reading, speakers: Speakers, utterance: Utterance) -> Quote:
    cue = None
    if utterance.cue is not None:
        first, last = utterance.cue
        cue = Span.of(reading.text, reading.starts[first], reading.end_of(last - 1))
    content = tuple(Span.of(reading.text, start, end) for start, end in utterance.pieces)
    return Quote(
        kind=utterance.kind,
        use=utterance.use,
        content=content,
        cue=cue,
        sources=speakers.chain(utterance),
        confidence=utterance.confidence,
    )
