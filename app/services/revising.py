"""Changing and deleting what is stored: a new text is a new revision, and people's annotations go with their words."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy import update
from sqlmodel import col, select

from app import annotations as said
from app.db import WriteSession
from app.models import Article, Decision, Revision, Run, stored_key, table_of
from app.schemas.revisions import ReviseQuery
from app.schemas.writing import StoredArticle
from app.services.articles import current_version, detail_of, get_article, get_source
from app.services.bodies import Body
from app.services.journal import Writer, record
from app.services.storing import Authorship, Submission
from app.services.storing.decided import moved, spans_of
from app.services.storing.deleting import delete_article
from app.services.storing.moves import Move, moved_mention, moved_quote
from app.services.storing.reading import annotations_of
from app.services.storing.rebasing import handed_in
from app.services.storing.revising import replace_document
from app.services.storing.runs import store_runs
from app.services.versions import Expected
from app.services.writing import Desk
from app.spans import Span


def delete(session: WriteSession, article_id: str, expected: Expected, writer: Writer) -> None:
    """Delete an article and all that was made of it; NotFound, or Outdated when it is not as expected."""
    article = get_article(session, article_id)
    expected.check(current_version(session, article_id))
    delete_article(session, article)
    record(session, writer, "article.delete", article_id)


def change(
    desk: Desk, article_id: str, expected: Expected, body: Body, query: ReviseQuery, writer: Writer
) -> StoredArticle:
    """Put what was sent in the place of an article's document; ``unchanged`` when it is the same.

    InvalidInput for what cannot be read; NotFound; Outdated when the article is not as expected.
    """
    with desk.database.read() as session:
        get_article(session, article_id)
    submission = body.read(desk.fetch)
    if query.annotate:
        document = submission.document
        run = (desk.annotating.authorship, desk.annotating.annotate(document.text, document.metadata))
        submission = replace(submission, runs=(run,))
    with desk.database.write() as session:
        changed = revise(session, article_id, expected, submission, writer)
        detail = detail_of(session, article_id)
    return StoredArticle(article=detail, outcome="stored" if changed else "unchanged", duplicate_by=None)


def revise(session: WriteSession, article_id: str, expected: Expected, submission: Submission, writer: Writer) -> bool:
    """Put the submission in the place of an article's document; whether anything is different.

    Its runs are over the new text. NotFound; Outdated when the article is not as expected; InvalidInput.
    """
    article = get_article(session, article_id)
    expected.check(current_version(session, article_id))
    if _is_the_same(session, article, submission):
        return False
    number, old = article.revision, article.text
    people = _people(session, article)
    made = replace_document(session, article, submission)
    report = _Report(Move(old, made.text))
    carried = [(_authorship(run), report.carry(run.public_id, annotations)) for run, annotations in people]
    _move_decisions(session, article, report)
    if made.text != old:
        runs = (*submission.runs, *((by, those) for by, those in carried if those.mentions or those.quotes))
        store_runs(session, [(made, Submission(submission.document, submission.data, submission.name, runs))])
    report.save(session, made.id, number)
    record(session, writer, "article.revise", article_id, revision=made.revision)
    return True


def _is_the_same(session: WriteSession, article: Article, submission: Submission) -> bool:
    offered, source = submission.document.metadata, get_source(session, article)
    fields = ("headline", "published", "publisher", "dateline")
    same = all(getattr(article, name) == getattr(offered, name) for name in fields)
    return same and (source.data, article.text) == (submission.data, submission.document.text)


def _people(session: WriteSession, article: Article) -> list[tuple[Run, said.Annotations]]:
    """What people say of the text, as they handed it in."""
    run = handed_in(session, stored_key(article))
    return [(run, annotations_of(session, stored_key(run)))] if run is not None else []


def _move_decisions(session: WriteSession, article: Article, report: "_Report") -> None:
    """Have what was decided stand where its words now do."""
    wanted = select(Decision).where(Decision.article_id == article.id, col(Decision.undone_at).is_(None))
    for decision in session.exec(wanted.order_by(col(Decision.id))):
        if decision.stands is not None:
            before, decision.stands = decision.stands, moved(decision.stands, report.move)
            after = None if decision.stands is None else spans_of(decision.stands)
            report.add(decision.subject, decision.public_id, spans_of(before), after)
    session.flush()


def _authorship(run: Run) -> Authorship:
    return Authorship("human", run.annotator, run.version, run.model, run.parameters | {"carried_from": run.public_id})


@dataclass(slots=True)
class _Report:
    """What became of people's annotations, as app.schemas.revisions.CarriedReport has it."""

    move: Move
    carried: list[dict[str, Any]] = field(default_factory=list)
    moved: list[dict[str, Any]] = field(default_factory=list)
    orphaned: list[dict[str, Any]] = field(default_factory=list)

    def carry(self, run_id: str, annotations: said.Annotations) -> said.Annotations:
        """Those annotations whose words stand in the new text."""
        mentions, quotes = [], []
        for mention in annotations.mentions:
            there = moved_mention(mention, self.move)
            self.add("mention", run_id, [mention], [there] if there else None)
            mentions += [there] if there else []
        for quote in annotations.quotes:
            said_there = moved_quote(quote, self.move)
            self.add("quote", run_id, quote.content, said_there.content if said_there else None)
            quotes += [said_there] if said_there else []
        return annotations.model_copy(
            update={"mentions": tuple(sorted(mentions, key=lambda m: (m.start, m.end))), "quotes": tuple(quotes)}
        )

    def add(self, subject: str, by: str, before: Sequence[Span], after: Sequence[Span] | None) -> None:
        """One annotation; ``after`` is None where its words are gone."""
        same = after is not None and [span.start for span in before] == [span.start for span in after]
        entries = self.orphaned if after is None else self.carried if same else self.moved
        entries.append({"subject": subject, "by": by, "before": _spans(before), "after": _spans(after or ())})

    def save(self, session: WriteSession, article: int, number: int) -> None:
        """Keep it with the text that was replaced."""
        table = table_of(Revision)
        which = (table.c.article_id == article) & (table.c.number == number)
        report = {"carried": self.carried, "moved": self.moved, "orphaned": self.orphaned}
        session.connection().execute(update(table).where(which).values(carried=report))


def _spans(spans: Sequence[Span]) -> list[dict[str, Any]]:
    return [{"start": span.start, "end": span.end, "exact": span.exact} for span in spans]
