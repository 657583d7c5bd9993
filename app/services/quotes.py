"""Quotes: lists of them by speaker, subject, way of relay; one with all that is known of it."""

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

from sqlmodel import col, select

from app.db import ReadSession
from app.errors import NotFound
from app.models import Article, Quote, QuoteContent, Run
from app.schemas import quotes as shapes
from app.schemas.base import Listing, RunRef
from app.schemas.queries import ArticleQuoteQuery, EntityQuoteQuery, QuoteQuery
from app.search import quotes as search
from app.search.highlights import Highlighter
from app.search.query import Node
from app.services import articles, entities
from app.services.asking import parsed, quote_filter
from app.services.chains import Chains
from app.services.lists import Paged, listing
from app.services.tracing import Tracer

ROLES: dict[str, Literal["speaker", "about", "via"]] = {"speaker": "speaker", "about": "about", "relayed": "via"}
_ID = re.compile(r"(run_[a-z2-7]{16})\.q(\d{1,9})", re.ASCII)


def list_quotes(session: ReadSession, query: QuoteQuery) -> Listing[shapes.QuoteDetail]:
    """A page of the quotes that ``query`` asks for."""
    asked = parsed(query.q)
    if asked is not None and asked.empty:
        return Listing(items=[], total=0 if query.total else None)
    wanted = replace(quote_filter(session, query, asked), article=_article_position(session, query.article))
    return _list(session, wanted, query, "quotes", sort=query.sort, traced=query.bytes)


def list_article_quotes(
    session: ReadSession, article: Article, query: ArticleQuoteQuery
) -> Listing[shapes.QuoteDetail]:
    """A page of one article's quotes, in text order."""
    wanted = search.QuoteFilter(article=article.position, kind=query.kind, use=query.use, run=query.run)
    return _list(session, wanted, query, f"quotes in {article.public_id}", traced=query.bytes)


def list_entity_quotes(session: ReadSession, name_or_id: str, query: EntityQuoteQuery) -> Listing[shapes.QuoteDetail]:
    """A page of the quotes that an entity spoke, that are about it, or that it relayed."""
    entity = entities.resolve(session, name_or_id, query.run)
    wanted = search.QuoteFilter(
        having=(search.Having(ROLES[query.role], entity.id or 0),),
        kind=query.kind,
        use=query.use,
        since=query.since,
        until=query.until,
        run=query.run,
    )
    return _list(session, wanted, query, f"quotes of {entity.public_id}", traced=query.bytes)


def get_quote(session: ReadSession, quote_id: str) -> Quote:
    """The quote with that id; NotFound when there is none."""
    parts = _ID.fullmatch(quote_id)
    statement = select(Quote).join(Run, col(Run.id) == Quote.run_id)
    quote = (
        parts and session.exec(statement.where(Run.public_id == parts[1], Quote.ordinal == int(parts[2]))).one_or_none()
    )
    if not quote:
        raise NotFound(f"there is no quote {quote_id}")
    return quote


def quote_detail(session: ReadSession, quote_id: str, *, traced: bool = False) -> shapes.QuoteDetail:
    """One quote with all that is known of it."""
    return details(session, [get_quote(session, quote_id).id or 0], traced=traced)[0]


def details(
    session: ReadSession, keys: Sequence[int], *, words: Node | None = None, traced: bool = False
) -> list[shapes.QuoteDetail]:
    """The quotes with these keys, in this order; with ``words``, where they match each."""
    tracer = Tracer(session, wanted=traced)
    content = _content(session, keys)
    chains = Chains(session, keys, tracer)
    highlighter = Highlighter(words) if words else None
    made = {}
    for quote, run, article in session.exec(
        select(Quote, Run, Article)
        .join(Run, col(Run.id) == Quote.run_id)
        .join(Article, col(Article.id) == Run.article_id)
        .where(col(Quote.id).in_(keys))
    ):
        chain = chains.of(quote.id, run.article_id)
        made[quote.id] = _detail(tracer, quote, run, article, content[quote.id], chain, highlighter)
    return [made[key] for key in keys]


def _article_position(session: ReadSession, article_id: str | None) -> int | None:
    return None if article_id is None else articles.get_article(session, article_id).position


def _list(
    session: ReadSession,
    wanted: search.QuoteFilter,
    query: Paged,
    scope: str,
    *,
    sort: str = "newest",
    traced: bool = False,
) -> Listing[shapes.QuoteDetail]:
    return listing(
        session,
        search.find(session, wanted, sort),
        query,
        scope,
        lambda rows: details(session, [row[0] for row in rows], words=wanted.words, traced=traced),
    )


def _content(session: ReadSession, keys: Sequence[int]) -> dict[int | None, list[QuoteContent]]:
    found: dict[int | None, list[QuoteContent]] = defaultdict(list)
    statement = select(QuoteContent).where(col(QuoteContent.quote_id).in_(keys))
    for piece in session.exec(statement.order_by(col(QuoteContent.ordinal))):
        found[piece.quote_id].append(piece)
    return found


def _detail(
    tracer: Tracer,
    quote: Quote,
    run: Run,
    article: Article,
    content: Sequence[QuoteContent],
    chain: list[shapes.QuoteSource],
    highlighter: Highlighter | None,
) -> shapes.QuoteDetail:
    return shapes.QuoteDetail(
        id=f"{run.public_id}.q{quote.ordinal}",
        article=articles.reference(article),
        run=RunRef(id=run.public_id, kind=run.kind),
        kind=quote.kind,
        use=quote.use,
        text=quote.text,
        content=[tracer.span(run.article_id, piece.start, piece.end, piece.exact) for piece in content],
        cue=tracer.optional(run.article_id, quote.cue_start, quote.cue_end, quote.cue_exact),
        speaker=chain[0].entity if chain else None,
        sources=chain,
        confidence=quote.confidence,
        highlights=list(highlighter.spans(quote.text)) if highlighter else None,
    )
