"""Search over everything: articles with highlights and facets, and the quotes and entities that match too."""

from sqlalchemy import bindparam, select

from app.db import ReadSession
from app.models import Article, table_of
from app.schemas.entities import EntitySummary
from app.schemas.queries import SearchQuery
from app.schemas.quotes import QuoteDetail
from app.schemas.search import ArticleHit, FacetValue, SearchAnswer
from app.search import articles, entities, facets, quotes
from app.search.highlights import MAX_HIGHLIGHTS, Highlighter, Place, as_html, snippet
from app.search.paging import AnyRow
from app.search.query import Node, words_of
from app.services import entities as entity_service
from app.services import quotes as quote_service
from app.services.articles import SUMMARY, find_page
from app.services.asking import QUOTE_FILTERS, article_filter, parsed
from app.services.lists import total_of

BESIDES = 5
FACET_VALUES = 10


def search(session: ReadSession, query: SearchQuery) -> SearchAnswer:
    """The articles that ``query`` finds, and the best quotes and entities."""
    asked = parsed(query.q)
    if asked is None or asked.empty:
        nothing: dict[facets.FacetName, list[FacetValue]] = {name: [] for name in query.facet}
        return SearchAnswer(items=[], total=0 if query.total else None, quotes=[], entities=[], facets=nothing)
    wanted = article_filter(session, query, asked)
    page = find_page(session, wanted, query, "search")
    return SearchAnswer(
        items=_hits(session, wanted.words, [row[0] for row in page.rows]),
        next=page.next,
        total=total_of(session, lambda: articles.matching_articles(session, wanted), query),
        quotes=[] if query.only else _quotes(session, wanted),
        entities=[] if query.only else _entities(session, query, wanted.words),
        facets=_facets(session, query, wanted),
    )


def _hits(session: ReadSession, words: Node | None, positions: list[int]) -> list[ArticleHit]:
    rows = session.connection().execute(_AT_POSITIONS, {"positions": positions})
    found = {row.position: row for row in rows}
    highlighter = Highlighter(words) if words else None
    return [_hit(found[position], highlighter) for position in positions]


def _hit(article: AnyRow, highlighter: Highlighter | None) -> ArticleHit:
    headline, text = article.headline or "", article.text
    titled = highlighter.places(headline) if highlighter else []
    body = highlighter.places(text) if highlighter else []
    # All of it at once: made one by one, models of some two hundred highlights take as long as finding them does.
    return ArticleHit.model_validate(
        {
            **{name: getattr(article, name) for name in SUMMARY},
            "id": article.public_id,
            "highlights": [
                *({"field": "headline", "start": a, "end": b, "exact": headline[a:b]} for a, b in titled),
                *({"field": "text", "start": a, "end": b, "exact": text[a:b]} for a, b in body[:MAX_HIGHLIGHTS]),
            ],
            "snippet": _snippet(text, body),
        }
    )


def _snippet(text: str, matches: list[Place]) -> dict[str, object] | None:
    window = snippet(text, matches)
    if window is None:
        return None
    start, end = window
    return {"start": start, "end": end, "exact": text[start:end], "html": as_html(text, window, matches)}


_ARTICLE = table_of(Article).c
_AT_POSITIONS = select(
    _ARTICLE.position, _ARTICLE.public_id, _ARTICLE.text, *(_ARTICLE[name] for name in SUMMARY)
).where(_ARTICLE.position.in_(bindparam("positions", expanding=True)))


def _quotes(session: ReadSession, wanted: articles.ArticleFilter) -> list[QuoteDetail]:
    """The newest quotes that say it, under the same filters."""
    filters = quotes.QuoteFilter(
        words=wanted.words,
        having=tuple(quotes.Having(QUOTE_FILTERS[h.what], h.key, h.negated) for h in wanted.having),
        since=wanted.since,
        until=wanted.until,
        run=wanted.run,
    )
    return quote_service.details(session, quotes.newest(session, filters, BESIDES), words=wanted.words)


def _entities(session: ReadSession, query: SearchQuery, words: Node | None) -> list[EntitySummary]:
    """The most mentioned entities with a name that has all the words looked for."""
    if words is None:
        return []
    named = tuple(word for word, _ in words_of(words))
    return entity_service.summaries(session, entities.best_named(session, named, query.run, BESIDES))


def _facets(
    session: ReadSession, query: SearchQuery, wanted: articles.ArticleFilter
) -> dict[facets.FacetName, list[FacetValue]]:
    if not query.facet:
        return {}
    found = articles.matching_articles(session, wanted)
    counted = facets.count(session, query.facet, found, query.run, FACET_VALUES)
    return {name: [FacetValue(**value._asdict()) for value in values] for name, values in counted.items()}
