"""What an article says of its people beside their names: gender, roles, and who is being talked of.

All of it is evidence inside the one article: titles, nouns and pronouns beside the names. Salience
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
from app.annotations import Mention

_SUBJECTS = frozenset({"nsubj", "nsubjpass"})
_ROLE_DEPS = frozenset({"compound", "amod", "nmod", "appos"})


@dataclass(frozen=True, slots=True)
class Appearance:
    """An entity at a place outside quotation marks; ``index`` is the token that heads its name."""

    index: int
    entity: int
    mention: Mention
    subject: bool


class Persons:
    """The people and organisations of a reading, in the order in which they appear."""

    def __init__(self, reading: Reading, named: Named) -> None:
        self._reading = reading
        self.mentions = [mention for mention in named.mentions if mention.entity is not None]
        self._starts = [mention.start for mention in self.mentions]
        self.people: list[Appearance] = []
        self.organisations: list[Appearance] = []
        self.roles: dict[str, list[Appearance]] = defaultdict(list)
        self._votes: dict[int, Counter[str]] = defaultdict(Counter)
        for mention in self.mentions:
            self._enter(mention)
        self._vote_by_pronouns()

    def mention_at(self, token: Token) -> Mention | None:
        """The linked mention that covers ``token``."""
        place = bisect_left(self._starts, token.idx + 1) - 1
        if place < 0 or self.mentions[place].end <= token.idx:
            return None
        return self.mentions[place]

    def gender(self, entity: int) -> str | None:
        """ "m" or "f" when the article's evidence is two to one or better."""
        votes = self._votes.get(entity)
        if not votes:
            return None
        (best, most), *rest = votes.most_common()
        return best if not rest or most >= 2 * rest[0][1] else None

    def _enter(self, mention: Mention) -> None:
        if mention.type not in {"PERSON", "ORG", "NORP", "GPE"}:
            return
        reading = self._reading
        first, last = reading.token_at(mention.start), reading.token_at(mention.end)
        if first >= last or mention.entity is None or not reading.outside(first):
            return
        head = next((t for t in reading.tokens[first:last] if not first <= t.head.i < last), reading.tokens[last - 1])
        appearance = Appearance(head.i, mention.entity, mention, head.dep_ in _SUBJECTS)
        if mention.type != "PERSON":
            if mention.type == "ORG":
                self.organisations.append(appearance)
            return
        self.people.append(appearance)
        for noun in self._nouns_beside(head, first):
            lemma = noun.lemma_.lower().rstrip(".")
            self.roles[lexicon.TITLES.get(lemma, lemma)].append(appearance)
            gender = lexicon.GENDER.get(lemma)
            if gender:
                self._votes[appearance.entity][gender] += 3

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

    def _vote_by_pronouns(self) -> None:
        """A pronoun behind the only person of its sentence, or of the one before, speaks of that person."""
        reading = self._reading
        present: dict[int, set[int]] = defaultdict(set)
        firsts: dict[int, int] = {}
        for person in self.people:
            sentence = reading.sentence_at[person.index]
            present[sentence].add(person.entity)
            firsts.setdefault(sentence, person.index)
        for token in reading.tokens:
            gender = lexicon.PRONOUNS.get(token.lower_)
            if gender is None or not reading.outside(token.i):
                continue
            sentence = reading.sentence_at[token.i]
            here = present.get(sentence)
            if here is None and token.dep_ == "nsubj":
                sentence -= 1
                here = present.get(sentence)
            if here is not None and len(here) == 1 and firsts[sentence] < token.i:
                self._votes[next(iter(here))][gender] += 1
