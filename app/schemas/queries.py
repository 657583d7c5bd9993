"""What may be asked of each list: every parameter with its type, bounds and meaning. Others are refused."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from app.annotations import Day, EntityType, MentionType, QuoteKind, QuoteUse
from app.search.facets import FacetName
from app.search.lexing import PATTERN
from app.search.query import MAX_LENGTH

MAX_LIMIT = 100
# Parameters that may be given more than once.
LISTS = frozenset({"type", "facet"})
MAX_NAME = 200
# A cursor holds the name it stands behind.
MAX_CURSOR = 4_000

Words = Annotated[
    str,
    Field(
        min_length=1,
        max_length=MAX_LENGTH,
        # Stated here, enforced by the parser, whose message names the place of a mistake.
        json_schema_extra={"pattern": PATTERN},
    ),
]
WORDS = (
    'Words, "phrases", prefix*, AND, OR, NOT, NEAR, (groups), and filters: speaker:X, entity:X, publisher:X, '
    "before:2012, after:2011-10-31. Case and accents do not matter."
)
NameOrId = Annotated[str, Field(min_length=1, max_length=MAX_NAME)]


class Query(BaseModel):
    """Base of all queries: a parameter it does not know is a mistake."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class RunChoice(Query):
    """Whose annotations to look at."""

    run: str = Field(
        "served",
        pattern="^(served|human|machine|run_[a-z2-7]{16})$",
        description="Whose annotations: `served` (people's where there are any, else the machine's), "
        "`human`, `machine`, or the id of a run.",
    )


class Paging(Query):
    """One page of a list."""

    limit: int = Field(20, ge=1, le=MAX_LIMIT, description="How many items a page holds.")
    cursor: str | None = Field(
        None, max_length=MAX_CURSOR, description="`next` of the page before; leave out for the first."
    )
    total: bool = Field(False, description="Count all items, too; costs time on long lists.")


class Dates(Query):
    """A range of publication dates; an article without a date is in none."""

    since: Day | None = Field(None, alias="from", description="Published on or after this day.")
    until: Day | None = Field(None, alias="to", description="Published on or before this day.")


class ArticleQuery(Paging, RunChoice, Dates):
    """What /articles may be asked."""

    q: Words | None = Field(None, description=WORDS)
    entity: NameOrId | None = Field(None, description="Mentions this entity: a name or an id.")
    speaker: NameOrId | None = Field(None, description="Quotes this speaker: a name or an id.")
    publisher: str | None = Field(None, min_length=1, max_length=MAX_NAME, description="Published by; case is ignored.")
    sort: Literal["newest", "oldest", "relevance"] = Field(
        "newest", description="`relevance` needs `q`; without it, it is newest first."
    )


class SearchQuery(RunChoice, Dates):
    """What /search may be asked."""

    q: Words = Field(description=WORDS)
    entity: NameOrId | None = Field(None, description="Mentions this entity: a name or an id.")
    speaker: NameOrId | None = Field(None, description="Quotes this speaker: a name or an id.")
    publisher: str | None = Field(None, min_length=1, max_length=MAX_NAME, description="Published by; case is ignored.")
    sort: Literal["relevance", "newest", "oldest"] = Field("relevance", description="Order of the articles.")
    only: Literal["articles"] | None = Field(
        None,
        description="`articles`: leave the quotes and entities beside them out; quicker, for pages behind the first.",
    )
    facet: list[FacetName] = Field([], max_length=5, description="Count the values of these over all articles found.")
    limit: int = Field(20, ge=1, le=MAX_LIMIT, description="How many articles a page holds.")
    cursor: str | None = Field(
        None, max_length=MAX_CURSOR, description="`next` of the page before; leave out for the first."
    )
    total: bool = Field(False, description="Count all articles found, too.")


class EntityQuery(Paging, RunChoice):
    """What /entities may be asked."""

    q: str | None = Field(
        None, min_length=1, max_length=MAX_NAME, description="Beginnings of words of a name or an alias."
    )
    type: list[EntityType] = Field([], max_length=11, description="Of these types (OntoNotes 5).")
    sort: Literal["mentions", "name"] = Field(
        "mentions", description="Most mentioned first; or by name, an order that holds while articles are added."
    )


class TimelineQuery(RunChoice, Dates):
    """What /entities/{id}/timeline may be asked."""

    interval: Literal["day", "month", "year"] = Field("month", description="How long each point of it is.")


class SimilarQuery(Query):
    """What /articles/{id}/similar may be asked."""

    limit: int = Field(20, ge=1, le=MAX_LIMIT, description="How many articles at most; there is one page.")


class QuoteQuery(Paging, RunChoice, Dates):
    """What /quotes may be asked."""

    q: Words | None = Field(None, description=WORDS)
    speaker: NameOrId | None = Field(None, description="Said by: a name or an id.")
    about: NameOrId | None = Field(None, description="Mentions this entity in what is said: a name or an id.")
    via: NameOrId | None = Field(None, description="Relayed by: a name or an id.")
    publisher: str | None = Field(None, min_length=1, max_length=MAX_NAME, description="Published by; case is ignored.")
    kind: QuoteKind | None = Field(None, description="direct, mixed or indirect.")
    use: QuoteUse = Field("speech", description="speech; or words in quotation marks that are none: scare, title.")
    article: str | None = Field(None, pattern="^art_[a-z2-7]{16}$", description="In this article.")
    sort: Literal["newest", "oldest"] = Field("newest", description="By publication; in text order within an article.")
    bytes: bool = Field(False, description="Say of each span which bytes of the source document it came from.")


class AppearanceQuery(Paging):
    """What /quotes/{id}/appearances may be asked."""


class ArticleQuoteQuery(Paging, RunChoice):
    """What /articles/{id}/quotes may be asked."""

    kind: QuoteKind | None = Field(None, description="direct, mixed or indirect.")
    use: QuoteUse = Field("speech", description="speech; or words in quotation marks that are none: scare, title.")
    bytes: bool = Field(False, description="Say of each span which bytes of the source document it came from.")


class MentionQuery(Paging, RunChoice):
    """What a list of mentions may be asked."""

    type: list[MentionType] = Field([], max_length=18, description="Of these types (OntoNotes 5).")
    bytes: bool = Field(False, description="Say of each span which bytes of the source document it came from.")


class EntityQuoteQuery(ArticleQuoteQuery, Dates):
    """What /entities/{id}/quotes may be asked."""

    role: Literal["speaker", "about", "relayed"] = Field(
        "speaker", description="Said by it, about it, or relayed by it."
    )


class PageQuery(Paging, RunChoice):
    """What a plain list of annotations, or of what they lead to, may be asked."""


class RunQuery(Paging):
    """What /runs may be asked."""

    article: str | None = Field(None, pattern="^art_[a-z2-7]{16}$", description="Over this article.")
    kind: Literal["human", "machine"] | None = Field(None, description="human or machine.")


class AuditQuery(Paging):
    """What /audit may be asked."""

    author: str | None = Field(None, min_length=1, max_length=MAX_NAME, description="By whom: the name of a key.")
    action: str | None = Field(None, pattern="^[a-z]{1,40}[.][a-z]{1,40}$", description="Such as article.store.")
    subject: str | None = Field(None, min_length=1, max_length=MAX_NAME, description="To what: its id.")
    request_id: str | None = Field(None, min_length=1, max_length=MAX_NAME, description="In which request.")


class SuggestQuery(RunChoice):
    """What /suggest may be asked."""

    q: str = Field(min_length=1, max_length=MAX_NAME, description="What somebody has typed so far of a name.")
    limit: int = Field(10, ge=1, le=50, description="How many suggestions at most.")


class RevisionQuery(Paging):
    """What /articles/{id}/revisions may be asked."""


class TracedQuery(Query):
    """What one thing with spans may be asked."""

    bytes: bool = Field(False, description="Say of each span which bytes of the source document it came from.")
