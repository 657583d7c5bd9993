"""Who the words of a source stand for, by what rule, and how sure that is."""

from bisect import bisect_left, insort
from collections.abc import Sequence
from itertools import chain

from spacy.tokens import Token

from app.annotate.entities import Named
from app.annotate.quotes import lexicon
from app.annotate.quotes.persons import Appearance, Persons
from app.annotate.quotes.phrases import antecedent_of, noun_phrase
from app.annotate.quotes.reading import Reading
from app.annotate.quotes.utterances import Utterance
from app.annotations import Mention, Source
from app.spans import Span

Resolution = tuple[Mention, str, float]  # the antecedent, the rule that found it, how sure that is
_DEFINITE = frozenset({"the", "this", "that"})
_MODIFIERS = frozenset({"amod", "compound"})
_AUTHORED = frozenset({"attribute", "write", "sign", "issue", "publish", "release"})
_REACH = 15  # tokens from a document's noun to the participle that says whose it is
_FAR = 12  # sentences back that a pronoun or description may refer to
_RECENT = 3  # sentences back that a name of unclear type may be a person's
_KNOWN = 60  # appearances looked at before giving up


class Speakers:
    """Resolves the sources of one reading; call in text order, since who spoke last is evidence."""

    def __init__(self, reading: Reading, named: Named) -> None:
        self._reading = reading
        self._persons = Persons(reading, named)
        self._voices: list[Appearance] = []  # sources that look like people and are not known as such
        self._spoke: list[tuple[int, int]] = []  # token and entity of each source resolved so far

    def chain(self, utterance: Utterance) -> tuple[Source, ...]:
        """The sources of ``utterance``, the speaker first."""
        links = enumerate(utterance.speakers)
        return tuple(self._source(token, utterance, relays=bool(place)) for place, token in links)

    def _source(self, token: Token, utterance: Utterance, relays: bool) -> Source:
        """The link of the chain that ``token`` heads: its words, and the entity when the text decides."""
        reading = self._reading
        found_by, sure = utterance.rule, utterance.confidence
        start, end = noun_phrase(reading, token)
        span = Span.of(reading.text, reading.starts[start], reading.end_of(end - 1))
        found = self._resolve(token)
        if found is None:
            return self._unresolved(token, span, found_by, sure)
        mention, rule, confidence = found
        if not relays and (mention.type == "PERSON" or mention.entity is not None):
            insort(self._spoke, (token.i, self._persons.number(mention)))
        return Source(
            span=span,
            entity=mention.entity,
            antecedent=None if rule == "name" else _span(mention),
            rule=f"{found_by}; {rule}",
            confidence=round(sure * confidence, 2),
        )

    def _unresolved(self, token: Token, span: Span, found_by: str, sure: float) -> Source:
        """Nobody with a name; "who" still refers to the noun before it."""
        noun = antecedent_of(token)
        if noun is None:
            return Source(span=span, rule=found_by, confidence=sure)
        start, end = noun_phrase(self._reading, noun)
        words = Span.of(self._reading.text, self._reading.starts[start], self._reading.end_of(end - 1))
        return Source(span=span, antecedent=words, rule=f"{found_by}; relative pronoun", confidence=sure)

    def _resolve(self, token: Token) -> Resolution | None:
        """By the first rule that answers, the surest first."""
        rules = (
            self._named,
            self._relative,
            self._person,
            self._apposition,
            self._author,
            self._surname,
            self._described,
        )
        return next((found for rule in rules if (found := rule(token))), None)

    # names

    def _named(self, token: Token) -> Resolution | None:
        mention = self._persons.mention_at(token)
        if mention is None:
            return None
        self._hear(token, mention)
        return mention, "name", mention.confidence

    def _relative(self, token: Token) -> Resolution | None:
        """ "the mayor, who said": whoever the noun before the relative clause is."""
        noun = antecedent_of(token)
        found = self._resolve(noun) if noun is not None else None
        return (found[0], "relative pronoun", found[2]) if found is not None else None

    def _hear(self, token: Token, mention: Mention) -> None:
        words = mention.exact.split()
        if mention.type != "PERSON" and len(words) in {2, 3} and all(word.istitle() for word in words):
            key = mention.entity if mention.entity is not None else -1 - token.i
            insort(self._voices, Appearance(token.i, key, mention, subject=True), key=lambda a: a.index)

    def _surname(self, token: Token) -> Resolution | None:
        """ "WALLACE:": the only person whose name ends with the word, in whatever case."""
        if not token.text[:1].isupper():
            return None
        bearers = self._persons.surnames.get(token.lower_, {})
        return (next(iter(bearers.values())), "surname", 0.8) if len(bearers) == 1 else None

    def _apposition(self, token: Token) -> Resolution | None:
        """ "a nurse, Anna Lindqvist, said"."""
        mentions = (self._persons.mention_at(child) for child in token.rights if child.dep_ == "appos")
        return next(((m, "apposition", 0.9) for m in mentions if m is not None and m.type == "PERSON"), None)

    def _author(self, token: Token) -> Resolution | None:
        """ "a message attributed to the Xyz group", "Ms. Ito's letter": whoever speaks in a document."""
        if token.lemma_ not in lexicon.DOCUMENTS:
            return None
        owners = (self._persons.mention_at(child) for child in token.lefts if child.dep_ == "poss")
        behind = self._reading.tokens[token.i + 1 : min(token.right_edge.i, token.i + _REACH) + 1]
        authors = (self._object(part) for part in behind if part.dep_ == "acl" and part.lemma_ in _AUTHORED)
        return next(((m, "author", 0.8) for m in chain(owners, authors) if m is not None), None)

    def _object(self, participle: Token) -> Mention | None:
        for preposition in participle.rights:
            for noun in preposition.children:
                if noun.dep_ == "pobj":
                    first = max(noun.left_edge.i, noun.i - _REACH)
                    inside = map(self._persons.mention_at, self._reading.tokens[first : noun.i + 1])
                    return next((mention for mention in inside if mention), None)
        return None

    # pronouns

    def _person(self, token: Token) -> Resolution | None:
        """ "he", "she": people, and whatever name the model took for no person although it spoke just now."""
        gender = lexicon.PRONOUNS.get(token.lower_)
        if gender is None:
            return None
        named = self._before(token, self._persons.people)
        spoke = [a for a in self._before(token, self._voices) if self._distance(a, token) <= _RECENT]
        near = sorted(named + spoke, key=lambda appearance: appearance.index) if spoke else named
        fits = [a for a in near if self._persons.gender(a.entity) in {gender, None}]
        return self._most_salient(token, fits, "pronoun")

    def _distance(self, appearance: Appearance, token: Token) -> int:
        return self._reading.sentence_at[token.i] - self._reading.sentence_at[appearance.index]

    def _before(self, token: Token, appearances: Sequence[Appearance]) -> list[Appearance]:
        """Those before ``token``, the latest last, no further back than a reader looks."""
        reading = self._reading
        sentence = reading.sentence_at[token.i]
        end = bisect_left(appearances, token.i, key=lambda appearance: appearance.index)
        near = appearances[max(0, end - _KNOWN) : end]
        return [a for a in near if sentence - reading.sentence_at[a.index] <= _FAR]

    def _most_salient(self, token: Token, fits: list[Appearance], rule: str) -> Resolution | None:
        """The subject of the latest sentence that has a candidate; else its only candidate."""
        if not fits:
            return None
        if len({a.entity for a in fits}) == 1:
            return fits[-1].mention, rule, 0.9
        sentences = self._reading.sentence_at
        latest = sentences[fits[-1].index]
        here = [a for a in fits if sentences[a.index] == latest]
        spoke = self._last_speaker(token, fits)
        if spoke is not None and sentences[spoke[0]] >= latest:
            return spoke[1], f"{rule}: last speaker", 0.8
        if (subject := next((a for a in here if a.subject), None)) is not None:
            return subject.mention, f"{rule}: subject", 0.75
        lone = len({a.entity for a in here}) == 1
        if spoke is not None and not lone:
            return spoke[1], f"{rule}: last speaker", 0.5
        return here[0].mention, f"{rule}: nearest", 0.6 if lone else 0.4

    def _last_speaker(self, token: Token, fits: Sequence[Appearance]) -> tuple[int, Mention] | None:
        """Where, and under what name, one of the candidates spoke last."""
        mentions = {a.entity: a.mention for a in fits}
        end = bisect_left(self._spoke, (token.i,))
        earlier = reversed(self._spoke[max(0, end - _KNOWN) : end])
        return next(((index, mentions[who]) for index, who in earlier if who in mentions), None)

    # descriptions: "the senator", "the group"

    def _described(self, token: Token) -> Resolution | None:
        if self._reading.tokens[token.left_edge.i].lower_ not in _DEFINITE:
            return None
        if (bearer := self._named_in_part(token)) is not None:
            return bearer, "description: part of the name", 0.8
        lemma = token.lemma_.lower()
        with_role = self._before(token, self._persons.roles.get(lemma, []))
        if with_role:
            sure = 0.85 if len({a.entity for a in with_role}) == 1 else 0.6
            return with_role[-1].mention, "description: role", sure
        if lemma in lexicon.COLLECTIVES and not any(child.dep_ in _MODIFIERS for child in token.lefts):
            return self._most_salient(token, self._before(token, self._persons.organisations), "description")
        return None

    def _named_in_part(self, token: Token) -> Mention | None:
        """ "the prosecutor's office", after "the Kerala prosecutor's office": the end of an organisation's name."""
        words = self._reading.tokens[max(token.left_edge.i + 1, token.i - _REACH) : token.i + 1]
        tail = " " + "".join([word.text_with_ws for word in words]).strip().lower()
        named = reversed(self._before(token, self._persons.organisations))
        return next((a.mention for a in named if a.mention.exact.lower().endswith(tail)), None)


def _span(mention: Mention) -> Span:
    return Span(start=mention.start, end=mention.end, exact=mention.exact)
