"""Deciding about entities: that there is one, or none; what it is called; that two are one, or one is two."""

from collections.abc import Callable
from typing import Any

from app.db import ReadSession, WriteSession
from app.errors import Conflict, Fault, InvalidInput, Moved
from app.models import Decision, Entity, stored_key
from app.names import fold
from app.schemas.decisions import EntityDecision, NewEntity
from app.search.runs import SERVED
from app.services.correcting.given import known_as, made_entity, names_of
from app.services.correcting.making import keep_about_entity
from app.services.correcting.merging import change_type, merge
from app.services.correcting.splitting import split
from app.services.entities import entity_at, entity_detail, version
from app.services.journal import Writer
from app.services.storing.naming import settle_names
from app.services.storing.relinking import relink
from app.services.versions import Expected

_TAKES = {
    "accept": (),
    "reject": (),
    "change": ("name", "type", "aliases", "identifiers"),
    "merge": ("into",),
    "split": ("name", "aliases", "into", "articles"),
}
_NEEDS = {"merge": ("into",), "split": ("articles",)}


def add_entity(session: WriteSession, body: NewEntity, writer: Writer) -> str:
    """Keep the decision that there is such an entity, make it, and give its id. Conflict when there is one."""
    entity = made_entity(session, body.name, body.type, "/name")
    made = {"add": sorted({body.name, *body.aliases}), "identify": body.identifiers, "made": True}
    keep_about_entity(session, writer, entity, "add", body.comment, **made)
    settle_names(session, [stored_key(entity)])
    return entity.public_id


def decide_about_entity(
    session: WriteSession, name_or_id: str, expected: Expected, body: EntityDecision, writer: Writer
) -> str:
    """Keep a decision about an entity, have it hold, and give its id.

    NotFound, Gone; Outdated when the entity is not as expected; InvalidInput, NotFound and Ambiguous with JSON pointers
    into the body; Conflict with what was decided before, or is known.
    """
    entity = _alive(ReadSession(session), name_or_id)
    expected.check(version(entity_detail(ReadSession(session), entity.public_id, SERVED)))
    _check_parts(body)
    return _ACTIONS[body.action](session, entity, body, writer).public_id


def _alive(session: ReadSession, name_or_id: str) -> Entity:
    try:
        return entity_at(session, name_or_id, SERVED)
    except Moved as error:
        raise Conflict(f"{error}: decide about that one, or undo the decision") from error


def _check_parts(body: EntityDecision) -> None:
    """Whether there is what the action takes, and nothing else."""
    parts = ("name", "type", "aliases", "identifiers", "into", "articles")
    given = {name for name in parts if getattr(body, name) is not None}
    extra, missing = given - {*_TAKES[body.action]}, {*_NEEDS.get(body.action, ())} - given
    faults = [Fault(f"is not taken: {body.action}", pointer=f"/{name}") for name in sorted(extra)]
    faults += [Fault(f"is missing: {body.action}", pointer=f"/{name}") for name in sorted(missing)]
    if body.action == "split" and ("name" in given) == ("into" in given):
        faults.append(Fault("give the name of a new entity, or one that is there as into", pointer=""))
    if body.action == "split" and {"into", "aliases"} <= given:
        faults.append(Fault("is taken with the name of a new entity only", pointer="/aliases"))
    if body.action == "change" and not given:
        faults.append(Fault("give what is to change: name, aliases, identifiers, or type", pointer=""))
    if body.action == "change" and "type" in given and len(given) > 1:
        faults.append(Fault("changes alone: decide the rest about the entity of that type", pointer="/type"))
    if faults:
        raise InvalidInput("; ".join(f"{fault.pointer} {fault.detail}".strip() for fault in faults), faults)


def _accept(session: WriteSession, entity: Entity, body: EntityDecision, writer: Writer) -> Decision:
    return keep_about_entity(session, writer, entity, body.action, body.comment)


def _reject(session: WriteSession, entity: Entity, body: EntityDecision, writer: Writer) -> Decision:
    decision = keep_about_entity(session, writer, entity, body.action, body.comment)
    entity.rejected = True
    session.flush()
    relink(session, stored_key(entity))
    return decision


def _change(session: WriteSession, entity: Entity, body: EntityDecision, writer: Writer) -> Decision:
    if body.type is not None:
        return change_type(session, entity, body.type, body, writer)
    change = _difference(session, entity, body)
    if not change:
        raise InvalidInput("it is so already", [Fault("it is so already", pointer="")])
    decision = keep_about_entity(session, writer, entity, body.action, body.comment, **change)
    settle_names(session, [stored_key(entity)])
    return decision


def _difference(session: WriteSession, entity: Entity, body: EntityDecision) -> dict[str, Any]:
    """What of the names and identifiers is to change."""
    names = names_of(session, entity)
    name = entity.name if body.name is None else body.name
    if body.name is not None:
        _require_free(session, name, entity)
    wanted = {name, *(names if body.aliases is None else body.aliases)}
    identifiers = entity.identifiers if body.identifiers is None else body.identifiers
    found = {
        "name": name if name != entity.name else None,
        "add": sorted(wanted - names),
        "remove": sorted(names - wanted),
        "identify": {k: v for k, v in identifiers.items() if entity.identifiers.get(k) != v},
        "forget": sorted(entity.identifiers.keys() - identifiers.keys()),
    }
    return {part: value for part, value in found.items() if value}


def _require_free(session: WriteSession, name: str, entity: Entity) -> None:
    other = known_as(session, name, entity.type, "/name")
    if other is not None and other.id != entity.id and fold(other.name) == fold(name):
        raise Conflict(f"{other.public_id} is known as {other.name!r}: merge the two if they are one")


_ACTIONS: dict[str, Callable[[WriteSession, Entity, EntityDecision, Writer], Decision]] = {
    "accept": _accept,
    "reject": _reject,
    "change": _change,
    "merge": merge,
    "split": split,
}
