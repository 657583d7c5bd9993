"""Who and what occurs with an entity, and how strongly it belongs to it.

Strength is the log-likelihood ratio of occurring together against occurring as often as each does
anyway (Dunning, "Accurate Methods for the Statistics of Surprise and Coincidence", Computational
Linguistics 19(1), 1993): who is everywhere is no surprise anywhere. It is counted over the newest
articles that mention the entity, MOST_ARTICLES at most, so it costs the same for everybody.
"""

from collections.abc import Iterator
from math import log
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import func, select
from sqlmodel import Session, col

from app.models import Article, ArticlePlaces, Entity, Mention, Run
from app.search.runs import SERVED, chosen

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Numbers = NDArray[np.int64]

MOST_ARTICLES = 1_000
# Entities whose strength is worked out: those that share most articles.
MOST_ENTITIES = 500


class Related(NamedTuple):
    """An entity that occurs with another one. They stand in order of their first fields, then of their keys."""

    strength: float
    paragraphs: int
    articles: int
    key: int


class _Places(NamedTuple):
    """Where entities stand, one number each per entity, article and paragraph; entities in order within an article."""

    articles: "Numbers"
    entities: "Numbers"
    paragraphs: "Numbers"


def related(session: Session, entity: Entity, run: str) -> list[Related]:
    """Entities in the same articles, strongest first."""
    places = _packed(session, entity) if run == SERVED else _annotated(session, entity, run)
    return sorted(_measured(session, *_together(places, entity.id or 0)), key=order)


def order(each: Related) -> tuple[float, int, int, int]:
    """The strongest first."""
    return -each.strength, -each.paragraphs, -each.articles, each.key


def _newest(entity: Entity) -> Any:
    """The newest articles in which some run mentions an entity."""
    position = col(Mention.position)
    statement = select(position).distinct().where(col(Mention.entity_id) == entity.id)
    return statement.order_by(position.desc()).limit(MOST_ARTICLES)


def _packed(session: Session, entity: Entity) -> _Places:
    """From what is packed of served runs (app.models.ArticlePlaces)."""
    import numpy as np  # noqa: PLC0415 - see app.search.packing.tally

    positions = session.scalars(_newest(entity)).all()
    places = select(col(ArticlePlaces.packed)).where(col(ArticlePlaces.position).in_(positions))
    rows = session.scalars(places).all()
    numbers = np.frombuffer(b"".join(rows), dtype="<i8")
    articles = np.repeat(np.arange(len(rows)), [len(row) // 8 for row in rows])
    return _Places(articles, numbers >> 16, numbers & 0xFFFF)


def _annotated(session: Session, entity: Entity, run: str) -> _Places:
    """From the annotations of the runs chosen."""
    import numpy as np  # noqa: PLC0415

    of_run = _newest(entity).join(Run, col(Run.id) == Mention.run_id).where(chosen(run))
    positions = session.scalars(of_run).all()
    columns = (col(Mention.position), col(Mention.entity_id), col(Mention.paragraph))
    statement = select(*columns).join(Run, col(Run.id) == Mention.run_id).distinct().order_by(*columns)
    wanted = (chosen(run), col(Mention.position).in_(positions), columns[1].is_not(None))
    rows = np.array(session.execute(statement.where(*wanted)).all(), dtype=np.int64).reshape(-1, 3)
    return _Places(np.searchsorted(np.array(sorted(positions)), rows[:, 0]), rows[:, 1], rows[:, 2])


def _together(places: _Places, entity: int) -> tuple[list[tuple[int, int, int]], int]:
    """By entity in the same articles: its key, how many articles, how many paragraphs hold both; and over how many."""
    import numpy as np  # noqa: PLC0415

    # The run that is served may not mention it where another does.
    both = np.isin(places.articles, places.articles[places.entities == entity])
    places = _Places(*(numbers[both] for numbers in places))
    paragraph = places.articles << 16 | places.paragraphs
    shared = np.isin(paragraph, paragraph[places.entities == entity])
    first = np.ones(len(paragraph), dtype=bool)
    first[1:] = (np.diff(places.entities) != 0) | (np.diff(places.articles) != 0)
    articles = np.bincount(places.entities[first])
    paragraphs = np.bincount(places.entities[shared], minlength=len(articles))
    most = np.argsort(-articles, kind="stable")[: MOST_ENTITIES + 1]
    together = [(int(k), int(articles[k]), int(paragraphs[k])) for k in most if articles[k] and k != entity]
    return together, int(articles[entity]) if len(articles) > entity else 0


def _measured(session: Session, together: list[tuple[int, int, int]], considered: int) -> Iterator[Related]:
    keys = [key for key, _, _ in together]
    rows = session.execute(select(col(Entity.id), col(Entity.articles)).where(col(Entity.id).in_(keys)))
    everywhere: dict[int, int] = dict(map(tuple, rows))
    # Counting a million rows would take longer than all the rest.
    stored = session.scalar(select(func.max(Article.id))) or 0
    for key, articles, paragraphs in together:
        elsewhere = max(0, everywhere[key] - articles)
        others = max(0, stored - considered - elsewhere)
        yield Related(_log_likelihood(articles, considered - articles, elsewhere, others), paragraphs, articles, key)


def _log_likelihood(both: int, without: int, elsewhere: int, neither: int) -> float:
    """Dunning's G2 of a two by two table, to two decimals; 0 where both occur together less than they would anyway."""
    rows, columns = (both + without, elsewhere + neither), (both + elsewhere, without + neither)
    total = sum(rows)
    if both * total <= rows[0] * columns[0]:
        return 0.0
    cells = ((both, 0, 0), (without, 0, 1), (elsewhere, 1, 0), (neither, 1, 1))
    return round(2 * sum(n * log(n * total / (rows[i] * columns[j])) for n, i, j in cells if n), 2)
