"""How the reports of one sentence bear on each other: shared subjects, origins cited, borders."""

from collections.abc import Iterator
from itertools import pairwise

from spacy.tokens import Token

from app.annotate.quotes import lexicon
from app.annotate.quotes.clauses import BEFORE_CONTENT, Clause, introduces
from app.annotate.quotes.reading import Reading

_JOINTS = frozenset({"and", "but", ",", ";"})
_CITING = frozenset({"cite", "quote"})


def relate(reading: Reading, clauses: list[Clause]) -> None:
    """Complete ``clauses``, which are in text order, by what the others in their sentence say."""
    for clause, following in _neighbours(reading, clauses):
        _share_source(reading, clause, following)
        _cite(reading, clause, following)
        _cut_at_introduction(reading, clause, following)
    _cut_at_relays(reading, clauses)


def _neighbours(reading: Reading, clauses: list[Clause]) -> Iterator[tuple[Clause, Clause]]:
    sentence_at = reading.sentence_at
    return (pair for pair in pairwise(clauses) if sentence_at[pair[0].cue[0]] == sentence_at[pair[1].cue[0]])


def _share_source(reading: Reading, clause: Clause, following: Clause) -> None:
    """ "said the fields were lost and warned …", "said no, adding …": who speaks goes on speaking."""
    if following.source is not None or clause.source is None or following.left == 0:
        return
    joined = reading.tokens[following.left - 1].lower_ in _JOINTS
    passive = any(child.dep_ == "auxpass" for child in reading.tokens[following.cue[0]].children)
    if joined and not passive:
        following.source = clause.source


def _cite(reading: Reading, clause: Clause, following: Clause) -> None:
    """ "Tass reported, citing Mr. Ito": Mr. Ito said it, and Tass relayed it."""
    verb = reading.tokens[following.cue[0]]
    if verb.lemma_ not in _CITING or verb.tag_ != "VBG" or clause.source is None or clause.relay is not None:
        return
    origin = next((child for child in verb.rights if child.dep_ == "dobj" and _can_speak(child)), None)
    if origin is not None:
        clause.source, clause.relay = origin, clause.source
        following.pieces, following.form = [], "bare"


def _can_speak(noun: Token) -> bool:
    """Whether the noun names people, or a document, rather than a reason."""
    return noun.ent_type_ in {"PERSON", "ORG"} or noun.lemma_ in lexicon.DOCUMENTS | lexicon.VOICES


def _cut_at_introduction(reading: Reading, clause: Clause, following: Clause) -> None:
    """ "said it was safe, and Ms. Ito replied, "Never"": what introduces a quotation is a report of its own."""
    if clause.form not in BEFORE_CONTENT or not introduces(reading, following):
        return
    joints = range(following.left - 1, clause.cue[1], -1)
    joint = next((i for i in joints if reading.tokens[i].lower_ in _JOINTS and reading.outside(i)), None)
    if joint is not None:
        clause.pieces = [(first, min(last, joint)) for first, last in clause.pieces if first < joint]


def _cut_at_relays(reading: Reading, clauses: list[Clause]) -> None:
    """ "Mr. Ito said it was safe, Reuters reported": the last clause is no part of what the first reports."""
    last_of: dict[int, Clause] = {}
    for clause in clauses:
        if clause.form in {"postposed", "according"} and clause.pieces:
            last_of[reading.sentence_at[clause.cue[0]]] = clause
    for clause in clauses:
        relay = last_of.get(reading.sentence_at[clause.cue[0]])
        if relay is not None and clause.cue[0] < relay.left and clause.form in BEFORE_CONTENT:
            clause.pieces = [(first, min(last, relay.left)) for first, last in clause.pieces]
