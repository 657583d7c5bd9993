"""Quotations that grammar ties to no clause: attributed by what stands next to them."""

from collections.abc import Iterable

from app.annotate.quotes.clauses import Clause
from app.annotate.quotes.marks import Quotation
from app.annotate.quotes.reading import Reading
from app.annotate.quotes.utterances import Utterance

_REACH = 4  # tokens between a quotation and the clause that follows it


class Adjacency:
    """Gives each quotation left over its clause, from the same sentence or from the quotation before."""

    def __init__(self, reading: Reading, clauses: Iterable[Clause], known: Iterable[Utterance]) -> None:
        self._reading = reading
        self._clauses: dict[int, list[Clause]] = {}
        for clause in clauses:
            self._clauses.setdefault(reading.sentence_at[clause.cue[0]], []).append(clause)
        self._known = {number: utterance for utterance in known for number in utterance.quotations}

    def attribute(self) -> list[Utterance]:
        """Utterances for all quotations that the known ones do not hold, and cannot be made to hold."""
        added: list[Utterance] = []
        for number, quotation in enumerate(self._reading.quotations):
            if number in self._known or quotation.single:
                continue
            utterance = self._utterance(number, quotation)
            known = self._known.get(number - 1)
            if known is not None and self._continues(known, utterance):
                known.pieces += utterance.pieces
                known.quotations.append(number)
                utterance = known
            else:
                added.append(utterance)
            self._known[number] = utterance
        return added

    def _utterance(self, number: int, quotation: Quotation) -> Utterance:
        pieces = [(quotation.inner_start, quotation.inner_end)]
        before = self._reading.quotations[number - 1] if number else None
        known = self._known.get(number - 1)
        if before is not None and before.continues:
            return Utterance("direct", pieces, known.clauses if known else [], [number], "paragraphs")
        clause = self._after(quotation) or self._before(quotation)
        if clause is not None:
            return Utterance("direct", pieces, [clause], [number], "adjacent")
        if before is not None and known is not None and known.clauses:
            if before.paragraph == quotation.paragraph:
                return Utterance("direct", pieces, known.clauses, [number], "same paragraph")
            if before.paragraph == quotation.paragraph - 1:
                return Utterance("direct", pieces, known.clauses, [number], "previous paragraph")
        return Utterance("direct", pieces, [], [number])

    def _continues(self, known: Utterance, utterance: Utterance) -> bool:
        """Whether nothing but the words that report it stands between ``known`` and its next piece."""
        if known.kind != "direct" or known.clauses != utterance.clauses:
            return False
        if utterance.rule == "paragraphs":
            return True
        reading = self._reading
        first, last = reading.token_at(known.end), reading.token_at(utterance.start)
        spoken = {index for clause in known.clauses for index in range(clause.left, clause.right)}
        between = (index for index in range(first, last) if reading.outside(index))
        return all(index in spoken or not reading.tokens[index].is_alpha for index in between)

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
            if clause.left <= index + 2 and index <= clause.cue[0] and clause.form != "preposed":
                return clause
        return None

    def _before(self, quotation: Quotation) -> Clause | None:
        reading = self._reading
        index = reading.token_at(quotation.start)
        last = index - 1
        while last >= 0 and reading.tokens[last].is_space:
            last -= 1
        if last < 0 or not reading.outside(last):
            return None
        text = reading.tokens[last].text
        same = reading.sentence_at[last] == reading.sentence_at[index]
        if not same and text not in {":", ","}:
            return None
        for clause in reversed(self._clauses.get(reading.sentence_at[last], [])):
            if clause.cue[0] < index:
                return clause
        return None
