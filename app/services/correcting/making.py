"""Decisions as rows."""

import json
from typing import Any

from app.db import WriteSession
from app.errors import Fault, InvalidInput
from app.models import Article, Decision, Entity
from app.services.entities import reference
from app.services.journal import Writer, record
from app.services.storing.submission import public_id
from app.services.storing.tables import next_key


def keep(
    session: WriteSession, writer: Writer, about: Article | Entity, comment: str | None, **fields: Any
) -> Decision:
    """Store a decision about an article's words, or about an entity."""
    key = next_key(session, Decision)
    made = json.dumps([about.public_id, fields["action"], fields["subject"], fields["made"]], sort_keys=True)
    decision = Decision(
        id=key,
        public_id=public_id("dec", str(key), made),
        article_id=about.id if isinstance(about, Article) else None,
        revision=about.revision if isinstance(about, Article) else None,
        entity_id=about.id if isinstance(about, Entity) else None,
        comment=comment,
        author=writer.name,
        **fields,
    )
    session.add(decision)
    session.flush()
    about_what = {"decides": decision.action, "about": decision.subject, "of": about.public_id}
    record(session, writer, "decision.make", decision.public_id, **about_what)
    return decision


def keep_about_entity(
    session: WriteSession, writer: Writer, entity: Entity, action: str, comment: str | None, **made: Any
) -> Decision:
    """The same about an entity, with the reference by which it was known."""
    made["entity"] = reference(entity).model_dump()
    return keep(session, writer, entity, comment, action=action, subject="entity", made=made)


def refuse(detail: str, pointer: str) -> InvalidInput:
    """That a part of the body cannot be."""
    return InvalidInput(detail, [Fault(detail, pointer=pointer)])
