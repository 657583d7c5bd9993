"""An article's texts, one after the other, and what became of people's annotations from one to the next."""

from datetime import date, datetime
from typing import Literal

from pydantic import Field, computed_field

from app.schemas.articles import ARTICLE_ID, RunSummary, SourceInfo
from app.schemas.base import Shape
from app.schemas.queries import Query
from app.spans import Span


class CarriedAnnotation(Shape):
    """A mention or a quote that people made, and where its words stand in the next text."""

    subject: Literal["mention", "quote"]
    by: str = Field(description="The decision it was made by, or else the run it is part of.")
    before: list[Span] = Field(description="Its words in this text; of a quote, its pieces.")
    after: list[Span] = Field(description="The same in the next text; empty when they do not stand there.")


class CarriedReport(Shape):
    """What became of people's annotations when another text took the place of this one."""

    carried: list[CarriedAnnotation] = Field([], description="At the same place as before.")
    moved: list[CarriedAnnotation] = Field([], description="Somewhere else.")
    orphaned: list[CarriedAnnotation] = Field([], description="Nowhere: the words are gone.")


class RevisionLinks(Shape):
    """Where the parts of a revision are, as paths."""

    self: str
    text: str
    source: str
    mentions: str
    quotes: str


class RevisionSummary(Shape):
    """One text of an article, without it."""

    article: str = Field(pattern=ARTICLE_ID)
    number: int = Field(description="1 for the first.")
    headline: str | None
    published: date | None
    publisher: str | None
    dateline: str | None
    text_sha256: str = Field(description="SHA-256 of the text in UTF-8, in hexadecimal.")
    text_length: int = Field(description="Length of the text in code points.")
    created_at: datetime = Field(description="When it was stored.")

    @computed_field  # type: ignore[prop-decorator]
    @property
    def links(self) -> RevisionLinks:
        """Where its parts are."""
        here = f"/articles/{self.article}/revisions/{self.number}"
        return RevisionLinks(self=here, **{part: f"{here}/{part}" for part in ("text", "source", "mentions", "quotes")})


class RevisionDetail(RevisionSummary):
    """One text of an article, with its source and the run that answered for it."""

    text: str = Field(description="As published.")
    source: SourceInfo
    run: RunSummary | None = Field(description="The run that answers for it, or did so until it was replaced.")
    carried: CarriedReport | None = Field(description="What became of people's annotations; null for the newest.")


class ReviseQuery(Query):
    """How a new text is to be stored."""

    annotate: bool = Field(True, description="Annotate it; otherwise only what people annotated is carried over.")
