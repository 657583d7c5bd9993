"""Runs: their mentions and quotes as rows, which run answers for its article, and what that changes elsewhere."""

import json
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import update

from app import annotations as said
from app.db import WriteSession
from app.errors import Conflict
from app.models import Article, Mention, Quote, QuoteAbout, QuoteContent, QuoteSource, Run, table_of
from app.positions import MAX_SLOT, quote_position, quotes_of
from app.search import fts
from app.services.storing.abouts import abouts
from app.services.storing.articles import ArticleKey, key_of
from app.services.storing.derived import Derived, RunRows
from app.services.storing.linking import Linker
from app.services.storing.rebasing import Rebased, decided_upon, rebased
from app.services.storing.submission import Authorship, Row, Rows, Stored, Submission, public_id
from app.services.storing.tables import insert_rows, next_key, rows_where
from app.spans import Span, paragraphs


class _Link(NamedTuple):
    """The key of the entity that is meant, and of the one that the run names; None where it is not linked."""

    meant: int | None
    named: int | None


# By place in Annotations.entities.
Links = list[_Link]
Runs = Sequence[tuple[Authorship, said.Annotations]]


@dataclass(frozen=True, slots=True)
class _Offered:
    """A run as it was handed in."""

    article: ArticleKey
    by: Authorship
    annotations: said.Annotations
    public_id: str


def run_id(article: ArticleKey, by: Authorship, annotations: said.Annotations) -> str:
    """The id of a run: a machine's by its configuration, which decides the rest; people's by what they said."""
    configuration = json.dumps([by.kind, by.annotator, by.version, by.model, by.parameters], sort_keys=True)
    content = annotations.digest() if by.kind == "human" else ""
    return public_id("run", article.public_id, article.text_sha256, configuration, content)


def store_runs(session: WriteSession, submissions: Sequence[tuple[ArticleKey, Submission]]) -> list[Stored]:
    """See app.services.storing.store; the articles are stored already."""
    return _store(session, [(article, submission.runs) for article, submission in submissions])


def store_run(session: WriteSession, article: Article, by: Authorship, annotations: said.Annotations) -> Stored:
    """The same of one run over an article's newest text."""
    (stored,) = _store(session, [(key_of(article.model_dump(), is_new=False), ((by, annotations),))])
    return stored


def _store(session: WriteSession, made: Sequence[tuple[ArticleKey, Runs]]) -> list[Stored]:
    offered = [[_offer(article, by, annotations) for by, annotations in runs] for article, runs in made]
    writer = _Writer(session, [article for article, _ in made], [run for runs in offered for run in runs])
    writer.write()
    rebase(session, decided_upon(session, [article for article, _ in made]))
    ids = [tuple(run.public_id for run in runs) for runs in offered]
    return [
        Stored(article.id, article.public_id, article.is_new or not writer.added.isdisjoint(runs), runs)
        for (article, _), runs in zip(made, ids, strict=True)
    ]


def rebase(session: WriteSession, articles: Sequence[ArticleKey]) -> None:
    """Have what people decided hold over what annotators now say of these articles.

    Whatever stores a run does so; to be called by whoever stores or undoes a decision about words.
    """
    found = rebased(session, articles)
    if found:
        offered = [_offer(each.article, *each.made) for each in found if each.made is not None]
        writer = _Writer(session, [each.article for each in found], offered)
        writer.write([each for each in found if each.made is None])


def _offer(article: ArticleKey, by: Authorship, annotations: said.Annotations) -> _Offered:
    annotations.check(article.text)
    return _Offered(article, by, annotations, run_id(article, by, annotations))


class _Writer:
    """Writes runs and decides which answer."""

    def __init__(self, session: WriteSession, articles: list[ArticleKey], offered: list[_Offered]) -> None:
        self.added: set[str] = set()
        self._session = session
        self._offered = offered
        self._articles = {article.id: article for article in articles}
        old = {article.id for article in self._articles.values() if not article.is_new}
        self._runs = {row.public_id: row._asdict() for row in rows_where(session, Run, "article_id", old)}
        self._stored = {public_id: dict(row) for public_id, row in self._runs.items()}
        self._next_run = next_key(session, Run)
        self._next_mention = next_key(session, Mention)
        self._next_quote = next_key(session, Quote)
        self._slots = {key: _next_slot(session, self._articles[key]) if key in old else 0 for key in self._articles}
        self._linker = Linker(session, (entity for run in offered for entity in run.annotations.entities))
        self._rows = RunRows()

    def write(self, withdrawn: Sequence[Rebased] = ()) -> None:
        for each in withdrawn:
            self._withdraw(each)
        for offered in self._offered:
            known = self._runs.get(offered.public_id)
            if known is None:
                self._add(offered)
            elif known["digest"] != offered.annotations.digest():
                raise _contradiction(offered)
            self._promote(self._runs[offered.public_id], offered.article.revision)
        self._linker.save()
        self._save_runs()
        self._rows.about = abouts(self._rows)
        for model, rows in self._tables():
            insert_rows(self._session, model, rows)
        fts.add_quotes(self._session.connection(), ((row["position"], row["text"]) for row in self._rows.quotes))
        self._derive()

    def _add(self, offered: _Offered) -> None:
        by = offered.by
        run: Row = {
            "id": self._next_run,
            "public_id": offered.public_id,
            "article_id": offered.article.id,
            "revision": offered.article.revision,
            "kind": by.kind,
            "annotator": by.annotator,
            "version": by.version,
            "model": by.model,
            "parameters": by.parameters,
            "digest": offered.annotations.digest(),
            "created_at": by.created_at,
            "served": False,
            "latest": False,
            "mention_count": len(offered.annotations.mentions),
            "speech_count": sum(quote.use == "speech" for quote in offered.annotations.quotes),
        }
        self._next_run += 1
        self._runs[offered.public_id] = run
        self.added.add(offered.public_id)
        named = [self._linker.link(by.kind, entity) for entity in offered.annotations.entities]
        links = [_Link(self._linker.meant(key, offered.article.id), key) for key in named]
        self._add_mentions(run, offered, links)
        self._add_quotes(run, offered, links)

    def _add_mentions(self, run: Row, offered: _Offered, links: Links) -> None:
        article = offered.article
        starts = [paragraph.start for paragraph in paragraphs(article.text)]
        for ordinal, mention in enumerate(offered.annotations.mentions):
            self._rows.mentions.append(
                {
                    "id": self._next_mention,
                    "run_id": run["id"],
                    "ordinal": ordinal,
                    "position": article.position,
                    **_linked(mention.entity, links),
                    "type": mention.type,
                    "start": mention.start,
                    "end": mention.end,
                    "exact": mention.exact,
                    "value": mention.value,
                    "place": mention.place,
                    "paragraph": bisect_right(starts, mention.start) - 1,
                    "rule": mention.rule,
                    "confidence": mention.confidence,
                }
            )
            self._next_mention += 1

    def _add_quotes(self, run: Row, offered: _Offered, links: Links) -> None:
        article, quotes = offered.article, offered.annotations.quotes
        if self._slots[article.id] + len(quotes) > MAX_SLOT:
            raise Conflict(f"{article.public_id} would have more than {MAX_SLOT} quotes")
        # In text order, however they were handed in: positions order what is listed.
        for ordinal, quote in sorted(enumerate(quotes), key=lambda each: each[1].content[0].start):
            made = {
                "id": self._next_quote,
                "run_id": run["id"],
                "ordinal": ordinal,
                "position": quote_position(article.position, self._slots[article.id]),
            }
            self._slots[article.id] += 1
            self._next_quote += 1
            self._rows.quotes.append(made | _quote(quote))
            self._rows.content += _content(made["id"], quote)
            self._rows.sources += _sources(made, quote, links)

    def _withdraw(self, rebased: Rebased) -> None:
        """Have the run that decisions were made about answer again."""
        self._runs[rebased.withdrawn or ""].update(served=False, latest=False)
        if rebased.base is not None:
            self._promote(self._runs[rebased.base], rebased.article.revision)

    def _promote(self, run: Row, revision: int) -> None:
        """Make the run the latest of its kind, and serve it unless it is a machine's and people's are there.

        A text that comes back has the runs it had.
        """
        run["revision"] = revision
        theirs = [o for o in self._runs.values() if (o["article_id"], o["revision"]) == (run["article_id"], revision)]
        serves = run["kind"] == "human" or not any(o["kind"] == "human" and o["latest"] for o in theirs)
        for other in theirs:
            other["latest"] = other["latest"] and other["kind"] != run["kind"]
            other["served"] = other["served"] and not serves
        run["latest"], run["served"] = True, serves

    def _save_runs(self) -> None:
        changed = [run for run in self._runs.values() if self._stored.get(run["public_id"], run) != run]
        # All are taken down before any is put up: one run answers at any moment.
        for run in changed:
            self._flag(run, served=False, latest=False)
        insert_rows(self._session, Run, [run for key, run in self._runs.items() if key not in self._stored])
        for run in changed:
            self._flag(run, served=run["served"], latest=run["latest"], revision=run["revision"])

    def _flag(self, run: Row, **flags: Any) -> None:
        table = table_of(Run)
        self._session.connection().execute(update(table).where(table.c.id == run["id"]).values(**flags))

    def _tables(self) -> list[tuple[Any, Rows]]:
        rows = self._rows
        return [
            (Mention, rows.mentions),
            (Quote, rows.quotes),
            (QuoteContent, rows.content),
            (QuoteSource, rows.sources),
            (QuoteAbout, rows.about),
        ]

    def _derive(self) -> None:
        before = {run["article_id"]: run["id"] for run in self._stored.values() if run["served"]}
        after = {run["article_id"]: run["id"] for run in self._runs.values() if run["served"]}
        # What nothing answers for may have got another text just now.
        changed = [key for key in self._articles if before.get(key) != after.get(key) or key not in after]
        derived = Derived(self._session)
        derived.take_away({before[key]: self._articles[key] for key in changed if key in before})
        in_hand = {run["id"] for key, run in self._runs.items() if key not in self._stored}
        derived.add_bare(self._articles[key] for key in changed if key not in after)
        theirs = {after[key]: self._articles[key] for key in changed if key in after}
        derived.add({run: article for run, article in theirs.items() if run not in in_hand})
        derived.add({run: article for run, article in theirs.items() if run in in_hand}, self._rows)
        derived.save()


def _contradiction(offered: _Offered) -> Conflict:
    who, article = f"{offered.by.annotator} {offered.by.version}", offered.article.public_id
    return Conflict(f"{who} has annotated {article} already, otherwise: say by another version what is new")


def _next_slot(session: WriteSession, article: ArticleKey) -> int:
    least, greatest = quotes_of(article.position)
    table = table_of(Quote)
    found = session.connection().exec_driver_sql(
        f"SELECT min(position) FROM {table.name} WHERE position BETWEEN {least} AND {greatest}"
    )
    last: int | None = found.scalar_one()
    return 0 if last is None else MAX_SLOT - (last & MAX_SLOT) + 1


def _quote(quote: said.Quote) -> Row:
    return {
        "kind": quote.kind,
        "use": quote.use,
        "text": " ".join(piece.exact for piece in quote.content),
        "start": quote.content[0].start,
        "rule": quote.rule,
        "confidence": quote.confidence,
        **_prefixed("cue", quote.cue),
    }


def _content(key: int, quote: said.Quote) -> Rows:
    return [
        {"quote_id": key, "ordinal": ordinal, "start": piece.start, "end": piece.end, "exact": piece.exact}
        for ordinal, piece in enumerate(quote.content)
    ]


def _sources(made: Row, quote: said.Quote, links: Links) -> Rows:
    return [
        {
            "quote_id": made["id"],
            "ordinal": ordinal,
            "relayed": ordinal > 0,
            "position": made["position"],
            **_linked(source.entity, links),
            "start": source.span and source.span.start,
            "end": source.span and source.span.end,
            "exact": source.span and source.span.exact,
            "rule": source.rule,
            "confidence": source.confidence,
            **_prefixed("antecedent", source.antecedent),
        }
        for ordinal, source in enumerate(quote.sources)
    ]


def _linked(place: int | None, links: Links) -> Row:
    meant, named = (None, None) if place is None else links[place]
    return {"entity_id": meant, "named_id": None if named == meant else named}


def _prefixed(prefix: str, span: Span | None) -> Row:
    return {f"{prefix}_{name}": span and getattr(span, name) for name in ("start", "end", "exact")}
