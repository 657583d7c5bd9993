"""What a reader makes of the bytes of a source document."""

from dataclasses import dataclass

from app.annotations import Metadata
from app.documents.source_map import Repair, SourceMap


@dataclass(frozen=True, slots=True)
class Document:
    """What was read: the metadata, the canonical text, and how both came from the bytes.

    ``media_type`` has a charset parameter where the bytes are not UTF-8 (RFC 9110, 8.3.1).
    """

    metadata: Metadata
    text: str
    source_map: SourceMap
    repairs: tuple[Repair, ...]
    media_type: str
