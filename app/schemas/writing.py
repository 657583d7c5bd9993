"""What is handed in to be stored, and what is answered."""

from typing import Any, Literal, Self

from pydantic import ConfigDict, Field, model_validator

from app.annotations import Metadata, Record
from app.schemas.articles import ArticleDetail
from app.schemas.base import Shape
from app.schemas.queries import Query

FORMS = ("text", "markdown", "html", "url")


def _one_form(schema: dict[str, Any]) -> None:
    # Generators of clients take a oneOf for types that differ, and make a client of it that cannot be called; what is
    # said by "not" they pass over. Linters want whatever is required to be a property of the same schema.
    schema["not"] = {"not": {"oneOf": [{"required": [form], "properties": {form: {}}} for form in FORMS]}}
    for form in FORMS:
        schema["properties"][form] |= {"type": "string", "minLength": 1}
        del schema["properties"][form]["anyOf"], schema["properties"][form]["default"]


class ArticleBody(Record):
    """An article: its text, the document it is to be read from, or where that is."""

    model_config = ConfigDict(frozen=True, extra="forbid", json_schema_extra=_one_form)

    text: str | None = Field(None, description="The text, which is stored as it is.")
    markdown: str | None = Field(None, description="A document in Markdown, with or without front matter.")
    html: str | None = Field(None, description="A page.")
    url: str | None = Field(None, description="Where a document is, to be fetched, where the server allows it.")
    metadata: Metadata = Field(Metadata(), description="What is known of it; stands before what the document says.")

    @model_validator(mode="after")
    def _of_one_form(self) -> Self:
        if sum(getattr(self, form) is not None for form in FORMS) != 1:
            raise ValueError(f"has not exactly one of {', '.join(FORMS)}")
        return self


class WriteQuery(Query):
    """How what is sent is to be stored."""

    annotate: bool = Field(True, description="Annotate what nobody has annotated; otherwise it is stored bare.")
    same_text: bool = Field(
        False, description="Store a text again that is stored under another address, as a syndicated one is."
    )


class StoredArticle(Shape):
    """An article that was sent, and what came of that."""

    article: ArticleDetail
    outcome: Literal["stored", "unchanged"] = Field(
        description="unchanged: it is stored already, from the same document or with the same text."
    )
    duplicate_by: Literal["url", "id", "text"] | None = Field(
        description="By what it was recognised as stored already: its address, its id, which without an address is "
        "made of its bytes, or its text. Null for one that is new."
    )
