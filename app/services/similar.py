"""Articles like one."""

from sqlmodel import col, select

from app.db import ReadSession
from app.models import Entity
from app.schemas.articles import SimilarArticle
from app.schemas.base import EntityRef, Listing
from app.schemas.queries import SimilarQuery
from app.search.similar import similar
from app.services.articles import get_article, summaries
from app.services.entities import reference

DUPLICATE = 0.8
SHOWN = 5


def list_similar(session: ReadSession, article_id: str, query: SimilarQuery) -> Listing[SimilarArticle]:
    """The articles most like one; there is no page behind them."""
    found = similar(session, get_article(session, article_id), query.limit)
    entities = _references(session, {key for each in found for key in each.entities[:SHOWN]})
    return Listing(
        items=[
            SimilarArticle(
                **summary.model_dump(exclude={"links"}),
                score=each.score,
                entities=[entities[key] for key in each.entities[:SHOWN]],
                resemblance=each.resemblance,
                duplicate=each.resemblance >= DUPLICATE,
            )
            for each, summary in zip(found, summaries(session, [each.position for each in found]), strict=True)
        ]
    )


def _references(session: ReadSession, keys: set[int]) -> dict[int | None, EntityRef]:
    return {entity.id: reference(entity) for entity in session.exec(select(Entity).where(col(Entity.id).in_(keys)))}
