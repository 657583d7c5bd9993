"""/articles: what was published."""

from typing import Annotated, Any

from fastapi import Query, Request, Response

from app.api.access import MayWrite
from app.api.bodies import DOCUMENT, WRITTEN, BodyDep, PrefersAsync, written
from app.api.dependencies import (
    BaseUrl,
    DatabaseDep,
    DeskDep,
    JobsDep,
    ReadSessionDep,
    SearchSessionDep,
    WriteSessionDep,
    WritingTurn,
)
from app.api.idempotency import AttemptDep
from app.api.preconditions import IfMatch
from app.api.ranges import document_response, ranged_response
from app.api.routing import ArticleId, Linked, api_router, reads, writes
from app.api.shortcut import article_answer
from app.schemas.articles import ArticleDetail, ArticleSummary, SimilarArticle
from app.schemas.base import Listing
from app.schemas.entities import ArticleEntity, MentionDetail
from app.schemas.queries import ArticleQuery, ArticleQuoteQuery, MentionQuery, PageQuery, SimilarQuery
from app.schemas.quotes import QuoteDetail
from app.schemas.revisions import ReviseQuery
from app.schemas.webannotation import MEDIA_TYPE, AnnotationPage
from app.schemas.writing import StoredArticle, WriteQuery
from app.services import articles, entities, mentions, quotes, revising, similar
from app.services.intake import Intake
from app.services.webannotation import WebAnnotations

router = api_router("articles")

BYTES: dict[int | str, dict[str, Any]] = {
    200: {"description": "All of it; a strong ETag and Repr-Digest (RFC 9530) say what it is."},
    206: {"description": "The range of bytes asked for."},
    **reads(404, 410, 416),
}


def bytes_of(*media_types: str) -> dict[int | str, dict[str, Any]]:
    """The OpenAPI declaration of bytes of these types."""
    content = {media_type: {"schema": {"type": "string"}} for media_type in media_types}
    return BYTES | {200: BYTES[200] | {"content": content}}


TEXT = bytes_of("text/plain")
SOURCE = bytes_of("text/markdown", "text/plain", "text/html")


@router.get("/articles", responses=reads(404, 409))
def list_articles(
    linked: Linked, session: SearchSessionDep, query: Annotated[ArticleQuery, Query()]
) -> Listing[ArticleSummary]:
    """Articles by words, by who and what is in them, by who speaks, by publisher and date."""
    return linked(articles.list_articles(session, query))


@router.post(
    "/articles",
    status_code=201,
    response_model=StoredArticle,
    responses=WRITTEN | writes(409, 415, 502),
    openapi_extra=DOCUMENT,
)
def add_article(
    writer: MayWrite,
    body: BodyDep,
    desk: DeskDep,
    jobs: JobsDep,
    query: Annotated[WriteQuery, Query()],
    attempt: AttemptDep,
    prefers_async: PrefersAsync,
    _turn: WritingTurn,
) -> Response:
    """Store an article, sent as Markdown, plain text, HTML, or JSON that has one of these, a bare text, or an address.

    It is annotated, and can be found, once this is answered. One that is stored already, by its address, its id or its
    text, is answered 200 and not stored again; another document under an address that is stored, 409.
    """
    if not prefers_async:
        return written(desk.add(body, query, writer, attempt))
    answer = Intake(desk.database, writer, "article", query, body.content_type).close(body.data, attempt)
    jobs.wake()
    accepted = written(answer)
    accepted.headers["Preference-Applied"] = "respond-async"
    return accepted


@router.get("/articles/{id}", response_model=ArticleDetail, responses=reads(404, 410))
def get_article(request: Request, database: DatabaseDep, _turn: ReadSessionDep, article_id: ArticleId) -> Response:
    """One article: its text as published, the document it was read from, the run that annotates it."""
    return article_answer(database, article_id, request.headers)


@router.put(
    "/articles/{id}",
    response_model=StoredArticle,
    responses=writes(404, 410, 412, 415, 428, 502),
    openapi_extra=DOCUMENT,
)
def change_article(
    writer: MayWrite,
    body: BodyDep,
    desk: DeskDep,
    article_id: ArticleId,
    expected: IfMatch,
    query: Annotated[ReviseQuery, Query()],
    _turn: WritingTurn,
) -> Response:
    """Put another document in the place of an article's: a new revision, of which the old ones stay readable.

    People's annotations are carried over where their words still stand; `/articles/{id}/revisions/{number}` of the
    text that was replaced reports what was carried, moved and orphaned.
    """
    answer = revising.change(desk, article_id, expected, body, query, writer)
    headers = {"ETag": f'"{articles.version(answer.article)}"'}
    return Response(answer.model_dump_json(), headers=headers, media_type="application/json")


@router.delete("/articles/{id}", status_code=204, response_class=Response, responses=writes(404, 410, 412, 428))
def delete_article(writer: MayWrite, session: WriteSessionDep, article_id: ArticleId, expected: IfMatch) -> None:
    """Delete it with all its texts, documents, annotations and decisions. It answers 410 afterwards.

    Names of entities that nothing else mentions go with it. The id is kept, so that nothing stores it again.
    """
    revising.delete(session, article_id, expected, writer)


@router.get("/articles/{id}/text", response_class=Response, responses=TEXT)
def get_article_text(request: Request, session: ReadSessionDep, article_id: ArticleId) -> Response:
    """The canonical text, in UTF-8; all offsets count its code points. Answers Range."""
    text = articles.get_article(session, article_id).text
    return ranged_response(request, text.encode(), "text/plain; charset=utf-8")


@router.get("/articles/{id}/source", response_class=Response, responses=SOURCE)
def get_article_source(request: Request, session: ReadSessionDep, article_id: ArticleId) -> Response:
    """The document the article was read from, byte for byte. Answers Range."""
    source = articles.get_source(session, articles.get_article(session, article_id))
    return document_response(request, source.data, source.media_type)


@router.get("/articles/{id}/entities", responses=reads(404, 410))
def list_article_entities(
    linked: Linked,
    session: ReadSessionDep,
    article_id: ArticleId,
    query: Annotated[PageQuery, Query()],
) -> Listing[ArticleEntity]:
    """Who and what is in it, in order of first mention, with every place."""
    article = articles.get_article(session, article_id)
    return linked(entities.list_article_entities(session, article, query))


@router.get("/articles/{id}/mentions", responses=reads(404, 410))
def list_article_mentions(
    linked: Linked,
    session: ReadSessionDep,
    article_id: ArticleId,
    query: Annotated[MentionQuery, Query()],
) -> Listing[MentionDetail]:
    """Every occurrence of an entity or a value, in text order."""
    article = articles.get_article(session, article_id)
    return linked(mentions.list_article_mentions(session, article, query))


@router.get("/articles/{id}/quotes", responses=reads(404, 410))
def list_article_quotes(
    linked: Linked,
    session: ReadSessionDep,
    article_id: ArticleId,
    query: Annotated[ArticleQuoteQuery, Query()],
) -> Listing[QuoteDetail]:
    """Who said what in it, in text order."""
    article = articles.get_article(session, article_id)
    return linked(quotes.list_article_quotes(session, article, query))


@router.get("/articles/{id}/similar", responses=reads(404, 410))
def list_similar_articles(
    session: SearchSessionDep, article_id: ArticleId, query: Annotated[SimilarQuery, Query()]
) -> Listing[SimilarArticle]:
    """Articles about the same, most similar first, near-duplicates marked. One page: `next` is null."""
    return similar.list_similar(session, article_id, query)


@router.get(
    "/articles/{id}/annotations",
    response_class=Response,
    responses={
        200: {"content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/AnnotationPage"}}}},
        **reads(404, 410),
    },
)
def list_article_annotations(
    request: Request,
    response: Response,
    linked: Linked,
    session: ReadSessionDep,
    base: BaseUrl,
    article_id: ArticleId,
    query: Annotated[PageQuery, Query()],
) -> Response:
    """Its quotes and mentions as W3C Web Annotations, in JSON-LD."""
    made = WebAnnotations(articles.get_article(session, article_id), base)
    items, cursor = made.page(session, query)
    following = linked.to(cursor)
    page = AnnotationPage(
        id=f"{base}{request.url.path}" + (f"?{request.url.query}" if request.url.query else ""),
        part_of={"id": made.collection(query.run), "type": "AnnotationCollection"},
        items=items,
        next=following and base + following,
    )
    body = page.model_dump_json(by_alias=True)
    return Response(body, headers=dict(response.headers), media_type=MEDIA_TYPE)
