"""/entities: who and what is in the news. In every path a name does for the id."""

from typing import Annotated

from fastapi import Query, Response

from app.api.dependencies import ReadSessionDep, SearchSessionDep
from app.api.routing import MOVED, Linked, NameOrId, api_router, reads
from app.schemas.articles import ArticleSummary
from app.schemas.base import Listing
from app.schemas.entities import EntityDetail, EntitySummary, MentionDetail, RelatedEntity, Timeline
from app.schemas.queries import EntityQuery, EntityQuoteQuery, MentionQuery, PageQuery, RunChoice, TimelineQuery
from app.schemas.quotes import QuoteDetail
from app.services import articles, entities, mentions, quotes

router = api_router("entities")

JSON = "application/json"


@router.get("/entities", responses=reads(404))
def list_entities(
    linked: Linked, session: SearchSessionDep, query: Annotated[EntityQuery, Query()]
) -> Listing[EntitySummary]:
    """People, organisations, places …, most mentioned first, by name or alias and by type."""
    return linked(entities.list_entities(session, query))


@router.get("/entities/{id}", response_model=EntityDetail, responses=MOVED | reads(404, 409, 410))
def get_entity(session: ReadSessionDep, name_or_id: NameOrId, query: Annotated[RunChoice, Query()]) -> Response:
    """One entity: its names, how often it occurs, how often it speaks."""
    detail = entities.entity_detail(session, name_or_id, query.run)
    return Response(detail.model_dump_json(), headers={"ETag": f'"{entities.version(detail)}"'}, media_type=JSON)


@router.get("/entities/{id}/articles", responses=MOVED | reads(404, 409, 410))
def list_entity_articles(
    linked: Linked,
    session: SearchSessionDep,
    name_or_id: NameOrId,
    query: Annotated[PageQuery, Query()],
) -> Listing[ArticleSummary]:
    """Articles that mention it, newest first."""
    return linked(articles.list_entity_articles(session, name_or_id, query))


@router.get("/entities/{id}/mentions", responses=MOVED | reads(404, 409, 410))
def list_entity_mentions(
    linked: Linked,
    session: SearchSessionDep,
    name_or_id: NameOrId,
    query: Annotated[MentionQuery, Query()],
) -> Listing[MentionDetail]:
    """Every place where it is mentioned, newest article first."""
    return linked(mentions.list_entity_mentions(session, name_or_id, query))


@router.get("/entities/{id}/quotes", responses=MOVED | reads(404, 409, 410))
def list_entity_quotes(
    linked: Linked,
    session: SearchSessionDep,
    name_or_id: NameOrId,
    query: Annotated[EntityQuoteQuery, Query()],
) -> Listing[QuoteDetail]:
    """What it said, what was said about it, or what it relayed; newest article first."""
    return linked(quotes.list_entity_quotes(session, name_or_id, query))


@router.get("/entities/{id}/related", responses=MOVED | reads(404, 409, 410))
def list_related_entities(
    linked: Linked,
    session: SearchSessionDep,
    name_or_id: NameOrId,
    query: Annotated[PageQuery, Query()],
) -> Listing[RelatedEntity]:
    """Who and what occurs with it, strongest first."""
    return linked(entities.list_related(session, name_or_id, query))


@router.get("/entities/{id}/timeline", responses=MOVED | reads(404, 409, 410))
def get_timeline(session: SearchSessionDep, name_or_id: NameOrId, query: Annotated[TimelineQuery, Query()]) -> Timeline:
    """How often it is mentioned, by day, month or year."""
    return entities.timeline(session, name_or_id, query)
