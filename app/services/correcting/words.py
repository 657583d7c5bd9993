"""Deciding about mentions and quotes: what the body says is held against the text, and kept in words."""

import re
from collections.abc import Iterator

from sqlmodel import select

from app import annotations as said
from app.annotations import ENTITY_TYPES
from app.db import ReadSession, WriteSession
from app.errors import Fault, InvalidInput, SpanMismatch
from app.models import Article, Run, stored_key
from app.schemas.decisions import ArticleDecision, EntityGiven, MentionGiven, QuoteGiven
from app.services.articles import current_version, get_article
from app.services.correcting.given import entity_given
from app.services.correcting.making import keep, refuse
from app.services.journal import Writer
from app.services.storing.articles import key_of
from app.services.storing.decided import Decided, single_mention, single_quote
from app.services.storing.reading import annotations_of
from app.services.storing.runs import rebase
from app.services.versions import Expected
from app.spans import Span

_TARGET = re.compile(r"(run_[a-z2-7]{16})\.([mq])(\d{1,9})", re.ASCII)


def decide_about_words(
    session: WriteSession, article_id: str, expected: Expected, body: ArticleDecision, writer: Writer
) -> str:
    """Keep a decision about a mention or a quote, have it hold, and give its id.

    NotFound; Outdated when the article is not as expected; InvalidInput with JSON pointers into the body; Conflict
    when it names an entity that is another one in this article.
    """
    article = get_article(ReadSession(session), article_id)
    expected.check(current_version(session, article_id))
    _check_parts(body)
    was = _target(session, article, body) if body.target is not None else None
    decided = Decided(was=was, becomes=_becomes(session, article, body, was))
    words = decided.dump()
    fields = {"action": body.action, "subject": body.subject, "made": words, "stands": words}
    decision = keep(session, writer, article, body.comment, **fields)
    rebase(session, [key_of(article.model_dump(), is_new=False)])
    return decision.public_id


def _check_parts(body: ArticleDecision) -> None:
    """Whether there is what the action takes, and nothing else."""
    takes = {"target": body.action != "add", "mention": False, "quote": False}
    takes[body.subject] = body.action in ("add", "change")
    given = {name: getattr(body, name) is not None for name in takes}
    faults = [
        Fault(f"{'is missing' if wanted else 'is not taken'}: {body.action} a {body.subject}", pointer=f"/{name}")
        for name, wanted in takes.items()
        if wanted != given[name]
    ]
    if faults:
        raise InvalidInput("; ".join(f"{fault.pointer} {fault.detail}" for fault in faults), faults)


def _target(session: WriteSession, article: Article, body: ArticleDecision) -> said.Annotations:
    """The mention or quote that it is about, as its run has it."""
    parts = _TARGET.fullmatch(body.target or "")
    if parts is None or (parts[2] == "m") != (body.subject == "mention"):
        raise refuse(f"is no id of a {body.subject}", "/target")
    run = session.exec(select(Run).where(Run.public_id == parts[1], Run.article_id == article.id)).one_or_none()
    if run is None:
        raise refuse(f"{article.public_id} has no {body.subject} {body.target}", "/target")
    if run.revision != article.revision:
        raise refuse(f"is of revision {run.revision}, and the newest is {article.revision}", "/target")
    annotations = annotations_of(session, stored_key(run))
    found = annotations.mentions if body.subject == "mention" else annotations.quotes
    if int(parts[3]) >= len(found):
        raise refuse(f"{article.public_id} has no {body.subject} {body.target}", "/target")
    return _alone(annotations, found[int(parts[3])])


def _alone(annotations: said.Annotations, target: said.Mention | said.Quote) -> said.Annotations:
    def named(place: int | None) -> said.Entity | None:
        return None if place is None else annotations.entities[place]

    if isinstance(target, said.Mention):
        return single_mention(target, named(target.entity))
    return single_quote(target, [named(source.entity) for source in target.sources])


def _becomes(
    session: WriteSession, article: Article, body: ArticleDecision, was: said.Annotations | None
) -> said.Annotations | None:
    if body.action in ("accept", "reject"):
        return was if body.action == "accept" else None
    _check_spans(article.text, body)
    if body.mention is not None:
        return _mention(session, article, body.mention, was)
    return _quote(session, article, body.quote) if body.quote is not None else None


def _check_spans(text: str, body: ArticleDecision) -> None:
    """Whether every span says what the text says; InvalidInput with the places of those that do not."""
    faults = []
    for pointer, span in _spans(body):
        try:
            span.check(text)
        except SpanMismatch as error:
            faults.append(Fault(str(error), pointer=pointer))
    pieces = body.quote.content if body.quote is not None else ()
    faults += [
        Fault("begins before the piece before it ends", pointer=f"/quote/content/{place}")
        for place in range(1, len(pieces))
        if pieces[place].start < pieces[place - 1].end
    ]
    if faults:
        raise InvalidInput("; ".join(fault.detail for fault in faults), faults)


def _spans(body: ArticleDecision) -> Iterator[tuple[str, Span]]:
    """Every span with its place in the body."""
    if body.mention is not None:
        yield "/mention", body.mention
    if body.quote is not None:
        yield from ((f"/quote/content/{place}", piece) for place, piece in enumerate(body.quote.content))
        others = {"/quote/cue": body.quote.cue}
        for place, source in enumerate(body.quote.sources):
            others |= {f"/quote/sources/{place}/{name}": getattr(source, name) for name in ("span", "antecedent")}
        yield from ((pointer, span) for pointer, span in others.items() if span is not None)


def _mention(
    session: WriteSession, article: Article, given: MentionGiven, was: said.Annotations | None
) -> said.Annotations:
    if given.entity is not None and given.type not in ENTITY_TYPES:
        raise refuse(f"a {given.type} is a value, and no entity", "/mention/entity")
    entity = _entity(session, article, given.entity, "/mention/entity")
    place = given.place or (was.mentions[0].place if was else "body")
    fields = {name: getattr(given, name) for name in ("start", "end", "exact", "type", "value")}
    return single_mention(said.Mention(place=place, **fields), entity)


def _quote(session: WriteSession, article: Article, given: QuoteGiven) -> said.Annotations:
    entities = [
        _entity(session, article, source.entity, f"/quote/sources/{place}/entity")
        for place, source in enumerate(given.sources)
    ]
    quote = said.Quote(
        kind=given.kind,
        use=given.use,
        content=given.content,
        cue=given.cue,
        sources=tuple(said.Source(span=source.span, antecedent=source.antecedent) for source in given.sources),
    )
    return single_quote(quote, entities)


def _entity(session: WriteSession, article: Article, given: EntityGiven | None, pointer: str) -> said.Entity | None:
    return None if given is None else entity_given(session, given, article, pointer)
