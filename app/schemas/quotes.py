"""Quotes: who said what, through whom, where exactly, according to which run."""

from typing import Literal

from pydantic import Field, computed_field

from app.annotations import QuoteKind, QuoteUse
from app.schemas.articles import ArticleRef
from app.schemas.base import EntityRef, Listing, RunRef, Shape, TracedSpan
from app.spans import Span


class QuoteSource(Shape):
    """One link of the chain of sources."""

    role: Literal["speaker", "relayed"] = Field(description="Who said it; or who reported that it was said.")
    span: TracedSpan | None = Field(description="The words in the text that name it; null when there are none.")
    entity: EntityRef | None = Field(description="Whom they stand for; null when that is unknown.")
    candidates: list[EntityRef] = Field(description="Whom they may stand for, where a name is not linked.")
    antecedent: TracedSpan | None = Field(description="For a pronoun or description: the words it refers to.")
    rule: str | None = Field(description="By what rule it was found and resolved.")
    confidence: float


class QuoteLinks(Shape):
    """Where a quote, its article, its run and its other appearances are, as paths."""

    self: str
    appearances: str
    article: str
    run: str


class QuoteDetail(Shape):
    """Something somebody said."""

    id: str = Field(description="The run's id and the quote's place in it.")
    article: ArticleRef
    run: RunRef
    kind: QuoteKind = Field(description="direct: all in quotation marks; indirect: none of it; mixed.")
    use: QuoteUse
    text: str = Field(description="What was said: its pieces, joined by a space.")
    content: list[TracedSpan] = Field(description="What was said, piece by piece.")
    cue: TracedSpan | None = Field(description='The words that report it: "said".')
    speaker: EntityRef | None = Field(description="Who said it; null when that is unknown.")
    sources: list[QuoteSource] = Field(description="The speaker first, then who relayed it.")
    rule: str | None = Field(description="The decision it is as it is by: `dec_…`; null where nobody decided about it.")
    confidence: float
    highlights: list[Span] | None = Field(None, description="With `q`: where it matched, within `text`.")

    @computed_field  # type: ignore[prop-decorator]
    @property
    def unresolved(self) -> list[str]:
        """What is not known of whom the words are from, as JSON pointers (RFC 6901) to what is null."""
        if not self.sources:
            return ["/speaker"]
        return [f"/sources/{place}/entity" for place, source in enumerate(self.sources) if source.entity is None]

    @computed_field  # type: ignore[prop-decorator]
    @property
    def links(self) -> QuoteLinks:
        """Where it, its article, its run and its other appearances are."""
        here, article, run = f"/quotes/{self.id}", f"/articles/{self.article.id}", f"/runs/{self.run.id}"
        return QuoteLinks(self=here, appearances=f"{here}/appearances", article=article, run=run)


class Appearance(QuoteDetail):
    """A quote of the same utterance as the one asked for."""

    match: Literal["equal", "excerpt", "near"] = Field(
        description="equal: the same words, whatever the case and punctuation; excerpt: one is part of the other, "
        "or parts of it with an ellipsis between them; near: nearly the same words."
    )
    similarity: float = Field(
        description="What share of the words of both they have in common, in order, 0 to 1 (normalised Indel)."
    )


class Appearances(Listing[Appearance]):
    """Where an utterance appears: the first published first, the undated last."""

    first: Appearance | None = Field(description="The first one; null when no run that is served has it.")
    articles: int = Field(description="In how many articles it appears.")
