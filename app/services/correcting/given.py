"""Entities as a body gives them, and as they are known."""

from sqlmodel import col, select

from app import annotations as said
from app.db import ReadSession, WriteSession
from app.errors import Ambiguous, Conflict, Fault
from app.models import Article, Decision, Entity, EntityAlias, stored_key
from app.names import fold
from app.schemas.decisions import EntityGiven
from app.services.correcting.making import refuse
from app.services.entities import current
from app.services.storing.linking import Linker
from app.services.storing.meanings import Meanings


def entity_given(session: WriteSession, given: EntityGiven, article: Article, pointer: str) -> said.Entity:
    """The entity as runs call it, new or not.

    InvalidInput when there is none of that id, or no longer; Ambiguous when two are known so; Conflict where somebody
    decided that in this article it is another one.
    """
    row = (
        _by_id(session, given.id, pointer)
        if given.id is not None
        else known_as(session, given.name or "", given.type, pointer)
    )
    if row is None:
        return said.Entity.model_validate({"name": given.name, "type": given.type})
    entity = current(ReadSession(session), row)
    if entity.rejected:
        raise refuse(f"{entity.public_id} was rejected: there is no such entity", pointer)
    _require_itself(session, entity, article)
    name = entity.by_runs["name"] if entity.by_runs else entity.name
    return said.Entity.model_validate({"name": name, "type": entity.type})


def known_as(session: WriteSession, name: str, kind: str | None, pointer: str) -> Entity | None:
    """The entity of that type that is known by that name first of all, or that runs call so; Ambiguous when two are."""
    key = fold(name)
    of_type = select(Entity).where(Entity.type == kind)
    alive = col(Entity.merged_into).is_(None) & ~col(Entity.rejected)
    found = session.exec(of_type.where(Entity.sort_key == key, alive)).all()
    if len(found) > 1:
        candidates = [(entity.public_id, entity.name, entity.type) for entity in found]
        error = Ambiguous(name, candidates)
        error.faults = (Fault(str(error), pointer=pointer),)
        raise error
    return found[0] if found else session.exec(of_type.where(Entity.name_key == key)).one_or_none()


def made_entity(session: WriteSession, name: str, kind: str, pointer: str) -> Entity:
    """A new entity; Conflict when one is known by that name."""
    known = known_as(session, name, kind, pointer)
    if known is not None:
        why = "was rejected: undo that decision" if known.rejected else f"is known as {known.name!r} already"
        raise Conflict(f"{known.public_id} {why}")
    entity = said.Entity.model_validate({"name": name, "type": kind})
    linker = Linker(session, [entity])
    key = linker.link("human", entity)
    linker.save()
    return session.get_one(Entity, key)


def names_of(session: WriteSession, entity: Entity) -> set[str]:
    """The names under which an entity is known."""
    return set(session.exec(select(EntityAlias.name).where(EntityAlias.entity_id == entity.id, col(EntityAlias.shown))))


def _by_id(session: WriteSession, entity_id: str, pointer: str) -> Entity:
    found = session.exec(select(Entity).where(Entity.public_id == entity_id)).one_or_none()
    if found is None:
        raise refuse(f"there is no entity {entity_id}", pointer)
    return found


def _require_itself(session: WriteSession, entity: Entity, article: Article) -> None:
    decision = Meanings(session, [stored_key(entity)]).split(stored_key(entity), stored_key(article))
    if decision is not None:
        name = session.get_one(Decision, decision).public_id
        raise Conflict(
            f"in {article.public_id} {entity.name!r} is another entity, by {name}: give the id of that one, or undo it"
        )
