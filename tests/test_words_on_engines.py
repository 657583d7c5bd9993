"""Both engines find what a query means, and at the level it means: no more, no less, and the same."""

import random
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import BigInteger, ColumnElement, Connection, Text, column, create_engine, select, table, text
from sqlalchemy.dialects.postgresql import TSVECTOR

from app.search.postgres_words import condition, level_condition
from app.search.query import And, Near, Node, Not, Or, Phrase, parse
from app.search.sqlite_words import fts5, fts5_level
from app.search.words import LEVELS, weights, words
from tests.databases import Server

COLUMNS = ("headline", "text")
TOKENIZER = "ascii"
VOCABULARY = ["oil", "oilfield", "o", "gas", "9oil", "нефть", "北", "हिन्दी", "가", "and"]

Fields = tuple[list[str], list[str]]
Finder = Callable[[Node, str | None], list[int]]


def corpus() -> list[Fields]:
    """Articles of few words, short and long, always the same."""
    chance = random.Random(7)

    def some(most: int) -> list[str]:
        kinds = chance.sample(VOCABULARY, chance.randint(1, len(VOCABULARY)))
        return chance.choices(kinds, k=chance.randint(0, most))

    return [(some(4), some(chance.choice([3, 12, 50]))) for _ in range(400)]


CORPUS = corpus()
WEIGHTS = [weights(*fields) for fields in CORPUS]


def holds(node: Node, fields: Fields) -> bool:
    match node:
        case Phrase():
            return any(starts(node, field) for field in fields)
        case Near():
            return any(is_near(node, field) for field in fields)
        case And(parts):
            return all(holds(part, fields) for part in parts)
        case Or(parts):
            return any(holds(part, fields) for part in parts)
        case Not(wanted, unwanted):
            return holds(wanted, fields) and not holds(unwanted, fields)


def starts(phrase: Phrase, field: Sequence[str]) -> list[int]:
    *whole, last = phrase.words
    return [
        place
        for place in range(len(field) - len(whole))
        if field[place : place + len(whole)] == whole
        and (field[place + len(whole)] == last or (phrase.prefix and field[place + len(whole)].startswith(last)))
    ]


def is_near(near: Near, field: Sequence[str]) -> bool:
    ends = [[(start, start + len(phrase.words)) for start in starts(phrase, field)] for phrase in near.phrases]
    return any(
        max(start for start, _ in chosen) - min(end for _, end in chosen) <= near.distance for chosen in product(*ends)
    )


def holds_at(node: Node, level: str, fields: Fields, tokens: Sequence[str]) -> bool:
    match node:
        case And(parts):
            return all(holds_at(part, level, fields, tokens) for part in parts)
        case Or(parts):
            return any(holds_at(part, level, fields, tokens) for part in parts)
        case Not(wanted, unwanted):
            return holds_at(wanted, level, fields, tokens) and not holds(unwanted, fields)
        case Phrase():
            phrases: tuple[Phrase, ...] = (node,)
        case Near(phrases):
            pass
    heavy = [token[1:] for token in tokens if token[0] >= level]
    every = all(
        any(has == word or (phrase.prefix and place == len(phrase.words) and has.startswith(word)) for has in heavy)
        for phrase in phrases
        for place, word in enumerate(phrase.words, 1)
    )
    return every and holds(node, fields)


PHRASES = st.builds(Phrase, st.lists(st.sampled_from(VOCABULARY), min_size=1, max_size=3).map(tuple), st.booleans())
LEAVES = PHRASES | st.builds(
    Near, st.lists(PHRASES, min_size=2, max_size=3).map(tuple), st.integers(1, 4) | st.just(100)
)
NODES: st.SearchStrategy[Node] = st.recursive(
    LEAVES,
    lambda nodes: st.one_of(
        st.builds(And, st.lists(nodes, min_size=2, max_size=3).map(tuple)),
        st.builds(Or, st.lists(nodes, min_size=2, max_size=3).map(tuple)),
        st.builds(Not, nodes, nodes),
    ),
    max_leaves=5,
)


@pytest.fixture(scope="module")
def fts() -> Iterator[Finder]:
    connection = sqlite3.connect(":memory:")
    connection.execute(
        f"CREATE VIRTUAL TABLE found USING fts5(headline, text, weight, content='', tokenize=\"{TOKENIZER}\")"
    )
    rows = [(i, *map(" ".join, (*fields, WEIGHTS[i]))) for i, fields in enumerate(CORPUS)]
    connection.executemany("INSERT INTO found (rowid, headline, text, weight) VALUES (?, ?, ?, ?)", rows)

    def find(node: Node, level: str | None) -> list[int]:
        expression = fts5_level(node, level, COLUMNS) if level else fts5(node, COLUMNS)
        return [key for (key,) in connection.execute("SELECT rowid FROM found WHERE found MATCH ?", (expression,))]

    yield find
    connection.close()


VECTOR: ColumnElement[object] = column("vector", TSVECTOR)
WORDS: ColumnElement[str] = column("words", Text)


@pytest.fixture(scope="module")
def postgres(server: Server) -> Iterator[Finder]:
    url = server.create()
    engine = create_engine(url)
    with engine.connect() as connection:
        fill(connection)

        def find(node: Node, level: str | None) -> list[int]:
            holding = level_condition(node, level, VECTOR, WORDS) if level else condition(node, VECTOR, WORDS)
            key = column("key", BigInteger)
            statement = select(key).select_from(table("found", key)).where(holding).order_by(key)
            return list(connection.execute(statement).scalars())

        yield find
    engine.dispose()
    server.drop(url)


def fill(connection: Connection) -> None:
    connection.execute(text("CREATE TABLE found (key bigint, words text, vector tsvector)"))
    connection.execute(
        text("INSERT INTO found VALUES (:key, :words, array_to_tsvector(CAST(:lexemes AS text[])))"),
        [
            {
                "key": i,
                "words": f" {' '.join((*headline, '¶', *body))} ",
                "lexemes": list({*headline, *body, *(f"{token[0]}:{token[1:]}" for token in WEIGHTS[i])}),
            }
            for i, (headline, body) in enumerate(CORPUS)
        ],
    )


@pytest.mark.parametrize("engine", ["fts", "postgres"])
@given(node=NODES, level=st.sampled_from([None, *LEVELS]))
@settings(deadline=None)  # the first example waits for a server
def test_an_engine_finds_what_a_query_means(
    engine: str, request: pytest.FixtureRequest, node: Node, level: str | None
) -> None:
    find: Finder = request.getfixturevalue(engine)
    meant = [
        i
        for i, fields in enumerate(CORPUS)
        if (holds_at(node, level, fields, WEIGHTS[i]) if level else holds(node, fields))
    ]
    assert find(node, level) == meant


BEGINNINGS = [word[:size] + "*" for word in VOCABULARY for size in range(1, len(word) + 1)]
LARGE = [
    " ".join(f"a{i}" for i in range(120)),
    " OR ".join(f"a{i}" for i in range(71)),
    "oil" + "".join(f" NOT a{i}" for i in range(60)),
    " NEAR/100 ".join(dict.fromkeys(BEGINNINGS)),
    " NEAR/100 ".join('"a b c d"' for _ in range(25)),
    f'"{"a " * 240}" OR oil',
]


@pytest.mark.parametrize("query", LARGE, ids=range(len(LARGE)))
@pytest.mark.parametrize("engine", ["fts", "postgres"])
def test_an_engine_takes_the_largest_queries(engine: str, request: pytest.FixtureRequest, query: str) -> None:
    find: Finder = request.getfixturevalue(engine)
    assert len(query) <= 500
    node = parse(query).words
    assert node is not None
    for level in (None, *LEVELS):
        find(node, level)


def test_fts5_leaves_every_folded_character_whole() -> None:
    connection = sqlite3.connect(":memory:")
    connection.execute(f'CREATE VIRTUAL TABLE found USING fts5(text, tokenize="{TOKENIZER}")')
    connection.execute("CREATE VIRTUAL TABLE tokens USING fts5vocab(found, row)")
    folded = sorted({word for code in range(0x110000) if not 0xD800 <= code < 0xE000 for word in words(chr(code))})
    connection.execute("INSERT INTO found VALUES (?)", (" ".join(f"a{word}b" for word in folded),))
    tokens = [token for (token,) in connection.execute("SELECT term FROM tokens")]
    connection.close()
    assert set(tokens) == {f"a{word}b" for word in folded}
