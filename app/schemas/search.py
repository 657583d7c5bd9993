"""What a search answers."""

from typing import Literal

from pydantic import Field

from app.schemas.articles import ArticleSummary
from app.schemas.base import Listing, Shape
from app.schemas.entities import EntitySummary
from app.schemas.quotes import QuoteDetail
from app.search.facets import FacetName
from app.spans import Span


class Highlight(Span):
    """Where a query matched: offsets into the headline, or into the text."""

    field: Literal["headline", "text"]


class Snippet(Span):
    """A stretch of the text around the matches."""

    html: str = Field(description="The same as HTML, the matches in <mark>.")


class ArticleHit(ArticleSummary):
    """An article found, and where it matched."""

    highlights: list[Highlight] = Field(description="Where it matches; the first hundred places in the text.")
    snippet: Snippet | None


class FacetValue(Shape):
    """One value of a facet."""

    value: str = Field(description="What to filter by: an entity's id, a type, a publisher, a month.")
    label: str
    type: str | None = Field(description="For entities and speakers: of what type.")
    articles: int


class SearchAnswer(Listing[ArticleHit]):
    """Articles found, and the quotes and entities that answer best."""

    quotes: list[QuoteDetail] = Field(description="The newest quotes that match; all of them: /quotes?q=…")
    entities: list[EntitySummary] = Field(
        description="The most mentioned entities of that name, in all articles; more: /entities?q=…"
    )
    facets: dict[FacetName, list[FacetValue]] = Field(
        description="The ten most frequent values of each facet asked for."
    )
