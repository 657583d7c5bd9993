"""Runs: lists of them, one, two beside each other."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqlmodel import col, select

from app.db import ReadSession
from app.errors import Fault, InvalidInput, NotFound
from app.models import Article, Entity, Mention, Quote, Run
from app.schemas.articles import RunSummary
from app.schemas.base import EntityRef, Listing
from app.schemas.queries import RunQuery
from app.schemas.runs import Change, Changes, Compared, ComparedMention, ComparedQuote, EntityChanges, RunDiff
from app.search.paging import Order
from app.services import quotes
from app.services.articles import get_article
from app.services.comparing import compare
from app.services.entities import reference
from app.services.lists import listing

# Quotes that are loaded together: a statement takes only so many keys.
TOGETHER = 1_000


@dataclass(frozen=True, slots=True)
class _Said:
    """All that a run says, in text order."""

    mentions: Sequence[ComparedMention]
    quotes: Sequence[ComparedQuote]

    @property
    def entities(self) -> dict[str, EntityRef]:
        """Whom and what it speaks of, by id, in order of their first mention; then who is only quoted."""
        mentioned = [mention.entity for mention in self.mentions]
        quoted = [source.entity for quote in self.quotes for source in quote.sources]
        return {entity.id: entity for entity in (*mentioned, *quoted) if entity is not None}


def list_runs(session: ReadSession, query: RunQuery) -> Listing[RunSummary]:
    """A page of runs, newest first."""
    statement = select(Run, col(Article.public_id)).join(Article, col(Article.id) == Run.article_id)
    if query.article is not None:
        statement = statement.where(Run.article_id == get_article(session, query.article, "article").id)
    if query.kind is not None:
        statement = statement.where(Run.kind == query.kind)
    order = Order((col(Run.id),), descending=True)
    return listing(
        session, (statement, order), query, "runs", lambda rows: [run_summary(row[0], row[1]) for row in rows]
    )


def get_run(session: ReadSession, run_id: str) -> RunSummary:
    """The run with that id; NotFound when there is none."""
    return run_summary(*_find(session, run_id, "id"))


def diff_runs(session: ReadSession, run_id: str, other_id: str) -> RunDiff:
    """What the other run says otherwise; InvalidInput where it is over another text."""
    (before, article), (after, other_article) = _find(session, run_id, "id"), _find(session, other_id, "other")
    if (before.article_id, before.revision) != (after.article_id, after.revision):
        detail = f"is over {_text(after, other_article)}, and {run_id} over {_text(before, article)}"
        raise InvalidInput(f"{other_id} {detail}", [Fault(detail, parameter="other")])
    old, new = _said(session, before), _said(session, after)
    return RunDiff(
        before=run_summary(before, article),
        after=run_summary(after, article),
        entities=_entity_changes(old, new),
        mentions=_changes(old.mentions, new.mentions),
        quotes=_changes(old.quotes, new.quotes),
    )


def run_summary(run: Run, article_id: str) -> RunSummary:
    """A run as it is answered."""
    return RunSummary(
        id=run.public_id,
        article=article_id,
        revision=run.revision,
        kind=run.kind,
        annotator=run.annotator,
        version=run.version,
        model=run.model,
        parameters=run.parameters,
        digest=run.digest,
        created_at=run.created_at,
        served=run.served,
    )


def _said(session: ReadSession, run: Run) -> _Said:
    return _Said(list(_mentions(session, run)), list(_quotes(session, run)))


def _changes(before: Sequence[Compared], after: Sequence[Compared]) -> Changes[Compared]:
    found = compare(before, after)
    return Changes(
        added=found.added,
        removed=found.removed,
        changed=[Change(fields=each.fields, before=each.before, after=each.after) for each in found.changed],
        unchanged=found.unchanged,
    )


def _entity_changes(before: _Said, after: _Said) -> EntityChanges:
    old, new = before.entities, after.entities
    return EntityChanges(
        added=[entity for key, entity in new.items() if key not in old],
        removed=[entity for key, entity in old.items() if key not in new],
        unchanged=len(old.keys() & new.keys()),
    )


def _find(session: ReadSession, run_id: str, parameter: str) -> tuple[Run, str]:
    """The run with that id, and its article's id."""
    statement = select(Run, Article.public_id).join(Article, col(Article.id) == Run.article_id)
    row = session.exec(statement.where(Run.public_id == run_id)).one_or_none()
    if row is None:
        raise NotFound(f"there is no run {run_id}", parameter)
    return row


def _text(run: Run, article: str) -> str:
    return f"revision {run.revision} of {article}"


def _mentions(session: ReadSession, run: Run) -> Iterator[ComparedMention]:
    rows = select(Mention, Entity).join(Entity, col(Entity.id) == Mention.entity_id, isouter=True)
    same = ("start", "end", "exact", "type", "value", "place", "rule", "confidence")
    for mention, entity in session.exec(rows.where(Mention.run_id == run.id).order_by(col(Mention.ordinal))):
        yield ComparedMention(
            id=f"{run.public_id}.m{mention.ordinal}",
            entity=reference(entity) if entity is not None else None,
            **{name: getattr(mention, name) for name in same},
        )


def _quotes(session: ReadSession, run: Run) -> Iterator[ComparedQuote]:
    in_order = (col(Quote.start), col(Quote.ordinal))
    keys = session.exec(select(Quote.id).where(Quote.run_id == run.id).order_by(*in_order)).all()
    for first in range(0, len(keys), TOGETHER):
        for quote in quotes.details(session, [key or 0 for key in keys[first : first + TOGETHER]]):
            yield ComparedQuote(**{name: getattr(quote, name) for name in ComparedQuote.model_fields})
