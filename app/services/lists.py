"""What all lists share: a page of rows becomes a Listing."""

from collections.abc import Callable, Sequence
from typing import Protocol, TypeVar

from pydantic import BaseModel
from sqlalchemy import func, select
from sqlmodel import col

from app.db import ReadSession
from app.errors import NotFound
from app.models import Run
from app.schemas.base import Listing
from app.search.articles import ArticleFilter, by_relevance
from app.search.paging import AnyRow, AnySelect, Order, Page
from app.search.runs import SERVED

T = TypeVar("T")


class Paged(Protocol):
    """The part of a query that asks for a page."""

    @property
    def limit(self) -> int: ...
    @property
    def cursor(self) -> str | None: ...
    @property
    def total(self) -> bool: ...


def listing(
    session: ReadSession,
    found: tuple[AnySelect, Order],
    query: Paged,
    scope: str,
    load: Callable[[Sequence[AnyRow]], list[T]],
) -> Listing[T]:
    """The page of ``found`` that ``query`` asks for, its rows loaded by ``load``."""
    page = page_of(session, found, query, scope)
    return Listing(items=load(page.rows), next=page.next, total=total_of(session, lambda: found[0], query))


def page_of(session: ReadSession, found: tuple[AnySelect, Order], query: Paged, scope: str) -> Page:
    """The rows of that page, and the cursor behind it; cursors hold only for the same list and filters."""
    require_run(session, getattr(query, "run", SERVED))
    statement, order = found
    return order.page(session, statement, limit=query.limit, cursor=query.cursor, scope=scope_of(scope, query))


def page_by_relevance(session: ReadSession, wanted: ArticleFilter, query: Paged, scope: str) -> Page:
    """The same of articles, most relevant first."""
    require_run(session, wanted.run)
    return by_relevance(session, wanted, limit=query.limit, cursor=query.cursor, scope=scope_of(scope, query))


def scope_of(scope: str, query: Paged) -> str:
    """What a cursor of this list holds for."""
    return f"{scope} {_filters(query)}"


def require_run(session: ReadSession, run: str) -> None:
    """NotFound when ``run`` is an id that no run has."""
    unknown = run.startswith("run_") and session.scalar(select(col(Run.id)).where(col(Run.public_id) == run)) is None
    if unknown:
        raise NotFound(f"there is no run {run}", "run")


def total_of(session: ReadSession, statement: Callable[[], AnySelect], query: Paged) -> int | None:
    """How many rows there are in all, when that is asked for."""
    if not query.total:
        return None
    rows = statement().order_by(None).subquery()
    counted: int = session.execute(select(func.count()).select_from(rows)).scalar_one()
    return counted


def _filters(query: Paged) -> str:
    if not isinstance(query, BaseModel):
        return ""
    return query.model_dump_json(exclude={"limit", "cursor", "total", "bytes", "facet", "only"})
