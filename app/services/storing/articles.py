"""Articles and the documents they were read from."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass

from sqlmodel import select

from app.db import ReadSession, WriteSession
from app.documents import Document
from app.errors import Conflict, OtherDocument
from app.models import Article, ArticleBand, DeletedArticle, Publisher, SourceDocument, now
from app.names import fold
from app.positions import article_position
from app.search import fts
from app.search.sketches import bands
from app.services.storing.submission import Row, Submission
from app.services.storing.tables import insert_rows, next_key, rows_where


@dataclass(frozen=True, slots=True)
class ArticleKey:
    """What the runs over an article need of it."""

    id: int
    public_id: str
    position: int
    revision: int
    text: str
    text_sha256: str
    publisher_id: int | None
    is_new: bool


def find_article(session: ReadSession | WriteSession, document: Document, data: bytes) -> Article | None:
    """See app.services.storing.find."""
    found = session.exec(
        select(Article).where(Article.public_id == Submission(document, data, "").identity)
    ).one_or_none()
    if found is not None:
        source = session.exec(select(SourceDocument.data).where(SourceDocument.article_id == found.id)).one()
        _check_same(found, source, document, data)
    return found


def store_articles(session: WriteSession, submissions: Sequence[Submission]) -> list[ArticleKey]:
    """The article of each submission; those that were not stored are now, with their sources and indexes."""
    known = _known(session, submissions)
    new: dict[str, Submission] = {}
    for submission in submissions:
        first = new.get(submission.identity)
        if first is not None and first.data != submission.data:
            raise two_documents(submission)
        if submission.identity not in known:
            new.setdefault(submission.identity, submission)
    known |= _store_new(session, new)
    return [known[submission.identity] for submission in submissions]


def _known(session: WriteSession, submissions: Sequence[Submission]) -> dict[str, ArticleKey]:
    offered = {submission.identity: submission for submission in submissions}
    for row in rows_where(session, DeletedArticle, "public_id", offered):
        raise deleted(row.public_id)
    stored = list(rows_where(session, Article, "public_id", offered))
    keys = [row.id for row in stored]
    sources = dict(map(tuple, rows_where(session, SourceDocument, "article_id", keys, "article_id", "data")))
    for row in stored:
        submission = offered[row.public_id]
        _check_same(row, sources[row.id], submission.document, submission.data)
    return {row.public_id: key_of(row._asdict(), is_new=False) for row in stored}


def _store_new(session: WriteSession, new: dict[str, Submission]) -> dict[str, ArticleKey]:
    # By date, so that positions ascend: FTS5 writes out all it holds whenever a row id is less than the one before.
    ordered = sorted(new.items(), key=lambda item: str(item[1].document.metadata.published or ""))
    publishers = keep_publishers(session, [submission.document.metadata.publisher for _, submission in ordered])
    first = next_key(session, Article)
    rows = [
        article_row(submission.document, identity, first + offset, publishers)
        for offset, (identity, submission) in enumerate(ordered)
    ]
    insert_rows(session, Article, rows)
    insert_rows(session, SourceDocument, [source_row(row["id"], s) for row, (_, s) in zip(rows, ordered, strict=True)])
    insert_rows(session, ArticleBand, band_rows((row["position"], row["text"]) for row in rows))
    fts.add(session.connection(), [row["position"] for row in rows])
    return {row["public_id"]: key_of(row, is_new=True) for row in rows}


def band_rows(texts: Iterable[tuple[int, str]]) -> list[Row]:
    """The bands of each text, given with its article's position."""
    return [{"band": band, "position": position} for position, text in texts for band in bands(text)]


def keep_publishers(session: WriteSession, names: Sequence[str | None]) -> dict[str, int]:
    """Keys of publishers by their folded names; those not known are stored."""
    wanted: dict[str, str] = {}
    for name in names:
        if name:
            wanted.setdefault(fold(name), name)
    known = {row.key: row.id for row in rows_where(session, Publisher, "key", wanted)}
    missing = [key for key in wanted if key not in known]
    if missing:
        made = dict(zip(missing, range(next_key(session, Publisher), 2**31), strict=False))
        insert_rows(session, Publisher, [{"id": made[key], "key": key, "name": wanted[key]} for key in missing])
        known |= made
    return known


def article_row(document: Document, identity: str, key: int, publishers: dict[str, int]) -> Row:
    """The first revision of an article; ``publishers`` has its publisher's key by folded name."""
    meta = document.metadata
    return {
        "id": key,
        "public_id": identity,
        "position": article_position(meta.published, key),
        "revision": 1,
        "headline": meta.headline,
        "published": meta.published,
        "publisher": meta.publisher,
        "publisher_id": publishers[fold(meta.publisher)] if meta.publisher else None,
        "dateline": meta.dateline,
        "url": meta.url,
        "text": document.text,
        "text_sha256": hashlib.sha256(document.text.encode()).hexdigest(),
        "text_length": len(document.text),
        "created_at": now(),
        "revised_at": None,
    }


def source_row(key: int, submission: Submission) -> Row:
    """The document of the article with this key."""
    document = submission.document
    return {
        "article_id": key,
        "name": submission.name,
        "media_type": document.media_type,
        "sha256": hashlib.sha256(submission.data).hexdigest(),
        "data": submission.data,
        "segments": document.source_map.dump(),
        "repairs": [asdict(repair) for repair in document.repairs],
    }


def key_of(row: Row, *, is_new: bool) -> ArticleKey:
    """What runs need, of a whole row of Article."""
    return ArticleKey(
        **{name: row[name] for name in ArticleKey.__slots__ if name != "is_new"},
        is_new=is_new,
    )


def _check_same(found: Article, source: bytes, document: Document, data: bytes) -> None:
    if source != data:
        raise other_document(found, document)


def deleted(article_id: str) -> Conflict:
    """That an article of that id was deleted."""
    return Conflict(f"article {article_id} was deleted, and is not stored again")


def two_documents(submission: Submission) -> Conflict:
    """That two documents are offered for one article."""
    name = submission.document.metadata.url or submission.identity
    return Conflict(f"two documents are offered for {name}")


def other_document(stored: Article, offered: Document) -> OtherDocument:
    """That an article is stored already, from another document."""
    fields = ("headline", "published", "publisher", "dateline")
    changed = [name for name in fields if getattr(stored, name) != getattr(offered.metadata, name)]
    if stored.text != offered.text:
        changed.append("text")
    what = f"{', '.join(changed) or 'its bytes'} changed"
    name = stored.url or stored.public_id
    return OtherDocument(f"{name} is stored already, from another document: {what}", stored.public_id)
