"""Quotations that grammar ties to no clause: attributed by what stands next to them."""

import re
from collections.abc import Iterable
from itertools import takewhile

from spacy.tokens import Token

from app.annotate.quotes import lexicon
from app.annotate.quotes.clauses import BEFORE_CONTENT, Clause
from app.annotate.quotes.discourse import Discourse
from app.annotate.quotes.marks import Quotation
from app.annotate.quotes.phrases import subject_of
from app.annotate.quotes.reading import Reading
from app.annotate.quotes.uses import is_title
from app.annotate.quotes.utterances import Utterance

_REACH = 4  # tokens between a quotation and the clause that follows it
_TIGHT = 3  # tokens between a cue and words quoted in mid-sentence
_FEW = 3  # words that are no speech unless a cue says so
_NAME = 8  # tokens of a signature
_PARTICLES = frozenset({".", "de", "la", "van", "von", "der", "bin", "al", "-", "'", "’"})
_DASH = re.compile("[-–—―]+")
_WITHIN_CHARGE = frozenset({"NOUN", "ADP", "SCONJ", "VERB", "AUX", "PART"})
_INTRODUCES = frozenset({",", ":", "—", "–", "--", "-"})


class Adjacency:
    """Gives each quotation left over its source, nearest evidence first. One pass, in text order."""

    def __init__(self, reading: Reading, clauses: Iterable[Clause], known: Iterable[Utterance]) -> None:
        self._reading = reading
        self._clauses: dict[int, list[Clause]] = {}
        for clause in clauses:
            self._clauses.setdefault(reading.sentence_at[clause.cue[0]], []).append(clause)
        self._known = {number: utterance for utterance in known for number in utterance.quotations}
        self._discourse = Discourse(reading, self._known)

    def attribute(self) -> list[Utterance]:
        """Utterances for all quotations that the known ones do not hold, and cannot be made to hold."""
        added: list[Utterance] = []
        for number, quotation in enumerate(self._reading.quotations):
            if number in self._known:
                continue
            utterance = Utterance("direct", [(quotation.inner_start, quotation.inner_end)], [number])
            self._settle(utterance, quotation)
            known, following = self._known.get(number - 1), self._known.get(number + 1)
            if known is not None and self._continues(known, utterance):
                self._extend(known, utterance)
            elif following is not None and self._continues(utterance, following):
                self._extend(following, utterance)
            else:
                self._known[number] = utterance
                added.append(utterance)
        return added

    def _extend(self, known: Utterance, piece: Utterance) -> None:
        known.pieces = sorted(known.pieces + piece.pieces)
        known.quotations = sorted(known.quotations + piece.quotations)
        self._known[piece.quotations[0]] = known

    def _settle(self, utterance: Utterance, quotation: Quotation) -> None:
        number = utterance.quotations[0]
        before = self._reading.quotations[number - 1] if number else None
        known = self._known.get(number - 1)
        if before is not None and before.continues and known is not None:
            utterance.follow(known, "paragraphs", 0.95)
        elif is_title(self._reading, quotation):
            utterance.use, utterance.confidence = "title", 0.7
        elif self._is_embedded(quotation):
            self._embedded(utterance, quotation)
        elif (name := self._signature(quotation)) is not None:
            utterance.name(name, "signature", 0.85)
        elif clause := self._after(quotation):
            utterance.report(clause, "adjacent", 0.9)
        elif clause := self._before(quotation):
            utterance.report(clause, "introduced", 0.9)
        elif quotation.single:
            utterance.use, utterance.confidence = "scare", 0.5
        else:
            self._discourse.attribute(utterance, quotation)

    # words quoted in the middle of a sentence

    def _is_embedded(self, quotation: Quotation) -> bool:
        """Whether the sentence runs into the quotation without any punctuation."""
        before = self._reading.before(quotation)
        return before is not None and before.text[-1:].isalnum() and self._reading.in_sentence(before, quotation)

    def _embedded(self, utterance: Utterance, quotation: Quotation) -> None:
        reading = self._reading
        index = reading.token_at(quotation.start)
        sentence = reading.sentence_at[index - 1]
        cued = (clause for clause in self._clauses.get(sentence, ()) if clause.cue[1] == index)
        clause = next(cued, None) or self._last_clause(sentence, index)
        words = reading.text[quotation.inner_start : quotation.inner_end].split()
        if clause is not None and self._governs(clause, index):
            utterance.report(clause, "embedded", 0.8)
        elif (charge := self._charge(index)) is not None:
            utterance.cue, utterance.rule, utterance.confidence = (charge.i, charge.i + 1), "charge", 0.5
        elif len(words) <= _FEW or quotation.single:
            utterance.use, utterance.confidence = "scare", 0.6
        elif clause is not None:
            utterance.report(clause, "embedded", 0.6)
        elif (verb := self._verb_before(index)) is not None and (source := subject_of(reading, verb)) is not None:
            utterance.name(source, "embedded", 0.5)

    def _governs(self, clause: Clause, index: int) -> bool:
        """Whether the words that report run up to the token: "chanted …", "described the blast as …"."""
        if clause.cue[1] == index or 0 <= index - clause.right <= _TIGHT:
            return True
        return clause.right >= index and self._reading.tokens[index - 1].lower_ == "as"

    def _charge(self, index: int) -> Token | None:
        """ "on suspicion of planning …": the noun whose complement the quoted words are; nobody need have voiced it."""
        above = takewhile(lambda token: token.pos_ in _WITHIN_CHARGE, self._reading.tokens[index - 1].ancestors)
        within = (self._reading.tokens[index - 1], *above)
        return next((token for token in within if token.lemma_ in lexicon.ACCUSATIONS), None)

    def _verb_before(self, index: int) -> Token | None:
        reading = self._reading
        first, _ = reading.sentence_of(index - 1)
        verbs = (i for i in range(index - 1, first - 1, -1) if reading.tokens[i].pos_ == "VERB")
        found = next((i for i in verbs if reading.outside(i)), None)
        return None if found is None else reading.tokens[found]

    # clauses beside the quotation

    def _after(self, quotation: Quotation) -> Clause | None:
        reading = self._reading
        index = reading.token_at(quotation.end)
        limit = min(index + _REACH, len(reading))
        if index >= len(reading) or reading.paragraph_at[index] != reading.paragraph_at[index - 1]:
            return None
        while index < limit and (reading.tokens[index].is_punct or reading.tokens[index].pos_ in {"ADV", "CCONJ"}):
            index += 1
        if index >= len(reading) or not reading.outside(index):
            return None
        for clause in self._clauses.get(reading.sentence_at[index], []):
            if clause.left <= index + 2 and index <= clause.cue[0]:
                return clause if clause.form not in BEFORE_CONTENT or self._is_open(quotation) else None
        return None

    def _is_open(self, quotation: Quotation) -> bool:
        """Whether the quotation ends as part of a sentence that goes on behind it."""
        text = self._reading.text
        return text[quotation.inner_end - 1] in ",?!—–-…" or text[quotation.end : quotation.end + 1] == ","

    def _signature(self, quotation: Quotation) -> Token | None:
        """ "…" — Anna Lindqvist: a name behind a dash, and nothing more in the paragraph or its line."""
        reading = self._reading
        index = reading.token_at(quotation.end)
        while index < len(reading) and reading.tokens[index].text.isspace() and "\n" not in reading.tokens[index].text:
            index += 1
        if index + 1 >= len(reading) or not _DASH.match(reading.tokens[index].text):
            return None
        words = [token for token in reading.tokens[index + 1 : index + 1 + _NAME] if token.text != "\u00a0"]
        names = list(takewhile(lambda token: token.is_title or token.is_upper or token.text in _PARTICLES, words))
        named = [token for token in names if token.is_alpha]
        return named[-1] if named else None

    def _before(self, quotation: Quotation) -> Clause | None:
        before = self._reading.before(quotation)
        if before is None:
            return None
        if self._reading.in_sentence(before, quotation) or before.text in _INTRODUCES:
            return self._last_clause(self._reading.sentence_at[before.i], before.i + 1)
        return None

    def _last_clause(self, sentence: int, index: int) -> Clause | None:
        clauses = self._clauses.get(sentence, [])
        named = (clause for clause in reversed(clauses) if clause.cue[0] < index and clause.source is not None)
        return next(named, None)

    def _continues(self, known: Utterance, utterance: Utterance) -> bool:
        """Whether nothing but the words that report it stands between ``known`` and its next piece."""
        if known.kind != "direct" or known.use != "speech" or utterance.use != "speech":
            return False
        if known.clause is not utterance.clause or known.speakers != utterance.speakers:
            return False
        if utterance.rule == "paragraphs":
            return True
        if known.clause is None:
            return False
        reading = self._reading
        first, last = reading.token_at(known.end), reading.token_at(utterance.start)
        between = (index for index in range(first, last) if reading.outside(index))
        reports = range(known.clause.left, known.clause.right)
        return all(index in reports or not reading.tokens[index].is_alpha for index in between)
