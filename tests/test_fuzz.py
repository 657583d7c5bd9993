"""Whatever is sent to a parser, it reads or refuses it, in time; never does it fail.

tests/corpus has a folder for each parser, with inputs that once broke it or are known to be nasty; they come
first, then random ones. DATELINE_TEST_EXAMPLES is how many random ones each test tries, 60 unless it says: to
search for minutes, run ``DATELINE_TEST_EXAMPLES=5000 pytest tests/test_fuzz.py``, and keep what breaks in the corpus.
"""

import base64
import json
import os
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from app.annotations import Annotations
from app.api.preconditions import expected
from app.db import Database
from app.documents import Document, read_document
from app.documents.checking import trace
from app.errors import DocumentError, FetchFailed, FetchRefused, InvalidInput, QuerySyntaxError, UnknownCursor
from app.search.paging import decode, encode
from app.search.query import parse
from app.services.fetching import Fetched
from app.services.fetching.robots import KEPT_S
from app.services.importing import read_line
from app.services.storing import Submission
from app.services.versions import Expected
from app.spans import Span, paragraphs
from tests.databases import Databases
from tests.keys import a_key
from tests.lines import line, load, put
from tests.stories import library
from tests.test_fetching import URL, World, answer

CORPUS = Path(__file__).parent / "corpus"
EXAMPLES = int(os.environ.get("DATELINE_TEST_EXAMPLES", "60"))
LONG = 10_000
SLOW_S = 1.0

random = settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
few = settings(random, max_examples=max(5, EXAMPLES // 4))


@dataclass(frozen=True)
class Parser:
    """What reads bytes or raises one of ``refusals``; what must hold of what it then gave; what inputs are made of."""

    read: Callable[[bytes], Any]
    refusals: tuple[type[Exception], ...]
    holds: Callable[[bytes, Any], None]
    pieces: tuple[bytes, ...]
    valid: st.SearchStrategy[bytes]

    def outcome(self, data: bytes) -> Any:
        """What was read, or the refusal."""
        try:
            return self.read(data)
        except self.refusals as refusal:
            return refusal


# What must hold


def traces(data: bytes, outcome: Document | DocumentError) -> None:
    """Every paragraph, and each half of it, is what the bytes say that it is traced to."""
    if isinstance(outcome, DocumentError):
        return
    for whole in paragraphs(outcome.text):
        middle = (whole.start + whole.end) // 2
        for start, end in ((whole.start, whole.end), (whole.start, middle), (middle, whole.end)):
            assert start == end or holds(data, outcome, start, end)


def traces_piece_by_piece(data: bytes, outcome: Document | DocumentError) -> None:
    """The same of every word: between two words of one paragraph a page may say what is left out, an advertisement."""
    if isinstance(outcome, DocumentError):
        return
    for each in outcome.source_map.segments:
        if not outcome.text[each.text_start : each.text_end].isspace():
            assert holds(data, outcome, each.text_start, each.text_end)


def holds(data: bytes, document: Document, start: int, end: int) -> bool:
    span = Span.of(document.text, start, end)
    return trace(span, document.text, data, document.source_map, document.repairs, document.media_type).holds


def query_of(data: bytes) -> str:
    return data.decode(errors="replace")


def means_or_names_the_mistake(data: bytes, outcome: object) -> None:
    if isinstance(outcome, QuerySyntaxError):
        (fault,) = outcome.faults
        assert fault.position is not None and 0 <= fault.position <= len(query_of(data))
        if fault.suggestion is not None:
            parse(fault.suggestion)


def is_of_its_bytes(_data: bytes, outcome: Submission | Exception) -> None:
    if isinstance(outcome, Submission):
        assert outcome.document.text.encode() == outcome.data
        assert all(len(said.digest()) == 64 for _, said in outcome.runs)


TEXT = "Ada Lovelace said it works. “It works,” Ada said."


def annotations_of(data: bytes) -> Annotations:
    said = Annotations.model_validate_json(data)
    said.check(TEXT)
    return said


def is_the_same_again(_data: bytes, outcome: Annotations | Exception) -> None:
    if isinstance(outcome, Annotations):
        again = annotations_of(outcome.model_dump_json().encode())
        assert again == outcome and again.digest() == outcome.digest()


def is_what_strong_tags_say(data: bytes, outcome: Expected | Exception) -> None:
    """Between quotation marks every other piece is a tag, and W/ before it makes it weak."""
    if isinstance(outcome, Expected) and outcome.versions is not None:
        pieces = data.decode("latin-1").split('"')
        strong = {tag for before, tag in zip(pieces[::2], pieces[1::2], strict=False) if not before.endswith("W/")}
        assert outcome.versions == strong


def is_a_key(_data: bytes, outcome: list[Any] | Exception) -> None:
    assert isinstance(outcome, list | UnknownCursor)


WORLD = World()
FETCHER = WORLD.fetcher()


def fetched(url: str, pages: dict[str, bytes | Iterable[bytes] | Exception]) -> Fetched:
    """What is got from a world of these pages, whose robots.txt nobody remembers."""
    WORLD.pages = pages
    WORLD.now += KEPT_S
    return FETCHER.fetch(url)


def is_a_document(_data: bytes, outcome: Fetched | Exception) -> None:
    assert isinstance(outcome, Fetched | FetchRefused | FetchFailed)


# What inputs are made of


BETWEEN = (*(each.encode() for each in (" ", "\t", "\n", "\r", "\r\n", "\f", "\0", "\x85", "\u2028", "é☒")), b"\xff")


def spaced(pieces: str) -> tuple[bytes, ...]:
    """The pieces that stand in ``pieces``, and what may stand between any."""
    return (*(piece.encode("utf-8", "surrogatepass") for piece in pieces.split()), *BETWEEN)


PROSE = "The council of the harbour city met on Friday evening and voted on the budget for the new wall. "
MARKDOWN = spaced(
    """--- ... title: date: url: publisher: 2024-03-05 Published: # ** __ * - > | 1. [a]( ) <https://a.org> https://a.org/b
    [ ] { } : & &a *a !!binary ? "\\uD800" ' \\ | PARIS (Reuters) — said. said, and iPhone ☒ ■ ” Source: \ufeff
    e\u0301 👩‍🚒 \ud800"""
)
HTML = spaced(
    """<html> <body> <article> <p> </p> <h1> </h1> <h2> <title> </title> <br> <div> <td> <script> </script> <!-- --> <!
    <![CDATA[ </ < > & &amp; &amp &#0; &#x110000; &#xD800; &#1; &nbsp; " ' = /> <meta charset= name=date content= <?xml
    encoding= utf-16 gb18030 big5 euc-jp shift_jis latin1 iso-2022-jp hex <link rel=canonical href= https://a.org <time
    itemprop=datePublished datetime=2024-03-05> type="application/ld+json"> {"@type":"Article" , "headline": [ ] { }
    <svg> <a href=x> <b> <ul> <li> <blockquote> <table> <tr>"""
)
QUERY = (
    *"\" “ ” oil Atyr* C++ it's * - -- ( ) : AND OR NOT NEAR NEAR/5 NEAR/0 NEAR/x speaker:".encode().split(),
    *b"speaker:X entity: publisher:( speeker:X from: from:2011 by:X since:2011/10 before:2011 after:2011-02-29".split(),
    *(b" ", b"  ", b"\n", b"\0", b"\xc2\xa0"),
)
RECORD = spaced(
    r"""{ } [ ] : , "text" "metadata" "entities" "mentions" "quotes" "annotator" "parameters" "start" "end" "exact" 0 -1
    1e999 NaN -Infinity null true "" "\u0000" "\\u0000" "\ud800" "\udc00\ud800" 99999999999999999999 "9999-12-31"
    "0000-00-00" \ " """
)
HEADER = spaced(
    """* W/ "a" W/"b" " , ; = - bytes= lines= 0-9 -5 5- 0-0 99999999999999999999 ٣ Bearer bearer Basic dateline_ _"""
)
CURSOR = spaced("[ ] { } W1s= e30 bnVsbA == - _ + / A MQ IiI Ww XQ")
ADDRESS = spaced(
    """http:// https:// ftp: // / news.example : @ ? # % %00 %zz [ ] [::1] ::ffff:127.0.0.1 . .. xn-- xn--a 127.1 0x7f
    ex。org １２７ ß :80 :99999999 \\ é"""
)
ROBOTS = spaced("User-agent: Dateline * Disallow: Allow: / /a $ *a % %zz %C3 Crawl-delay: Request-rate: 1/0 Sitemap: #")
ANSWER = (
    *(b"HTTP/1.1 |200 |302 |404 |X\r\n|Content-Type: text/html|; charset=|Content-Length: 5|Location: ".split(b"|")),
    *(b"http://|[|/|xn--/|Content-Encoding: gzip|Transfer-Encoding: chunked|5\r\nhello\r\n|0\r\n\r\n".split(b"|")),
    *(b"\r\n\r\n", b"\x1f\x8b\x08\0\0\0\0\0\0\x03"),
    *BETWEEN,
)
LINE = line(
    TEXT,
    names=[("Ada", "PERSON"), ("Lovelace", "ORG")],
    quotes=[("Ada", "It works,", "speech"), (None, "it works", "speech")],
    published=date(2024, 3, 5),
    publisher="Post",
    url="https://a.org/b",
)
LINE["annotator"]["parameters"] = {"model": "x"}
SAID = {name: LINE[name] for name in ("entities", "mentions", "quotes")}
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


@st.composite
def warped(draw: st.DrawFn, value: Any) -> Any:
    """``value`` with something in it replaced."""
    if not (isinstance(value, dict | list) and value and draw(st.integers(0, 5))):
        return draw(JSON)
    key = draw(st.sampled_from(sorted(value) if isinstance(value, dict) else range(len(value))))
    copy = value.copy()
    copy[key] = draw(warped(value[key]))
    return copy


def printed(value: Any) -> bytes:
    return json.dumps(value).encode()


def whole(*inputs: bytes) -> st.SearchStrategy[bytes]:
    return st.sampled_from(inputs)


PAGE = (
    f"<html><title>Votes</title><body><article><h1>Votes</h1><p>{PROSE * 3}</p><p>{PROSE}</p></article></body></html>"
)
VOTES = f"""---
title: Votes
date: 2024-03-05
---
PARIS (Reuters) - {PROSE}

**{PROSE}** ☒ And since

spring.
""".encode()
FETCHING = (FetchRefused, FetchFailed)
SCOPE = "a list"
PARSERS = {
    "markdown": Parser(lambda data: read_document(data, "a.md"), (DocumentError,), traces, MARKDOWN, whole(VOTES)),
    "text": Parser(lambda data: read_document(data, "a.txt"), (DocumentError,), traces, MARKDOWN, whole(VOTES)),
    "html": Parser(
        lambda data: read_document(data, "a.html"),
        (DocumentError,),
        traces_piece_by_piece,
        HTML,
        whole(
            PAGE.encode(),
            f"\ufeff{PAGE}".encode("utf-16-le"),
            PAGE.replace("<title>", "<meta charset=euc-jp>").encode(),
        ),
    ),
    "query": Parser(
        lambda data: parse(query_of(data)),
        (QuerySyntaxError,),
        means_or_names_the_mistake,
        QUERY,
        whole(
            b'oil NEAR/3 "gas price"* OR (tea NOT milk)',
            b"speaker:Ada NOT publisher:\xe2\x80\x9cA B\xe2\x80\x9d after:2011-10",
        ),
    ),
    "line": Parser(
        read_line,
        (InvalidInput, ValidationError),
        is_of_its_bytes,
        RECORD,
        whole(printed(LINE)) | warped(LINE).map(printed),
    ),
    "annotations": Parser(
        annotations_of,
        (InvalidInput, ValidationError),
        is_the_same_again,
        RECORD,
        whole(printed(SAID)) | warped(SAID).map(printed),
    ),
    "if-match": Parser(
        lambda data: expected(data.decode("latin-1")),
        (InvalidInput,),
        is_what_strong_tags_say,
        HEADER,
        whole(b'"a", W/"b", "c"', b"*", b'W/"a" , "b"'),
    ),
    "cursor": Parser(
        lambda data: decode(data.decode("latin-1"), SCOPE),
        (UnknownCursor,),
        is_a_key,
        CURSOR,
        JSON.map(lambda key: encode([key], SCOPE).encode("utf-8")),
    ),
    "robots": Parser(
        lambda data: fetched(URL, {"news.example/robots.txt": answer(body=data, kind="text/plain")}),
        FETCHING,
        is_a_document,
        ROBOTS,
        whole(b"User-agent: *\nDisallow: /*a*b$\nCrawl-delay: 1\n\nUser-agent: Dateline\nAllow: /a\n"),
    ),
    "address": Parser(
        lambda data: fetched(data.decode(errors="replace"), {}),
        FETCHING,
        is_a_document,
        ADDRESS,
        whole(URL.encode(), b"http://[2606:2800:220:1::1]:80/a?b#c", b"https://xn--bcher-kva.example/%C3%BC"),
    ),
    "answer": Parser(
        lambda data: fetched(URL, {"news.example/a?b=1": data}),
        FETCHING,
        is_a_document,
        ANSWER,
        whole(answer(), answer(302, b"", Location="/b"), answer(Content_Encoding="gzip")),
    ),
}


@st.composite
def mutated(draw: st.DrawFn, valid: st.SearchStrategy[bytes], pieces: tuple[bytes, ...]) -> bytes:
    """A valid input with some bytes gone and some pieces put in."""
    data = draw(valid)
    for _ in range(draw(st.integers(0, 4))):
        start = draw(st.integers(0, len(data)))
        end = min(len(data), start + draw(st.sampled_from([0, 0, 1, 2, 9, 99])))
        data = data[:start] + draw(st.sampled_from([b"", *pieces])) + data[end:]
    return data


def inputs(parser: Parser) -> st.SearchStrategy[bytes]:
    """Valid ones, near ones, and any bytes."""
    made = st.lists(st.sampled_from(parser.pieces) | st.binary(max_size=4), max_size=20).map(b"".join)
    return mutated(parser.valid, parser.pieces) | made | st.binary(max_size=100)


def long_inputs(parser: Parser) -> st.SearchStrategy[bytes]:
    """Something said over and over, between a beginning and an end."""
    some = st.lists(st.sampled_from(parser.pieces), max_size=4).map(b"".join)
    unit = st.lists(st.sampled_from(parser.pieces), min_size=1, max_size=4).map(b"".join)
    return st.tuples(some | parser.valid, unit, some).map(lambda parts: stretched(*parts))


def stretched(head: bytes, unit: bytes, tail: bytes) -> bytes:
    room = max(0, LONG - len(head) - len(tail))
    return head + unit * (room // len(unit)) + tail


def inputs_that_broke(parser: str) -> list[Path]:
    return sorted((CORPUS / parser).iterdir())


def named(path: Path) -> str:
    return path.relative_to(CORPUS).as_posix()


def seconds(work: Callable[[], object]) -> float:
    """How long the processor is at it: the lesser of two, where the first took long."""
    for _ in range(2):
        start = time.process_time()
        work()
        taken = time.process_time() - start
        if taken < SLOW_S:
            break
    return taken


@pytest.mark.parametrize("path", [path for parser in PARSERS for path in inputs_that_broke(parser)], ids=named)
def test_what_broke_a_parser_breaks_it_no_more(path: Path) -> None:
    parser, data = PARSERS[path.parent.name], path.read_bytes()
    assert seconds(lambda: parser.outcome(data)) < SLOW_S
    parser.holds(data, parser.outcome(data))


@pytest.mark.parametrize("name", PARSERS)
@random
@given(draw=st.data())
def test_anything_is_read_or_refused(name: str, draw: st.DataObject) -> None:
    parser = PARSERS[name]
    data = draw.draw(inputs(parser))
    parser.holds(data, parser.outcome(data))


@pytest.mark.parametrize("name", PARSERS)
@few
@given(draw=st.data())
def test_ten_thousand_characters_take_less_than_a_second(name: str, draw: st.DataObject) -> None:
    parser = PARSERS[name]
    data = draw.draw(long_inputs(parser))
    assert seconds(lambda: parser.outcome(data)) < SLOW_S


# What is read from a request, or stored


def unpacked(cursor: str) -> list[Any]:
    made: list[Any] = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    return made


class Service:
    """One that has an article, and a key to it."""

    def __init__(self, database: Database, client: httpx.Client) -> None:
        self.database = database
        self.client = client
        self.key = a_key(database, "write")
        self.article = client.get("/articles").json()["items"][0]["id"]
        self.data = client.get(f"/articles/{self.article}/text").content
        lists = ("/entities?", "/entities?sort=name&", "/quotes?sort=oldest&", f"/articles/{self.article}/mentions?")
        self.cursors = {
            path: unpacked(client.get(path).json()["next"]) for path in (f"{each}limit=1" for each in lists)
        }

    def sent(self, method: str, path: str, name: str, value: bytes, **headers: str) -> httpx.Response:
        """The answer to a request with a header of as much of ``value`` as a header can hold."""
        held = bytes(byte for byte in value if byte == 9 or 32 <= byte != 127).strip()
        lines = [(name.encode(), held), *((key.encode(), each.encode()) for key, each in headers.items())]
        return self.client.request(method, path, headers=lines)


def range_is_answered(service: Service, data: bytes) -> None:
    got = service.sent("GET", f"/articles/{service.article}/text", "Range", data)
    if got.status_code == 206:
        first, last = map(int, got.headers["Content-Range"].removeprefix("bytes ").partition("/")[0].split("-"))
        assert got.content == service.data[first : last + 1]
    else:
        assert got.status_code == 416 or (got.status_code, got.content) == (200, service.data)


def if_match_is_answered(service: Service, data: bytes) -> None:
    got = service.sent("DELETE", f"/articles/art_{'a' * 16}", "If-Match", data, Authorization=service.key)
    assert got.status_code in (404, 422)


def authorization_is_answered(service: Service, data: bytes) -> None:
    assert service.sent("GET", "/articles?limit=1", "Authorization", data).status_code in (200, 401)


def cursor_is_answered(service: Service, data: bytes) -> None:
    """``data`` is JSON: what a cursor has at the beginning or the end of its key, instead of what it was given with."""
    value = json.loads(data)
    for path, (tag, *key) in service.cursors.items():
        for made in ([tag, value, *key[1:]], [tag, *key[:-1], value]):
            cursor = base64.urlsafe_b64encode(printed(made)).decode().rstrip("=")
            assert service.client.get(f"{path}&cursor={cursor}").status_code in (200, 404, 422), path


def line_is_stored_or_refused(service: Service, data: bytes) -> None:
    for result in load(service.database, [data]):
        assert (result.detail is not None) == (result.outcome == "failed")


ANSWERED: dict[str, tuple[Callable[[Service, bytes], None], Callable[[Service], st.SearchStrategy[bytes]]]] = {
    "range": (range_is_answered, lambda _: near(b"bytes=0-9", b"bytes=-5")),
    "if-match": (if_match_is_answered, lambda _: inputs(PARSERS["if-match"])),
    "authorization": (authorization_is_answered, lambda service: near(service.key.encode())),
    "cursor-key": (cursor_is_answered, lambda _: JSON.map(printed)),
    "line": (line_is_stored_or_refused, lambda _: inputs(PARSERS["line"])),
}


def near(*valid: bytes) -> st.SearchStrategy[bytes]:
    return mutated(whole(*valid), HEADER) | st.binary(max_size=50)


@pytest.fixture(scope="module")
def service(databases: Databases, migrated: str) -> Iterator[Service]:
    url = databases.create(migrated)
    with library(url) as (database, client):
        put(database, LINE)
        yield Service(database, client)
    databases.drop(url)


@pytest.mark.parametrize("path", [path for header in ANSWERED for path in inputs_that_broke(header)], ids=named)
def test_what_broke_the_service_breaks_it_no_more(service: Service, path: Path) -> None:
    answered, _ = ANSWERED[path.parent.name]
    assert seconds(lambda: answered(service, path.read_bytes())) < SLOW_S


@pytest.mark.parametrize("name", ANSWERED)
@few
@given(draw=st.data())
def test_any_header_cursor_or_line_is_answered(service: Service, name: str, draw: st.DataObject) -> None:
    answered, strategy = ANSWERED[name]
    answered(service, draw.draw(strategy(service)))


@pytest.mark.parametrize("name", ["Range", "If-Match", "If-None-Match", "Authorization", "Cookie", "Accept"])
@few
@given(unit=st.lists(st.sampled_from(HEADER), min_size=1, max_size=4).map(b"".join))
def test_a_header_of_ten_thousand_characters_takes_less_than_a_second(service: Service, name: str, unit: bytes) -> None:
    def ask() -> None:
        answered = service.sent("GET", f"/articles/{service.article}/text", name, stretched(b"bytes=", unit, b"x"))
        assert answered.status_code < 500

    assert seconds(ask) < SLOW_S
