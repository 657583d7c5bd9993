"""What all tables share."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import BigInteger, Column, DateTime, Dialect, ForeignKey, Integer, MetaData, TypeDecorator
from sqlalchemy import Table as SqlTable
from sqlmodel import Field, SQLModel

NAMING_CONVENTION = {
    "ix": "ix_%(column_0_N_label)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class Table(SQLModel):
    """Base of all tables: its metadata names every constraint, so that migrations can."""

    metadata = MetaData(naming_convention=NAMING_CONVENTION)


def table_of(model: type[SQLModel]) -> SqlTable:
    """The table of a model, for statements below the object mapper."""
    found: SqlTable = model.__table__  # type: ignore[attr-defined]
    return found


def stored_key(row: SQLModel) -> int:
    """The integer key of a row that is stored."""
    found: int | None = row.id  # type: ignore[attr-defined]
    if found is None:
        raise ValueError(f"{type(row).__name__} is not stored")
    return found


class UtcDateTime(TypeDecorator[datetime]):
    """Instants, kept in UTC and given back aware: SQLite forgets the zone."""

    impl = DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        return value and value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        return value and value.replace(tzinfo=UTC)


def now() -> datetime:
    """This instant, in UTC, to the second."""
    return datetime.now(UTC).replace(microsecond=0)


def owner(column: str, *, index: bool = False) -> Any:
    """A foreign key whose rows go when the owner goes."""
    return Field(sa_column=Column(Integer, ForeignKey(column, ondelete="CASCADE"), nullable=False, index=index))


def position_column(*, unique: bool = False) -> Any:
    """A position (app.positions)."""
    return Field(sa_column=Column(BigInteger, nullable=False, unique=unique))


def of_article() -> Any:
    """The position of an article, whose rows go when it goes."""
    article = ForeignKey("article.position", ondelete="CASCADE")
    # To SQLite a row's key is where it lies only if it is of this type, which there has 64 bits as well.
    number = BigInteger().with_variant(Integer, "sqlite")
    return Field(sa_column=Column(number, article, primary_key=True))
