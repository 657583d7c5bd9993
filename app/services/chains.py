"""Chains of sources: who said it, who relayed it, and whom an open name may mean."""

from collections import defaultdict
from collections.abc import Iterator, Sequence

from sqlmodel import col, select

from app.db import ReadSession
from app.models import Entity, QuoteSource
from app.names import fold
from app.schemas import quotes as shapes
from app.schemas.base import EntityRef
from app.services.entities import bearers, reference
from app.services.tracing import Tracer


class Chains:
    """The chains of several quotes, read at once."""

    def __init__(self, session: ReadSession, keys: Sequence[int], tracer: Tracer) -> None:
        self._tracer = tracer
        self._sources: dict[int | None, list[QuoteSource]] = defaultdict(list)
        statement = select(QuoteSource).where(col(QuoteSource.quote_id).in_(keys))
        for source in session.exec(statement.order_by(col(QuoteSource.ordinal))):
            self._sources[source.quote_id].append(source)
        linked = {source.entity_id for chain in self._sources.values() for source in chain}
        self._entities = {e.id: e for e in session.exec(select(Entity).where(col(Entity.id).in_(linked)))}
        self._bearers = bearers(session, self._open_names())

    def of(self, quote_id: int | None, article_id: int) -> list[shapes.QuoteSource]:
        """The chain of one quote."""
        return [self._link(source, article_id) for source in self._sources[quote_id]]

    def _open_names(self) -> Iterator[str]:
        for chain in self._sources.values():
            yield from (name for source in chain if (name := _open_name(source)))

    def _link(self, source: QuoteSource, article_id: int) -> shapes.QuoteSource:
        entity = self._entities.get(source.entity_id)
        return shapes.QuoteSource(
            role="relayed" if source.ordinal else "speaker",
            span=self._tracer.optional(article_id, source.start, source.end, source.exact),
            entity=entity and reference(entity),
            candidates=self._candidates(source),
            antecedent=self._tracer.optional(
                article_id, source.antecedent_start, source.antecedent_end, source.antecedent_exact
            ),
            rule=source.rule,
            confidence=source.confidence,
        )

    def _candidates(self, source: QuoteSource) -> list[EntityRef]:
        name = _open_name(source)
        return self._bearers.get(fold(name), []) if name else []


def _open_name(source: QuoteSource) -> str | None:
    """The words that may be a name which is not linked."""
    return None if source.entity_id is not None else source.antecedent_exact or source.exact
