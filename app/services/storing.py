"""Storing articles and runs: each whole or absent, and the same again changes nothing.

Public ids are made from what a thing is, so that the same input gives the same database
wherever and however often it is loaded.
"""

import base64
import hashlib
import json
from bisect import bisect_left, bisect_right
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import insert, update
from sqlmodel import col, select

from app import annotations as said
from app.db import ReadSession, WriteSession
from app.documents import Document
from app.errors import Conflict
from app.models import (
    Article,
    Entity,
    EntityAlias,
    Mention,
    Quote,
    QuoteAbout,
    QuoteContent,
    QuoteSource,
    Run,
    SourceDocument,
    now,
)
from app.names import fold
from app.spans import Span, paragraphs

RunKind = Literal["human", "machine"]

# By place in Annotations.entities: the key of the entity, None where it is not linked.
Keys = list[int | None]
Rows = list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Authorship:
    """Who annotated, with what, when: what a run records beside its annotations."""

    kind: RunKind
    annotator: str
    version: str
    model: str | None = None
    parameters: dict[str, Any] = field(default_factory=dict)
    created_at: datetime = field(default_factory=now)

    def made(self, run: Run | None) -> bool:
        """Whether ``run`` is by this author, so configured."""
        ours = (self.kind, self.annotator, self.version, self.model, self.parameters)
        return run is not None and ours == (run.kind, run.annotator, run.version, run.model, run.parameters)


def public_id(prefix: str, *parts: str) -> str:
    """An opaque id that the parts alone decide: the prefix and 80 bits of their SHA-256."""
    digest = hashlib.sha256("\0".join(parts).encode()).digest()[:10]
    return f"{prefix}_{base64.b32encode(digest).decode().lower()}"


def find_article(session: ReadSession | WriteSession, document: Document, data: bytes) -> Article | None:
    """The article of ``document`` where it is stored; Conflict when something else is stored under its URL."""
    identity = _article_id(document, data)
    found = session.exec(select(Article).where(Article.public_id == identity)).one_or_none()
    if found is not None:
        source = session.exec(select(SourceDocument).where(SourceDocument.article_id == found.id)).one()
        if source.data != data:
            raise Conflict(
                f"{found.url or found.public_id} is stored already, from another document: {_change(found, document)}"
            )
    return found


def store_article(session: WriteSession, document: Document, data: bytes, name: str) -> Article:
    """Store an article with its source; the one that is there already when it is the same (see find_article)."""
    found = find_article(session, document, data)
    if found is not None:
        return found
    article = _article(document, _article_id(document, data))
    session.add(article)
    session.flush()
    session.add(_source(_key(article), document, data, name))
    session.flush()
    return article


def run_id(article: Article, by: Authorship, annotations: said.Annotations) -> str:
    """The id of a run: a machine's by its configuration, which decides the rest; people's by what they said."""
    configuration = json.dumps([by.kind, by.annotator, by.version, by.model, by.parameters], sort_keys=True)
    content = annotations.digest() if by.kind == "human" else ""
    return public_id("run", article.public_id, article.text_sha256, configuration, content)


def store_run(session: WriteSession, article: Article, by: Authorship, annotations: said.Annotations) -> Run:
    """Store a run over the article's text as the latest of its kind; or make the same one, stored before, the latest.

    SpanMismatch when a span does not say what the text says, whoever wrote it.
    """
    annotations.check(article.text)
    identity = run_id(article, by, annotations)
    found = session.exec(select(Run).where(Run.public_id == identity)).one_or_none()
    if found is not None:
        _promote(session, found)
        return found
    run = _run(session, article, by, identity, annotations.digest())
    keys = [_link(session, by.kind, entity) for entity in annotations.entities]
    _store_mentions(session, run, article.text, annotations, keys)
    _store_quotes(session, run, annotations, keys)
    return run


def _change(stored: Article, offered: Document) -> str:
    """What is different, in words."""
    fields = ("headline", "published", "publisher", "dateline")
    changed = [name for name in fields if getattr(stored, name) != getattr(offered.metadata, name)]
    if stored.text != offered.text:
        changed.append("text")
    return f"{', '.join(changed) or 'its bytes'} changed"


def _article_id(document: Document, data: bytes) -> str:
    """By its URL, or else by its bytes."""
    return public_id("art", document.metadata.url or hashlib.sha256(data).hexdigest())


def _article(document: Document, identity: str) -> Article:
    meta = document.metadata
    return Article(
        public_id=identity,
        headline=meta.headline,
        published=meta.published,
        publisher=meta.publisher,
        publisher_key=fold(meta.publisher) if meta.publisher else None,
        dateline=meta.dateline,
        url=meta.url,
        text=document.text,
        text_sha256=hashlib.sha256(document.text.encode()).hexdigest(),
        text_length=len(document.text),
    )


def _source(key: int, document: Document, data: bytes, name: str) -> SourceDocument:
    return SourceDocument(
        article_id=key,
        name=name,
        media_type=document.media_type,
        sha256=hashlib.sha256(data).hexdigest(),
        data=data,
        segments=document.source_map.dump(),
        repairs=[asdict(repair) for repair in document.repairs],
    )


def _run(session: WriteSession, article: Article, by: Authorship, identity: str, digest: str) -> Run:
    run = Run(
        public_id=identity,
        article_id=_key(article),
        revision=article.revision,
        **asdict(by),
        digest=digest,
        served=False,
        latest=False,
    )
    session.add(run)
    _promote(session, run)
    return run


def _promote(session: WriteSession, run: Run) -> None:
    """Make the run the latest of its kind, and serve it unless it is a machine's and people's are there."""
    session.flush()
    theirs = col(Run.article_id) == run.article_id
    has_human = session.exec(select(Run.id).where(theirs, Run.kind == "human")).first() is not None
    serves = run.kind == "human" or not has_human
    session.execute(update(Run).where(theirs, col(Run.kind) == run.kind).values(latest=False))
    if serves:
        session.execute(update(Run).where(theirs).values(served=False))
    session.execute(update(Run).where(col(Run.id) == run.id).values(latest=True, served=serves))


def _link(session: WriteSession, kind: RunKind, entity: said.Entity) -> int | None:
    """The key of the entity meant; None for a lone word by which the machine may mean any of several people.

    A surname is linked in an article that gives the full name; where none does, whom it means stays open.
    """
    key = fold(entity.name)
    if kind == "machine" and entity.type == "PERSON" and " " not in key and _is_borne_in_part(session, key):
        return None
    return _entity(session, entity)


def _is_borne_in_part(session: WriteSession, key: str) -> bool:
    """Whether somebody of a longer name is also called that."""
    borne = (
        select(EntityAlias.id)
        .join(Entity, col(Entity.id) == EntityAlias.entity_id)
        .where(EntityAlias.name_key == key, Entity.type == "PERSON", Entity.name_key != key)
    )
    return session.exec(borne).first() is not None


def _entity(session: WriteSession, entity: said.Entity) -> int:
    """The key of the entity of that name and type, with the names and ids it is given here added to it."""
    key = fold(entity.name)
    row = session.exec(select(Entity).where(Entity.name_key == key, Entity.type == entity.type)).one_or_none()
    if row is None:
        row = Entity(public_id=public_id("ent", key, entity.type), type=entity.type, name=entity.name, name_key=key)
        session.add(row)
    row.identifiers = row.identifiers | entity.identifiers
    session.flush()
    known = set(session.exec(select(EntityAlias.name).where(EntityAlias.entity_id == row.id)))
    names = dict.fromkeys((entity.name, *entity.aliases))
    session.add_all(
        EntityAlias(entity_id=_key(row), name=name, name_key=fold(name)) for name in names if name not in known
    )
    return _key(row)


def _store_mentions(session: WriteSession, run: Run, text: str, annotations: said.Annotations, keys: Keys) -> None:
    starts = [paragraph.start for paragraph in paragraphs(text)]
    rows = [
        mention.model_dump(exclude={"entity"})
        | {
            "run_id": run.id,
            "ordinal": ordinal,
            "entity_id": None if mention.entity is None else keys[mention.entity],
            "paragraph": bisect_right(starts, mention.start) - 1,
        }
        for ordinal, mention in enumerate(annotations.mentions)
    ]
    if rows:
        session.execute(insert(Mention), rows)


def _store_quotes(session: WriteSession, run: Run, annotations: said.Annotations, keys: Keys) -> None:
    rows = [_quote(run, ordinal, quote) for ordinal, quote in enumerate(annotations.quotes)]
    if not rows:
        return
    ids = session.scalars(insert(Quote).returning(col(Quote.id), sort_by_parameter_order=True), rows).all()
    pairs = list(zip(ids, annotations.quotes, strict=True))
    _insert(session, QuoteContent, [row for key, quote in pairs for row in _content(key, quote)])
    _insert(session, QuoteSource, [row for key, quote in pairs for row in _sources(key, quote, keys)])
    _insert(session, QuoteAbout, [row for key, quote in pairs for row in _about(key, quote, annotations, keys)])


def _insert(session: WriteSession, table: type, rows: Rows) -> None:
    if rows:
        session.execute(insert(table), rows)


def _quote(run: Run, ordinal: int, quote: said.Quote) -> dict[str, Any]:
    return {
        "run_id": run.id,
        "ordinal": ordinal,
        "kind": quote.kind,
        "use": quote.use,
        "text": " ".join(piece.exact for piece in quote.content),
        "start": quote.content[0].start,
        "confidence": quote.confidence,
        **_prefixed("cue", quote.cue),
    }


def _content(key: int | None, quote: said.Quote) -> Rows:
    return [piece.model_dump() | {"quote_id": key, "ordinal": ordinal} for ordinal, piece in enumerate(quote.content)]


def _sources(key: int | None, quote: said.Quote, keys: Keys) -> Rows:
    return [
        {
            "quote_id": key,
            "ordinal": ordinal,
            "entity_id": None if source.entity is None else keys[source.entity],
            "start": source.span and source.span.start,
            "end": source.span and source.span.end,
            "exact": source.span and source.span.exact,
            "rule": source.rule,
            "confidence": source.confidence,
            **_prefixed("antecedent", source.antecedent),
        }
        for ordinal, source in enumerate(quote.sources)
    ]


def _about(key: int | None, quote: said.Quote, annotations: said.Annotations, keys: Keys) -> Rows:
    mentions = annotations.mentions
    named = {
        entity
        for piece in quote.content
        for mention in mentions[bisect_left(mentions, piece.start, key=lambda m: m.start) :][: len(piece.exact)]
        if mention.entity is not None and mention in piece and (entity := keys[mention.entity]) is not None
    }
    return [{"quote_id": key, "entity_id": entity} for entity in sorted(named)]


def _prefixed(prefix: str, span: Span | None) -> dict[str, Any]:
    return {f"{prefix}_{name}": span and getattr(span, name) for name in ("start", "end", "exact")}


def _key(row: Article | Entity) -> int:
    if row.id is None:
        raise ValueError("the row is not stored yet")
    return row.id
