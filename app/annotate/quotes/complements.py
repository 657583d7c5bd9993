"""What a reporting verb, noun or "according to" reports: the token ranges of its content."""

from collections.abc import Iterator
from itertools import chain

from spacy.tokens import Token

from app.annotate.quotes import lexicon
from app.annotate.quotes.phrases import descends
from app.annotate.quotes.reading import Reading

Range = tuple[int, int]
_PARTICIPLE = frozenset({"VBG"})
_PAST_OR_PRESENT = frozenset({"VBD", "VBZ", "VBP", "VBN"})
_FINITE = frozenset({"VBD", "VBZ", "VBP", "MD"})
_DASHES = frozenset({"-", "--", "–", "—"})
_STOPS = frozenset({":", ";"})
_SOON = 6  # tokens behind a quotation
_FAR = 15  # tokens between a verb and the "that" of its clause, where the parser missed it
_BREAKS = _DASHES | {",", ";"}
# Behind a comma, words with which the writer adds to what was said.
_ASIDES = frozenset(["although", "though", "while", "despite", "compared", "whereas", "which", "who", "a", "an"])
# "said after she left": a circumstance of speaking, whatever the parser makes of it.
_CIRCUMSTANCES = frozenset(["after", "before", "as", "while", "since", "until", "during"])
_ASKING = frozenset({"ask", "wonder", "question"})
_ANONYMITY = frozenset({"name", "identify"})  # "asked not to be named"
_OBJECTS = frozenset({"dobj", "dative"})
_CLAUSES = frozenset({"xcomp", "ccomp"})
_ADJUNCTS = frozenset({"dobj", "dative", "npadvmod", "prep", "advmod", "prt", "punct", "tmod", "intj"})


def after_verb(reading: Reading, verb: Token, complement: Token | None) -> list[Range]:
    """Content that follows its verb: "said (to X, on Monday) (that) …"."""
    _, last = reading.sentence_of(verb.i)
    start = _opening(reading, verb, complement, last)
    if start is None or reading.tokens[start].lower_ in _CIRCUMSTANCES:
        return []
    end = last if complement is None else _reach(reading, verb, last)
    end = _with_quotation(reading, _cut(reading, start, end), last)
    return [(start, end)] if end > start else []


def _reach(reading: Reading, verb: Token, last: int) -> int:
    """Where the clauses that the verb governs end, and what the parser wrongly cut from them."""
    end = max(child.right_edge.i for child in verb.rights if child.dep_ == "ccomp" or _is_question(verb, child)) + 1
    if end >= last:
        return last
    following = reading.tokens[end]
    if following.tag_ in _FINITE and not _is_report(following, _FINITE):
        return last
    return last if _is_coordinated(reading, end, last) else end


def _is_coordinated(reading: Reading, end: int, last: int) -> bool:
    """Whether "and" or "but" goes on with what was said: no report follows in the sentence."""
    joint = end + (reading.tokens[end].text in _BREAKS)
    if joint >= last or not (reading.tokens[end].text == ";" or reading.tokens[joint].lower_ in {"and", "but"}):
        return False
    rest = (token for token in reading.tokens[joint:last] if reading.outside(token.i))
    return not any(_is_report(token, _PAST_OR_PRESENT) for token in rest)


def _with_quotation(reading: Reading, end: int, last: int) -> int:
    """ "said there was one way out: "Patience."": the quotation behind the colon is part of what was said."""
    if end + 1 >= last or reading.tokens[end].text != ":" or reading.outside(end + 1):
        return end
    if _has_own_report(reading, end + 1):
        return end
    return reading.token_at(reading.quotations[reading.quotation_at[end + 1]].end)


def complement_of(verb: Token) -> Token | None:
    """The head of the clause that is its object; of several, the last that follows it."""
    clauses = [child for child in verb.children if child.dep_ == "ccomp" or _is_question(verb, child)]
    following = [child for child in clauses if child.i > verb.i]
    return following[0] if following else (clauses[-1] if clauses else None)


def _is_question(verb: Token, child: Token) -> bool:
    """ "asked if it was safe", where the parser takes "if" for a condition."""
    if child.dep_ != "advcl" or verb.lemma_ not in _ASKING or child.i < verb.i:
        return False
    return any(part.dep_ == "mark" and part.lower_ in {"if", "whether"} for part in child.lefts)


def _opening(reading: Reading, verb: Token, complement: Token | None, last: int) -> int | None:
    """Where content begins: past the verb's own objects and adverbials."""
    addressed = verb.lemma_.lower() in lexicon.WITH_ADDRESSEE
    if complement is None:
        has_object = not addressed and any(child.dep_ == "dobj" for child in verb.rights)
        return None if has_object else _that(reading, verb, last)
    start = verb.i + 1
    edge = max(complement.left_edge.i, start)
    own = [c for c in verb.rights if c.i < edge and c.dep_ in _ADJUNCTS and (addressed or c.dep_ != "dobj")]
    if own and max(child.right_edge.i for child in own) + 1 >= edge:
        return edge
    return max([child.right_edge.i + 1 for child in own if child.right_edge.i < edge], default=start)


def _that(reading: Reading, verb: Token, last: int) -> int | None:
    """The "that" not far behind a verb to which the parser has given no clause."""
    if verb.lemma_.lower() not in lexicon.SAY:
        return None
    for index in range(verb.i + 1, min(last, verb.i + _FAR)):
        token = reading.tokens[index]
        if token.lower_ == "that" and token.tag_ == "IN":
            return index
        if token.tag_ in _FINITE or token.text in _STOPS or not reading.outside(index):
            return None
    return None


def _cut(reading: Reading, start: int, end: int) -> int:
    """The end of content, before another report joined to this one: "said X and warned …", "…, adding …"."""
    for index in range(start + 1, end - 1):
        if not reading.outside(index):
            continue
        token = reading.tokens[index]
        following = reading.tokens[index + 1]
        if token.text in _BREAKS and _is_report(following, _PARTICIPLE):
            return index
        if token.text == ":" and not reading.outside(index + 1) and _has_own_report(reading, index + 1):
            return index
        if token.text == "," and following.lower_ in _ASIDES and index > start + 2:
            return index
        if token.lower_ in {"and", "but"} and _report_follows(reading, index, end):
            return index - (reading.tokens[index - 1].text in _BREAKS)
    return end


def _has_own_report(reading: Reading, index: int) -> bool:
    """Whether words that report follow the quotation that opens at ``index``: "said how it ends: "Well," Ito wrote"."""
    after = reading.token_at(reading.quotations[reading.quotation_at[index]].end)
    return any(_is_report(token, _PAST_OR_PRESENT) for token in reading.tokens[after : after + _SOON])


def _report_follows(reading: Reading, index: int, end: int) -> bool:
    """Whether the first verb behind a conjunction reports speech and is coordinated."""
    for following in range(index + 1, min(end, index + 8)):
        token = reading.tokens[following]
        if not reading.outside(following) or token.text in _BREAKS:
            return False
        if token.tag_ in _PAST_OR_PRESENT and token.pos_ == "VERB":
            return _is_report(token, _PAST_OR_PRESENT)
    return False


def _is_report(token: Token, tags: frozenset[str]) -> bool:
    return token.tag_ in tags and token.pos_ == "VERB" and token.lemma_.lower() in lexicon.REPORTING


def around(reading: Reading, left: int, right: int, verb: Token, goes_on: bool) -> list[Range]:
    """The sentence without the reporting clause that is set off in it, from ``left`` to ``right``."""
    first, last = reading.sentence_of(verb.i)
    found = [(first, left)] if left > first and not _is_adjunct(reading, first, left, verb) else []
    if goes_on and right < last and reading.tokens[right].text in {",", "—", "--", "-"}:
        following = next((token for token in reading.tokens[right + 1 : last] if token.is_alpha), None)
        if following is None or _joins(following, verb):
            return found
        if following.lower_ not in {"and", "but"} or not _report_follows(reading, following.i, last):
            found.append((right + 1, last))
    return found


def _is_adjunct(reading: Reading, first: int, left: int, verb: Token) -> bool:
    """Whether a phrase before the clause says when or where it was said: "On Monday, she said, …"."""
    tokens = reading.tokens[first:left]
    if len(tokens) > _FAR or any(token.pos_ in {"VERB", "AUX"} for token in tokens):
        return False
    heads = (token for token in tokens if not first <= token.head.i < left)
    return all(token.head.i == verb.i and token.dep_ in _ADJUNCTS for token in heads)


def _joins(token: Token, verb: Token) -> bool:
    """Whether ``token`` begins something that ``verb`` governs, but for what was said."""
    for child in verb.children:
        if child.dep_ in {"ccomp", "parataxis"} or child.i < verb.i:
            continue
        if child.left_edge.i <= token.i <= child.right_edge.i and descends(token, child):
            return token.lower_ not in {"because", "if", "as", "since", "unless", "to", "including", "even"}
    return False


def lesser(reading: Reading, verb: Token) -> list[Range]:
    """Content in an infinitive or a noun phrase: "promised to go", "denied the claim", "accused him of …"."""
    lemma = verb.lemma_.lower()
    _, last = reading.sentence_of(verb.i)
    rights = [child for child in verb.rights if child.i < last]
    found = next(chain(_infinitives(lemma, rights), _objects(lemma, rights), _prepositions(lemma, rights)), None)
    if found is None:
        return []
    start, end = found
    return [(start, _cut(reading, start, min(end, last)))]


def _infinitives(lemma: str, rights: list[Token]) -> Iterator[Range]:
    if lemma not in lexicon.WITH_INFINITIVE:
        return
    addressed = [child for child in rights if child.dep_ in _OBJECTS][:1]
    for child in rights:
        infinitive = child.dep_ in _CLAUSES and any(part.tag_ == "TO" for part in child.lefts)
        if infinitive and child.lemma_ not in _ANONYMITY:
            yield min([*addressed, child], key=lambda t: t.i).left_edge.i, child.right_edge.i + 1


def _objects(lemma: str, rights: list[Token]) -> Iterator[Range]:
    objects = [child for child in rights if child.dep_ in _OBJECTS]
    if lemma in lexicon.WITH_OBJECT:
        gerunds = [child for child in rights if child.dep_ in _CLAUSES and child.tag_ == "VBG"]
        for child in (objects or gerunds)[:1]:
            yield child.left_edge.i, child.right_edge.i + 1
    if lemma in lexicon.WITH_OBJECT_AND and objects:
        parts = [child for child in rights if child.dep_ in {"dobj", "prep", "pcomp"}]
        yield objects[0].left_edge.i, max(part.right_edge.i for part in parts) + 1


def _prepositions(lemma: str, rights: list[Token]) -> Iterator[Range]:
    """ "pointed to the delays", "was accused of theft"."""
    wanted = lexicon.WITH_PREPOSITION.get(lemma, frozenset()) | {lexicon.WITH_OBJECT_AND.get(lemma, "")}
    for child in rights:
        if child.dep_ == "prep" and child.lower_ in wanted:
            yield child.i + 1, child.right_edge.i + 1
