"""Decisions as a run: what annotators say of a text with what people decided about it, which answers instead.

Its base is what people said of the text who annotated all of it, where anybody did; else the machine's newest run.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from sqlmodel import col, select

from app import annotations as said
from app.db import ReadSession, WriteSession
from app.models import Decision, Run
from app.services.storing.articles import ArticleKey
from app.services.storing.decided import DECISIONS, Decided, applied
from app.services.storing.reading import annotations_of
from app.services.storing.submission import Authorship, Row, Rows
from app.services.storing.tables import rows_where


@dataclass(frozen=True, slots=True)
class Rebased:
    """What is to answer for an article: the run of its decisions, or where there are none, in whose place which run."""

    article: ArticleKey
    made: tuple[Authorship, said.Annotations] | None = None
    withdrawn: str | None = None
    base: str | None = None


def rebased(session: WriteSession, articles: Sequence[ArticleKey]) -> list[Rebased]:
    """What is to answer for those of these articles about which something is decided, or was until now."""
    decisions, runs = _standing(session, articles), _runs(session, articles)
    found = (_rebased(session, article, decisions[article.id], runs[article.id]) for article in articles)
    return [each for each in found if each is not None]


def decided_upon(session: WriteSession, articles: Sequence[ArticleKey]) -> list[ArticleKey]:
    """Those of these articles about which something is decided."""
    known = {article.id: article for article in articles if not article.is_new}
    rows = rows_where(session, Decision, "article_id", known, "article_id", "undone_at")
    return [known[key] for key in sorted({row.article_id for row in rows if row.undone_at is None})]


def handed_in(session: ReadSession | WriteSession, article_id: int) -> Run | None:
    """What people say of an article's newest text, as they handed it in: without what was decided about it since."""
    of_article = select(Run).where(Run.article_id == article_id, Run.kind == "human")
    run = session.exec(of_article.where(col(Run.latest))).one_or_none()
    if run is not None and run.annotator == DECISIONS:
        return session.exec(of_article.where(Run.public_id == run.parameters["base"])).one_or_none()
    return run


def _standing(session: WriteSession, articles: Sequence[ArticleKey]) -> dict[int, Rows]:
    """The decisions about each that hold, in the order they were made."""
    found: dict[int, Rows] = defaultdict(list)
    rows = rows_where(session, Decision, "article_id", {article.id for article in articles})
    for row in sorted(rows, key=lambda row: int(row.id)):
        if row.undone_at is None and row.stands is not None:
            found[row.article_id].append(row._asdict())
    return found


def _runs(session: WriteSession, articles: Sequence[ArticleKey]) -> dict[int, Rows]:
    """The runs over the newest text of each."""
    newest = {article.id: article.revision for article in articles}
    found: dict[int, Rows] = defaultdict(list)
    for row in rows_where(session, Run, "article_id", newest):
        if row.revision == newest[row.article_id]:
            found[row.article_id].append(row._asdict())
    return found


def _rebased(session: WriteSession, article: ArticleKey, decisions: Rows, runs: Rows) -> Rebased | None:
    answers = next((run for run in runs if run["latest"] and run["annotator"] == DECISIONS), None)
    base = _base(runs)
    name = base["public_id"] if base is not None else None
    if not decisions:
        return Rebased(article, withdrawn=answers["public_id"], base=name) if answers is not None else None
    ids = [decision["public_id"] for decision in decisions]
    by = Authorship("human", DECISIONS, "1", parameters={"base": name, "decisions": ids})
    words = (Decided.model_validate(decision["stands"]) for decision in decisions)
    of_base = annotations_of(session, base["id"]) if base is not None else said.Annotations()
    return Rebased(article, (by, applied(of_base, zip(ids, words, strict=True))))


def _base(runs: Rows) -> Row | None:
    latest = {run["kind"]: run for run in runs if run["latest"]}
    people = latest.get("human")
    if people is not None and people["annotator"] == DECISIONS:
        # Its own base is behind the times where that is a machine's.
        named = people["parameters"]["base"]
        people = next((run for run in runs if run["public_id"] == named and run["kind"] == "human"), None)
    return people or latest.get("machine")
