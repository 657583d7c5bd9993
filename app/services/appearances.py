"""Utterances: the same words in several articles."""

from collections.abc import Sequence

from app.db import ReadSession
from app.positions import SLOT_BITS
from app.schemas.queries import AppearanceQuery
from app.schemas.quotes import Appearance, Appearances
from app.search import appearances as search
from app.search.paging import page_of_sorted
from app.services.lists import scope_of
from app.services.quotes import details, get_quote


def list_appearances(session: ReadSession, quote_id: str, query: AppearanceQuery) -> Appearances:
    """A page of the quotes that are of the same utterance as one, with the first of all."""
    found = search.appearances(session, get_quote(session, quote_id))
    scope = scope_of(f"appearances of {quote_id}", query)
    page = page_of_sorted(found, search.order, limit=query.limit, cursor=query.cursor, scope=scope)
    shown = _shown(session, [*found[:1], *page.rows])
    return Appearances(
        items=shown[1:],
        next=page.next,
        total=len(found) if query.total else None,
        first=shown[0] if shown else None,
        articles=len({each.position >> SLOT_BITS for each in found}),
    )


def _shown(session: ReadSession, found: Sequence[search.Appearance]) -> list[Appearance]:
    quotes = details(session, [each.key for each in found])
    return [
        Appearance(**quote.model_dump(exclude={"links"}), match=each.match, similarity=each.similarity)
        for each, quote in zip(found, quotes, strict=True)
    ]
