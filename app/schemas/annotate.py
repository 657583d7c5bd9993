"""What /annotate takes and gives."""

from typing import Annotated, Any

from pydantic import ConfigDict, Field, StringConstraints

from app.annotations import Entity, Mention, Metadata, Quote, Record
from app.schemas.base import Shape


class AnnotateRequest(Record):
    """A text, and what is known of it."""

    model_config = ConfigDict(frozen=True, extra="forbid", json_schema_extra={"additionalProperties": False})

    text: Annotated[str, StringConstraints(min_length=1)] = Field(description="The text; offsets count into it.")
    metadata: Metadata = Metadata()


class AnnotatorIdentity(Shape):
    """What annotated: the same identity and text give the same digest."""

    name: str
    version: str
    model: str
    parameters: dict[str, Any]


class AnnotateAnswer(Shape):
    """All that the annotator says of the text. An ``entity`` is an index into ``entities``."""

    entities: tuple[Entity, ...]
    mentions: tuple[Mention, ...]
    quotes: tuple[Quote, ...]
    annotator: AnnotatorIdentity
    digest: str = Field(description="SHA-256 of the annotations: equal digests, equal annotations.")
