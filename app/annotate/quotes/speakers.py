"""Who the words of a source stand for."""

from bisect import bisect_right

from spacy.tokens import Token

from app.annotate.entities import Named
from app.annotate.quotes import lexicon
from app.annotate.quotes.clauses import phrase
from app.annotate.quotes.reading import Reading
from app.annotations import Mention, Source
from app.spans import Span

_HE = frozenset({"he", "him", "his", "himself"})
_AUTHORED = frozenset({"attribute", "write", "sign", "issue", "publish", "release"})
_REACH = 15  # tokens from a document's noun to the participle that says whose it is
_SHE = frozenset({"she", "her", "hers", "herself"})


class Speakers:
    def __init__(self, reading: Reading, named: Named) -> None:
        self.reading = reading
        self.named = named
        self.mentions = [m for m in named.mentions if m.entity is not None]
        self.starts = [m.start for m in self.mentions]
        self.last: list[tuple[int, int, Span]] = []  # (offset, entity, span)

    def mention_at(self, offset: int) -> Mention | None:
        place = bisect_right(self.starts, offset) - 1
        if place >= 0 and self.mentions[place].start <= offset < self.mentions[place].end:
            return self.mentions[place]
        return None

    def source(self, token: Token) -> Source:
        reading = self.reading
        start, end = phrase(reading, token)
        span = Span.of(reading.text, reading.starts[start], reading.end_of(end - 1))
        lower = token.lower_
        if lower in _HE | _SHE:
            found = self._person(token)
            if found is None:
                return Source(span=span, rule="pronoun", confidence=0.5)
            return Source(span=span, entity=found.entity, antecedent=_span(found), rule="pronoun", confidence=0.7)
        mention = self.mention_at(token.idx)
        author = None if mention else self._author(token)
        if author is not None:
            return Source(span=span, entity=author.entity, antecedent=_span(author), rule="author", confidence=0.8)
        return Source(span=span, entity=mention.entity if mention else None, rule="name" if mention else "description")

    def _author(self, token: Token) -> Mention | None:
        """ "a message attributed to the Xyz group", "Ms. Ito's letter": whoever speaks in a document."""
        if token.lemma_ not in lexicon.DOCUMENTS:
            return None
        for child in token.lefts:
            if child.dep_ == "poss":
                return self.mention_at(child.idx)
        for part in self.reading.tokens[token.i + 1 : min(token.right_edge.i, token.i + _REACH) + 1]:
            if part.dep_ == "acl" and part.lemma_ in _AUTHORED:
                return self._object(part)
        return None

    def _object(self, participle: Token) -> Mention | None:
        for preposition in participle.rights:
            for noun in preposition.children:
                if noun.dep_ == "pobj":
                    inside = (self.mention_at(part.idx) for part in noun.subtree if part.i <= noun.i)
                    return next((mention for mention in inside if mention), None)
        return None

    def _person(self, token: Token) -> Mention | None:
        place = bisect_right(self.starts, token.idx) - 1
        for mention in reversed(self.mentions[max(0, place - 20) : place + 1]):
            if mention.type == "PERSON" and self.reading.outside(self.reading.token_at(mention.start)):
                return mention
        return None


def _span(mention: Mention) -> Span:
    return Span(start=mention.start, end=mention.end, exact=mention.exact)
