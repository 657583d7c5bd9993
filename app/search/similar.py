"""Articles like one: about the same entities, in the same terms; near-duplicates among them.

The score is the mean of two parts from 0 to 1:

* the cosine of the two sets of entities, each weighted by its inverse document frequency: the logarithm of
  1 + articles stored / articles that mention it (Spärck Jones, "A statistical interpretation of term
  specificity and its application in retrieval", 1972);
* what share of the article's terms the other has too, by weight. Its terms are the TERMS words with the
  greatest product of how much it is about a word (app.search.words.LEVELS) and the word's inverse frequency
  among the articles published around it, as Lucene's MoreLikeThis chooses them; half of those may have it.

News follows news: of the articles that have an entity, a term or a band of the sketch in common with it,
those nearest in time are compared, so it costs the same however many there are.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from heapq import nlargest
from math import log, sqrt
from typing import NamedTuple, TypeVar

from sqlalchemy import SQLColumnExpression, literal, select, union_all
from sqlmodel import Session, col, func

from app.models import Article, ArticleBand, ArticleFacts, Entity, Mention, Run
from app.search import matching
from app.search.packing import Fact, keys_of
from app.search.paging import AnyRow, AnySelect
from app.search.query import Phrase
from app.search.runs import SERVED, chosen
from app.search.sketches import resemblance, runs_of_words
from app.search.words import LEVELS, weights, words

T = TypeVar("T")

# An article's rarest entities, and its terms, by which others are looked for.
RAREST = 8
TERMS = 10
# Words from which the terms are chosen, and articles on either side in time that tell how frequent they are.
MOST_WORDS = 30
AROUND = 100
FEW = 5
# Articles on either side that are taken from each list, and how many of all are compared.
NEAREST = 50
COMPARED = 100


class Similar(NamedTuple):
    """An article like another one: how much so, the entities of both, rarest first, what share of its words."""

    position: int
    score: float
    entities: list[int]
    resemblance: float


@dataclass(frozen=True, slots=True)
class _Subject:
    """What others are compared with: its entities, rarest first, and its terms, each with its weight."""

    position: int
    entities: Mapping[int, float]
    terms: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class _Compared:
    """Another article, its score, the entities of both, rarest first."""

    position: int
    text: str
    score: float
    shared: list[int]


def similar(session: Session, article: Article, limit: int) -> list[Similar]:
    """Up to ``limit`` articles like ``article``, at most COMPARED, most similar first, newest first among equals."""
    subject = _Subject(article.position, _entities_of(session, article), _terms_of(session, article))
    compared = _compare(session, subject, _candidates(session, subject))
    best = nlargest(limit, compared, key=lambda other: (other.score, other.position))
    runs = runs_of_words(article.text)
    return [
        Similar(other.position, other.score, other.shared, round(resemblance(runs, runs_of_words(other.text)), 4))
        for other in best
    ]


def _entities_of(session: Session, article: Article) -> dict[int, float]:
    keys = _entities(session, [article.position]).get(article.position, ())
    return dict(sorted(_specificity(session, keys).items(), key=lambda item: (-item[1], item[0])))


def _terms_of(session: Session, article: Article) -> dict[str, float]:
    tokens = sorted(weights(words(article.headline or ""), words(article.text)), key=_level, reverse=True)
    about = {token[1:]: _level(token) for token in tokens[:MOST_WORDS]}
    position = col(Article.position)
    around = [row[0] for row in _rows(session, _nearest(select(position), position, article.position, AROUND))]
    counts = _count(session, about, min((article.position, *around)), max((article.position, *around)))
    # Each count has the article itself in it. Words of every other article tell nothing; among few, any may.
    telling = [term for term in about if counts[term] <= max(FEW, len(around) // 2)]
    weighed = {term: about[term] * log(1 + len(around) / counts[term]) for term in telling}
    return dict(nlargest(TERMS, weighed.items(), key=lambda item: (item[1], item[0])))


def _level(token: str) -> int:
    """How much an article is about the word of a token (see app.search.words.weights), from 1 up."""
    return int(token[0]) - int(LEVELS[-1]) + 1


def _count(session: Session, terms: Iterable[str], first: int, last: int) -> dict[str, int]:
    """In how many articles from one position to another each term occurs."""
    counted = []
    for term in terms:
        found = matching.articles(session, Phrase((term,)))
        statement = select(literal(term), func.count()).select_from(found.source)
        counted.append(statement.where(found.condition, found.position.between(first, last)))
    return {row[0]: row[1] for row in _rows(session, counted)}


def _candidates(session: Session, subject: _Subject) -> list[int]:
    """Positions of the articles to compare: those that share a band, then those that promise most."""
    twins = {row[0] for row in _rows(session, _sharing_bands(session, subject))}
    having: dict[int, set[str]] = defaultdict(set)
    for term, position in _rows(session, _sharing_terms(session, subject)):
        having[position].add(term)
    mentioning = {row[0] for row in _rows(session, _sharing_entities(session, subject))}
    entities = _entities(session, twins | having.keys() | mentioning)

    def promise(position: int) -> tuple[float, int]:
        common = _share(subject.entities, entities.get(position, ())) + _share(subject.terms, having[position])
        return common + 2 * (position in twins), position

    return nlargest(COMPARED, twins | having.keys() | mentioning, key=promise)


def _sharing_bands(session: Session, subject: _Subject) -> Iterator[AnySelect]:
    band, position = col(ArticleBand.band), col(ArticleBand.position)
    for key in session.scalars(select(band).where(position == subject.position)).all():
        yield from _nearest(select(position).where(band == key), position, subject.position, NEAREST)


def _sharing_terms(session: Session, subject: _Subject) -> Iterator[AnySelect]:
    for term in subject.terms:
        found = matching.articles(session, Phrase((term,)))
        statement = select(literal(term).label("term"), found.position.label("position")).select_from(found.source)
        yield from _nearest(statement.where(found.condition), found.position, subject.position, NEAREST)


def _sharing_entities(session: Session, subject: _Subject) -> Iterator[AnySelect]:
    elsewhere = select(col(Entity.id)).where(col(Entity.id).in_(subject.entities), col(Entity.articles) > 1)
    position = col(Mention.position)
    for key in session.scalars(elsewhere.order_by(col(Entity.articles), col(Entity.id)).limit(RAREST)).all():
        statement = select(position).join(Run, col(Run.id) == Mention.run_id).distinct()
        served = statement.where(col(Mention.entity_id) == key, chosen(SERVED))
        yield from _nearest(served, position, subject.position, NEAREST)


def _nearest(statement: AnySelect, position: SQLColumnExpression[int], at: int, most: int) -> Iterator[AnySelect]:
    """The rows of ``statement`` nearest to a position, up to ``most`` on either side of it."""
    before = statement.where(position < at).order_by(position.desc()).limit(most).subquery()
    behind = statement.where(position > at).order_by(position.asc()).limit(most).subquery()
    yield select(*before.c)
    yield select(*behind.c)


def _rows(session: Session, statements: Iterable[AnySelect]) -> Sequence[AnyRow]:
    """The rows of all statements, asked for at once."""
    several = list(statements)
    return session.execute(union_all(*several)).all() if several else []


def _compare(session: Session, subject: _Subject, positions: Collection[int]) -> Iterator[_Compared]:
    entities = _entities(session, positions)
    specificity = _specificity(session, {key for keys in entities.values() for key in keys})
    columns = (col(Article.position), col(Article.headline), col(Article.text))
    for position, headline, text in session.execute(select(*columns).where(columns[0].in_(positions))):
        theirs = {key: specificity[key] for key in entities.get(position, ())}
        terms = _share(subject.terms, {*words(headline or ""), *words(text)})
        score = round((_cosine(subject.entities, theirs) + terms) / 2, 4)
        yield _Compared(position, text, score, [key for key in subject.entities if key in theirs])


def _entities(session: Session, positions: Collection[int]) -> dict[int, list[int]]:
    """Keys of the entities that served runs find in each article."""
    columns = (col(ArticleFacts.position), col(ArticleFacts.packed))
    rows = session.execute(select(*columns).where(columns[0].in_(positions)))
    return {position: keys_of(packed, Fact.ENTITY) for position, packed in rows}


def _specificity(session: Session, keys: Collection[int]) -> dict[int, float]:
    """The inverse document frequency of each entity."""
    columns = (col(Entity.id), col(Entity.articles))
    # Counting a million rows would take longer than all the rest.
    stored = session.scalar(select(func.max(col(Article.id)))) or 0
    rows = session.execute(select(*columns).where(columns[0].in_(keys)))
    return {key: log(1 + stored / articles) for key, articles in rows}


def _share(weighed: Mapping[T, float], present: Collection[T]) -> float:
    """What share of all the weight lies on those that are present."""
    total = sum(weighed.values())
    return sum(weight for key, weight in weighed.items() if key in present) / total if total else 0.0


def _cosine(one: Mapping[int, float], other: Mapping[int, float]) -> float:
    lengths = sqrt(sum(weight**2 for weight in one.values()) * sum(weight**2 for weight in other.values()))
    return sum(weight**2 for key, weight in one.items() if key in other) / lengths if lengths else 0.0
