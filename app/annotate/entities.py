"""Who and what is named in a text: mentions, and the entities they stand for."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

from spacy.tokens import Doc, Span

from app.annotations import ENTITY_TYPES, Entity, EntityType, Mention, MentionType, Metadata
from app.names import fold

_EDGE = frozenset("\"'“”‘’«»`") | {"the", "a", "an", "'s", "’s", "''", "``"}


@dataclass(frozen=True, slots=True)
class Named:
    """The entities of a text and all mentions, in text order."""

    entities: tuple[Entity, ...]
    mentions: tuple[Mention, ...]


def find_entities(doc: Doc, metadata: Metadata) -> Named:  # noqa: ARG001 - dates come with it
    """Every entity that ``doc`` names, with all its mentions."""
    spans = [span for span in map(_trim, doc.ents) if span.text.strip()]
    groups = _group([span for span in spans if span.label_ in ENTITY_TYPES])
    index = {id(span): number for number, group in enumerate(groups) for span in group}
    mentions = [
        Mention(
            start=span.start_char,
            end=span.end_char,
            exact=span.text,
            type=cast(MentionType, span.label_),
            entity=index.get(id(span)),
            rule="model",
            confidence=0.8,
        )
        for span in spans
    ]
    return Named(tuple(map(_entity, groups)), tuple(mentions))


def _trim(span: Span) -> Span:
    start, end = span.start, span.end
    while start < end and _is_edge(span.doc[start].text):
        start += 1
    while start < end and _is_edge(span.doc[end - 1].text):
        end -= 1
    return Span(span.doc, start, end, label=span.label)


def _is_edge(word: str) -> bool:
    return word.isspace() or word.lower() in _EDGE


def _group(spans: Sequence[Span]) -> list[list[Span]]:
    """Spans of one name together; a last word alone goes with the full name."""
    groups: dict[str, list[Span]] = {}
    surnames: dict[str, str] = {}
    for span in sorted(spans, key=lambda span: (-len(span), span.start)):
        key = fold(span.text)
        if span.label_ == "PERSON":
            key = surnames.get(key, key)
            surnames.setdefault(fold(span[-1].text), key)
        groups.setdefault(key, []).append(span)
    return sorted(groups.values(), key=lambda group: min(span.start for span in group))


def _entity(group: list[Span]) -> Entity:
    name = max((span.text for span in group), key=len)
    kind = Counter(span.label_ for span in group).most_common(1)[0][0]
    aliases = tuple(sorted({span.text for span in group} - {name}))
    return Entity(name=name, type=cast(EntityType, kind), aliases=aliases)
