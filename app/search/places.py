"""Parts of positions (app.positions), in SQL."""

from collections.abc import Iterator
from datetime import date
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, exists, literal_column
from sqlmodel import col

from app.models import Article
from app.positions import KEY_BITS, SLOT_BITS, is_told_apart, positions_of


def day(article: Any) -> ColumnElement[int]:
    """The number of the day in an article's position."""
    return _shifted(article, KEY_BITS)


def article(quote: Any) -> ColumnElement[int]:
    """The article's position in a quote's."""
    return _shifted(quote, SLOT_BITS)


def published(
    position: ColumnElement[int], since: date | None, until: date | None, *, quoted: bool = False
) -> Iterator[ColumnElement[bool]]:
    """That an article, or where ``quoted`` a quote's, was published in these days; one without a date was in none."""
    if since is None and until is None:
        return
    first, last = since or date.min, until or date.max
    bits = SLOT_BITS if quoted else 0
    least, greatest = positions_of(first, last)
    yield position.between(least << bits, ((greatest + 1) << bits) - 1)
    if not (is_told_apart(since) and is_told_apart(until)):
        where = article(position) if quoted else position
        yield exists().where(col(Article.position) == where, col(Article.published).between(first, last))


def _shifted(position: Any, bits: int) -> ColumnElement[int]:
    part: ColumnElement[int] = position.op(">>", return_type=BigInteger())(literal_column(str(bits)))
    return part
