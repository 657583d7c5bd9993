"""Changing and deleting what is stored."""

from app.db import WriteSession
from app.services.articles import current_version, get_article
from app.services.journal import Writer, record
from app.services.storing.deleting import delete_article
from app.services.versions import Expected


def delete(session: WriteSession, article_id: str, expected: Expected, writer: Writer) -> None:
    """Delete an article and all that was made of it; NotFound, or Outdated when it is not as expected."""
    article = get_article(session, article_id)
    expected.check(current_version(session, article_id))
    delete_article(session, article)
    record(session, writer, "article.delete", article_id)
