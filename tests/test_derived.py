"""What is derived, after any history of storing: what making it anew gives."""

from collections import Counter
from datetime import date
from typing import Any

from hypothesis import HealthCheck, given
from hypothesis import settings as example_settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlmodel import col

from app import annotations as said
from app.config import Settings
from app.db import Database
from app.documents import plain_document
from app.models import ArticleBand, ArticleFacts, ArticlePlaces, Entity, EntityDay, EntityMonth, table_of
from app.search.articles import ArticleFilter, find
from app.search.query import parse
from app.services.reindexing import reindex
from app.services.storing import Authorship, Submission, store
from app.spans import Span
from tests.databases import Databases
from tests.keys import MAKER
from tests.lines import line, put

NAMES: list[tuple[str, said.EntityType]] = [("Ada", "PERSON"), ("Bob", "PERSON"), ("Oslo", "GPE"), ("UN", "ORG")]
TEXT = "Ada and Bob met in Oslo.\n\nAda said Bob left. The UN said Ada said Oslo is calm.\n\nBob agreed."
PLACES = [
    (start, number)
    for number, (name, _) in enumerate(NAMES)
    for start in range(len(TEXT))
    if TEXT.startswith(name, start)
]
PLACES.sort()


@st.composite
def annotations(draw: st.DrawFn) -> said.Annotations:
    """Some of the names, some linked; quotes of any use, by anybody, through anybody."""
    mentions = [
        said.Mention(
            start=start,
            end=start + len(NAMES[number][0]),
            exact=NAMES[number][0],
            type=NAMES[number][1],
            entity=draw(st.sampled_from([number, number, None])),
        )
        for start, number in PLACES
        if draw(st.booleans())
    ]
    quotes = draw(st.lists(quote(), max_size=3))
    entities = tuple(said.Entity(name=name, type=kind) for name, kind in NAMES)
    return said.Annotations(entities=entities, mentions=tuple(mentions), quotes=tuple(quotes))


@st.composite
def quote(draw: st.DrawFn) -> said.Quote:
    start = draw(st.integers(0, len(TEXT) - 2))
    end = draw(st.integers(start + 1, len(TEXT)))
    sources = draw(st.lists(st.sampled_from([None, 0, 1, 2, 3]), max_size=3))
    return said.Quote(
        kind="direct",
        use=draw(st.sampled_from(["speech", "speech", "scare", "title"])),
        content=(Span.of(TEXT, start, end),),
        sources=tuple(said.Source(entity=entity) for entity in sources),
    )


AUTHORS = [Authorship(kind, name, "1") for kind in ("human", "machine") for name in ("one", "two")]
# (article, its runs: of which author and version what)
Step = list[tuple[int, list[tuple[Authorship, said.Annotations]]]]
STEPS = st.lists(
    st.lists(
        st.tuples(st.integers(0, 2), st.lists(st.tuples(st.sampled_from(AUTHORS), annotations()), max_size=2)),
        min_size=1,
        max_size=3,
    ),
    max_size=5,
)


def submission(article: int, runs: list[tuple[Authorship, said.Annotations]], kept: dict[Any, Any]) -> Submission:
    """A machine says of one text always the same, once it has said it."""
    day = [date(2020, 1, 1), date(2020, 1, 1), None][article]
    meta = said.Metadata(
        headline=f"Article {article}",
        published=day,
        publisher=["Sea", "Land", None][article],
        url=f"http://x/{article}",
    )
    told = tuple(
        (by, kept.setdefault((article, by.annotator), made) if by.kind == "machine" else made) for by, made in runs
    )
    return Submission(plain_document(TEXT, meta), TEXT.encode(), "x.txt", told)


def derived(database: Database) -> dict[str, Counter[Any]]:
    """All of it; entities in which nothing is said of now, too."""
    with database.read() as session:
        return {
            model.__name__: Counter(map(tuple, session.execute(select(table_of(model)))))
            if model is not Entity
            else Counter(
                (e.id, e.articles, e.mentions, e.spoken, e.about, e.relayed) for e in session.scalars(select(Entity))
            )
            for model in (ArticleFacts, ArticlePlaces, ArticleBand, EntityDay, EntityMonth, Entity)
        }


@given(STEPS)
@example_settings(deadline=None, max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_is_derived_is_what_making_it_anew_gives(databases: Databases, migrated: str, steps: list[Step]) -> None:
    url = databases.create(migrated)
    database = Database(Settings(database_url=url))
    kept: dict[Any, Any] = {}
    try:
        for step in steps:
            with database.write() as session:
                store(session, [submission(article, runs, kept) for article, runs in step])
        before = derived(database)
        reindex(database, MAKER, lambda *_stage: None)
        assert derived(database) == before
    finally:
        database.close()
        databases.drop(url)


def test_readers_see_the_old_until_the_new_is_whole(database: Database) -> None:
    put(database, *(line(f"Oil is dear, says Ada {number}.", names=[("Ada", "PERSON")]) for number in range(3)))
    oil = ArticleFilter(words=parse("oil").words)
    seen: list[tuple[int, int]] = []

    def look(*_stage: Any) -> None:
        with database.read() as session:
            found = session.execute(find(session, oil, descending=True)[0]).all()
            seen.append((len(found), session.scalars(select(col(Entity.mentions))).one()))

    reindex(database, MAKER, look)
    assert len(seen) >= 2
    assert set(seen) == {(3, 3)}
