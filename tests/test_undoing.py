"""Whatever people decide, in whatever order, while annotators say what they will: what is derived is in step, and once
all is undone, readers see what they would have seen had nobody decided anything."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from hypothesis import HealthCheck, given, note
from hypothesis import settings as example_settings
from hypothesis import strategies as st
from sqlalchemy.orm import aliased
from sqlmodel import col, select

from app import annotations as said
from app.config import Settings
from app.db import Database, ReadSession, WriteSession
from app.documents import plain_document
from app.errors import Ambiguous, Conflict, Gone, InvalidInput, NotFound
from app.models import Article, Decision, Entity, EntityAlias, Mention, Quote, QuoteAbout, QuoteSource, Run, stored_key
from app.schemas.decisions import ArticleDecision, EntityDecision, NewEntity
from app.services import correcting, revising
from app.services.auditing import audit
from app.services.journal import Writer
from app.services.reindexing import reindex
from app.services.storing import Authorship, Submission, store
from app.services.storing.articles import key_of
from app.services.storing.naming import settle_names
from app.services.storing.relinking import relink
from app.services.storing.runs import rebase
from app.services.versions import Expected
from app.spans import Span
from tests.databases import Databases
from tests.keys import MAKER
from tests.test_derived import derived

TEXT = "Ada Byron and Bob met in Oslo.\n\nAda said Bob left. The UN said Byron said Oslo is calm.\n\nBob agreed."
FORMS = ("Ada Byron", "Ada", "Byron", "Bob", "Oslo", "UN")
PLACES = sorted({(at, form) for form in FORMS for at in range(len(TEXT)) if TEXT.startswith(form, at)})
ENTITIES: list[said.Entity] = [
    said.Entity(name="Ada Byron", type="PERSON", aliases=("Ada", "Byron"), identifiers={"wikidata": "Q1"}),
    said.Entity(name="Ada Byron", type="PERSON", aliases=("A. Byron",), identifiers={"wikidata": "Q2", "viaf": "3"}),
    said.Entity(name="Byron", type="PERSON"),  # a lone name, by which the machine may mean either of two people
    said.Entity(name="Bob", type="PERSON", aliases=("Byron",)),
    said.Entity(name="Oslo", type="GPE", identifiers={"geonames": "3143244"}),
    said.Entity(name="UN", type="ORG", aliases=("Oslo",)),
]
NAMES = ["Ada Byron", "Byron", "Bob", "Oslo", "UN", "Countess", "Ada Lovelace"]
ANYBODY = Expected(None)
EDITOR = Writer("editor")

Names = tuple[str, ...]
spans = st.sampled_from(PLACES).map(lambda place: Span.of(TEXT, place[0], place[0] + len(place[1])))
types = st.sampled_from(["PERSON", "ORG", "GPE"])
numbers = st.integers(0, 50)


@st.composite
def annotations(draw: st.DrawFn) -> said.Annotations:
    """Some mentions and quotes, by any of the names."""
    entities = tuple(draw(st.permutations(ENTITIES)))[: draw(st.integers(1, 6))]
    anybody = st.sampled_from([*range(len(entities)), None])
    chosen = sorted(draw(st.lists(spans, min_size=1, max_size=4, unique=True)), key=lambda span: (span.start, span.end))
    mentions = [said.Mention(**span.model_dump(), type="PERSON", entity=draw(anybody)) for span in chosen]
    quotes = [
        said.Quote(
            kind="direct",
            content=(span,),
            sources=tuple(said.Source(entity=draw(anybody)) for _ in range(draw(st.integers(0, 2)))),
        )
        for span in draw(st.lists(wide(), max_size=2))
    ]
    return said.Annotations(entities=entities, mentions=tuple(mentions), quotes=tuple(quotes))


@st.composite
def wide(draw: st.DrawFn) -> Span:
    start = draw(st.integers(0, len(TEXT) - 2))
    return Span.of(TEXT, start, draw(st.integers(start + 1, len(TEXT))))


@dataclass(frozen=True)
class Store:
    """A run over an article: people's, or of another version of the machine."""

    article: int
    kind: Any
    said: said.Annotations

    def do(self, world: "World") -> None:
        world.version += 1
        by = Authorship(self.kind, "test", str(world.version))
        document = plain_document(TEXT, said.Metadata(url=f"http://x/{self.article}", headline=f"{self.article}"))
        with world.database.write() as session:
            store(session, [Submission(document, TEXT.encode(), "x.txt", ((by, self.said),))])


@dataclass(frozen=True)
class Replace:
    """Another text for an article, in which all words stand further on; or no article any more."""

    article: int
    before: str | None
    said: said.Annotations | None

    def do(self, world: "World") -> None:
        """Put it in its place."""
        world.version += 1
        with world.database.write() as session:
            found = session.exec(select(Article.public_id).where(Article.url == f"http://x/{self.article}"))
            article = found.one_or_none()
            if article is not None and self.before is None:
                revising.delete(session, article, ANYBODY, EDITOR)
            elif article is not None:
                revising.revise(session, article, ANYBODY, self._submission(world.version), EDITOR)

    def _submission(self, version: int) -> Submission:
        text, further = f"{self.before}{TEXT}", len(self.before or "")
        runs: tuple[tuple[Authorship, said.Annotations], ...] = ()
        if self.said is not None:
            moved = (
                m.model_copy(update={"start": m.start + further, "end": m.end + further}) for m in self.said.mentions
            )
            made = self.said.model_copy(update={"mentions": tuple(moved), "quotes": ()})
            runs = ((Authorship("machine", "test", str(version)), made),)
        document = plain_document(text, said.Metadata(url=f"http://x/{self.article}", headline=f"{self.article}"))
        return Submission(document, text.encode(), "x.txt", runs)


@dataclass(frozen=True)
class Words:
    """A decision about one of the mentions or quotes that any run has, or about a new one."""

    action: Any
    subject: Any
    target: int
    span: Span
    entity: dict[str, str] | None

    def do(self, world: "World") -> None:
        """Decide it."""
        with world.database.write() as session:
            model: Any = Mention if self.subject == "mention" else Quote
            rows = session.exec(
                select(model.ordinal, Run.public_id, Article.public_id)
                .join(Run, col(Run.id) == model.run_id)
                .join(Article, col(Article.id) == Run.article_id)
                .order_by(model.id)
            ).all()
            if not rows:
                return
            ordinal, run, article = rows[self.target % len(rows)]
            body: dict[str, Any] = {"action": self.action, "subject": self.subject}
            if self.action != "add":
                body["target"] = f"{run}.{self.subject[0]}{ordinal}"
            if self.action in ("add", "change"):
                body[self.subject] = self._becomes()
            decision = ArticleDecision.model_validate(body)
            world.made.append(correcting.decide_about_words(session, article, ANYBODY, decision, EDITOR))

    def _becomes(self) -> dict[str, Any]:
        span = self.span.model_dump()
        if self.subject == "mention":
            return span | {"type": "PERSON", "entity": self.entity}
        return {"kind": "direct", "content": [span], "sources": [{"span": span, "entity": self.entity}]}


@dataclass(frozen=True)
class About:
    """A decision about one of the entities there are."""

    action: Any
    entity: int
    other: int
    name: str
    names: Names
    type: Any

    def do(self, world: "World") -> None:
        with world.database.write() as session:
            if self.action == "add":
                self._add(session, world)
                return
            ids = session.exec(select(Entity.public_id).order_by(col(Entity.public_id))).all()
            if ids:
                entity = ids[self.entity % len(ids)]
                body = EntityDecision.model_validate(self._body(session, entity, ids))
                world.made.append(correcting.decide_about_entity(session, entity, ANYBODY, body, EDITOR))

    def _add(self, session: WriteSession, world: "World") -> None:
        body = NewEntity(name=self.name, type=self.type, aliases=self.names, identifiers={"viaf": "9"})
        correcting.add_entity(session, body, EDITOR)
        world.made += session.exec(select(Decision.public_id).order_by(col(Decision.id).desc()).limit(1)).all()

    def _body(self, session: WriteSession, entity: str, ids: Any) -> dict[str, Any]:
        other = ids[self.other % len(ids)]
        if self.action in ("accept", "reject"):
            return {"action": self.action}
        if self.action == "merge":
            return {"action": "merge", "into": other}
        if self.action == "split":
            of = select(Article.public_id).join(Run, col(Run.article_id) == Article.id).distinct()
            of = of.join(Mention, col(Mention.run_id) == Run.id).join(Entity, col(Entity.id) == Mention.entity_id)
            articles = session.exec(of.where(Entity.public_id == entity).order_by(Article.public_id)).all()
            into = {"into": other} if self.other % 2 else {"name": self.name}
            return {"action": "split", "articles": articles[: 1 + self.other % 2] or ["art_" + "a" * 16], **into}
        changes: list[dict[str, Any]] = [
            {"name": self.name},
            {"aliases": self.names},
            {"name": self.name, "identifiers": {"viaf": self.name}},
            {"type": self.type},
        ]
        return {"action": "change", **changes[self.other % 4]}


@dataclass(frozen=True)
class Undo:
    """Undoing one of the decisions."""

    which: int

    def do(self, world: "World") -> None:
        if world.made:
            world.undo(world.made[self.which % len(world.made)])


class World:
    """A database, and what was decided in it."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.version = 0
        self.made: list[str] = []

    def undo(self, decision: str) -> None:
        with self.database.write() as session:
            correcting.undo(session, decision, ANYBODY, EDITOR)

    def undo_all(self, order: Callable[[list[str]], list[str]]) -> None:
        """In this order, as far as it is allowed: what others depend on comes behind them."""
        left = order(self.standing())
        while left:
            before = list(left)
            for decision in before:
                try:
                    self.undo(decision)
                    left.remove(decision)
                except Conflict as error:
                    assert "undo that one first" in str(error)
            assert len(left) < len(before), left

    def make_anew(self) -> None:
        """Do again all that storing does about decisions, for everything."""
        with self.database.write() as session:
            articles = [key_of(article.model_dump(), is_new=False) for article in session.exec(select(Article))]
            entities = [stored_key(entity) for entity in session.exec(select(Entity))]
            rebase(session, articles)
            for entity in entities:
                relink(session, entity)
            settle_names(session, entities)

    def standing(self) -> list[str]:
        with self.database.read() as session:
            return list(session.exec(select(Decision.public_id).where(col(Decision.undone_at).is_(None))))


ACTIONS = st.sampled_from(["accept", "reject", "add", "change"])
GIVEN = st.none() | st.builds(lambda name, kind: {"name": name, "type": kind}, st.sampled_from(NAMES), types)
STORES = st.builds(Store, st.integers(0, 2), st.sampled_from(["machine", "machine", "human"]), annotations())
STEPS = st.lists(
    st.one_of(
        STORES,
        st.builds(Replace, st.integers(0, 2), st.sampled_from(["", "Now: ", None]), st.none() | annotations()),
        st.builds(Words, ACTIONS, st.sampled_from(["mention", "quote"]), numbers, spans, GIVEN),
        st.builds(
            About,
            st.sampled_from(["merge", "split", "change", "reject", "add", "merge", "split", "change", "accept"]),
            numbers,
            numbers,
            st.sampled_from(NAMES),
            st.lists(st.sampled_from(NAMES), max_size=3).map(tuple),
            types,
        ),
        st.builds(Undo, numbers),
    ),
    min_size=6,
    max_size=20,
)


def seen(session: ReadSession) -> dict[str, Any]:
    """What readers see, by ids of the world."""
    named, entity = aliased(Entity), Entity
    of_run = (Article.public_id, Run.kind, Run.version, Run.served, Run.latest)
    answering = col(Run.latest)
    mentions = session.execute(
        select(*of_run, Mention.start, Mention.end, Mention.rule, entity.public_id, named.public_id)  # type: ignore[call-overload]
        .join(Run, col(Run.id) == Mention.run_id)
        .join(Article, col(Article.id) == Run.article_id)
        .outerjoin(entity, col(entity.id) == Mention.entity_id)
        .outerjoin(named, col(named.id) == Mention.named_id)
        .where(answering)
    )
    sources = session.execute(
        select(*of_run, Quote.ordinal, Quote.text, QuoteSource.ordinal, entity.public_id, named.public_id)  # type: ignore[call-overload]
        .join(Run, col(Run.id) == Quote.run_id)
        .join(Article, col(Article.id) == Run.article_id)
        .join(QuoteSource, col(QuoteSource.quote_id) == Quote.id)
        .outerjoin(entity, col(entity.id) == QuoteSource.entity_id)
        .outerjoin(named, col(named.id) == QuoteSource.named_id)
        .where(answering)
    )
    abouts = session.execute(
        select(*of_run, Quote.ordinal, entity.public_id)  # type: ignore[call-overload]
        .join(Run, col(Run.id) == Quote.run_id)
        .join(Article, col(Article.id) == Run.article_id)
        .join(QuoteAbout, col(QuoteAbout.quote_id) == Quote.id)
        .join(entity, col(entity.id) == QuoteAbout.entity_id)
        .where(answering)
    )
    return {
        "mentions": sorted(map(repr, mentions)),
        "sources": sorted(map(repr, sources)),
        "abouts": sorted(map(repr, abouts)),
        "entities": dict(sorted(_entities(session))),
    }


def _entities(session: ReadSession) -> Any:
    for entity in session.exec(select(Entity).where((col(Entity.mentions) > 0) | (col(Entity.spoken) > 0))):
        names = select(EntityAlias.name, EntityAlias.named).where(
            EntityAlias.entity_id == entity.id, col(EntityAlias.shown)
        )
        shown = entity.model_dump(exclude={"id"})
        yield entity.public_id, shown | {"names": sorted(map(tuple, session.exec(names)))}


def reader_sees(database: Database) -> dict[str, Any]:
    with database.read() as session:
        return seen(session)


@given(st.builds(list.__add__, st.lists(STORES, min_size=1, max_size=3), STEPS), st.randoms(use_true_random=False))
@example_settings(deadline=None, max_examples=20, suppress_health_check=list(HealthCheck))
def test_whatever_is_decided_can_be_undone(databases: Databases, migrated: str, steps: list[Any], random: Any) -> None:
    urls = [databases.create(migrated) for _ in range(2)]
    corrected, plain = (World(Database(Settings(database_url=url))) for url in urls)
    try:
        for step in steps:
            try:
                step.do(corrected)
            except (Conflict, InvalidInput, NotFound, Gone, Ambiguous) as error:
                note(f"{step} {error}")
            if isinstance(step, Store | Replace):
                with suppress(Conflict):  # as above: it was deleted, or has another text
                    step.do(plain)
        before = derived(corrected.database)
        reindex(corrected.database, MAKER, lambda *_stage: None)
        assert derived(corrected.database) == before
        assert [str(each) for each in audit(corrected.database, lambda *_stage: None)] == []
        standing = reader_sees(corrected.database)
        corrected.make_anew()
        assert reader_sees(corrected.database) == standing
        corrected.undo_all(lambda left: random.sample(left, len(left)))
        assert [str(each) for each in audit(corrected.database, lambda *_stage: None)] == []
        assert reader_sees(corrected.database) == reader_sees(plain.database)
    finally:
        for world, url in ((corrected, urls[0]), (plain, urls[1])):
            world.database.close()
            databases.drop(url)
