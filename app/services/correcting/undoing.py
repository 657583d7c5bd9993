"""Undoing decisions: it is as if they had never been made, but that they are listed."""

from sqlalchemy import ColumnElement, delete, true, update
from sqlmodel import col, select

from app.db import ReadSession, WriteSession
from app.errors import Conflict
from app.models import Article, Decision, Entity, EntitySplit, Mention, Quote, QuoteSource, Run, now, stored_key
from app.services.correcting.listing import detail, find, version
from app.services.journal import Writer, record
from app.services.storing.articles import key_of
from app.services.storing.decided import DECISIONS
from app.services.storing.deleting import forget_entities
from app.services.storing.naming import settle_names
from app.services.storing.relinking import relink
from app.services.storing.runs import rebase
from app.services.storing.tables import rows_where
from app.services.versions import Expected


def undo(session: WriteSession, decision_id: str, expected: Expected, writer: Writer) -> None:
    """Undo a decision.

    NotFound; Outdated when it is not as expected; Conflict when it was undone already, or made an entity that a later
    decision is about.
    """
    decision = find(ReadSession(session), decision_id)
    expected.check(version(detail(ReadSession(session), decision)))
    if decision.undone_at is not None:
        raise Conflict(f"{decision_id} was undone already, by {decision.undone_by}")
    made = _entity_made(session, decision)
    if made is not None:
        _refuse_later(session, decision, made)
    decision.undone_by, decision.undone_at = writer.name, now()
    session.flush()
    _take_back(session, decision)
    if made is not None:
        _forget(session, made)
    record(session, writer, "decision.undo", decision_id)


def _take_back(session: WriteSession, decision: Decision) -> None:
    if decision.subject != "entity":
        article = session.get_one(Article, decision.article_id)
        rebase(session, [key_of(article.model_dump(), is_new=False)])
    elif decision.action == "split":
        _join_again(session, decision)
    elif decision.action == "reject" or "into" in decision.made:
        _part_again(session, session.get_one(Entity, decision.entity_id))
    else:
        settle_names(session, [decision.entity_id or 0])


def _part_again(session: WriteSession, entity: Entity) -> None:
    """An entity that was rejected, or was merged into another one, is itself."""
    concerned = {entity.id, entity.merged_into} - {None}
    entity.rejected, entity.merged_into = False, None
    session.flush()
    relink(session, stored_key(entity))
    settle_names(session, (key for key in concerned if key is not None))


def _join_again(session: WriteSession, decision: Decision) -> None:
    """An entity that was another one in some articles is itself everywhere."""
    splits = list(rows_where(session, EntitySplit, "decision_id", [decision.id]))
    session.execute(delete(EntitySplit).where(col(EntitySplit.decision_id) == decision.id))
    relink(session, decision.entity_id or 0, {split.article_id for split in splits})
    settle_names(session, {split.target_id for split in splits})


def _entity_made(session: WriteSession, decision: Decision) -> Entity | None:
    """The entity that is there because of the decision alone: no annotator speaks of it."""
    if not decision.made.get("made"):
        return None
    reference = decision.made["entity" if decision.action == "add" else "into"]
    entity = session.exec(select(Entity).where(Entity.public_id == reference["id"])).one_or_none()
    if entity is None or _rules(session, entity, col(Run.annotator) != DECISIONS):
        return None
    return entity


def _refuse_later(session: WriteSession, decision: Decision, made: Entity) -> None:
    """Raise Conflict when other decisions are about an entity that this one made."""
    key = stored_key(made)
    merged = select(Entity.id).where(Entity.merged_into == key)
    split = select(EntitySplit.decision_id).where(EntitySplit.target_id == key)
    standing = select(Decision.public_id).where(col(Decision.undone_at).is_(None), Decision.id != decision.id)
    about = (
        (col(Decision.entity_id) == key)
        | (col(Decision.entity_id).in_(merged) & col(Decision.action).in_(("merge", "change")))
        | col(Decision.id).in_(split)
    )
    others = session.exec(standing.where(about).order_by(col(Decision.id))).all()
    found = [*others, *_rules(session, made, col(Run.latest).is_(True))]
    if found:
        raise Conflict(f"{found[0]} is about {made.public_id}, which this decision made: undo that one first")


def _rules(session: WriteSession, entity: Entity, runs: ColumnElement[bool]) -> list[str | None]:
    """By what rules such runs name an entity: decisions, for what people decided."""

    def named(model: type[Mention] | type[QuoteSource]) -> ColumnElement[bool]:
        ours = col(model.named_id).is_(None) & (col(model.entity_id) == entity.id)
        return (col(model.named_id) == entity.id) | ours

    mentions = select(Mention.rule).join(Run, col(Run.id) == Mention.run_id).where(runs, named(Mention))
    sources = select(QuoteSource.rule).join(Quote, col(Quote.id) == QuoteSource.quote_id)
    sources = sources.join(Run, col(Run.id) == Quote.run_id).where(runs, named(QuoteSource))
    return [*session.exec(mentions.limit(1)), *session.exec(sources.limit(1))]


def _forget(session: WriteSession, made: Entity) -> None:
    """Delete an entity that only decisions made, unless a run that they made before still names it."""
    if _rules(session, made, true()):
        return
    key = stored_key(made)
    undone = col(Decision.undone_at).is_not(None)
    session.execute(update(Decision).where(col(Decision.entity_id) == key, undone).values(entity_id=None))
    forget_entities(session, {key})
