"""Finding entities: by name, by their beginning, by company."""

from collections.abc import Callable, Sequence
from datetime import date
from functools import lru_cache, partial
from typing import Any, Literal

from sqlalchemy import (
    ColumnElement,
    Select,
    SQLColumnExpression,
    and_,
    bindparam,
    distinct,
    exists,
    func,
    literal,
    or_,
    select,
)
from sqlalchemy.orm import aliased
from sqlmodel import Session, col

from app.models import AliasWord, Entity, EntityAlias, EntityDay, EntityMonth, Mention, NameWord, QuoteSource, Run
from app.models import Quote as QuoteRow
from app.names import fold
from app.positions import KEY_BITS, day_number
from app.search import places
from app.search.paging import AnyRow, AnySelect, Order
from app.search.runs import SERVED, chosen

MAX_CANDIDATES = 10
# Names of more words are not looked for beside articles.
MAX_NAME_WORDS = 8
# Behind every character that stands in a name.
LAST = "\U0010ffff"

# That a word of a name is one of those looked for.
WordCondition = Callable[[type[NameWord]], ColumnElement[bool]]
Counts = tuple[SQLColumnExpression[int], SQLColumnExpression[int]]


def with_counts(run: str) -> tuple[AnySelect, Counts]:
    """Every entity that the chosen runs mention, and in it the numbers of articles and of mentions.

    Of served runs also those that are sources of quotes only, as people may have made them.
    """
    articles, mentions = col(Entity.articles), col(Entity.mentions)
    if run == SERVED:
        named = or_(mentions > 0, col(Entity.spoken) > 0, col(Entity.relayed) > 0)
        return select(Entity, articles, mentions).where(named), (articles, mentions)
    count = (
        select(
            col(Mention.entity_id).label("entity_id"),
            func.count(distinct(col(Run.article_id))).label("articles"),
            func.count().label("mentions"),
        )
        .join(Run, col(Run.id) == Mention.run_id)
        .where(chosen(run), col(Mention.entity_id).is_not(None))
        .group_by(col(Mention.entity_id))
        .subquery("count")
    )
    statement = select(Entity, count.c.articles, count.c.mentions).join(count, count.c.entity_id == Entity.id)
    return statement, (count.c.articles, count.c.mentions)


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
    """Entities present in the chosen runs that bear ``name``, whatever its case and accents, ordered by _bearing."""
    bearers = select(col(EntityAlias.entity_id)).where(col(EntityAlias.name_key) == fold(name), col(EntityAlias.shown))
    return _bearing(bearers, run)


def owning(name: str) -> Select[Entity]:
    """Up to two entities of served runs whose own name ``name`` is, and not only what others call them."""
    return select(Entity).where(col(Entity.sort_key) == fold(name), present(SERVED)).limit(2)


def surnamed(name: str, run: str) -> Select[Entity]:
    """People present in the chosen runs whose name ends in the word or words ``name``, in the same order."""
    key = fold(name)
    ends = (
        select(col(EntityAlias.entity_id))
        .join(AliasWord, col(AliasWord.alias_id) == EntityAlias.id)
        .join(NameWord, col(NameWord.id) == AliasWord.word_id)
        .where(
            col(NameWord.form) == key.rpartition(" ")[2], col(EntityAlias.name_key).endswith(f" {key}", autoescape=True)
        )
    )
    return _bearing(ends, run).where(col(Entity.type) == "PERSON")


def find(
    run: str,
    *,
    words: str | None = None,
    types: list[str] | None = None,
    sort: Literal["mentions", "name"] = "mentions",
) -> tuple[AnySelect, Order]:
    """Entities with their counts of articles and mentions, most mentioned first or by name.

    ``words`` must all begin a word of one and the same name. Names stay in order while articles are added.
    """
    statement, (_, mentions) = with_counts(run)
    if words is not None:
        statement = statement.where(col(Entity.id).in_(_holding(fold(words).split())))
    if types:
        statement = statement.where(col(Entity.type).in_(types))
    if sort == "name":
        return statement, Order((col(Entity.sort_key), col(Entity.id)))
    return statement, Order((mentions, col(Entity.id)), descending=True)


def best_named(session: Session, words: tuple[str, ...], run: str, limit: int) -> Sequence[AnyRow]:
    """The entities most mentioned of which one name has, for each of ``words``, a word that begins with it.

    Rows as ``with_counts`` has them.
    """
    if len(words) > MAX_NAME_WORDS:
        return []
    ordered = sorted(words, key=len, reverse=True)
    parameters = {f"from{i}": word for i, word in enumerate(ordered)}
    parameters |= {f"to{i}": word + LAST for i, word in enumerate(ordered)}
    rows: Sequence[AnyRow] = session.execute(_named(len(words), run, limit), parameters).all()
    return rows


# Making a statement takes longer than running it does.
@lru_cache(maxsize=256)
def _named(words: int, run: str, limit: int) -> AnySelect:
    conditions = [partial(_between, bounds=(bindparam(f"from{i}"), bindparam(f"to{i}"))) for i in range(words)]
    statement, (_, mentions) = with_counts(run)
    held = select(col(EntityAlias.entity_id)).where(col(EntityAlias.id).in_(aliases(conditions)))
    return statement.where(col(Entity.id).in_(held)).order_by(mentions.desc(), col(Entity.id).desc()).limit(limit)


def days(entity_id: int, run: str, since: date | None, until: date | None) -> AnySelect:
    """On which days (app.positions.day_number) articles mention an entity: (day, articles, mentions) each."""
    first, last = day_number(since or date.min), day_number(until or date.max)
    if run == SERVED:
        day: Any = col(EntityDay.day)
        statement = select(day, col(EntityDay.articles), col(EntityDay.mentions)).where(
            col(EntityDay.entity_id) == entity_id
        )
    else:
        day = places.day(col(Mention.position))
        statement = (
            select(day, func.count(distinct(col(Mention.position))), func.count())
            .join(Run, col(Run.id) == Mention.run_id)
            .where(col(Mention.entity_id) == entity_id, chosen(run))
            .group_by(day)
        )
    return statement.where(day.between(first, last)).order_by(day)


def months(entity_id: int) -> AnySelect:
    """In which months (app.search.packing.month_number) articles mention an entity by served runs: as ``days``."""
    month = col(EntityMonth.month)
    statement = select(month, col(EntityMonth.articles), col(EntityMonth.mentions))
    return statement.where(col(EntityMonth.entity_id) == entity_id).order_by(month)


def edge(entity_id: int, run: str, *, newest: bool) -> AnySelect:
    """The position of the newest, or of the oldest dated, article that mentions an entity."""
    position = col(Mention.position)
    statement = (
        select(position)
        .join(Run, col(Run.id) == Mention.run_id)
        .where(col(Mention.entity_id) == entity_id, position >= 1 << KEY_BITS, chosen(run))
    )
    return statement.order_by(position.desc() if newest else position.asc()).limit(1)


def suggestions(prefix: str, run: str, limit: int) -> AnySelect:
    """Entities a name of which has words that begin with those of ``prefix``, with that name: most mentioned first."""
    return suggested(_beginning(fold(prefix).split()), run, limit)


def suggested(among: AnySelect, run: str, limit: int) -> AnySelect:
    """Entities, each with its first name among these aliases and its mentions: most mentioned first."""
    statement, (_, mentions) = with_counts(run)
    found = statement.with_only_columns(Entity, func.min(EntityAlias.name), mentions)
    return (
        found.join(EntityAlias, col(EntityAlias.entity_id) == Entity.id)
        .where(col(EntityAlias.id).in_(among))
        .group_by(col(Entity.id), mentions)
        .order_by(mentions.desc(), col(Entity.sort_key))
        .limit(limit)
    )


def aliases(conditions: Sequence[WordCondition]) -> AnySelect:
    """Aliases that have, for each of the conditions, a word that meets it; the first is looked for first."""
    first, *others = conditions
    statement = select(col(AliasWord.alias_id)).join(NameWord, col(NameWord.id) == AliasWord.word_id)
    return statement.where(first(NameWord), *map(_also, others))


def begins(name: type[NameWord], prefix: str) -> ColumnElement[bool]:
    """That a word begins with ``prefix``."""
    return _between(name, (literal(prefix), literal(prefix + LAST)))


def _between(name: type[NameWord], bounds: tuple[ColumnElement[str], ColumnElement[str]]) -> ColumnElement[bool]:
    # A range, not LIKE: the index serves it, and no character has a meaning in it.
    return and_(col(name.form) >= bounds[0], col(name.form) < bounds[1])


def _bearing(entities: Any, run: str) -> Select[Entity]:
    """Those of the entities that the run mentions; first those that served runs mention most."""
    found = select(Entity).where(col(Entity.id).in_(entities), present(run))
    return found.order_by(col(Entity.mentions).desc(), col(Entity.id)).limit(MAX_CANDIDATES)


def _holding(words: list[str]) -> AnySelect:
    return select(col(EntityAlias.entity_id)).where(col(EntityAlias.id).in_(_beginning(words)))


def _beginning(words: list[str]) -> AnySelect:
    """Aliases that have, for each of ``words``, a word that begins with it."""
    return aliases([partial(begins, prefix=word) for word in sorted(words, key=len, reverse=True)])


def _also(condition: WordCondition) -> ColumnElement[bool]:
    link, name = aliased(AliasWord), aliased(NameWord)
    same = (link.alias_id == AliasWord.alias_id, link.word_id == name.id)
    return exists().where(*same, condition(name))  # type: ignore[arg-type]
