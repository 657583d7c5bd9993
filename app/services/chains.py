"""Chains of sources: who said it, who relayed it, and whom an open name may mean."""

from collections import defaultdict
from collections.abc import Iterator, Sequence

from sqlalchemy import bindparam, select

from app.db import ReadSession
from app.models import Entity, QuoteSource, table_of
from app.names import fold
from app.schemas import quotes as shapes
from app.schemas.base import EntityRef
from app.search.paging import AnyRow
from app.services.entities import bearers
from app.services.texts import TextKey
from app.services.tracing import Tracer


class Chains:
    """The chains of several quotes, read at once."""

    def __init__(self, session: ReadSession, keys: Sequence[int], tracer: Tracer) -> None:
        self._tracer = tracer
        self._sources: dict[int, list[AnyRow]] = defaultdict(list)
        for source in session.connection().execute(_SOURCES, {"keys": list(keys)}):
            self._sources[source.quote_id].append(source)
        open_names = list(self._open_names())
        self._bearers = bearers(session, open_names) if open_names else {}

    def of(self, quote_id: int, text: TextKey) -> list[shapes.QuoteSource]:
        """The chain of one quote."""
        return [self._link(source, text) for source in self._sources[quote_id]]

    def _open_names(self) -> Iterator[str]:
        for chain in self._sources.values():
            yield from (name for source in chain if (name := _open_name(source)))

    def _link(self, source: AnyRow, text: TextKey) -> shapes.QuoteSource:
        entity = EntityRef(id=source.public_id, name=source.name, type=source.type) if source.public_id else None
        return shapes.QuoteSource(
            role="relayed" if source.ordinal else "speaker",
            span=self._tracer.optional(text, source.start, source.end, source.exact),
            entity=entity,
            candidates=self._candidates(source),
            antecedent=self._tracer.optional(
                text, source.antecedent_start, source.antecedent_end, source.antecedent_exact
            ),
            rule=source.rule,
            confidence=source.confidence,
        )

    def _candidates(self, source: AnyRow) -> list[EntityRef]:
        name = _open_name(source)
        return self._bearers.get(fold(name), []) if name else []


def _open_name(source: AnyRow) -> str | None:
    """The words that may be a name which is not linked."""
    name: str | None = source.antecedent_exact or source.exact
    return None if source.entity_id is not None else name


_SOURCE, _ENTITY = table_of(QuoteSource).c, table_of(Entity).c
_SOURCES = (
    select(*_SOURCE, _ENTITY.public_id, _ENTITY.name, _ENTITY.type)
    .select_from(table_of(QuoteSource).outerjoin(table_of(Entity), _ENTITY.id == _SOURCE.entity_id))
    .where(_SOURCE.quote_id.in_(bindparam("keys", expanding=True)))
    .order_by(_SOURCE.ordinal)
)
