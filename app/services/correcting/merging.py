"""Deciding that one entity is another one."""

from dataclasses import replace
from typing import Any

from app.annotations import EntityType
from app.db import ReadSession, WriteSession
from app.errors import Ambiguous, Conflict, NotFound
from app.models import Decision, Entity, EntitySplit, stored_key
from app.schemas.decisions import EntityDecision
from app.search.runs import SERVED
from app.services.correcting.given import known_as, made_entity
from app.services.correcting.making import keep_about_entity, refuse
from app.services.entities import current, reference, resolve
from app.services.journal import Writer
from app.services.storing.meanings import Meanings, leading_to
from app.services.storing.naming import settle_names
from app.services.storing.relinking import relink
from app.services.storing.tables import rows_where


def merge(session: WriteSession, entity: Entity, body: EntityDecision, writer: Writer) -> Decision:
    """It is the entity that the body names, from now on."""
    target = target_of(session, body)
    refuse_circle(session, entity, target, "/into")
    return _join(session, entity, target, body, writer)


def change_type(
    session: WriteSession, entity: Entity, kind: EntityType, body: EntityDecision, writer: Writer
) -> Decision:
    """It is the entity of its name and that type from now on, which is made where there is none."""
    known = known_as(session, entity.name, kind, "/type")
    if known is None:
        return _join(session, entity, made_entity(session, entity.name, kind, "/type"), body, writer, made=True)
    target = current(ReadSession(session), known)
    if target.rejected:
        raise Conflict(f"{target.public_id}, of that type, was rejected: undo that decision first")
    refuse_circle(session, entity, target, "/type")
    return _join(session, entity, target, body, writer)


def target_of(session: WriteSession, body: EntityDecision) -> Entity:
    """The entity that ``into`` names; NotFound, or Ambiguous."""
    try:
        return resolve(ReadSession(session), body.into or "", SERVED, "into")
    except (NotFound, Ambiguous) as error:  # it stands in the body
        error.faults = tuple(replace(fault, parameter=None, pointer="/into") for fault in error.faults)
        raise


def refuse_circle(session: WriteSession, entity: Entity, target: Entity, pointer: str) -> None:
    """Raise InvalidInput or Conflict when the entity would be itself, by way of another one."""
    if target.id == entity.id:
        raise refuse(f"{target.public_id} is the entity itself", pointer)
    if not Meanings(session, [stored_key(target)]).leads_to(stored_key(entity)):
        return
    splits = rows_where(session, EntitySplit, "target_id", leading_to(session, [stored_key(entity)]), "decision_id")
    name = session.get_one(Decision, min(split.decision_id for split in splits)).public_id
    raise Conflict(f"in some article {target.public_id} is {entity.public_id}, by {name}: undo that first")


def _join(
    session: WriteSession, entity: Entity, target: Entity, body: EntityDecision, writer: Writer, **made: Any
) -> Decision:
    into = reference(target).model_dump()
    decision = keep_about_entity(session, writer, entity, body.action, body.comment, into=into, **made)
    entity.merged_into = target.id
    session.flush()
    relink(session, stored_key(entity))
    settle_names(session, [stored_key(entity)])
    return decision
