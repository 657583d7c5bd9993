"""The reader of source documents: what it takes, what it mends, what it refuses, and where all came from."""

from datetime import date
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from app.documents import Document, SourceMap, read_document
from app.errors import DocumentError, SpanMismatch
from app.spans import Span, paragraphs

SEED = Path(__file__).parent.parent / "seed_data" / "000_017569d77500ae99.txt"
BODY = "The council met on Friday.\n\nIt voted late."


def read(text: str, name: str = "document.txt") -> Document:
    return read_document(text.encode(), name)


def read_body(text: str) -> Document:
    return read(f"# Council Votes\n\n{text}")


def find(document: Document, words: str) -> Span:
    start = document.text.index(words)
    return Span.of(document.text, start, start + len(words))


@pytest.fixture(scope="module")
def seed() -> Document:
    return read_document(SEED.read_bytes(), SEED.name)


class TestSeed:
    def test_metadata(self, seed: Document) -> None:
        assert seed.metadata.model_dump() == {
            "headline": "Islamist Group Says It Staged Kazakh Blasts",
            "published": date(2011, 11, 1),
            "publisher": "The Moscow Times",
            "dateline": "ALMATY, Kazakhstan",
            "url": "https://www.themoscowtimes.com/2011/11/01/islamist-group-says-it-staged-kazakh-blasts-a10550",
        }
        assert seed.media_type == "text/markdown"

    def test_text_is_the_published_one_but_for_its_repairs(self, seed: Document) -> None:
        source = SEED.read_text(encoding="utf-8")
        body = source[source.index("ALMATY") : source.index("\n\nOriginal url")]
        mended = body.replace("since\n\nindependence", "since independence").replace(" ☒ ", "\n\n")
        assert seed.text == mended
        assert len(list(paragraphs(seed.text))) == 15

    def test_repairs_are_recorded_with_their_place(self, seed: Document) -> None:
        source = SEED.read_bytes()
        assert [(r.kind, r.field, r.found, r.became) for r in seed.repairs] == [
            ("space-collapsed", "publisher", "  ", " "),
            ("paragraph-joined", "text", "\n\n", " "),
            ("paragraph-break", "text", " ☒ ", "\n\n"),
            ("paragraph-break", "text", " ☒ ", "\n\n"),
        ]
        for repair in seed.repairs:
            field = seed.text if repair.field == "text" else seed.metadata.publisher or ""
            assert field[repair.start : repair.end] == repair.became
            assert source[repair.byte_start : repair.byte_end].decode() == repair.found

    def test_a_span_is_traced_to_its_bytes(self, seed: Document) -> None:
        source = SEED.read_bytes()
        start, end = seed.source_map.bytes_of(seed.text, find(seed, "Linsi Crain"))
        assert source[start:end] == b"Linsi Crain"
        start, end = seed.source_map.bytes_of(seed.text, find(seed, "since independence"))
        assert source[start:end] == b"since\n\nindependence"


class TestHeader:
    @pytest.mark.parametrize(
        "header",
        [
            "# Council Votes\n\nMarch 5, 2024\n\n**The Harbour Post**",
            "\n\n# Council Votes #\n5 March 2024\n__The Harbour Post__",
            "**The Harbour Post**".replace("**The", "# Council Votes\n\n**The") + "\n\n*Tuesday, March 5, 2024*",
            "Council Votes\n\nPublished on Mar. 5, 2024\n\n**The Harbour Post**",
            "Title: Council Votes\nDate: 2024-03-05\nPublisher: The Harbour Post",
            "---\ntitle: Council Votes\ndate: 2024-03-05\nsite: The Harbour Post\n---",
            "---\ntitle: 'Council Votes'\ndate: 2024-03-05T23:10-05:00\nsite: >\n  The\n  Harbour Post\n...",
            "---\ntitle: Council Votes\nsite: The Harbour Post\n---\n# Council Votes\n2024-03-05",
        ],
    )
    def test_says_headline_date_and_publisher(self, header: str) -> None:
        document = read(f"{header}\n\n{BODY}\n")
        found = document.metadata
        assert (found.headline, found.published, found.publisher) == (
            "Council Votes",
            date(2024, 3, 5),
            "The Harbour Post",
        )
        assert document.text == BODY

    def test_contradicting_the_front_matter_stays_in_the_text(self) -> None:
        document = read(f"---\ntitle: Council Votes\n---\n# Harbour Closed\n\n{BODY}")
        assert document.metadata.headline == "Council Votes"
        assert document.text == f"# Harbour Closed\n\n{BODY}"

    def test_front_matter_takes_words_for_words(self) -> None:
        found = read(
            f"---\ntitle: 1984\npublisher: No\nauthor: [A, B]\nurl: /2024/votes\ndateline: ~\nlink: ' '\n---\n{BODY}"
        ).metadata
        assert (found.headline, found.publisher, found.url, found.dateline) == ("1984", "No", None, None)

    @pytest.mark.parametrize(
        "line",
        [
            "May 2024",
            "2024",
            "Tuesday",
            "03/05/2024",
            "March 5",
            "The vote of March 5, 2024",
            "March 5, 2024.",
        ],
    )
    def test_what_is_no_full_and_certain_date_is_text(self, line: str) -> None:
        document = read(f"# Council Votes\n\n{line}\n\n{BODY}")
        if line.endswith("."):  # the one of them that names a day beyond doubt
            assert document.metadata.published == date(2024, 3, 5)
        else:
            assert document.metadata.published is None
            assert document.text == f"{line}\n\n{BODY}"

    @pytest.mark.parametrize(
        "opening",
        [
            "The council met on Friday.",
            "Minutes of the meeting:",
            "- first item",
            "the council met",
            "The mayor, who has governed since",
            "PARIS (Reuters) - Ministers met",
            "https://example.org/a",
            "Word " * 40,
            "Source: a man who saw it.",
        ],
    )
    def test_an_unmarked_line_that_is_no_headline_is_text(self, opening: str) -> None:
        document = read(f"{opening}\n\nspring, the minutes say.")
        assert document.metadata.headline is None
        assert document.text.startswith(opening.strip())

    def test_text_without_structure_is_all_body(self) -> None:
        document = read("Council Votes\nand goes home.\n\nNothing else happened.")
        assert document.metadata.headline is None
        assert document.text.startswith("Council Votes\nand goes home.")
        assert document.media_type == "text/plain"


class TestFoot:
    @pytest.mark.parametrize(
        "foot",
        [
            "Original url:\n\n<https://example.org/a_(b)>",
            "**Original URL:** https://example.org/a_(b)",
            "Source: <https://example.org/a_(b)>",
            "Source: [The Harbour Post](https://example.org/a_(b))",
            "https://example.org/a_(b)",
        ],
    )
    def test_gives_the_address(self, foot: str) -> None:
        document = read(f"{BODY}\n\n{foot}\n\n")
        assert document.metadata.url == "https://example.org/a_(b)"
        assert document.text == BODY

    @pytest.mark.parametrize("foot", ["Source: Reuters", "Write to https://example.org", "Video: https://example.org"])
    def test_any_other_last_line_is_text(self, foot: str) -> None:
        document = read(f"{BODY}\n\n{foot}")
        assert document.metadata.url is None
        assert document.text == f"{BODY}\n\n{foot}"


@pytest.mark.parametrize(
    ("opening", "place"),
    [
        ("ALMATY, Kazakhstan — A militant spoke.", "ALMATY, Kazakhstan"),
        ("PARIS (Reuters) - Ministers met.", "PARIS"),
        ("WASHINGTON, Oct. 3 (AP) — “No,” she said.", "WASHINGTON"),
        ("NEW YORK, 3 October 2024 (AFP) – Shares fell.", "NEW YORK"),
        ("ST. PETERSBURG, Russia -- Police came.", "ST. PETERSBURG, Russia"),
        ("**OSLO, Norway** — Police came.", "OSLO, Norway"),
        ("Washington (CNN) — Senators met.", "Washington"),
        ("BEIRUT/PARIS, March 5 (Reuters) - Talks began.", "BEIRUT/PARIS"),
        ("NATO — which met on Friday — agreed.", None),
        ("Paris — The ministers met.", None),
        ("The mayor (a baker) — Anna Holm — spoke.", None),
        ("UNESCO met on Friday.", None),
    ],
)
def test_dateline_is_noted_and_stays_in_the_text(opening: str, place: str | None) -> None:
    document = read(opening)
    assert document.metadata.dateline == place
    assert document.text == opening


class TestRepairs:
    @pytest.mark.parametrize(
        ("torn", "joined"),
        [
            ("Ann Holm, who has led since\n\nspring, spoke.", "Ann Holm, who has led since spring, spoke."),
            ("In the end,\r\n\r\n \r\nnobody came.", "In the end, nobody came."),
            ("Mr. Holm has led since\n\nspring.", "Mr. Holm has led since spring."),
            ("#Vote was seen by\n\nmillions.", "#Vote was seen by millions."),
            ("He called it “late”\n\nand left.", "He called it “late” and left."),
        ],
    )
    def test_a_torn_paragraph_is_one_again(self, torn: str, joined: str) -> None:
        document = read_body(torn)
        assert document.text == joined
        assert [repair.kind for repair in document.repairs] == ["paragraph-joined"]

    @pytest.mark.parametrize(
        "apart",
        [
            "She left at noon.\n\nand nobody saw it.",
            "He asked “why?”\n\nand left.",
            "The prices of bread\n\nRose again today.",
            "The makers of phones\n\niPhone sales fell.",
            "The group named by police\n\nal-Nur denied it.",
            "* bread and milk\n\nand nothing else",
            "The list of goods\n\na) bread",
            "## Background of it\n\nold and new",
            "He read the address\n\nhttps://example.org/a is it",
        ],
    )
    def test_other_paragraphs_stay_apart(self, apart: str) -> None:
        document = read_body(apart)
        assert (document.text, document.repairs) == (apart, ())

    @pytest.mark.parametrize("break_", [" ☒ ", " ■ ", "\t\ufffc ", " \ufffd\r\n", " ☐\n\n\n"])
    @pytest.mark.parametrize("end", ["late.", "late?”", "late.”)"])
    def test_a_stray_glyph_between_sentences_is_a_paragraph_break(self, end: str, break_: str) -> None:
        document = read_body(f"It was {end}{break_}“Yes,” she said.")
        assert document.text == f"It was {end}\n\n“Yes,” she said."
        assert [(repair.kind, repair.found) for repair in document.repairs] == [("paragraph-break", break_)]

    @pytest.mark.parametrize(
        "text",
        [
            "Vote here: ☒ yes ☐ no.",
            "Goods. \n■ bread\n■ milk",
            'Two  spaces stay.  So do “these" marks,\nhard breaks and\u00a0this.',
            "The box ☒ is empty.☒ Here too.",
        ],
    )
    def test_nothing_else_is_touched(self, text: str) -> None:
        document = read_body(text)
        assert (document.text, document.repairs) == (text, ())

    @pytest.mark.parametrize("newline", ["\n", "\r\n", "\r", "\u2028", "\x85"])
    def test_line_ends_are_one_kind(self, newline: str) -> None:
        text = f"\ufeff{newline} One line,{newline}two lines. {newline}\t{newline}{newline}Three.{newline}"
        document = read(text)
        assert (document.text, document.repairs) == ("One line,\ntwo lines.\n\nThree.", ())
        start, end = document.source_map.bytes_of(document.text, find(document, "Three"))
        assert text.encode()[start:end] == b"Three"


class TestRefusals:
    @pytest.mark.parametrize(
        ("data", "line", "reason"),
        [
            (b"", None, "empty"),
            (b"\xef\xbb\xbf \r\n\r\n", None, "empty"),
            (b"# Council Votes\n\nMarch 5, 2024\n", 3, "no body"),
            (b"---\ntitle: Votes\n---\n", 3, "no body"),
            (b"One.\r\nTwo.\rThr\x93e.", 3, r"byte 14 \(0x93\)"),
            (b"One.\n\nTw\0o.", 3, "byte 8 is NUL"),
            (b"---\ntitle: Votes\n\nText.", 1, "never closed"),
            (b"---\ntitle: Votes\nsite: [a, b\n---\nText.", 4, "not YAML"),
            (b"---\n- a\n---\nText.", 1, "mapping"),
            (b"---\ntitle: [a, b]\n---\nText.", 2, "headline"),
            (b'---\na: b\ntitle: "\\ud800"\n---\nText.', 3, "headline"),
            (b"---\ntitle: Votes\ndate: soon\n---\nText.", 3, "'soon'"),
            (b"---\ndate: 03/05/2024\n---\nText.", 2, "either of two"),
            (b"---\ndate: 2011110110:30" + b"9" * 28 + b"\n---\nText.", 2, "no date"),
            (b"---\na: " + b"[" * 5000 + b"\n---\nText.", 1, "not YAML"),
        ],
    )
    def test_name_line_and_reason(self, data: bytes, line: int | None, reason: str) -> None:
        with pytest.raises(DocumentError, match=reason) as caught:
            read_document(data)
        assert caught.value.faults[0].line == line

    def test_a_span_of_another_text_has_no_bytes(self) -> None:
        document = read(BODY)
        with pytest.raises(SpanMismatch):
            document.source_map.bytes_of(document.text, Span(start=0, end=3, exact="Two"))


LINES = """# Council Votes
March 5, 2024
**The  Harbour Post**
OSLO, Norway — Police
“No,” she
left.
since
spring
naïve e\u0301 👩‍🚒 \ufeff
☒
■
- item
---
title: Votes
date: 2024-03-05
Original url:
<https://example.org/a>
السلام \u200f
iPhone"""
PIECES = st.sampled_from(LINES.splitlines())
GLUE = st.sampled_from(
    ["", " ", "  ", "\t", "\n", "\n\n", "\r\n", "\r\n\r\n", "\r", "\u2028", "\u2029", "\f", "\n \n\n", " ☒ "]
)
MANGLED = st.lists(st.tuples(PIECES | st.text(max_size=8), GLUE), min_size=1, max_size=30).map(
    lambda parts: "".join(piece + glue for piece, glue in parts).encode("utf-8", "ignore")
)


def read_or_none(data: bytes) -> Document | None:
    try:
        return read_document(data)
    except DocumentError:
        return None


def letters(words: str) -> str:
    """What no repair touches."""
    return "".join(c for c in words if not (c.isspace() or c in "☐☒■□\ufffc\ufffd"))


class TestProperties:
    @given(
        MANGLED | st.binary(max_size=200) | st.binary(max_size=200).map(lambda data: b"---\n" + data + b"\n---\nText.")
    )
    @example(b'---\ntitle: "\\0"\n---\nText.')
    def test_any_bytes_read_or_are_refused_and_always_the_same(self, data: bytes) -> None:
        assert read_or_none(data) == read_or_none(data)

    @given(MANGLED)
    def test_the_map_covers_the_text_in_order_and_inside_the_data(self, data: bytes) -> None:
        document = read_or_none(data)
        if document is None:
            return
        text_end, byte_end = 0, document.source_map.segments[0].byte_start
        for segment in document.source_map.segments:
            assert (segment.text_start, segment.byte_start) == (text_end, byte_end)
            assert segment.text_start < segment.text_end and segment.byte_start < segment.byte_end
            found = data[segment.byte_start : segment.byte_end].decode()
            assert (document.text[segment.text_start : segment.text_end] == found) == segment.verbatim
            text_end, byte_end = segment.text_end, segment.byte_end
        assert text_end == len(document.text) and byte_end <= len(data)
        assert SourceMap.load(document.source_map.dump()) == document.source_map

    @given(MANGLED, st.data())
    def test_a_span_is_the_words_of_its_bytes(self, data: bytes, draw: st.DataObject) -> None:
        document = read_or_none(data)
        if document is None:
            return
        start = draw.draw(st.integers(0, len(document.text) - 1))
        end = draw.draw(st.integers(start + 1, len(document.text)))
        byte_start, byte_end = document.source_map.bytes_of(document.text, Span.of(document.text, start, end))
        touched = [s for s in document.source_map.segments if s.text_start < end and start < s.text_end]
        words = data[byte_start:byte_end].decode()
        if all(segment.verbatim for segment in touched):
            assert words == document.text[start:end]
        assert letters(words) == letters(document.text[start:end])

    @given(MANGLED)
    def test_the_text_is_canonical(self, data: bytes) -> None:
        document = read_or_none(data)
        if document is None:
            return
        assert document.text == document.text.strip()
        assert not set(document.text) & set("\r\v\f\x85\u2028\u2029\0")
        assert "\n\n\n" not in document.text


@pytest.mark.parametrize(
    "text",
    [
        "word " * 200_000,
        "word" + " " * 1_000_000 + "word",
        "late. ☒ Then " * 80_000,
        "word ☒ " * 150_000,
        "open\n\nopen\n\n" * 80_000,
        "\n \n" * 300_000 + "word",
        '"' * 1_000_000,
        "A" * 1_000_000,
        "source: https://example.org/" + ")" * 1_000_000 + " x",
        "**" + "a" * 1_000_000 + "**",
        "# a" + " " * 1_000_000 + "b",
    ],
    ids=lambda text: repr(text[:14]),
)
def test_time_is_linear_on_ugly_text(text: str) -> None:
    assert read(text).text
