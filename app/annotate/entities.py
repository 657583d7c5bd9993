"""Who and what is named in a text: mentions, and the entities they stand for."""

from dataclasses import dataclass

from spacy.tokens import Doc

from app.annotations import Entity, Mention, Metadata


@dataclass(frozen=True, slots=True)
class Named:
    """The entities of a text and all mentions, in text order."""

    entities: tuple[Entity, ...]
    mentions: tuple[Mention, ...]


def find_entities(doc: Doc, metadata: Metadata) -> Named:
    """Every entity that ``doc`` names, with all its mentions."""
    raise NotImplementedError
