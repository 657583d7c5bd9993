"""Whether somebody said something, and whether what is stored is what was published."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, StringConstraints

from app.annotations import Record
from app.schemas.articles import ArticleRef, Repair
from app.schemas.base import ByteRange, EntityRef, RunRef, Shape
from app.schemas.queries import NameOrId
from app.schemas.quotes import QuoteDetail
from app.search.words import words
from app.spans import Span

MAX_TEXT = 2_000
LEAST_WORDS = 3

Speaker = Literal["same", "other", "unknown"]
CheckedPart = Literal["content", "cue", "speaker", "relayed", "antecedent"]


def _long_enough(text: str) -> str:
    if len(words(text)) < LEAST_WORDS:
        raise ValueError(f"has fewer than {LEAST_WORDS} words: so few are said by everybody")
    return text


class VerifyRequest(Record):
    """Words, and who may have said them."""

    text: Annotated[str, StringConstraints(min_length=1, max_length=MAX_TEXT), AfterValidator(_long_enough)] = Field(
        description="The words, of which there must be three at least. An ellipsis stands for words left out, "
        "[brackets] for words an editor has inserted."
    )
    speaker: NameOrId | None = Field(None, description="Who may have said it: a name or an id.")


class Difference(Shape):
    """Words that are not the same."""

    kind: Literal["replaced", "added", "left_out"] = Field(
        description="added: only in the text asked for; left_out: only in what was found."
    )
    asked: Span | None = Field(description="What the text asked for has; offsets count into that text.")
    found: list[Span] = Field(description="What the article has instead; offsets count into its text.")


class Evidence(Shape):
    """A quote, or a passage of a text that is in no quote, that has the words or nearly."""

    verdict: Literal["exact", "equal", "near"]
    similarity: float = Field(
        description="What share of the words of both they have in common, in order, 0 to 1 (normalised Indel)."
    )
    speaker: Speaker | None = Field(
        description="same: it is said by whom was asked for; other: by somebody else; unknown: nobody knows by whom, "
        "or it is in no quote; null when nobody was asked for."
    )
    article: ArticleRef
    text_sha256: str = Field(description="SHA-256 of the article's text in UTF-8, in hexadecimal.")
    spans: list[Span] = Field(description="Where the words stand in the article's text, piece by piece.")
    differences: list[Difference] = Field(description="What is not the same; empty unless it is near.")
    quote: QuoteDetail | None = Field(
        description="The quote, with its run and who said it through whom; null for a passage."
    )
    link: str | None = Field(
        description="Where the publisher's page has the words, as a URL with a text fragment (#:~:text=); "
        "null when the article has no address."
    )


class VerifyAnswer(Shape):
    """Whether somebody said it, and what that rests on."""

    verdict: Literal["exact", "equal", "near", "not_found"] = Field(
        description="The first evidence's. exact: the words, case and punctuation stand so; equal: they do but for "
        "punctuation, quotation marks, dashes, spacing and case; near: but for the differences listed; not_found: "
        "nothing is as similar as 0.8."
    )
    speaker: Speaker | None = Field(
        description="The first evidence's; null when nobody was asked for, or nothing is found."
    )
    asked: EntityRef | None = Field(description="Whom the name asked for means.")
    evidence: list[Evidence] = Field(
        description="The best first, twenty at most: what stands so before what nearly does; what was said by whom "
        "was asked for, then by others; exact before equal; quotes before passages; the first published first."
    )
    total: int = Field(description="How much evidence there is in all.")


class CheckedHash(Shape):
    """A hash that is stored, and the one that what is stored has."""

    holds: bool
    sha256: str
    found: str


class CheckedSpan(Shape):
    """A span of a quote, held against the text and the source document."""

    part: CheckedPart
    start: int
    end: int
    exact: str
    bytes: ByteRange | None = Field(description="Where it stands in the source document; null where that is not known.")
    repairs: list[Repair] = Field(description="What was mended in it when the source document was read.")
    in_text: bool = Field(description="Whether the text has these words there.")
    in_source: bool = Field(description="Whether those bytes decode to them, but for the repairs and line ends.")


class QuoteCheck(Shape):
    """What was checked of a quote, and whether it holds."""

    holds: bool = Field(description="Whether all of it does.")
    quote: str = Field(description="The quote's id.")
    article: ArticleRef
    run: RunRef
    text: CheckedHash = Field(description="The article's text, by its SHA-256.")
    source: CheckedHash = Field(description="The source document, by its SHA-256.")
    joined: bool = Field(description="Whether the quote's text is its pieces, joined by a space.")
    spans: list[CheckedSpan]
