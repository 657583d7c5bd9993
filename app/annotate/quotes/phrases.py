"""Noun phrases and subjects, read from the dependency parse."""

from spacy.tokens import Token

from app.annotate.quotes.reading import Reading

NOMINAL = frozenset({"NOUN", "PROPN", "PRON"})
_CLIMB = 40  # heads to climb before giving up: parses of ugly text may be chains
_NEAR = 8  # tokens from an inverted verb to its subject
_TIMES = frozenset({"DATE", "TIME"})  # "said Thursday morning" is often parsed as an inversion
_ADNOMINAL = frozenset({"acl", "relcl"})
_CONTROLLED = frozenset({"conj", "xcomp", "advcl", "pcomp", "prep"})  # share the subject of their head
_BEFORE_NOUN = frozenset(["det", "compound", "amod", "nummod", "poss", "nmod", "quantmod", "predet", "advmod"])
_AFTER_NOUN = frozenset({"of", "for", "in", "at", "from", "with"})
_RELATIVE = frozenset({"WP", "WDT", "WP$", "WRB"})


def subject_of(reading: Reading, verb: Token) -> Token | None:
    """The noun that ``verb`` is predicated of, through coordination, control and participles."""
    for _ in range(_CLIMB):
        if (own := _own_subject(reading, verb)) is not None:
            return own
        head = verb.head
        if is_passive(verb) or head.i == verb.i:
            return None
        if verb.dep_ in _ADNOMINAL and head.pos_ in NOMINAL:
            return head
        if verb.dep_ not in _CONTROLLED:
            return None
        verb = head
    return None


def _own_subject(reading: Reading, verb: Token) -> Token | None:
    """Its grammatical subject, the nearest where the parser gives several; of a passive, the agent."""
    subjects = [child for child in verb.children if _is_subject(reading, child)]
    inverted = _inverted(reading, verb) if reading.follows_quotation(verb.i) else None
    if inverted is not None and not any(child.i > verb.i for child in subjects):
        return inverted
    if subjects:
        return min(subjects, key=lambda child: abs(child.i - verb.i))
    if is_passive(verb):
        agents = (by.children for by in verb.rights if by.dep_ == "agent")
        return next((noun for children in agents for noun in children if noun.dep_ == "pobj"), None)
    return None


def _is_subject(reading: Reading, token: Token) -> bool:
    return token.dep_ == "nsubj" and token.ent_type_ not in _TIMES and reading.outside(token.i)


def _inverted(reading: Reading, verb: Token) -> Token | None:
    """ "…," reads the statement: the first noun behind a verb that stands straight behind a quotation."""
    for token in reading.tokens[verb.i + 1 : verb.i + _NEAR]:
        if token.is_punct or token.pos_ in {"ADP", "VERB", "SCONJ"} or not reading.outside(token.i):
            return None
        if token.pos_ in NOMINAL and token.dep_ not in {"compound", "poss", "nmod"}:
            return token
    return None


def antecedent_of(pronoun: Token) -> Token | None:
    """For "who" and "which", the noun that the relative clause belongs to."""
    clause = pronoun.head
    if pronoun.tag_ in _RELATIVE and clause.dep_ == "relcl" and clause.head.pos_ in NOMINAL:
        return clause.head
    return None


def is_passive(verb: Token) -> bool:
    """Also a participle alone: "Asked whether he would go, …"."""
    if verb.tag_ == "VBN" and verb.dep_ in {"advcl", "acl"}:
        return not any(child.dep_ == "aux" for child in verb.lefts)
    return any(child.dep_ in {"nsubjpass", "auxpass"} for child in verb.lefts)


def follows_as(verb: Token) -> bool:
    """ "as saying": the form that "was quoted" takes."""
    return verb.tag_ == "VBG" and verb.i > 0 and verb.nbor(-1).lower_ == "as"


def quoted_by(verb: Token) -> tuple[Token | None, Token | None]:
    """ "Tass quoted Ms. Ito as saying", "Ms. Ito was quoted by Tass as saying": who said it, and who relays it."""
    for _ in range(_NEAR):
        verb = verb.head
        if verb.lemma_ in {"quote", "cite"}:
            break
    else:
        return None, None
    roles = {child.dep_: child for child in verb.children}
    if "nsubjpass" not in roles:
        return roles.get("dobj"), roles.get("nsubj")
    by = roles.get("agent")
    return roles["nsubjpass"], next((child for child in by.children), None) if by is not None else None


def descends(token: Token, ancestor: Token) -> bool:
    """Whether ``token`` is ``ancestor`` or hangs from it."""
    for _ in range(_CLIMB):
        if token.i == ancestor.i:
            return True
        if token.head.i == token.i:
            return False
        token = token.head
    return False


def noun_phrase(reading: Reading, head: Token) -> tuple[int, int]:
    """The phrase of ``head`` as a token range, without appositions, relative clauses and brackets."""
    start, end = head.i, head.i + 1
    for child in head.lefts:
        if child.dep_ in _BEFORE_NOUN:
            start = min(start, child.left_edge.i)
    for child in head.rights:
        if child.i > end and reading.tokens[end].is_punct and child.dep_ != "prep":
            break
        if child.dep_ == "prep" and child.lower_ in _AFTER_NOUN and child.i <= end:
            end = _unbroken(reading, child)
        elif child.dep_ in {"cc", "conj"}:
            end = max(end, _unbroken(reading, child))
        elif child.dep_ in {"case", "nummod"} and child.i == end:
            end = child.i + 1
    return max(start, head.i - _CLIMB), end


def _unbroken(reading: Reading, token: Token) -> int:
    """End of the subtree of ``token``, cut at the first punctuation or relative clause."""
    last = token.right_edge.i + 1
    for index in range(token.i, min(last, token.i + _CLIMB)):
        at = reading.tokens[index]
        if (at.is_punct and at.text != "-") or at.tag_ in _RELATIVE:
            return index
    return min(last, token.i + _CLIMB)
