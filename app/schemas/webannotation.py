"""W3C Web Annotations (https://www.w3.org/TR/annotation-model/) as they are answered."""

from typing import Any, Final, Literal

from pydantic import ConfigDict, Field

from app.schemas.base import Shape

CONTEXT: Final = "http://www.w3.org/ns/anno.jsonld"
MEDIA_TYPE = f'application/ld+json; profile="{CONTEXT}"'


class AnnotationPage(Shape):
    """One page of an article's annotations."""

    model_config = ConfigDict(frozen=True, validate_by_name=True, serialize_by_alias=True)

    context: Literal["http://www.w3.org/ns/anno.jsonld"] = Field(CONTEXT, alias="@context")
    id: str
    type: Literal["AnnotationPage"] = "AnnotationPage"
    part_of: dict[str, str] = Field(alias="partOf", description="The collection of all pages.")
    items: list[dict[str, Any]] = Field(description="Annotations with position and quote selectors.")
    next: str | None = Field(None, description="Where the page behind this one is.")
