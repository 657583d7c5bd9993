"""Clauses that report speech: a cue, whoever it names as the source, and where its content stands."""

from dataclasses import dataclass, field

from spacy.tokens import Token

from app.annotate.quotes import lexicon
from app.annotate.quotes.reading import Reading

_NOMINAL = frozenset({"NOUN", "PROPN", "PRON"})
_ADNOMINAL = frozenset({"acl", "relcl"})
_CONTROLLED = frozenset({"conj", "xcomp", "advcl", "pcomp", "prep"})  # share the subject of their head
_CLIMB = 40  # heads to climb before giving up: parses of ugly text may be chains


@dataclass(slots=True)
class Clause:
    """``left:right`` is the range of tokens that report ("Mr. Ito told reporters"); ``pieces`` are content."""

    cue: tuple[int, int]
    source: Token | None
    left: int
    right: int
    form: str
    pieces: list[tuple[int, int]] = field(default_factory=list)


def find_clauses(reading: Reading) -> list[Clause]:
    """All clauses of ``reading`` that report speech, by the place of their cues."""
    found: list[Clause] = []
    for index, token in enumerate(reading.tokens):
        if not reading.outside(index):
            continue
        if token.pos_ in {"VERB", "AUX"} and token.lemma_.lower() in lexicon.REPORTING:
            found.append(_verbal(reading, token))
        elif token.lower_ == "according" and index + 1 < len(reading) and reading.tokens[index + 1].lower_ == "to":
            clause = _according(reading, token)
            if clause:
                found.append(clause)
    _cut_at_relays(reading, found)
    return found


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


def subject_of(verb: Token) -> Token | None:
    """The noun that ``verb`` is predicated of, through coordination, control and participles."""
    for _ in range(_CLIMB):
        if (own := _own_subject(verb)) is not None:
            return own
        head = verb.head
        if _is_passive(verb) or head.i == verb.i:
            return None
        if verb.dep_ in _ADNOMINAL and head.pos_ in _NOMINAL:
            return head
        if head.lemma_ in {"quote", "cite"} and _as_saying(verb):
            return next((child for child in head.lefts if child.dep_ == "nsubjpass"), None)
        if verb.dep_ not in _CONTROLLED:
            return None
        verb = head
    return None


def _own_subject(verb: Token) -> Token | None:
    """Its grammatical subject, the nearest where the parser gives several; of a passive, the agent."""
    subjects = [child for child in verb.children if child.dep_ == "nsubj"]
    if subjects:
        return _antecedent(min(subjects, key=lambda child: abs(child.i - verb.i)))
    if _is_passive(verb):
        agents = (by.children for by in verb.rights if by.dep_ == "agent")
        return next((noun for children in agents for noun in children if noun.dep_ == "pobj"), None)
    return None


def _is_passive(verb: Token) -> bool:
    return any(child.dep_ in {"nsubjpass", "auxpass"} for child in verb.lefts)


def _as_saying(verb: Token) -> bool:
    return verb.tag_ == "VBG" and verb.i > 0 and verb.nbor(-1).lower_ == "as"


def _named_before(reading: Reading, verb: Token) -> Token | None:
    """ "Ms. Ito, the mayor, as saying …", where "was quoted" is missing: what the sentence begins with."""
    if not _as_saying(verb):
        return None
    first, _ = reading.sentence_of(verb.i)
    opening = reading.tokens[first : verb.i - 1]
    return next((t for t in opening if t.pos_ in {"NOUN", "PROPN", "PRON"} and t.dep_ != "compound"), None)


def _antecedent(subject: Token) -> Token:
    """For "who" and "which", the noun that they refer to."""
    clause = subject.head
    if subject.tag_ in {"WP", "WDT"} and clause.dep_ == "relcl":
        return clause.head
    return subject


def _verbal(reading: Reading, verb: Token) -> Clause:
    source = subject_of(verb) or _named_before(reading, verb)
    complement = _complement(verb)
    left, right = _extent(reading, verb, source, complement)
    clause = Clause((verb.i, verb.i + 1), source, left, right, "verb")
    lemma = verb.lemma_.lower()
    if complement is not None and lemma in lexicon.WITH_CLAUSE:
        clause.pieces = _content(reading, clause, verb, complement)
    elif source is not None and lemma in lexicon.SAY and _set_off(reading, clause):
        if _is_parenthesis(verb):
            clause.pieces = _around(reading, clause, True)
        elif _ends_sentence(reading, clause):
            clause.pieces = _around(reading, clause, False)
    clause.pieces = clause.pieces or _lesser(reading, verb, lemma)
    return clause


def _is_parenthesis(verb: Token) -> bool:
    """Whether the parser hung the reporting clause from what was said, and not the other way round."""
    head = verb.head
    inserted = verb.dep_ in {"parataxis", "ccomp"} and head.i != verb.i
    return inserted and head.lemma_.lower() not in lexicon.REPORTING and not _negated(verb)


def _negated(verb: Token) -> bool:
    return any(c.dep_ == "neg" for c in verb.lefts)


def _complement(verb: Token) -> Token | None:
    best = None
    for child in verb.children:
        if child.dep_ == "ccomp":
            best = child if best is None or child.i > verb.i else best
    return best


def _extent(reading: Reading, verb: Token, source: Token | None, complement: Token | None) -> tuple[int, int]:
    first, last = reading.sentence_of(verb.i)
    left, right = verb.i, verb.i + 1
    for child in verb.lefts:
        if child.dep_ in {"aux", "auxpass", "neg", "advmod"} and child.i >= left - 4:
            left = min(left, child.left_edge.i)
    if source is not None and first <= source.left_edge.i < last:
        start, end = phrase(reading, source)
        if source.i < verb.i:
            left = min(left, start)
        else:
            right = max(right, end)
    for child in reversed(list(verb.lefts)):
        if child.dep_ == "nsubj" and child.right_edge.i == left - 1:
            left = child.left_edge.i  # "the news agency Tass" parsed as two subjects
    for child in verb.rights:
        if child is complement or child.dep_ in {"ccomp", "parataxis", "conj", "cc"} or child.dep_ == "punct":
            continue
        if child.dep_ in {"dobj", "dative", "prep", "npadvmod", "advmod", "prt", "advcl", "nsubj", "acomp", "tmod"}:
            right = max(right, child.right_edge.i + 1)
    return max(first, left), min(last, right)


def phrase(reading: Reading, head: Token) -> tuple[int, int]:
    """The noun phrase of ``head`` without appositions, relative clauses and brackets."""
    start, end = head.i, head.i + 1
    for child in head.lefts:
        if child.dep_ in {"det", "compound", "amod", "nummod", "poss", "nmod", "quantmod", "predet", "advmod"}:
            start = min(start, child.left_edge.i)
    for child in head.rights:
        if child.i > end and reading.tokens[end].is_punct and child.dep_ not in {"prep"}:
            break
        if child.dep_ == "prep" and child.lower_ in {"of", "for", "in", "at", "from", "with"} and child.i <= end:
            end = _unbroken(reading, child)
        elif child.dep_ in {"cc", "conj"}:
            end = max(end, _unbroken(reading, child))
        elif child.dep_ in {"case", "nummod"} and child.i == end:
            end = child.i + 1
    return start, end


def _unbroken(reading: Reading, token: Token) -> int:
    """End of the subtree of ``token``, cut at the first punctuation or relative clause."""
    for index in range(token.i, token.right_edge.i + 1):
        at = reading.tokens[index]
        if (at.is_punct and at.text != "-") or at.tag_ in {"WP", "WDT", "WP$"}:
            return index
    return token.right_edge.i + 1


def _content(reading: Reading, clause: Clause, verb: Token, complement: Token) -> list[tuple[int, int]]:
    if complement.i > verb.i:
        clause.form = "preposed"
        _, last = reading.sentence_of(verb.i)
        start = max(complement.left_edge.i, clause.cue[1])
        return [(start, min(last, complement.right_edge.i + 1))]
    return _around(reading, clause, True)


def _around(reading: Reading, clause: Clause, after: bool) -> list[tuple[int, int]]:
    """The sentence without the reporting clause."""
    clause.form = "postposed"
    first, last = reading.sentence_of(clause.cue[0])
    pieces = [(first, clause.left)] if clause.left > first else []
    if after and clause.right < last and reading.tokens[clause.right].text == ",":
        verb = reading.tokens[clause.cue[0]]
        following = next((t for t in reading.tokens[clause.right + 1 : last] if t.is_alpha), None)
        if following is not None and not _belongs(following, verb):
            pieces.append((clause.right + 1, last))
    return pieces


def _belongs(token: Token, verb: Token) -> bool:
    """Whether ``token`` hangs from ``verb`` otherwise than through what was said."""
    for _ in range(_CLIMB):
        head = token.head
        if head.i == verb.i:
            return token.dep_ != "ccomp"
        if head.i == token.i:
            return False
        token = head
    return False


def _set_off(reading: Reading, clause: Clause) -> bool:
    """Whether commas set the clause off: "The talks, he said, …"."""
    before = reading.tokens[clause.left - 1].text if clause.left else ""
    return before in {",", "—", "–", "--"} or before in {"''", '"', "”"}


def _ends_sentence(reading: Reading, clause: Clause) -> bool:
    _, last = reading.sentence_of(clause.cue[0])
    rest = reading.tokens[clause.right : last]
    return all(t.is_punct or t.is_space for t in rest)


def _lesser(reading: Reading, verb: Token, lemma: str) -> list[tuple[int, int]]:
    """Content in an infinitive or a noun phrase."""
    _, last = reading.sentence_of(verb.i)
    if lemma in lexicon.WITH_INFINITIVE:
        for child in verb.rights:
            if child.dep_ == "xcomp":
                obj = next((c for c in verb.rights if c.dep_ == "dobj" and c.i < child.i), None)
                start = obj.left_edge.i if obj is not None else child.left_edge.i
                return [(start, min(last, child.right_edge.i + 1))]
    if lemma in lexicon.WITH_OBJECT:
        for child in verb.rights:
            if child.dep_ == "dobj":
                return [(child.left_edge.i, min(last, child.right_edge.i + 1))]
    if lemma in lexicon.WITH_OBJECT_AND:
        for child in verb.rights:
            if child.dep_ == "dobj":
                end = max(c.right_edge.i + 1 for c in verb.rights if c.dep_ in {"dobj", "prep"})
                return [(child.left_edge.i, min(last, end))]
    return []


def _according(reading: Reading, token: Token) -> Clause | None:
    to = reading.tokens[token.i + 1]
    source = next((child for child in to.children if child.dep_ == "pobj"), None)
    if source is None:
        return None
    _, end = phrase(reading, source)
    first, last = reading.sentence_of(token.i)
    clause = Clause((token.i, token.i + 2), source, token.i, min(last, max(end, token.i + 3)), "according")
    right = clause.right
    while right < last and reading.tokens[right].text not in {",", ".", ";", "—", "--"} and reading.outside(right):
        right += 1
    clause.right = right
    pieces = []
    if token.i > first:
        pieces.append((first, token.i))
    if right < last and reading.tokens[right].text == ",":
        following = next((t for t in reading.tokens[right + 1 : last] if t.is_alpha), None)
        if following is not None and not _belongs_to(following, source):
            pieces.append((right + 1, last))
    clause.pieces = pieces
    return clause


def _belongs_to(token: Token, ancestor: Token) -> bool:
    for _ in range(_CLIMB):
        if token.i == ancestor.i:
            return True
        if token.head.i == token.i:
            return False
        token = token.head
    return False
