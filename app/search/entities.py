"""Finding entities: by name, by their beginning, by company."""

from sqlalchemy import ColumnElement, Select, SQLColumnExpression, Subquery, distinct, exists, func, or_, select
from sqlmodel import col

from app.models import Entity, EntityAlias, Mention, QuoteSource, Run
from app.models import Quote as QuoteRow
from app.names import fold
from app.search.paging import Order
from app.search.runs import chosen

MAX_CANDIDATES = 10


def counted(run: str) -> Subquery:
    """Every entity that the chosen runs mention: ``entity_id``, ``articles``, ``mentions``."""
    return (
        select(
            col(Mention.entity_id).label("entity_id"),
            func.count(distinct(col(Run.article_id))).label("articles"),
            func.count().label("mentions"),
        )
        .join(Run, col(Run.id) == Mention.run_id)
        .where(chosen(run), col(Mention.entity_id).is_not(None))
        .group_by(col(Mention.entity_id))
        .subquery("counted")
    )


def present(run: str) -> ColumnElement[bool]:
    """Whether the chosen runs mention an entity, or name it as a source."""
    mentioned = exists().where(col(Mention.entity_id) == Entity.id, col(Mention.run_id) == Run.id, chosen(run))
    quoted = exists().where(
        col(QuoteSource.entity_id) == Entity.id,
        col(QuoteSource.quote_id) == QuoteRow.id,
        col(QuoteRow.run_id) == Run.id,
        chosen(run),
    )
    return mentioned | quoted


def named(name: str, run: str) -> Select[Entity]:
    """Entities present in the chosen runs that bear ``name``, whatever its case and accents."""
    return _bearing(col(EntityAlias.name_key) == fold(name), run)


def surnamed(name: str, run: str) -> Select[Entity]:
    """People present in the chosen runs whose name ends in the word or words ``name``."""
    ends = col(EntityAlias.name_key).endswith(f" {fold(name)}", autoescape=True)
    return _bearing(ends & (col(Entity.type) == "PERSON"), run)


def find(
    run: str, *, words: str | None = None, types: list[str] | None = None
) -> tuple[Select[Entity, int, int], Order]:
    """Entities with their counts of articles and mentions, most mentioned first.

    ``words`` must all begin a word of one and the same name.
    """
    count = counted(run)
    statement = select(Entity, count.c.articles, count.c.mentions).join(count, count.c.entity_id == Entity.id)
    if words is not None:
        statement = statement.where(_alias_holds(words))
    if types:
        statement = statement.where(col(Entity.type).in_(types))
    return statement, Order((count.c.mentions, col(Entity.id)), descending=True)


def related(entity_id: int, run: str) -> tuple[Select[Entity, int, int], Order]:
    """Entities in the same articles: how many articles, and how many paragraphs, hold both.

    In order of paragraphs: names that stand together belong together more than names in one article.
    """
    theirs, ours = _occurrences(run).subquery("theirs"), _occurrences(run).subquery("ours")
    together = (theirs.c.paragraph == ours.c.paragraph, ours.c.article_id * 1_000_000 + ours.c.paragraph)
    count = (
        select(
            theirs.c.entity_id,
            func.count(distinct(ours.c.article_id)).label("articles"),
            func.count(distinct(together[1])).filter(together[0]).label("paragraphs"),
        )
        .join(ours, ours.c.article_id == theirs.c.article_id)
        .where(ours.c.entity_id == entity_id, theirs.c.entity_id != entity_id)
        .group_by(theirs.c.entity_id)
        .subquery("count")
    )
    statement = select(Entity, count.c.articles, count.c.paragraphs).join(count, count.c.entity_id == Entity.id)
    return statement, Order((count.c.paragraphs, count.c.articles, col(Entity.id)), descending=True)


def suggestions(prefix: str, run: str, limit: int) -> Select[Entity, str, int]:
    """Entities a name of which, or a word in it, begins with ``prefix``, with that name: most mentioned first."""
    count = counted(run)
    return (
        select(Entity, func.min(EntityAlias.name), count.c.mentions)
        .join(count, count.c.entity_id == Entity.id)
        .join(EntityAlias, col(EntityAlias.entity_id) == Entity.id)
        .where(_begins_a_word(fold(prefix)))
        .group_by(col(Entity.id))
        .order_by(count.c.mentions.desc(), col(Entity.name_key))
        .limit(limit)
    )


def _bearing(name: ColumnElement[bool], run: str) -> Select[Entity]:
    bears = exists().where(col(EntityAlias.entity_id) == Entity.id, name)
    return select(Entity).where(bears, present(run)).order_by(col(Entity.id)).limit(MAX_CANDIDATES)


def _occurrences(run: str) -> Select[int | None, int, int]:
    statement = select(col(Mention.entity_id), col(Run.article_id), col(Mention.paragraph))
    return (
        statement.join(Run, col(Run.id) == Mention.run_id)
        .where(chosen(run), col(Mention.entity_id).is_not(None))
        .distinct()
    )


def _alias_holds(words: str) -> ColumnElement[bool]:
    holds = [_begins_a_word(word) for word in fold(words).split()]
    return exists().where(col(EntityAlias.entity_id) == Entity.id, *holds)


def _begins_a_word(prefix: str) -> ColumnElement[bool]:
    key = col(EntityAlias.name_key)
    inner = (key.contains(f"{edge}{prefix}", autoescape=True) for edge in " -")
    return or_(_begins(key, prefix), *inner)


def _begins(key: SQLColumnExpression[str], prefix: str) -> ColumnElement[bool]:
    # A range, not LIKE: the index serves it, and no character has a meaning in it.
    return (key >= prefix) & (key < prefix + "\U0010ffff")
