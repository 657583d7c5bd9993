"""What an article says of its people beside their names: gender, roles, and who is being talked of.

Evidence of gender: titles, nouns and pronouns beside the names, and given names. Salience
follows centering (Grosz, Joshi and Weinstein 1995): the subject of the latest sentence comes first.
"""

from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from spacy.tokens import Token

from app.annotate.entities import Named
from app.annotate.quotes import lexicon
from app.annotate.quotes.reading import Reading
from app.annotations import ENTITY_TYPES, Mention

_SUBJECTS = frozenset({"nsubj", "nsubjpass"})
_ROLE_DEPS = frozenset({"compound", "amod", "nmod", "appos"})


@dataclass(frozen=True, slots=True)
class Appearance:
    """Somebody named outside quotation marks; ``index`` is the token that heads the name.

    ``entity`` is negative for a name that is linked to none.
    """

    index: int
    entity: int
    mention: Mention
    subject: bool


class Persons:
    """The people and organisations of a reading, in the order in which they appear."""

    def __init__(self, reading: Reading, named: Named) -> None:
        self._reading = reading
        self.mentions = [mention for mention in named.mentions if mention.type in ENTITY_TYPES]
        self._starts = [mention.start for mention in self.mentions]
        self.people: list[Appearance] = []
        self.organisations: list[Appearance] = []
        self.roles: dict[str, list[Appearance]] = defaultdict(list)
        self.surnames: dict[str, dict[int, Mention]] = defaultdict(dict)
        self._strangers: dict[str, int] = {}
        self._votes: dict[int, Counter[str]] = defaultdict(Counter)
        for mention in self.mentions:
            self._enter(mention)
        self._vote_by_names(named)
        self._vote_by_pronouns()

    def mention_at(self, token: Token) -> Mention | None:
        """The linked mention that covers ``token``."""
        place = bisect_left(self._starts, token.idx + 1) - 1
        if place < 0 or self.mentions[place].end <= token.idx:
            return None
        return self.mentions[place]

    def gender(self, entity: int) -> str | None:
        """ "m" or "f" when the evidence is two to one or better, and more than a single "his"."""
        votes = self._votes.get(entity, Counter())
        best = max("mf", key=votes.__getitem__)
        most, least = votes[best], votes.total() - votes[best]
        return best if most >= max(2, 2 * least) else None

    def _enter(self, mention: Mention) -> None:
        if mention.type not in {"PERSON", "ORG", "NORP", "GPE"}:
            return
        reading = self._reading
        first, last = reading.token_at(mention.start), reading.token_at(mention.end)
        if first >= last or not reading.outside(first):
            return
        entity = self.number(mention)
        head = next((t for t in reading.tokens[first:last] if not first <= t.head.i < last), reading.tokens[last - 1])
        appearance = Appearance(head.i, entity, mention, head.dep_ in _SUBJECTS)
        if mention.type != "PERSON":
            if mention.type == "ORG":
                self.organisations.append(appearance)
            return
        self.people.append(appearance)
        self.surnames[mention.exact.split()[-1].lower()].setdefault(entity, mention)
        for noun in self._nouns_beside(head, first):
            lemma = noun.lemma_.lower().rstrip(".")
            self.roles[lexicon.TITLES.get(lemma, lemma)].append(appearance)
            gender = lexicon.GENDER.get(lemma)
            if gender:
                self._votes[appearance.entity][gender] += 6

    def number(self, mention: Mention) -> int:
        """Its entity; for a name that is linked to none, a negative number of its own."""
        if mention.entity is not None:
            return mention.entity
        return self._strangers.setdefault(mention.exact, -1 - len(self._strangers))

    def _nouns_beside(self, head: Token, first: int) -> Iterator[Token]:
        """The words that say what a person is: "Sen. X", "spokeswoman X", "X, a nurse", "X is a nurse"."""
        tokens = self._reading.tokens
        if first and (tokens[first - 1].pos_ in {"PROPN", "NOUN"} or tokens[first - 1].lower_ in lexicon.GENDER):
            yield tokens[first - 1]
        yield from (child for child in head.children if child.dep_ in _ROLE_DEPS and child.pos_ in {"NOUN", "PROPN"})
        if head.dep_ == "appos" and head.head.pos_ == "NOUN":
            yield head.head
        if head.dep_ == "nsubj" and head.head.lemma_ == "be":
            yield from (child for child in head.head.rights if child.dep_ == "attr")

    def _vote_by_names(self, named: Named) -> None:
        """A given name tells, unless the one word that the article gives is another's surname."""
        people = {
            person.entity: (named.entities[person.entity].name if person.entity >= 0 else person.mention.exact).split()
            for person in self.people
        }
        surnames = {words[-1] for words in people.values() if len(words) > 1}
        for entity, words in people.items():
            gender = lexicon.GIVEN_NAMES.get(words[0])
            if gender and (len(words) > 1 or words[0] not in surnames):
                self._votes[entity][gender] += 6

    def _vote_by_pronouns(self) -> None:
        """A pronoun behind a subject that is the only person so far in its sentence speaks of that person."""
        reading = self._reading
        subjects = self._lone_subjects()
        for token in reading.tokens:
            gender = lexicon.PRONOUNS.get(token.lower_)
            if gender is None or not reading.outside(token.i):
                continue
            sentence = reading.sentence_at[token.i]
            person = subjects.get(sentence)
            if person is None and token.dep_ == "nsubj":
                person = subjects.get(sentence - 1)
            if person is not None and person.index < token.i:
                self._votes[person.entity][gender] += 2 if token.dep_ == "nsubj" else 1

    def _lone_subjects(self) -> dict[int, Appearance]:
        """By sentence, the person who is its subject where it names no other."""
        found: dict[int, Appearance] = {}
        crowded: set[int] = set()
        for person in self.people:
            sentence = self._reading.sentence_at[person.index]
            if sentence in found and found[sentence].entity != person.entity:
                crowded.add(sentence)
            elif person.subject:
                found.setdefault(sentence, person)
            else:
                crowded.add(sentence)
        return {sentence: person for sentence, person in found.items() if sentence not in crowded}
