"""Search over everything: articles with highlights and facets, and the quotes and entities that match too."""

from sqlmodel import col, select

from app.db import ReadSession
from app.models import Article
from app.schemas.articles import ArticleSummary
from app.schemas.entities import EntitySummary
from app.schemas.queries import SearchQuery
from app.schemas.quotes import QuoteDetail
from app.schemas.search import ArticleHit, FacetValue, Highlight, SearchAnswer, Snippet
from app.search import articles, entities, facets, quotes
from app.search.highlights import MAX_HIGHLIGHTS, as_html, snippet
from app.search.query import to_fts5
from app.services import entities as entity_service
from app.services import quotes as quote_service
from app.services.articles import article_filter, summary
from app.services.lists import page_of, total_of
from app.spans import Span

BESIDES = 5
FACET_VALUES = 10


def search(session: ReadSession, query: SearchQuery) -> SearchAnswer:
    """The articles that ``query`` finds, and the best quotes and entities."""
    fts5 = to_fts5(query.q)
    if fts5 is None:
        nothing: dict[facets.FacetName, list[FacetValue]] = {name: [] for name in query.facet}
        return SearchAnswer(items=[], total=0 if query.total else None, quotes=[], entities=[], facets=nothing)
    wanted = article_filter(session, query, fts5)
    statement, order = articles.find(wanted, query.sort)
    page = page_of(session, (statement, order), query, "search")
    return SearchAnswer(
        items=_hits(session, fts5, [row[0] for row in page.rows]),
        next=page.next,
        total=total_of(session, statement, query),
        quotes=_quotes(session, wanted),
        entities=_entities(session, query),
        facets={name: _facet(session, name, wanted) for name in query.facet},
    )


def _hits(session: ReadSession, fts5: str, keys: list[int]) -> list[ArticleHit]:
    found = articles.highlights(session, fts5, keys)
    rows = {a.id: a for a in session.exec(select(Article).where(col(Article.id).in_(keys)))}
    return [_hit(summary(rows[key]), rows[key].text, *found.get(key, ((), ()))) for key in keys]


def _hit(article: ArticleSummary, text: str, headline: tuple[Span, ...], body: tuple[Span, ...]) -> ArticleHit:
    window = snippet(text, body)
    return ArticleHit(
        **article.model_dump(exclude={"links"}),
        highlights=[Highlight(**span.model_dump(), field="headline") for span in headline]
        + [Highlight(**span.model_dump(), field="text") for span in body[:MAX_HIGHLIGHTS]],
        snippet=window and Snippet(**window.model_dump(), html=as_html(text, window, body)),
    )


def _quotes(session: ReadSession, wanted: articles.ArticleFilter) -> list[QuoteDetail]:
    """Quotes that say it, under the same filters."""
    filters = quotes.QuoteFilter(
        fts5=wanted.fts5,
        speaker_id=wanted.speaker_id,
        about_id=wanted.entity_id,
        publisher=wanted.publisher,
        since=wanted.since,
        until=wanted.until,
        run=wanted.run,
    )
    statement, order = quotes.find(filters, "newest")
    rows = order.page(session, statement, limit=BESIDES, cursor=None, scope="").rows
    return quote_service.details(session, [row[0] for row in rows], fts5=wanted.fts5)


def _entities(session: ReadSession, query: SearchQuery) -> list[EntitySummary]:
    statement, order = entities.find(query.run, words=query.q.strip(' "“”*'))
    rows = order.page(session, statement, limit=BESIDES, cursor=None, scope="").rows
    return entity_service.summaries(session, rows)


def _facet(session: ReadSession, name: facets.FacetName, wanted: articles.ArticleFilter) -> list[FacetValue]:
    rows = facets.count(session, name, articles.matching(wanted), wanted.run, FACET_VALUES)
    return [FacetValue(value=row[0], label=row[1], type=row[2], articles=row[3]) for row in rows]
