"""Reading an article's texts: the newest, and those it had before."""

from typing import Any

from sqlmodel import col, select

from app.db import ReadSession
from app.errors import NotFound
from app.models import Article, Revision, Run, stored_key
from app.schemas.articles import SourceInfo
from app.schemas.base import Listing
from app.schemas.entities import MentionDetail
from app.schemas.queries import ArticleQuoteQuery, MentionQuery, RevisionQuery
from app.schemas.quotes import QuoteDetail
from app.schemas.revisions import CarriedReport, RevisionDetail, RevisionSummary
from app.search.paging import page_of_sorted
from app.search.runs import HUMAN, MACHINE, SERVED
from app.services import mentions, quotes
from app.services.articles import get_article, get_source, repair
from app.services.lists import require_run, scope_of
from app.services.runs import run_summary
from app.services.texts import TextKey, newest, text_of

SUMMARY = ("number", "headline", "published", "publisher", "dateline", "text_sha256", "text_length", "created_at")


def list_revisions(session: ReadSession, article_id: str, query: RevisionQuery) -> Listing[RevisionSummary]:
    """A page of the texts of an article, newest first."""
    article = get_article(session, article_id)
    earlier = session.exec(
        select(Revision).where(Revision.article_id == article.id).order_by(col(Revision.number).desc())
    ).all()
    found = [newest(article, get_source(session, article)), *earlier]
    scope = scope_of(f"revisions of {article_id}", query)
    page = page_of_sorted(found, _newest_first, limit=query.limit, cursor=query.cursor, scope=scope)
    items = [RevisionSummary(**_summary(article_id, revision)) for revision in page.rows]
    return Listing(items=items, next=page.next, total=len(found) if query.total else None)


def revision_detail(session: ReadSession, article_id: str, number: int) -> RevisionDetail:
    """One text with all that is known of it; NotFound when the article has none of that number."""
    article, revision = get_revision(session, article_id, number)
    run = _answering(session, article, revision)
    return RevisionDetail(
        **_summary(article_id, revision),
        text=revision.text,
        source=SourceInfo(
            name=revision.name,
            media_type=revision.media_type,
            sha256=revision.sha256,
            size=len(revision.data),
            repairs=[repair(stored) for stored in revision.repairs],
        ),
        run=run and run_summary(run, article_id),
        carried=CarriedReport(**revision.carried) if number < article.revision else None,
    )


def get_revision(session: ReadSession, article_id: str, number: int) -> tuple[Article, Revision]:
    """An article and one of its texts; NotFound when it has none of that number."""
    article = get_article(session, article_id)
    if not 1 <= number <= article.revision:
        raise NotFound(f"article {article_id} has {article.revision} revisions, and no {number}", "number")
    return article, text_of(session, TextKey(stored_key(article), number))


def list_revision_mentions(
    session: ReadSession, article_id: str, number: int, query: MentionQuery
) -> Listing[MentionDetail]:
    """A page of the mentions in one text, in text order; by the run that answers for it unless another is asked for."""
    article, revision = get_revision(session, article_id, number)
    run = _chosen(session, article, revision, query.run)
    if run is None:
        return Listing(items=[], total=0 if query.total else None)
    return mentions.list_article_mentions(session, article, query.model_copy(update={"run": run}))


def list_revision_quotes(
    session: ReadSession, article_id: str, number: int, query: ArticleQuoteQuery
) -> Listing[QuoteDetail]:
    """The same of quotes."""
    article, revision = get_revision(session, article_id, number)
    run = _chosen(session, article, revision, query.run)
    if run is None:
        return Listing(items=[], total=0 if query.total else None)
    return quotes.list_article_quotes(session, article, query.model_copy(update={"run": run}))


def _chosen(session: ReadSession, article: Article, revision: Revision, run: str) -> str | None:
    """The id of the run that ``run`` means of this text; None where there is none."""
    require_run(session, run)
    if run == SERVED:
        answers = _answering(session, article, revision)
        return answers.public_id if answers else None
    of_text = select(Run).where(Run.article_id == article.id, Run.revision == revision.number)
    if run in (HUMAN, MACHINE):
        newest_of_kind = of_text.where(Run.kind == run).order_by(col(Run.latest).desc(), col(Run.id).desc())
        found = session.exec(newest_of_kind.limit(1)).one_or_none()
    else:
        found = session.exec(of_text.where(Run.public_id == run)).one_or_none()
    return found.public_id if found else None


def _answering(session: ReadSession, article: Article, revision: Revision) -> Run | None:
    """The run that answers for a text, or did when another took its place."""
    if revision.number == article.revision:
        return session.exec(select(Run).where(Run.article_id == article.id, col(Run.served))).one_or_none()
    return session.exec(select(Run).where(Run.public_id == revision.run)).one_or_none()


def _summary(article_id: str, revision: Revision) -> dict[str, Any]:
    return {"article": article_id} | {name: getattr(revision, name) for name in SUMMARY}


def _newest_first(revision: Revision) -> tuple[float, ...]:
    return (-revision.number,)
