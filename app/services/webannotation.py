"""Annotations as W3C Web Annotations (https://www.w3.org/TR/annotation-model/), in JSON-LD.

A target is the article's text with a position selector and a quote selector, so that it can be
found again in a copy of the text elsewhere. A quote in several pieces has several targets.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import literal, null, select, union_all
from sqlmodel import col

from app.db import ReadSession
from app.models import Article, Entity, Mention, Quote, Run
from app.schemas.base import EntityRef
from app.schemas.queries import PageQuery
from app.schemas.quotes import QuoteDetail
from app.search.paging import AnyRow, AnySelect, Order
from app.search.runs import chosen
from app.services.entities import reference
from app.services.lists import page_of
from app.services.quotes import details
from app.spans import Span

AROUND = 32

Json = dict[str, Any]


class WebAnnotations:
    """One article's annotations, with absolute IRIs below ``base``, where the service is found."""

    def __init__(self, article: Article, base: str) -> None:
        self._article = article
        self._base = base
        self._text = f"{base}/articles/{article.public_id}/text"
        self._here = f"{base}/articles/{article.public_id}/annotations"

    def collection(self, run: str) -> str:
        """The IRI of all pages of the chosen run together."""
        return f"{self._here}#{run}"

    def page(self, session: ReadSession, query: PageQuery) -> tuple[list[Json], str | None]:
        """Quotes and mentions in text order, and the cursor of the page behind them."""
        scope = f"annotations of {self._article.public_id}"
        page = page_of(session, _found(self._article, query.run), query, scope)
        quotes = {q.id: q for q in details(session, [row.quote_id for row in page.rows if row.quote_id])}
        mentions = _mentions(session, [row.mention_id for row in page.rows if row.mention_id])
        items = [self._item(row, quotes, mentions) for row in page.rows]
        return items, page.next

    def _item(self, row: AnyRow, quotes: dict[str, QuoteDetail], mentions: dict[int, AnyRow]) -> Json:
        run: Run = row.Run
        if row.quote_id:
            made = self._quote(quotes[f"{run.public_id}.q{row.ordinal}"])
        else:
            mention, entity = mentions[row.mention_id]
            made = self._mention(f"{run.public_id}.m{row.ordinal}", mention, entity)
        creator = {"type": "Person" if run.kind == "human" else "Software", "name": run.annotator}
        return made | {"creator": creator, "created": run.created_at.strftime("%Y-%m-%dT%H:%M:%SZ")}

    def _mention(self, mention_id: str, mention: Mention, entity: Entity | None) -> Json:
        span = Span(start=mention.start, end=mention.end, exact=mention.exact)
        body: list[Json] = [{"type": "TextualBody", "purpose": "classifying", "value": mention.type}]
        if entity:
            body.append(self._identifying(reference(entity)))
        return {
            "id": f"{self._here}#{mention_id}",
            "type": "Annotation",
            "motivation": "identifying" if entity else "classifying",
            "body": body,
            "target": self._target(span),
        }

    def _quote(self, quote: QuoteDetail) -> Json:
        body: list[Json] = [{"type": "TextualBody", "purpose": "classifying", "value": f"{quote.kind} {quote.use}"}]
        body += [self._identifying(source.entity) for source in quote.sources if source.entity]
        return {
            "id": f"{self._base}/quotes/{quote.id}",
            "type": "Annotation",
            "motivation": "describing",
            "body": body,
            "target": [self._target(piece) for piece in quote.content],
        }

    def _identifying(self, entity: EntityRef) -> Json:
        source = f"{self._base}/entities/{entity.id}"
        return {"type": "SpecificResource", "purpose": "identifying", "source": source}

    def _target(self, span: Span) -> Json:
        text = self._article.text
        return {
            "type": "SpecificResource",
            "source": self._text,
            "selector": [
                {"type": "TextPositionSelector", "start": span.start, "end": span.end},
                {
                    "type": "TextQuoteSelector",
                    "exact": span.exact,
                    "prefix": text[max(0, span.start - AROUND) : span.start],
                    "suffix": text[span.end : span.end + AROUND],
                },
            ],
        }


def _found(article: Article, run: str) -> tuple[AnySelect, Order]:
    # Said of each half: of both together, every quote and every mention there is would be read.
    runs = select(col(Run.id)).where(col(Run.article_id) == article.id, chosen(run))
    both = union_all(
        select(
            col(Quote.run_id), col(Quote.ordinal), col(Quote.start),
            literal(0).label("rank"), col(Quote.id).label("quote_id"), null().label("mention_id"),
        ).where(col(Quote.run_id).in_(runs)),
        select(
            col(Mention.run_id), col(Mention.ordinal), col(Mention.start),
            literal(1), null(), col(Mention.id),
        ).where(col(Mention.run_id).in_(runs)),
    ).subquery()  # fmt: skip
    statement = select(both.c.ordinal, both.c.quote_id, both.c.mention_id, Run).join(Run, col(Run.id) == both.c.run_id)
    return statement, Order((both.c.start, both.c.rank, both.c.run_id, both.c.ordinal))


def _mentions(session: ReadSession, keys: Sequence[int]) -> dict[int, AnyRow]:
    rows = session.execute(
        select(Mention, Entity).outerjoin(Entity, col(Entity.id) == Mention.entity_id).where(col(Mention.id).in_(keys))
    )
    return {row[0].id: row for row in rows}
