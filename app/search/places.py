"""Parts of positions (app.positions), in SQL."""

from typing import Any

from sqlalchemy import BigInteger, ColumnElement, literal_column

from app.positions import KEY_BITS, SLOT_BITS


def day(article: Any) -> ColumnElement[int]:
    """The number of the day in an article's position."""
    return _shifted(article, KEY_BITS)


def article(quote: Any) -> ColumnElement[int]:
    """The article's position in a quote's."""
    return _shifted(quote, SLOT_BITS)


def _shifted(position: Any, bits: int) -> ColumnElement[int]:
    part: ColumnElement[int] = position.op(">>", return_type=BigInteger())(literal_column(str(bits)))
    return part
