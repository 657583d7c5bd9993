"""Documents as they are sent: read by their media type, or fetched from where they are said to be."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from app.annotations import Metadata
from app.config import Settings
from app.documents import Document, plain_document, read_document
from app.documents.charsets import essence, label_of
from app.errors import DocumentError, SwitchedOff
from app.schemas.writing import ArticleBody
from app.services.storing import Submission

if TYPE_CHECKING:
    from app.services.fetching import Fetched

JSON = "application/json"
# By media type, the name that a document has which was sent without one.
NAMES = {
    "text/markdown": "article.md",
    "text/plain": "article.txt",
    "text/html": "article.html",
    "application/xhtml+xml": "article.xhtml",
}
_UTF_8 = frozenset({"utf-8", "utf8", "us-ascii"})

Fetch = Callable[[str], "Fetched"]


@dataclass(frozen=True, slots=True)
class Body:
    """A document, or JSON that has one or says where it is: its bytes and its Content-Type."""

    content_type: str
    data: bytes

    @property
    def media_type(self) -> str:
        """The Content-Type without parameters."""
        return essence(self.content_type)

    def check(self) -> None:
        """Raise ValidationError for JSON that does not say what it has to."""
        if self.media_type == JSON:
            ArticleBody.model_validate_json(self.data)

    def read(self, fetch: Fetch) -> Submission:
        """What is to be stored. InvalidInput for what cannot be read; see Fetcher.fetch for what is fetched."""
        made = self._of_json(fetch) if self.media_type == JSON else self._of_document()
        made.check()
        return made

    def _of_document(self) -> Submission:
        charset = label_of(self.content_type) or "utf-8"
        if self.media_type in ("text/markdown", "text/plain") and charset.lower() not in _UTF_8:
            raise DocumentError(f"the document is said to be in {charset}: only pages are read that are not in UTF-8")
        name = NAMES[self.media_type]
        return Submission(read_document(self.data, name, self.content_type), self.data, name)

    def _of_json(self, fetch: Fetch) -> Submission:
        asked = ArticleBody.model_validate_json(self.data)
        if asked.url is not None:
            made = submission_of(fetch(asked.url))
        elif asked.text is not None:
            made = Submission(plain_document(asked.text, Metadata()), asked.text.encode(), NAMES["text/plain"])
        else:
            media_type = "text/html" if asked.markdown is None else "text/markdown"
            data = (asked.html or asked.markdown or "").encode()
            name = NAMES[media_type]
            made = Submission(read_document(data, name, f"{media_type}; charset=utf-8"), data, name)
        return replace(made, document=_known_as(made.document, asked.metadata))


def submission_of(fetched: "Fetched") -> Submission:
    """What was fetched, as it is to be stored."""
    document = read_document(fetched.data, NAMES[fetched.media_type], fetched.content_type, fetched.url)
    return Submission(document, fetched.data, NAMES[fetched.media_type])


def fetching_over_http(settings: Settings) -> Fetch:
    """What fetches addresses that others send; where that is not switched on, it refuses."""
    return fetching(settings) if settings.fetch_over_http else _refuse


def fetching(settings: Settings) -> Fetch:
    """What fetches addresses; see Fetcher.fetch."""
    from app.services.fetching import Fetcher  # noqa: PLC0415 - 4 MB, and only for who fetches

    return Fetcher(settings).fetch


def _refuse(_url: str) -> "Fetched":
    raise SwitchedOff(
        "this service does not fetch addresses: send the page itself, or have DATELINE_FETCH_OVER_HTTP=true set"
    )


def _known_as(document: Document, metadata: Metadata) -> Document:
    """The document, with what is said beside it in the place of what it says itself."""
    said = {name: getattr(metadata, name) for name in metadata.model_fields_set}
    return replace(document, metadata=document.metadata.model_copy(update=said))
