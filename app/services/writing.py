"""Writing one article: read, annotated before the writers' turn is taken, stored once."""

from dataclasses import dataclass

from app.db import Database, ReadSession, WriteSession
from app.schemas.jobs import JobDetail
from app.schemas.writing import StoredArticle, WriteQuery
from app.services.annotating import AnnotatorService
from app.services.articles import detail_of
from app.services.bodies import Body, Fetch
from app.services.idempotency import Answer, Attempt, earlier, once
from app.services.jobs import job_detail
from app.services.journal import Writer, record
from app.services.storing import Submission, offer

CREATED, OK = 201, 200


@dataclass(frozen=True, slots=True)
class Desk:
    """What writing takes: where articles are kept, what annotates them, what fetches them."""

    database: Database
    annotating: AnnotatorService
    fetch: Fetch

    def add(
        self, body: Body, query: WriteQuery, writer: Writer, attempt: Attempt | None = None
    ) -> StoredArticle | JobDetail:
        """Store an article unless it is stored; or what the attempt was answered when it was made before.

        InvalidInput for what cannot be read, Conflict when another document is stored under its address, or it was
        deleted; see Fetcher.fetch for what is fetched.
        """
        with self.database.read() as session:
            before = earlier(session, attempt)
            if before is not None:
                return answered(session, before)
        submission = self.annotated(body.read(self.fetch), query)
        with self.database.write() as session:
            return answered(session, once(session, attempt, lambda: _store(session, submission, query, writer)))

    def annotated(self, submission: Submission, query: WriteQuery) -> Submission:
        """The submission with what the annotator says of it, where it is wanted and not known yet."""
        if not query.annotate:
            return submission
        return self.annotating.completed(self.database, submission, same_text=query.same_text)


def answered(session: ReadSession | WriteSession, answer: Answer) -> StoredArticle | JobDetail:
    """What was written, as it now is."""
    if answer.subject.startswith("job_"):
        return job_detail(session, answer.subject)
    return StoredArticle(
        article=detail_of(session, answer.subject),
        outcome="stored" if answer.status == CREATED else "unchanged",
        **answer.detail,
    )


def _store(session: WriteSession, submission: Submission, query: WriteQuery, writer: Writer) -> Answer:
    (outcome,) = offer(session, [submission], same_text=query.same_text)
    outcome.require()
    if outcome.added:
        record(session, writer, "article.store", outcome.article)
    return Answer(CREATED if outcome.added else OK, outcome.article, {"duplicate_by": outcome.by})
