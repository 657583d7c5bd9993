"""Clauses that report speech: a cue, whoever it names as the source, and where its content stands."""

from dataclasses import dataclass, field
from typing import Literal

from spacy.tokens import Token

from app.annotate.quotes import complements, lexicon
from app.annotate.quotes.phrases import NOMINAL, descends, follows_as, noun_phrase, quoted_by, subject_of
from app.annotate.quotes.reading import Reading

Form = Literal["bare", "preposed", "object", "postposed", "according"]
BEFORE_CONTENT = frozenset({"preposed", "object"})
_BEFORE_VERB = frozenset({"aux", "auxpass", "neg", "advmod"})
_AFTER_VERB = frozenset(
    {"dobj", "dative", "prep", "npadvmod", "advmod", "prt", "advcl", "nsubj", "acomp", "tmod", "agent"}
)
_SUBORDINATORS = frozenset(
    ["when", "whenever", "once", "after", "before", "because", "since", "while", "until", "unless"]
)
_SET_OFF = frozenset({",", "—", "–", "--", "-", "''", '"', "”", "?", "!"})


@dataclass(slots=True, eq=False)
class Clause:
    """Tokens ``left:right`` report ("Mr. Ito told reporters"), ``cue`` is the verb in them.

    ``relay`` heads the words for who passes on what the source said, where the clause has both.
    ``form`` says where the clause stands to its content, ``pieces``; "bare" has none by grammar,
    and that of "object" is no clause.
    """

    cue: tuple[int, int]
    source: Token | None
    left: int
    right: int
    form: Form = "bare"
    relay: Token | None = None
    pieces: list[tuple[int, int]] = field(default_factory=list)


def find_clauses(reading: Reading) -> list[Clause]:
    """All clauses of ``reading`` outside quotation marks that report speech, in order, each by itself."""
    found = (_clause(reading, token) for token in reading.tokens if reading.outside(token.i))
    return [clause for clause in found if clause is not None]


def _clause(reading: Reading, token: Token) -> Clause | None:
    if token.pos_ in {"VERB", "AUX"}:
        reports = token.lemma_.lower() in lexicon.REPORTING and not _is_compound(reading, token)
        if reports:
            return _verbal(reading, token)
    elif token.pos_ == "NOUN" and token.lemma_ in lexicon.NOUNS:
        return _nominal(reading, token)
    return _according(reading, token) if token.lower_ == "according" else None


def _is_compound(reading: Reading, verb: Token) -> bool:
    """ "so-called": a verb in name only."""
    return verb.i > 0 and reading.tokens[verb.i - 1].text == "-"


def _nominal(reading: Reading, noun: Token) -> Clause | None:
    """ "the ministry's claim that …", "a promise to …"."""
    content = next((child for child in noun.rights if child.dep_ == "acl" and _is_said(noun, child)), None)
    if content is None or noun.head.lemma_.lower() in lexicon.REPORTING:
        return None
    left, right = noun_phrase(reading, noun)
    source = next((child for child in noun.lefts if child.dep_ == "poss"), None)
    clause = Clause((noun.i, noun.i + 1), source, left, min(right, content.left_edge.i), "preposed")
    clause.pieces = [(content.left_edge.i, min(reading.sentence_of(noun.i)[1], content.right_edge.i + 1))]
    return clause


def _is_said(noun: Token, clause: Token) -> bool:
    if any(child.lower_ == "that" for child in clause.lefts):
        return True
    infinitive = any(child.tag_ == "TO" for child in clause.lefts)
    return infinitive and noun.lemma_ in lexicon.NOUNS_WITH_INFINITIVE


def _verbal(reading: Reading, verb: Token) -> Clause:
    source, relay = quoted_by(verb) if follows_as(verb) else (None, None)
    source = source or subject_of(reading, verb) or _named_before(reading, verb)
    complement = complements.complement_of(verb)
    left, right = _extent(reading, verb, source, complement)
    clause = Clause((verb.i, verb.i + 1), source, left, right, relay=relay)
    lemma = verb.lemma_.lower()
    if (comparison := _as(verb)) is not None and lemma in lexicon.SAY:
        clause.left, clause.form = min(left, comparison.i), "postposed"
        clause.pieces = complements.around(reading, clause.left, right, verb, goes_on=True)
    elif complement is not None and complement.i < verb.i and lemma in lexicon.WITH_CLAUSE:
        clause.form = "postposed"
        clause.pieces = complements.around(reading, left, right, verb, goes_on=True)
    elif source is not None and lemma in lexicon.SAY and _set_off(reading, clause) and _inserted(reading, clause):
        clause.form = "postposed"
        goes_on = _is_parenthesis(reading, clause)
        clause.pieces = complements.around(reading, left, right, verb, goes_on)
    elif lemma in lexicon.WITH_CLAUSE:
        if complement is not None and complement.i < verb.i:
            complement = None
        clause.form = "preposed"
        clause.pieces = complements.after_verb(reading, verb, complement)
    if not clause.pieces:
        clause.pieces = complements.lesser(reading, verb)
        clause.form = "object" if clause.pieces else "bare"
    return clause


def _as(verb: Token) -> Token | None:
    """ "As the paper reported, …": the conjunction that makes all the rest what was said."""
    if verb.dep_ != "advcl" or verb.tag_ == "VBG" or any(child.dep_ in {"ccomp", "dobj"} for child in verb.rights):
        return None
    first = next(verb.lefts, None)
    return first if first is not None and first.lower_ == "as" else None


def _inserted(reading: Reading, clause: Clause) -> bool:
    return _is_parenthesis(reading, clause) or _ends_sentence(reading, clause)


def _is_parenthesis(reading: Reading, clause: Clause) -> bool:
    """Whether the clause stands between commas, or the parser hung it from what was said."""
    tokens = reading.tokens
    if tokens[clause.left].lower_ in _SUBORDINATORS or introduces(reading, clause):
        return False
    if clause.right < len(tokens) and tokens[clause.right].text == "," == tokens[clause.left - 1].text:
        return tokens[clause.cue[0]].tag_ != "VBG"
    verb = tokens[clause.cue[0]]
    head = verb.head
    inserted = verb.dep_ in {"parataxis", "ccomp"} and head.i != verb.i
    negated = any(child.dep_ == "neg" for child in verb.lefts)
    return inserted and head.lemma_.lower() not in lexicon.REPORTING and not negated


def introduces(reading: Reading, clause: Clause) -> bool:
    """Whether a comma or colon and a quotation that opens like a sentence follow the clause."""
    after = clause.right
    if after + 1 >= len(reading) or reading.tokens[after].text not in {",", ":"} or reading.outside(after + 1):
        return False
    quotation = reading.quotations[reading.quotation_at[after + 1]]
    return reading.text[quotation.inner_start].isupper() and quotation.start == reading.starts[after + 1]


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
