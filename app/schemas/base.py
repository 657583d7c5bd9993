"""What all shapes share."""

from typing import Generic, TypeVar

from pydantic import BaseModel, ConfigDict, Field

from app.spans import Span

T = TypeVar("T")


class Shape(BaseModel):
    """Base of all answers."""

    model_config = ConfigDict(frozen=True)


class Listing(Shape, Generic[T]):
    """One page of a list."""

    items: list[T]
    next: str | None = Field(
        None, description="Cursor of the page behind this one: send it as `cursor`. Null at the end."
    )
    total: int | None = Field(None, description="How many items there are in all; only with `total=true`.")


class ByteRange(Shape):
    """Bytes of the source document: zero-based, half-open."""

    start: int = Field(ge=0)
    end: int = Field(gt=0)


class TracedSpan(Span):
    """A span, and on request the bytes of the source document that it came from."""

    model_config = ConfigDict(frozen=True)

    bytes: ByteRange | None = Field(None, description="Where it stands in the source document; with `bytes=true`.")


class EntityRef(Shape):
    """An entity, in few words."""

    id: str = Field(pattern="^ent_[a-z2-7]{16}$")
    name: str
    type: str


class RunRef(Shape):
    """The run an annotation is from."""

    id: str = Field(pattern="^run_[a-z2-7]{16}$")
    kind: str = Field(description="human or machine.")
    annotator: str
    version: str
