"""Who and what is named in a text: mentions, and the entities they stand for.

The steps, each in a module of its own: read the parsed document (reading), take the model's names and mend
their boundaries (boundaries), drop what is no name (noise), know datelines and captions for what they are
(layout), recover names that were missed (occurrences, recover) and the rest of torn ones (wholes), settle one
type for each name on all the article's evidence (kinds: forms, contexts), tell teams from places (teams),
join the names of one entity (aliases, naming), link places (places: gazetteer), and date the dates (dates).
The words that the rules go by are in data/ (lexicon).
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

from spacy.tokens import Doc

from app.annotate.entities import kinds, occurrences, recover, wholes
from app.annotate.entities.aliases import Link, key_of, links
from app.annotate.entities.boundaries import model_names, without_overlaps
from app.annotate.entities.dates import DEICTIC, date_value, is_future, is_spoken
from app.annotate.entities.layout import Zone, datelines, place_at, zones
from app.annotate.entities.naming import preferred
from app.annotate.entities.noise import without_noise
from app.annotate.entities.places import Setting, identify, setting_of
from app.annotate.entities.reading import Name, Reading
from app.annotate.entities.teams import with_teams
from app.annotations import Entity, EntityType, Mention, MentionType, Metadata

__all__ = ["Named", "find_entities"]

# What finds the names that the model missed; each looks only where those before it found nothing.
_MISSED = (
    occurrences.listed,
    occurrences.repeated,
    recover.surnames,
    recover.peoples,
    recover.asides,
    recover.capitalised,
    occurrences.repeated,
)


@dataclass(frozen=True, slots=True)
class Named:
    """The entities of a text and all mentions, in text order."""

    entities: tuple[Entity, ...]
    mentions: tuple[Mention, ...]


def find_entities(doc: Doc, metadata: Metadata) -> Named:
    """Every entity that ``doc`` names, with all its mentions; ``metadata.published`` is what dates are relative to."""
    reading = Reading(doc)
    layout = list(zones(reading.text))
    names, values = _names(doc, reading, layout)
    joins = links(reading, names)
    groups: dict[str, list[Name]] = defaultdict(list)
    for name, link in zip(names, joins, strict=True):
        if link.root is not None:
            groups[link.root].append(name)
    numbers = {root: number for number, root in enumerate(groups)}
    mentions = [
        _mention(reading, name, layout, link, numbers.get(link.root or ""))
        for name, link in zip(names, joins, strict=True)
    ]
    mentions += [_value(reading, value, layout, metadata) for value in values]
    setting = setting_of(reading, names, metadata.dateline)
    entities = tuple(_entity(reading, root, group, setting) for root, group in groups.items())
    return Named(entities, tuple(sorted(mentions, key=lambda mention: (mention.start, mention.end))))


def _names(doc: Doc, reading: Reading, layout: Sequence[Zone]) -> tuple[list[Name], list[Name]]:
    fixed = list(datelines(reading, layout))
    names, values = model_names(doc, reading)
    names = fixed + without_overlaps(without_noise(reading, names), fixed)
    values = without_overlaps(values, fixed)
    names = occurrences.whole_phrases(reading, names)
    for missed in _MISSED:
        names += missed(reading, names, recover.covered(reading, names + values))
    names = with_teams(reading, kinds.settle(reading, wholes.adjoined(reading, names)))
    for completed in (wholes.with_given_names, wholes.with_offices, wholes.with_regions):
        names = completed(reading, names)
    return names, values


def _mention(reading: Reading, name: Name, layout: Sequence[Zone], link: Link, entity: int | None) -> Mention:
    return Mention(
        start=name.start,
        end=name.end,
        exact=reading.text[name.start : name.end],
        type=cast(MentionType, name.label),
        entity=entity,
        place=place_at(layout, name.start),
        rule=link.rule,
        confidence=min(name.confidence, link.confidence),
    )


def _value(reading: Reading, value: Name, layout: Sequence[Zone], metadata: Metadata) -> Mention:
    return Mention(
        start=value.start,
        end=value.end,
        exact=reading.text[value.start : value.end],
        type=cast(MentionType, value.label),
        value=_date(reading, value, metadata) if value.label == "DATE" else None,
        place=place_at(layout, value.start),
        rule=value.rule,
        confidence=value.confidence,
    )


def _date(reading: Reading, value: Name, metadata: Metadata) -> str | None:
    words = reading.text[value.start : value.end]
    spoken = words.lower() in DEICTIC and is_spoken(reading, value)
    return None if spoken else date_value(words, metadata.published, is_future(reading, value))


def _entity(reading: Reading, root: str, group: Sequence[Name], setting: Setting) -> Entity:
    forms = [reading.text[name.start : name.end] for name in group]
    own = [form for form, name in zip(forms, group, strict=True) if key_of(reading, name) == root] or forms
    name = preferred(own, group[0].label)
    kind = cast(EntityType, group[0].label)
    identifiers = identify(root, setting) if kind == "GPE" else {}
    return Entity(name=name, type=kind, aliases=tuple(sorted({*forms} - {name})), identifiers=identifiers)
