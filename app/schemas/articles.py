"""Articles, their source documents and their runs."""

from datetime import date, datetime
from typing import Any

from pydantic import Field, computed_field

from app.schemas.base import ByteRange, EntityRef, Shape

ARTICLE_ID = "^art_[a-z2-7]{16}$"


class ArticleLinks(Shape):
    """Where the parts of an article are, as paths."""

    self: str
    text: str
    source: str
    entities: str
    mentions: str
    quotes: str
    annotations: str
    similar: str
    revisions: str
    runs: str


class ArticleRef(Shape):
    """An article, in few words."""

    id: str = Field(pattern=ARTICLE_ID)
    headline: str | None
    published: date | None
    publisher: str | None
    url: str | None = Field(description="Where it was published.")


class ArticleSummary(ArticleRef):
    """An article without its text."""

    dateline: str | None
    revision: int = Field(description="Which text this is: 1 for the first; a new text is a new revision.")
    text_sha256: str = Field(description="SHA-256 of the text in UTF-8, in hexadecimal.")
    text_length: int = Field(description="Length of the text in code points.")

    @computed_field  # type: ignore[prop-decorator]
    @property
    def links(self) -> ArticleLinks:
        """Where its parts are."""
        here = f"/articles/{self.id}"
        return ArticleLinks(
            self=here,
            text=f"{here}/text",
            source=f"{here}/source",
            entities=f"{here}/entities",
            mentions=f"{here}/mentions",
            quotes=f"{here}/quotes",
            annotations=f"{here}/annotations",
            similar=f"{here}/similar",
            revisions=f"{here}/revisions",
            runs=f"/runs?article={self.id}",
        )


class SimilarArticle(ArticleSummary):
    """An article like another one."""

    score: float = Field(
        description="How similar, 0 to 1: the mean of the cosine of both sets of entities, weighted by inverse "
        "document frequency, and of the share of the article's most telling terms that this one has too."
    )
    entities: list[EntityRef] = Field(description="The entities of both: the five that fewest articles mention.")
    resemblance: float = Field(
        description="What share of the runs of three words of both texts they have in common, 0 to 1 (Jaccard)."
    )
    duplicate: bool = Field(description="Whether it is nearly the same text: a resemblance of 0.8 or more.")


class Repair(Shape):
    """One thing that was mended when the source document was read."""

    kind: str = Field(description="paragraph-joined, paragraph-break, space-collapsed, …")
    field: str = Field(description="Where: text, publisher, …")
    start: int = Field(description="First code point of what it became, within that field.")
    end: int = Field(description="One past its last code point.")
    bytes: ByteRange = Field(description="What it was made of, in the source document.")
    found: str = Field(description="What the source document has.")
    became: str = Field(description="What the field has.")


class SourceInfo(Shape):
    """The document an article was read from, kept byte for byte."""

    name: str
    media_type: str
    sha256: str
    size: int = Field(description="In bytes.")
    repairs: list[Repair]


class Counts(Shape):
    """How much the chosen run found."""

    mentions: int
    quotes: int


class ArticleDetail(ArticleSummary):
    """An article with its text, its source, and what is annotated in it."""

    text: str = Field(description="As published. All offsets count its Unicode code points, from zero.")
    source: SourceInfo
    run: "RunSummary | None" = Field(description="The run that answers by default.")
    counts: Counts = Field(description="What that run found.")
    created_at: datetime = Field(description="When it was stored.")


class RunSummary(Shape):
    """One pass of one annotator over one text."""

    id: str = Field(pattern="^run_[a-z2-7]{16}$")
    article: str = Field(pattern=ARTICLE_ID, description="Over which article.")
    revision: int = Field(description="Over which of its texts.")
    kind: str = Field(description="human or machine.")
    annotator: str
    version: str
    model: str | None
    parameters: dict[str, Any]
    digest: str = Field(description="SHA-256 of what it produced: equal digests, equal annotations.")
    created_at: datetime
    served: bool = Field(description="Whether it answers by default.")
