"""Quotations that stand by themselves: whose they are follows from what was said before."""

from collections.abc import Mapping

from spacy.tokens import Token

from app.annotate.quotes.marks import Quotation
from app.annotate.quotes.phrases import NOMINAL
from app.annotate.quotes.reading import Reading
from app.annotate.quotes.utterances import Utterance


class Discourse:
    """Attributes by introduction, by the sentence before, and by turns, in this order.

    ``known`` is filled while the quotations are gone through, by their numbers.
    """

    def __init__(self, reading: Reading, known: Mapping[int, Utterance]) -> None:
        self._reading = reading
        self._known = known
        self._reported = {
            reading.sentence_at[utterance.clause.cue[0]]: utterance
            for utterance in known.values()
            if utterance.clause is not None and utterance.speakers
        }

    def attribute(self, utterance: Utterance, quotation: Quotation) -> None:
        """Give ``utterance``, which is one quotation, its speaker when the text before tells."""
        before = self._reading.before(quotation)
        if before is not None and before.text == ":" and (named := self._introduced(before)) is not None:
            utterance.name(named, "colon", 0.6)
        elif before is not None and self._reading.outside(before.i) and self._by_sentence(utterance, before, quotation):
            return
        else:
            self._by_quotation(utterance, quotation)

    def _introduced(self, colon: Token) -> Token | None:
        """ "Anna Lindqvist made this comment: …", "BACK TO WORK — Anna Lindqvist: …"."""
        reading = self._reading
        first, last = reading.sentence_of(colon.i)
        near = reading.tokens[max(first, colon.i - 1)]
        subjects = (token for token in reading.tokens[first:last] if self._is_subject(token))
        found = near if near.ent_type_ in {"PERSON", "ORG"} else next(subjects, near)
        return found if found.pos_ in NOMINAL else None

    def _by_sentence(self, utterance: Utterance, before: Token, quotation: Quotation) -> bool:
        """ "Anna Lindqvist shook her head. …": who acts or speaks in the sentence before."""
        reading = self._reading
        sentence = reading.sentence_at[before.i]
        reported = self._reported.get(sentence)
        if reported is not None:
            utterance.follow(reported, "sentence before", 0.7)
            return True
        if not reading.in_paragraph(before, quotation):
            return False
        first, last = reading.sentences[sentence]
        actors = (t for t in reading.tokens[first:last] if self._is_subject(t) and _is_person(t))
        actor = next(actors, None)
        if actor is not None:
            utterance.name(actor, "sentence before", 0.5)
        return actor is not None

    def _is_subject(self, token: Token) -> bool:
        return token.dep_ == "nsubj" and token.head.dep_ == "ROOT" and self._reading.outside(token.i)

    def _by_quotation(self, utterance: Utterance, quotation: Quotation) -> None:
        number = utterance.quotations[0]
        known = self._known.get(number - 1)
        if known is None or not known.speakers:
            return
        gap = quotation.paragraph - self._reading.quotations[number - 1].paragraph
        if gap == 0:
            utterance.follow(known, "same paragraph", 0.7)
        elif (other := self._other_side(number)) is not None:
            utterance.follow(other, "turns", 0.6)
        elif gap == 1:
            utterance.follow(known, "previous paragraph", 0.6)

    def _other_side(self, number: int) -> Utterance | None:
        """Of two who speak in turns, paragraph by paragraph, the one whose turn it is.

        A question hands over the word; so do two who have answered each other twice.
        """
        if not self._in_turn(number) or not self._in_turn(number - 1):
            return None
        one, other = self._speaker(number - 2), self._speaker(number - 1)
        if one is None or other is None or one == other:
            return None
        quotation = self._reading.quotations[number - 1]
        asked = self._reading.text[quotation.inner_end - 1] == "?"
        answered = self._in_turn(number - 2) and self._speaker(number - 3) == other
        return self._known[number - 2] if asked or answered else None

    def _in_turn(self, number: int) -> bool:
        """Whether the quotation stands in the paragraph after that of the one before it."""
        quotations = self._reading.quotations
        return number > 0 and quotations[number].paragraph == quotations[number - 1].paragraph + 1

    def _speaker(self, number: int) -> str | None:
        known = self._known.get(number)
        return known.speakers[0].lower_ if known is not None and known.speakers else None


def _is_person(token: Token) -> bool:
    return token.ent_type_ == "PERSON" or token.lower_ in {"he", "she"}
