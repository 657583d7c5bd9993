"""Quotes: lists of them by speaker, subject, way of relay; one with all that is known of it."""

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Literal

from sqlalchemy import bindparam
from sqlalchemy import select as sql_select
from sqlmodel import col, select

from app.db import ReadSession
from app.errors import NotFound
from app.models import Article, Quote, QuoteContent, QuoteSource, Run, table_of
from app.schemas import quotes as shapes
from app.schemas.articles import ArticleRef
from app.schemas.base import Listing, RunRef
from app.schemas.queries import ArticleQuoteQuery, EntityQuoteQuery, QuoteQuery
from app.search import quotes as search
from app.search.highlights import Highlighter
from app.search.paging import AnyRow
from app.search.query import Node
from app.services import articles, entities
from app.services.asking import parsed, quote_filter
from app.services.chains import Chains
from app.services.lists import Paged, listing
from app.services.texts import TextKey
from app.services.tracing import Tracer
from app.spans import Span

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
    entity = entities.entity_at(session, name_or_id, query.run)
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
    connection, wanted = session.connection(), {"keys": list(keys)}
    content: dict[int, list[AnyRow]] = defaultdict(list)
    for piece in connection.execute(_CONTENT, wanted):
        content[piece.quote_id].append(piece)
    chains = Chains(session, keys, tracer)
    highlighter = Highlighter(words) if words else None
    made = {
        row.key: _detail(
            tracer, row, content[row.key], chains.of(row.key, TextKey(row.article_key, row.revision)), highlighter
        )
        for row in connection.execute(_DETAILS, wanted)
    }
    return [made[key] for key in keys]


def speakers(session: ReadSession, keys: Sequence[int]) -> dict[int, int]:
    """By the keys of quotes: the key of who said it, where that is known."""
    statement = select(QuoteSource.quote_id, QuoteSource.entity_id).where(
        col(QuoteSource.quote_id).in_(keys), QuoteSource.ordinal == 0
    )
    return {quote: entity for quote, entity in session.exec(statement) if entity is not None}


def _article_position(session: ReadSession, article_id: str | None) -> int | None:
    return None if article_id is None else articles.get_article(session, article_id, "article").position


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


def _detail(
    tracer: Tracer,
    row: AnyRow,
    content: Sequence[AnyRow],
    chain: list[shapes.QuoteSource],
    highlighter: Highlighter | None,
) -> shapes.QuoteDetail:
    text = TextKey(row.article_key, row.revision)
    return shapes.QuoteDetail(
        id=f"{row.run}.q{row.ordinal}",
        article=ArticleRef(
            id=row.article, headline=row.headline, published=row.published, publisher=row.publisher, url=row.url
        ),
        run=RunRef(id=row.run, kind=row.run_kind, annotator=row.annotator, version=row.version),
        kind=row.kind,
        use=row.use,
        text=row.text,
        content=[tracer.span(text, piece.start, piece.end, piece.exact) for piece in content],
        cue=tracer.optional(text, row.cue_start, row.cue_end, row.cue_exact),
        speaker=chain[0].entity if chain else None,
        sources=chain,
        rule=row.rule,
        confidence=row.confidence,
        highlights=[Span.of(row.text, *place) for place in highlighter.places(row.text)] if highlighter else None,
    )


_QUOTE, _RUN, _ARTICLE, _PIECE = (table_of(model).c for model in (Quote, Run, Article, QuoteContent))
_KEYS: Any = bindparam("keys", expanding=True)
_CONTENT = sql_select(*_PIECE).where(_PIECE.quote_id.in_(_KEYS)).order_by(_PIECE.ordinal)
_DETAILS = (
    sql_select(
        _QUOTE.id.label("key"),
        *(
            _QUOTE[name]
            for name in ("ordinal", "kind", "use", "text", "cue_start", "cue_end", "cue_exact", "rule", "confidence")
        ),
        _RUN.public_id.label("run"),
        _RUN.kind.label("run_kind"),
        _RUN.annotator,
        _RUN.version,
        _RUN.revision,
        _ARTICLE.id.label("article_key"),
        _ARTICLE.public_id.label("article"),
        *(_ARTICLE[name] for name in ("headline", "published", "publisher", "url")),
    )
    .join_from(table_of(Quote), table_of(Run), _RUN.id == _QUOTE.run_id)
    .join(table_of(Article), _ARTICLE.id == _RUN.article_id)
    .where(_QUOTE.id.in_(_KEYS))
)
