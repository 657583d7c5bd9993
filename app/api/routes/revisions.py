"""/articles/{id}/revisions: the texts an article has had."""

from typing import Annotated

from fastapi import Path, Query, Request, Response

from app.api.dependencies import ReadSessionDep
from app.api.ranges import document_response, ranged_response
from app.api.routes.articles import SOURCE, TEXT
from app.api.routing import ArticleId, Linked, api_router, reads
from app.schemas.base import Listing
from app.schemas.entities import MentionDetail
from app.schemas.queries import ArticleQuoteQuery, MentionQuery, RevisionQuery
from app.schemas.quotes import QuoteDetail
from app.schemas.revisions import RevisionDetail, RevisionSummary
from app.services import revisions

router = api_router("articles")

Number = Annotated[int, Path(ge=1, le=2**31 - 1, description="Which text: 1 for the first.")]


@router.get("/articles/{id}/revisions", responses=reads(404, 410))
def list_revisions(
    linked: Linked, session: ReadSessionDep, article_id: ArticleId, query: Annotated[RevisionQuery, Query()]
) -> Listing[RevisionSummary]:
    """The texts an article has had, newest first."""
    return linked(revisions.list_revisions(session, article_id, query))


@router.get("/articles/{id}/revisions/{number}", responses=reads(404, 410))
def get_revision(session: ReadSessionDep, article_id: ArticleId, number: Number) -> RevisionDetail:
    """One text, the document it was read from, and what became of people's annotations in the next."""
    return revisions.revision_detail(session, article_id, number)


@router.get("/articles/{id}/revisions/{number}/text", response_class=Response, responses=TEXT)
def get_revision_text(request: Request, session: ReadSessionDep, article_id: ArticleId, number: Number) -> Response:
    """That text alone, in UTF-8. Answers Range."""
    _, revision = revisions.get_revision(session, article_id, number)
    return ranged_response(request, revision.text.encode(), "text/plain; charset=utf-8")


@router.get("/articles/{id}/revisions/{number}/source", response_class=Response, responses=SOURCE)
def get_revision_source(request: Request, session: ReadSessionDep, article_id: ArticleId, number: Number) -> Response:
    """The document that text was read from, byte for byte. Answers Range."""
    _, revision = revisions.get_revision(session, article_id, number)
    return document_response(request, revision.data, revision.media_type)


@router.get("/articles/{id}/revisions/{number}/mentions", responses=reads(404, 410))
def list_revision_mentions(
    linked: Linked,
    session: ReadSessionDep,
    article_id: ArticleId,
    number: Number,
    query: Annotated[MentionQuery, Query()],
) -> Listing[MentionDetail]:
    """Every occurrence of an entity or a value in that text; `run=served` is the one that answers, or did, for it."""
    return linked(revisions.list_revision_mentions(session, article_id, number, query))


@router.get("/articles/{id}/revisions/{number}/quotes", responses=reads(404, 410))
def list_revision_quotes(
    linked: Linked,
    session: ReadSessionDep,
    article_id: ArticleId,
    number: Number,
    query: Annotated[ArticleQuoteQuery, Query()],
) -> Listing[QuoteDetail]:
    """Who said what in that text; `run=served` is the one that answers, or did, for it."""
    return linked(revisions.list_revision_quotes(session, article_id, number, query))
