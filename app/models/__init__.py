"""The tables. Integer keys stay inside; ``public_id`` is what the world sees.

Only annotations of the run an article ``serves`` answer questions by default; a run is never
changed once it is stored. ``entity_alias`` holds every name of an entity, its preferred one too,
so that one index answers "who is called that". Positions (app.positions) order what is listed; where
a table repeats one, an index over it serves the list without a sort. What is derived (counts of an
entity, ``entity_day``, ``entity_month``, ``article_facts``, ``article_places``, ``article_band``, the full-text
indexes) says what served runs say, is kept in step by app.services.storing, and is made anew by ``dateline reindex``.

What people decide (``decision``) stands beside what annotators say. A merge or a split changes which entity
rows belong to; ``named_id`` keeps whom the run names, so that undoing it restores all that was.
"""

from app.models.access import ApiKey, AuditEntry, IdempotencyRecord
from app.models.annotations import Mention, Quote, QuoteAbout, QuoteContent, QuoteSource, Run
from app.models.articles import Article, DeletedArticle, Publisher, Revision, SourceDocument
from app.models.base import Table, UtcDateTime, now, stored_key, table_of
from app.models.decisions import Decision
from app.models.derived import (
    AliasWord,
    ArticleBand,
    ArticleFacts,
    ArticlePlaces,
    EntityDay,
    EntityMonth,
    IndexState,
    NameWord,
)
from app.models.entities import Entity, EntityAlias, EntitySplit
from app.models.jobs import Job, JobInput, JobLine

__all__ = [
    "AliasWord",
    "ApiKey",
    "Article",
    "ArticleBand",
    "ArticleFacts",
    "ArticlePlaces",
    "AuditEntry",
    "Decision",
    "DeletedArticle",
    "Entity",
    "EntityAlias",
    "EntityDay",
    "EntityMonth",
    "EntitySplit",
    "IdempotencyRecord",
    "IndexState",
    "Job",
    "JobInput",
    "JobLine",
    "Mention",
    "NameWord",
    "Publisher",
    "Quote",
    "QuoteAbout",
    "QuoteContent",
    "QuoteSource",
    "Revision",
    "Run",
    "SourceDocument",
    "Table",
    "UtcDateTime",
    "now",
    "stored_key",
    "table_of",
]
