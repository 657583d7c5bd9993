"""Clauses that report speech: a cue, whoever it names as the source, and where its content stands."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Literal

from spacy.tokens import Token

from app.annotate.quotes import complements, lexicon
from app.annotate.quotes.phrases import NOMINAL, descends, follows_as, noun_phrase, subject_of
from app.annotate.quotes.reading import Reading

Form = Literal["bare", "preposed", "postposed", "according"]
_BEFORE_VERB = frozenset({"aux", "auxpass", "neg", "advmod"})
_AFTER_VERB = frozenset(
    {"dobj", "dative", "prep", "npadvmod", "advmod", "prt", "advcl", "nsubj", "acomp", "tmod", "agent"}
)
_JOINTS = frozenset({"and", "but", ",", ";"})
_SET_OFF = frozenset({",", "—", "–", "--", "-", "''", '"', "”", "?", "!"})


@dataclass(slots=True, eq=False)
class Clause:
    """Tokens ``left:right`` report ("Mr. Ito told reporters"), ``cue`` is the verb in them.

    ``form`` says where the clause stands to its content, ``pieces``; "bare" has none by grammar.
    """

    cue: tuple[int, int]
    source: Token | None
    left: int
    right: int
    form: Form = "bare"
    pieces: list[tuple[int, int]] = field(default_factory=list)


def find_clauses(reading: Reading) -> list[Clause]:
    """All clauses of ``reading`` outside quotation marks that report speech, in order."""
    found = list(_clauses(reading))
    _cut_at_relays(reading, found)
    _cut_at_introductions(reading, found)
    return found


def _clauses(reading: Reading) -> Iterator[Clause]:
    for index, token in enumerate(reading.tokens):
        if not reading.outside(index):
            continue
        if token.pos_ in {"VERB", "AUX"} and token.lemma_.lower() in lexicon.REPORTING:
            yield _verbal(reading, token)
        elif token.lower_ == "according" and (clause := _according(reading, token)):
            yield clause


def _cut_at_relays(reading: Reading, clauses: list[Clause]) -> None:
    """ "Mr. Ito said it was safe, Reuters reported": the last clause is no part of what the first reports."""
    last_of: dict[int, Clause] = {}
    for clause in clauses:
        if clause.form in {"postposed", "according"} and clause.pieces:
            last_of[reading.sentence_at[clause.cue[0]]] = clause
    for clause in clauses:
        relay = last_of.get(reading.sentence_at[clause.cue[0]])
        if relay is not None and clause.cue[0] < relay.left and clause.form == "preposed":
            clause.pieces = [(first, min(last, relay.left)) for first, last in clause.pieces]


def _cut_at_introductions(reading: Reading, clauses: list[Clause]) -> None:
    """ "said it was safe, and Ms. Ito replied, "Never"": what introduces a quotation begins a report of its own."""
    for clause, following in pairwise(clauses):
        if clause.form != "preposed" or not _introduces(reading, following):
            continue
        joints = range(following.left - 1, clause.cue[1], -1)
        joint = next((i for i in joints if reading.tokens[i].lower_ in _JOINTS and reading.outside(i)), None)
        if joint is not None:
            clause.pieces = [(first, min(last, joint)) for first, last in clause.pieces if first < joint]


def _introduces(reading: Reading, clause: Clause) -> bool:
    """Whether a comma or colon and a quotation that opens like a sentence follow the clause."""
    after = clause.right
    if after + 1 >= len(reading) or reading.tokens[after].text not in {",", ":"} or reading.outside(after + 1):
        return False
    quotation = reading.quotations[reading.quotation_at[after + 1]]
    return reading.text[quotation.inner_start].isupper() and quotation.start == reading.starts[after + 1]


def _verbal(reading: Reading, verb: Token) -> Clause:
    source = subject_of(reading, verb) or _named_before(reading, verb)
    complement = complements.complement_of(verb)
    left, right = _extent(reading, verb, source, complement)
    clause = Clause((verb.i, verb.i + 1), source, left, right)
    lemma = verb.lemma_.lower()
    if complement is not None and complement.i < verb.i and lemma in lexicon.WITH_CLAUSE:
        clause.form = "postposed"
        clause.pieces = complements.around(reading, left, right, verb, goes_on=True)
    elif source is not None and lemma in lexicon.SAY and _set_off(reading, clause) and _inserted(reading, clause):
        clause.form = "postposed"
        goes_on = _is_parenthesis(verb)
        clause.pieces = complements.around(reading, left, right, verb, goes_on)
    elif lemma in lexicon.WITH_CLAUSE:
        if complement is not None and complement.i < verb.i:
            complement = None
        clause.form = "preposed"
        clause.pieces = complements.after_verb(reading, verb, complement)
    if not clause.pieces:
        clause.pieces = complements.lesser(reading, verb)
        clause.form = "preposed" if clause.pieces else "bare"
    return clause


def _inserted(reading: Reading, clause: Clause) -> bool:
    verb = reading.tokens[clause.cue[0]]
    return _is_parenthesis(verb) or _ends_sentence(reading, clause)


def _is_parenthesis(verb: Token) -> bool:
    """Whether the parser hung the reporting clause from what was said, and not the other way round."""
    head = verb.head
    inserted = verb.dep_ in {"parataxis", "ccomp"} and head.i != verb.i
    negated = any(child.dep_ == "neg" for child in verb.lefts)
    return inserted and head.lemma_.lower() not in lexicon.REPORTING and not negated


def _set_off(reading: Reading, clause: Clause) -> bool:
    """Whether punctuation sets the clause off: "The talks, he said, …"."""
    return clause.left > 0 and reading.tokens[clause.left - 1].text in _SET_OFF


def _ends_sentence(reading: Reading, clause: Clause) -> bool:
    _, last = reading.sentence_of(clause.cue[0])
    return all(token.is_punct or token.is_space for token in reading.tokens[clause.right : last])


def _named_before(reading: Reading, verb: Token) -> Token | None:
    """ "Ms. Ito, the mayor, as saying …", where "was quoted" is missing: what the sentence begins with."""
    if not follows_as(verb):
        return None
    first, _ = reading.sentence_of(verb.i)
    opening = reading.tokens[first : verb.i - 1]
    return next((t for t in opening if t.pos_ in NOMINAL and t.dep_ != "compound"), None)


def _extent(reading: Reading, verb: Token, source: Token | None, complement: Token | None) -> tuple[int, int]:
    first, last = reading.sentence_of(verb.i)
    left, right = verb.i, verb.i + 1
    for child in verb.lefts:
        if child.dep_ in _BEFORE_VERB and child.i >= left - 4:
            left = min(left, child.left_edge.i)
    if source is not None and first <= source.i < last:
        start, end = noun_phrase(reading, source)
        left, right = (min(left, start), right) if source.i < verb.i else (left, max(right, end))
    for child in reversed(list(verb.lefts)):
        if child.dep_ == "nsubj" and child.right_edge.i == left - 1:
            left = child.left_edge.i  # "the news agency Tass" parsed as two subjects
    for child in verb.rights:
        if child is not complement and child.dep_ in _AFTER_VERB:
            right = max(right, child.right_edge.i + 1)
    return max(first, left), min(last, right)


def _according(reading: Reading, token: Token) -> Clause | None:
    to = reading.tokens[token.i + 1] if token.i + 1 < len(reading) else token
    source = next((child for child in to.children if child.dep_ == "pobj"), None)
    if source is None or to.lower_ != "to":
        return None
    first, last = reading.sentence_of(token.i)
    _, end = noun_phrase(reading, source)
    right = min(last, max(end, token.i + 3))
    while right < last and reading.tokens[right].text not in {",", ".", ";", "—", "--"} and reading.outside(right):
        right += 1
    clause = Clause((token.i, token.i + 2), source, token.i, right, "according")
    before = reading.tokens[first : token.i]
    if before:
        clause.pieces.append((first, token.i))
    stated = any(t.dep_ == "ROOT" for t in before if t.is_alpha)
    if not stated and right < last and reading.tokens[right].text == ",":
        following = next((t for t in reading.tokens[right + 1 : last] if t.is_alpha), None)
        if following is not None and not descends(following, source):
            clause.pieces.append((right + 1, last))
    return clause
