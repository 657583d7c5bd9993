"""Who the words of a source stand for, by what rule, and how sure that is."""

from bisect import insort
from collections.abc import Iterable, Sequence

from spacy.tokens import Token

from app.annotate.entities import Named
from app.annotate.quotes import lexicon
from app.annotate.quotes.persons import Appearance, Persons
from app.annotate.quotes.phrases import noun_phrase
from app.annotate.quotes.reading import Reading
from app.annotations import Mention, Source
from app.spans import Span

_AUTHORED = frozenset({"attribute", "write", "sign", "issue", "publish", "release"})
_REACH = 15  # tokens from a document's noun to the participle that says whose it is
_FAR = 12  # sentences back that a pronoun or description may refer to
_KNOWN = 60  # appearances looked at before giving up


class Speakers:
    """Resolves the sources of one reading; call in text order, since who spoke last is evidence."""

    def __init__(self, reading: Reading, named: Named) -> None:
        self._reading = reading
        self._named = named
        self._persons = Persons(reading, named)
        self._spoke: list[tuple[int, int]] = []  # token and entity of each source resolved so far

    def source(self, token: Token) -> Source:
        """The link of the chain that ``token`` heads: its words, and the entity when the text decides."""
        reading = self._reading
        start, end = noun_phrase(reading, token)
        span = Span.of(reading.text, reading.starts[start], reading.end_of(end - 1))
        found = self._resolve(token)
        if found is None:
            return Source(span=span, rule="unresolved")
        mention, rule, confidence = found
        if mention.entity is not None:
            insort(self._spoke, (token.i, mention.entity))
        antecedent = None if rule == "name" else _span(mention)
        return Source(span=span, entity=mention.entity, antecedent=antecedent, rule=rule, confidence=confidence)

    def _resolve(self, token: Token) -> tuple[Mention, str, float] | None:
        mention = self._persons.mention_at(token)
        if mention is not None:
            return mention, "name", mention.confidence
        if (gender := lexicon.PRONOUNS.get(token.lower_)) is not None:
            return self._person(token, gender)
        if (named := self._apposition(token)) is not None:
            return named, "apposition", 0.9
        if (author := self._author(token)) is not None:
            return author, "author", 0.8
        if token.pos_ in {"NOUN", "PROPN"} and self._is_definite(token):
            return self._described(token)
        return None

    # names beside the source's noun

    def _apposition(self, token: Token) -> Mention | None:
        for child in token.rights:
            if child.dep_ == "appos" and (mention := self._persons.mention_at(child)) is not None:
                return mention if mention.type == "PERSON" else None
        return None

    def _author(self, token: Token) -> Mention | None:
        """ "a message attributed to the Xyz group", "Ms. Ito's letter": whoever speaks in a document."""
        if token.lemma_ not in lexicon.DOCUMENTS:
            return None
        for child in token.lefts:
            if child.dep_ == "poss":
                return self._persons.mention_at(child)
        for part in self._reading.tokens[token.i + 1 : min(token.right_edge.i, token.i + _REACH) + 1]:
            if part.dep_ == "acl" and part.lemma_ in _AUTHORED:
                return self._object(part)
        return None

    def _object(self, participle: Token) -> Mention | None:
        for preposition in participle.rights:
            for noun in preposition.children:
                if noun.dep_ == "pobj":
                    first = max(noun.left_edge.i, noun.i - _REACH)
                    inside = map(self._persons.mention_at, self._reading.tokens[first : noun.i + 1])
                    return next((mention for mention in inside if mention), None)
        return None

    # pronouns

    def _person(self, token: Token, gender: str) -> tuple[Mention, str, float] | None:
        persons = self._persons
        fits = [
            person for person in self._before(token, persons.people) if persons.gender(person.entity) in {gender, None}
        ]
        return self._most_salient(token, fits, "pronoun")

    def _before(self, token: Token, appearances: Sequence[Appearance]) -> list[Appearance]:
        """Those before ``token``, the latest last, no further back than a reader looks."""
        reading = self._reading
        sentence = reading.sentence_at[token.i]
        low, high = 0, len(appearances)
        while low < high:
            middle = (low + high) // 2
            low, high = (middle + 1, high) if appearances[middle].index < token.i else (low, middle)
        near = appearances[max(0, low - _KNOWN) : low]
        return [a for a in near if sentence - reading.sentence_at[a.index] <= _FAR]

    def _most_salient(self, token: Token, fits: list[Appearance], rule: str) -> tuple[Mention, str, float] | None:
        """The subject of the latest sentence that has a candidate; else its only candidate."""
        if not fits:
            return None
        if len({a.entity for a in fits}) == 1:
            return fits[-1].mention, rule, 0.9
        spoke = self._last_speaker(token, fits)
        latest = self._reading.sentence_at[fits[-1].index]
        here = [a for a in fits if self._reading.sentence_at[a.index] == latest]
        if spoke is not None and self._reading.sentence_at[spoke[0]] >= latest:
            return next(a.mention for a in reversed(fits) if a.entity == spoke[1]), f"{rule}: last speaker", 0.8
        subject = next((a for a in here if a.subject), None)
        if subject is not None:
            return subject.mention, f"{rule}: subject", 0.75
        if len({a.entity for a in here}) == 1:
            return here[0].mention, f"{rule}: nearest", 0.6
        if spoke is not None:
            return next(a.mention for a in reversed(fits) if a.entity == spoke[1]), f"{rule}: last speaker", 0.5
        return here[0].mention, f"{rule}: nearest", 0.4

    def _last_speaker(self, token: Token, fits: Iterable[Appearance]) -> tuple[int, int] | None:
        entities = {a.entity for a in fits}
        earlier = (spoke for spoke in reversed(self._spoke) if spoke[0] < token.i)
        return next((spoke for spoke in earlier if spoke[1] in entities), None)

    # descriptions: "the senator", "the group"

    def _is_definite(self, token: Token) -> bool:
        return any(child.lower_ in {"the", "this", "that"} for child in token.lefts if child.dep_ == "det")

    def _described(self, token: Token) -> tuple[Mention, str, float] | None:
        lemma = token.lemma_.lower()
        with_role = self._before(token, self._persons.roles.get(lemma, []))
        if with_role:
            sure = 0.85 if len({a.entity for a in with_role}) == 1 else 0.6
            return with_role[-1].mention, "description: role", sure
        if lemma in lexicon.COLLECTIVES and not any(child.dep_ in {"amod", "compound"} for child in token.lefts):
            return self._most_salient(token, self._before(token, self._persons.organisations), "description")
        return None


def _span(mention: Mention) -> Span:
    return Span(start=mention.start, end=mention.end, exact=mention.exact)
