"""The reader of HTML: what is the article, what it declares, and that every character is what its bytes say."""

import json
import re
import subprocess
import sys
from datetime import date
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app import annotations as noted
from app.documents import Document, Repair, Segment, SourceMap, read_document
from app.documents.checking import trace
from app.documents.html import read_html
from app.documents.markup import said
from app.errors import DocumentError
from app.services.files import find_documents
from app.services.storing import Submission, store
from app.spans import Span, paragraphs
from tests.databases import Databases
from tests.stories import MACHINE, library

LEDE = "The council of the harbour city met on Friday evening and voted on the new budget until midnight."
NEXT = "Nobody from the opposition was there, and the galleries stayed empty for most of the long meeting."
LAST = "The next meeting is in March, when the members will talk about the old bridge and the new school."
FILLER = f"<p>{LEDE}</p>\n<p>{NEXT}</p>\n<p>{LAST}</p>\n"


def page(body: str, head: str = "") -> str:
    return f"<!DOCTYPE html>\n<html><head>{head}</head>\n<body><article>\n{body}</article></body></html>\n"


def read(body: str, head: str = "", url: str | None = None) -> Document:
    return read_html(page(body, head).encode(), url)


class Oracle(HTMLParser):
    """What Python's parser finds said in HTML."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[str] = []
        self._hidden = False

    def handle_starttag(self, tag: str, attrs: object) -> None:  # noqa: ARG002
        self._hidden = tag in ("script", "style")

    def handle_endtag(self, tag: str) -> None:  # noqa: ARG002
        self._hidden = False

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self.found.append(data)


def reading(data: bytes, charset: str = "utf-8") -> str:
    oracle = Oracle()
    oracle.feed(data.decode(charset))
    oracle.close()
    return "".join(oracle.found)


def find(document: Document, words: str) -> Span:
    start = document.text.index(words)
    return Span.of(document.text, start, start + len(words))


def bytes_of(document: Document, data: bytes, words: str) -> bytes:
    first, last = document.source_map.bytes_of(document.text, find(document, words))
    return data[first:last]


def holds(document: Document, data: bytes, span: Span) -> bool:
    found = trace(span, document.text, data, document.source_map, document.repairs, document.media_type)
    return found.holds


def all_hold(document: Document, data: bytes) -> bool:
    return all(holds(document, data, span) for span in paragraphs(document.text))


class TestText:
    def test_is_the_article_and_not_what_is_around_it(self) -> None:
        data = f"""<html><head><title>Budget Voted | The Post</title><style>p {{ color: red }}</style></head><body>
        <nav><a href=/>Home</a> <a href=/sport>Sport</a></nav>
        <article><h1>Budget Voted</h1><script>var a = "<p>no</p>";</script>{FILLER}</article>
        <div class="comments"><p>I read it twice and do not believe a word of what the council says.</p></div>
        <footer><a href=/imprint>Imprint</a> <a href=/terms>Terms</a></footer></body></html>""".encode()
        document = read_document(data, "votes.html")
        assert document.text == f"{LEDE}\n\n{NEXT}\n\n{LAST}"
        assert (document.metadata.headline, document.media_type, document.repairs) == ("Budget Voted", "text/html", ())
        assert all_hold(document, data)

    @pytest.mark.parametrize(
        ("html", "expected"),
        [
            ("Prices &amp; wages &lt;up&gt; 3&nbsp;%", "Prices & wages <up> 3\u00a0%"),
            ("&quot;No,&quot; she said; &ldquo;never&rdquo; &#8212; &#x2014;", '"No," she said; “never” — —'),
            ("old pages&#146; &#147;quotes&#148; &#128;5", "old pages’ “quotes” €5"),
            ("AT&T &copy 2020 &notit; &unknown; & all", "AT&T © 2020 ¬it; &unknown; & all"),
            ("Kazakh<b>stan</b>&rsquo;s <i>new <a href='#x>y'>law</a></i>", "Kazakhstan’s new law"),
            ("two\n   lines\tand\r\nthree", "two lines and three"),
            ("a<!-- > -- comment --> word", "a word"),
            ("first line<br>second line<br/>third line", "first line\nsecond line\nthird line"),
            ("one<br><br>\n<br>two", "one\n\ntwo"),
            ("1 < 2 and 3 > 2 <3", "1 < 2 and 3 > 2 <3"),
            ("می\u200cخواهم e\u0301 👩\u200d🚒 \ue000x", "می\u200cخواهم e\u0301 👩\u200d🚒 \ue000x"),
            ("half <b>bold <i>both</b> slanted</i> words", "half bold both slanted words"),
            ("soft&shy;hyphen and zero&#8203;width", "soft\u00adhyphen and zero\u200bwidth"),
            ("one <span title='a > b' data-x=\"<p>\">two</span> three", "one two three"),
            ("none <script>if (a < b) document.write('<p>x</p>')</script>here", "none here"),
            ("a <style>b { }</style><noscript></noscript>c", "a c"),
            ("<span>&nbsp;</span>framed&nbsp; &nbsp;words<br>&nbsp;<br>end", "framed\u00a0 \u00a0words\n\nend"),
            ("double &amp;nbsp; escaped", "double &nbsp; escaped"),
            ("control&#16;&#x1;&#0; characters", "control\ufffd characters"),
        ],
    )
    def test_is_what_a_browser_shows(self, html: str, expected: str) -> None:
        body = f"{FILLER}<p>{html}, in the words that the mayor of the city used.</p>{FILLER.upper()}"
        document = read(body)
        assert f"\n\n{expected}, in the words that the mayor of the city used.\n\n" in document.text
        data = page(body).encode()
        assert all_hold(document, data)
        assert re.sub(r"\s", "", reading(bytes_of(document, data, expected))) == re.sub(r"\s", "", expected)

    def test_bytes_are_those_of_the_words_and_no_more(self) -> None:
        body = (
            f"{FILLER}<p>He spoke of Kazakh<b>stan</b> and &ldquo;caf&eacute;s&rdquo; in the &Eacute;lys&eacute;e.</p>"
        )
        document, data = read(body), page(body).encode()
        for words, expected in [
            ("Kazakh", b"Kazakh"),
            ("stan", b"stan"),
            ("Kazakhstan", b"Kazakh<b>stan"),
            ("“cafés”", b"&ldquo;caf&eacute;s&rdquo;"),
            ("af", b"af"),
            ("é", b"&eacute;"),
        ]:
            assert bytes_of(document, data, words) == expected

    def test_invisible_and_broken_markup(self) -> None:
        data = (
            f"<p>{LEDE}<p>{NEXT}<div><p>Unclosed <em>and <strong>nested</p></div><p>in the middle of the page, it was."
            f"<p>{LAST} <a href='x\"y>the end</a> <!-- never closed <p>gone</p>"
        ).encode()
        document = read_document(data, media_type="text/html; charset=utf-8")
        assert document.text.startswith(
            f"{LEDE}\n\n{NEXT}\n\nUnclosed and nested\n\nin the middle of the page, it was."
        )
        assert "gone" not in document.text
        assert all_hold(document, data)

    def test_a_teaser_above_is_not_the_article(self) -> None:
        data = page(FILLER).replace("<article>", f"<div><a href='/1'>{LEDE}</a></div><article>").encode()
        document = read_html(data)
        first, _ = document.source_map.bytes_of(document.text, Span.of(document.text, 0, len(LEDE)))
        assert document.text == f"{LEDE}\n\n{NEXT}\n\n{LAST}"
        assert data[:first].endswith(b"<p>")

    def test_words_across_what_was_left_out_do_not_hold(self) -> None:
        form = "<form><p>Write to us about the city</p></form>"
        body = f"{FILLER}<p>{LEDE} It was late.</p>{form}<p>{NEXT} Then they left.</p>"
        document, data = read(body), page(body).encode()
        assert "Write to us" not in document.text
        assert document.text.endswith(f"It was late.\n\n{NEXT} Then they left.")
        assert all_hold(document, data)
        assert not holds(document, data, find(document, f"It was late.\n\n{NEXT}"))
        assert holds(document, data, find(document, f"{LEDE}\n\n{NEXT}"))

    def test_parts_of_a_paragraph_are_found_around_what_was_left_out(self) -> None:
        button = "<button>Share this with all your friends and family</button>"
        more = "It had rained since the morning."
        body = f"{FILLER}<p>{more} {button} Rain is rare here.</p>{FILLER.upper()}"
        document, data = read(body), page(body).encode()
        assert f"{more} Rain is rare here." in document.text and "Share" not in document.text
        assert holds(document, data, find(document, f"{LAST}\n\n{more}"))
        assert holds(document, data, find(document, f"Rain is rare here.\n\n{LEDE.upper()}"))
        assert not holds(document, data, find(document, f"{more} Rain is rare here."))


@pytest.mark.parametrize(
    ("charset", "label", "words"),
    [
        ("cp1252", "windows-1252", "“Naïve cafés” cost 5 €"),
        ("cp1252", "iso-8859-1", "“Naïve cafés” cost 5 €"),
        ("cp1251", "windows-1251", "Москва сказала «нет»"),
        ("koi8-r", "koi8-r", "Москва сказала"),
        ("cp932", "shift_jis", "東京で会議が開かれた"),
        ("gb18030", "gb2312", "香港特首就此事道歉"),
        ("cp949", "euc-kr", "서울에서 회의가 열렸다"),
        ("cp950", "big5", "香港特首就此事道歉"),
        ("utf-8", "UTF8", "Élysée “oui”"),
    ],
)
@pytest.mark.parametrize("told", ["meta", "http-equiv", "header", "xml"])
def test_charsets(charset: str, label: str, words: str, told: str) -> None:
    heads = {
        "meta": f"<meta charset='{label}'>",
        "http-equiv": f'<meta http-equiv="Content-Type" content="text/html; charset={label}">',
    }
    text = page(f"{FILLER}<p>{words}, said the mayor of the city on Friday evening.</p>", heads.get(told, ""))
    if told == "xml":
        text = f'<?xml version="1.0" encoding="{label}"?>\n{text}'
    data = text.encode(charset)
    document = read_document(data, "a.html", f'text/html; charset="{label}"' if told == "header" else None)
    assert f"\n\n{words}, said the mayor" in document.text
    assert bytes_of(document, data, words).decode(charset) == words
    assert bytes_of(document, data, words[1:3]).decode(charset) == words[1:3]
    assert all_hold(document, data)
    assert ("charset" in document.media_type) == (charset != "utf-8")


@pytest.mark.parametrize("charset", ["utf-8-sig", "utf-16"])
def test_a_byte_order_mark_is_believed_first(charset: str) -> None:
    data = page(f"<p>“É” — {LEDE}</p>{FILLER}", "<meta charset=windows-1252>").encode(charset)
    document = read_html(data, media_type="text/html; charset=koi8-r")
    assert document.text.startswith(f"“É” — {LEDE}")
    assert all_hold(document, data)


def test_a_page_that_says_utf_16_in_ascii_is_utf_8() -> None:
    data = page(f"<p>“É” — {LEDE}</p>{FILLER}", "<meta charset=utf-16>").encode()
    assert read_html(data).text.startswith(f"“É” — {LEDE}")


def test_a_byte_that_is_no_character_is_shown_as_one_and_holds() -> None:
    data = page(f"<p>It cost \udc80 5, and {LEDE}</p>{FILLER}", "<meta charset=utf-8>").encode(errors="surrogateescape")
    document = read_html(data)
    assert document.text.startswith("It cost \ufffd 5, and")
    assert bytes_of(document, data, "\ufffd") == b"\x80"
    assert all_hold(document, data)


class TestRefusals:
    @pytest.mark.parametrize(
        ("data", "media_type", "reason"),
        [
            (b"", "text/html", "no article"),
            (b"<html><body></body></html>", "text/html", "no article"),
            (b"<html><body><script>render()</script><div id=root></div></body></html>", "text/html", "no article"),
            (page(FILLER).encode() + b"\0", "text/html", f"byte {len(page(FILLER))} is NUL"),
            (page(f"caf\xe9 {FILLER}").encode("latin-1"), "text/html", "does not say what it is"),
            (page(FILLER).encode("iso-2022-jp"), "text/html; charset=iso-2022-jp", "iso-2022-jp, which is not read"),
            (b"abc", "text/html; charset=utf-7", "utf-7, which is not read"),
            (b"a", "text/html; charset=utf-16", "byte 0 is not utf-16le"),
        ],
    )
    def test_say_why(self, data: bytes, media_type: str, reason: str) -> None:
        with pytest.raises(DocumentError, match=reason):
            read_html(data, media_type=media_type)

    def test_an_article_that_only_a_script_has(self) -> None:
        article = {"@type": "NewsArticle", "articleBody": " ".join([LEDE, NEXT, LAST])}
        script = f'<script type="application/ld+json">{json.dumps(article)}</script>'
        with pytest.raises(DocumentError, match="not in the page's own text"):
            read("<div id=root></div>", script)

    def test_an_unknown_charset_is_no_charset(self) -> None:
        assert read(FILLER, "<meta charset=utf8mb4>").media_type == "text/html"


ARTICLE = {
    "@type": "NewsArticle",
    "headline": "Budget &amp; Bridge",
    "datePublished": "2024-03-05T23:10:00-05:00",
    "publisher": {"@id": "#post"},
}
GRAPH = {
    "@context": "https://schema.org",
    "@graph": [
        {"@type": "WebPage", "name": "x"},
        ARTICLE,
        {"@id": "#post", "@type": "Organization", "name": "The Post"},
    ],
}
POST = [{"name": "The Post"}]
OPEN_GRAPH = """<meta property="og:title" content="Budget &amp; Bridge | The Post">
<meta property="og:site_name" content="The Post">
<meta property="article:published_time" content="2024-03-05T08:00Z">"""


class TestMetadata:
    @pytest.mark.parametrize(
        "head",
        [
            f'<script type="application/ld+json">{json.dumps(GRAPH)}</script>',
            f'<script type="application/ld+json">{json.dumps([ARTICLE | {"publisher": POST}])}</script>',
            OPEN_GRAPH,
            f'<script type="application/ld+json">{{no JSON</script>{OPEN_GRAPH}',
            f'<script type="application/ld+json">{"[" * 100_000}</script>{OPEN_GRAPH}',
            '<meta name=DC.title content="Budget &amp; Bridge"><meta name=dc.publisher content="The  Post">'
            '<meta name=date content="5 March 2024">',
        ],
    )
    def test_is_what_the_page_declares(self, head: str) -> None:
        metadata = read(FILLER, head).metadata
        assert (metadata.headline, metadata.published, metadata.publisher) == (
            "Budget & Bridge",
            date(2024, 3, 5),
            "The Post",
        )

    def test_is_nothing_where_the_page_declares_nothing(self) -> None:
        metadata = read(f"<p>Published on 5 March 2024 by The Post</p>{FILLER}").metadata
        assert metadata == noted.Metadata()

    def test_the_title_is_the_headline_without_the_site_or_as_a_heading_has_it(self) -> None:
        named = "<meta property=og:site_name content='The Post'><title>Budget – voted -- The Post</title>"
        assert read(FILLER, named).metadata.headline == "Budget – voted"
        title = "<title>Budget voted » Local » The Post</title>"
        assert read(f"<h1>The Post</h1><h2>Budget <i>voted</i></h2>{FILLER}", title).metadata.headline == "Budget voted"

    @pytest.mark.parametrize("published", ["03/05/2024", "soon", "2024-13-40", "2024"])
    def test_a_date_that_may_be_either_of_two_is_none(self, published: str) -> None:
        assert read(FILLER, f"<meta name=date content='{published}'>").metadata.published is None

    def test_a_time_that_is_marked_as_the_publication(self) -> None:
        body = (
            f"<time datetime=2020-01-01>x</time><time itemprop=datePublished datetime='2024-03-05'>today</time>{FILLER}"
        )
        assert read(body).metadata.published == date(2024, 3, 5)

    @pytest.mark.parametrize(
        ("url", "link", "expected"),
        [
            ("https://www.example.org/a?utm=1", "https://example.org/a", "https://example.org/a"),
            ("https://m.example.org/a", "https://www.example.org/a", "https://www.example.org/a"),
            ("https://news.example.org/a", "//example.org/a", "https://example.org/a"),
            ("https://example.org/b/c", "/a", "https://example.org/a"),
            (None, "https://example.org/a", "https://example.org/a"),
            (None, "/a", None),
            ("https://evil.example/a", "https://example.org/a", "https://evil.example/a"),
            ("https://notexample.org/a", "https://example.org/a", "https://notexample.org/a"),
            ("https://example.org/a", "javascript:alert(1)", "https://example.org/a"),
            ("https://example.org/a", "https://[", "https://example.org/a"),
        ],
    )
    def test_the_address_is_the_canonical_one_of_the_same_site(
        self, url: str | None, link: str, expected: str | None
    ) -> None:
        assert read(FILLER, f'<link rel=canonical href="{link}">', url).metadata.url == expected
        assert read(FILLER, f'<meta property=og:url content="{link}">', url).metadata.url == expected

    def test_unfit_values_are_passed_over(self) -> None:
        found = {**ARTICLE, "headline": "\ud800", "datePublished": 2024, "publisher": {"name": ["x"], "@id": []}}
        metadata = read(FILLER, f'<script type="application/ld+json">{json.dumps(found)}</script>{OPEN_GRAPH}').metadata
        assert (metadata.headline, metadata.publisher) == ("Budget & Bridge", "The Post")
        assert metadata.published == date(2024, 3, 5)

    def test_the_dateline_is_noted(self) -> None:
        assert read(f"<p>PARIS (Reuters) - Ministers met.</p>{FILLER}").metadata.dateline == "PARIS"


class TestDoor:
    @pytest.mark.parametrize(
        ("name", "media_type", "expected"),
        [
            ("a.html", None, "text/html"),
            ("a.HTM", None, "text/html"),
            ("a.txt", "text/html", "text/html"),
            ("a", "Application/XHTML+XML; charset=utf-8", "text/html"),
            ("a.html", "text/plain", "text/plain"),
            ("a.txt", "text/markdown; charset=utf-8", "text/markdown"),
            ("a.md", None, "text/markdown"),
            ("a.txt", None, "text/plain"),
        ],
    )
    def test_the_media_type_or_the_ending_decides(self, name: str, media_type: str | None, expected: str) -> None:
        assert read_document(page(FILLER).encode(), name, media_type).media_type == expected

    def test_a_text_has_the_address_where_it_was_got(self) -> None:
        assert read_document(b"A word.", url="https://example.org/1").metadata.url == "https://example.org/1"
        told = b"---\nurl: https://example.org/2\n---\nA word."
        assert read_document(told, url="https://example.org/1").metadata.url == "https://example.org/2"

    def test_who_reads_no_pages_does_not_load_the_extractor(self) -> None:
        code = "import sys, app.main, app.documents as d; d.read_document(b'A word.'); assert 'lxml' not in sys.modules"
        subprocess.run([sys.executable, "-c", code], check=True)


WORD = st.text(
    st.characters(codec="utf-8", exclude_characters="\0", exclude_categories=["Cc", "Cs", "Cn"]), max_size=12
)
ESCAPED = st.tuples(WORD, st.sampled_from(["min", "quot", "decimal", "hex"]))
INLINE = st.sampled_from(["b", "i", "a href='/x?a=1&amp;b=>'", 'span class="x y"', "em", "strong"])
NOTHING = st.sampled_from(
    ["<!-- a > b -->", "<script>var a = '<p>';</script>", "<style>p > a {}</style>", "<wbr>", "<b></b>"]
)
SPACE = st.sampled_from([" ", "\n", "  \t", " \r\n ", "&nbsp;", "&#32;", "&#10;"])


def escaped(words: str, how: str) -> str:
    """The words as HTML: only what must be as references, or all."""
    if how in ("decimal", "hex"):
        return "".join(f"&#{ord(c)};" if how == "decimal" else f"&#x{ord(c):X};" for c in words)
    safe = words.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return safe.replace('"', "&quot;").replace("\u00a0", "&nbsp;") if how == "quot" else safe


TEXT = ESCAPED.map(lambda pair: escaped(*pair))
RUN = st.recursive(
    TEXT | NOTHING | SPACE,
    lambda inner: st.tuples(INLINE, st.lists(inner, max_size=4)).map(
        lambda made: f"<{made[0]}>{''.join(made[1])}</{made[0].split()[0]}>"
    ),
    max_leaves=12,
)
PARAGRAPH = st.lists(RUN, min_size=1, max_size=8).map("".join)
BLOCK = st.tuples(st.sampled_from(["p", "div", "blockquote", "h2"]), PARAGRAPH).map(
    lambda made: f"<{made[0]}>{made[1]} As many as NUMBER people had come to see how the council votes.</{made[0]}>\n"
)
PAGES = st.lists(BLOCK, min_size=1, max_size=5).map(
    # Each with words of its own: extractors leave out what is said twice.
    lambda blocks: page("".join(b.replace("NUMBER", str(n)) for n, b in enumerate(blocks, 100)) + FILLER).encode()
)
CUT = "< > & \" ' = / \u2028 \f <p> </p> <b <!-- --> <script> </script> <![CDATA[ &#x &#1; &amp <td> <title> <br> </ <a"
SOUP = st.lists(st.sampled_from([*CUT.split(" "), "\n", LEDE]) | TEXT, max_size=40).map(
    lambda parts: f"<html><body><p>{LEDE}</p>{''.join(parts)}{FILLER}".encode()
)


def squeezed(text: str) -> str:
    return " ".join(text.split())


def letters(text: str) -> str:
    return re.sub(r"\s", "", text)


class TestProperties:
    @settings(deadline=None)
    @given(PAGES, st.data())
    def test_every_span_traces_to_bytes_that_say_the_same(self, data: bytes, draw: st.DataObject) -> None:
        document = read_html(data)
        paragraph = draw.draw(st.sampled_from(list(paragraphs(document.text))))
        start = draw.draw(st.integers(paragraph.start, paragraph.end - 1))
        span = Span.of(document.text, start, draw.draw(st.integers(start + 1, paragraph.end)))
        first, last = document.source_map.bytes_of(document.text, span)
        assert letters(span.exact) == letters(reading(data[first:last]))
        assert holds(document, data, span)
        assert squeezed(document.text).endswith(squeezed(f"{LEDE} {NEXT} {LAST}"))

    @settings(deadline=None)
    @given(PAGES | SOUP)
    def test_any_page_reads_or_is_refused_and_its_map_is_in_order(self, data: bytes) -> None:
        try:
            document = read_html(data)
        except DocumentError:
            return
        assert document == read_html(data)
        text_end, byte_end = 0, 0
        for segment in document.source_map.segments:
            assert segment.text_start == text_end < segment.text_end
            assert byte_end <= segment.byte_start < segment.byte_end <= len(data)
            found = data[segment.byte_start : segment.byte_end].decode(errors="replace")
            assert not segment.verbatim or document.text[segment.text_start : segment.text_end] == found
            text_end, byte_end = segment.text_end, segment.byte_end
        assert text_end == len(document.text)
        assert document.text == document.text.strip()
        assert not set(document.text) & set("\r\v\f\x85\u2028\u2029\0") and "\n\n\n" not in document.text

    @settings(deadline=None)
    @given(PAGES, st.data())
    def test_a_byte_changed_in_the_page_does_not_hold(self, data: bytes, draw: st.DataObject) -> None:
        document = read_html(data)
        span = draw.draw(st.sampled_from(list(paragraphs(document.text))))
        at = draw.draw(st.sampled_from([i for i in range(span.start, span.end) if not document.text[i].isspace()]))
        first, _ = document.source_map.bytes_of(document.text, Span.of(document.text, at, at + 1))
        altered = data[:first] + b"\1" + data[first + 1 :]
        assert holds(document, data, span) and not holds(document, altered, span)

    @given(st.text(st.characters(codec="utf-8", exclude_characters="\0\r")))
    def test_what_is_escaped_is_said(self, words: str) -> None:
        for how in ("min", "quot"):
            assert said(escaped(words, how)) == words


@pytest.mark.parametrize(
    ("segments", "expected"),
    [
        ([(0, 1, 0, 5, False), (1, 2, 8, 9, True)], True),
        ([(0, 1, 0, 5, False), (1, 2, 10, 11, True)], False),  # between them something is said
        ([(0, 2, 0, 9, False)], True),
        ([(0, 2, 0, 5, False)], False),  # the bytes are less than the words
        ([(0, 1, 0, 5, False)], False),  # a word is of no bytes
        ([(0, 1, 3, 4, True), (1, 2, 8, 9, True)], False),  # other bytes
    ],
)
def test_a_map_is_not_believed(segments: list[tuple[int, int, int, int, bool]], expected: bool) -> None:
    source_map = SourceMap(tuple(Segment(*each) for each in segments))
    found = trace(Span(start=0, end=2, exact="&b"), "&b", b"&amp;<i>b b</i>", source_map, (), "text/html")
    assert found.holds == expected


def test_markup_is_no_words_of_a_page_but_of_a_text() -> None:
    source_map = SourceMap((Segment(0, 5, 0, 5, verbatim=True),))
    span = Span(start=0, end=5, exact="&amp;")
    assert trace(span, "&amp;", b"&amp;", source_map, (), "text/plain").holds
    assert not trace(span, "&amp;", b"&amp;", source_map, (), "text/html").holds


def test_a_recorded_repair_holds_in_a_page_too() -> None:
    source_map = SourceMap((Segment(0, 1, 0, 3, verbatim=False),))
    repair = Repair("x", "text", 0, 1, 0, 3, "<b>", " ")
    span = Span(start=0, end=1, exact=" ")
    assert trace(span, " ", b"<b>", source_map, [repair], "text/html").holds
    assert not trace(span, " ", b"<b>", source_map, [], "text/html").holds


def test_a_stored_quote_is_checked_against_the_bytes_of_the_page(databases: Databases, migrated: str) -> None:
    words = "We’ll never leave the caf\xe9 before “the trial” is over"
    spelt = "We&rsquo;ll <b>never</b> leave\n the caf\xe9 before \x93the trial\x94 is over"
    data = page(f"{FILLER}<p>&quot;{spelt},&quot; <a href=/ada>Ada Lovelace</a> said.</p>").encode("latin-1")
    document = read_document(data, "ada.html", "text/html; charset=windows-1252", "https://example.org/ada")
    spans = [
        Span.of(document.text, at := document.text.index(each), at + len(each)) for each in (words, "Ada Lovelace")
    ]
    quote = noted.Quote(kind="direct", content=(spans[0],), sources=(noted.Source(span=spans[1]),))
    submission = Submission(document, data, "ada.html", ((MACHINE, noted.Annotations(quotes=(quote,))),))
    with library(databases.create(migrated)) as (database, client):
        with database.write() as session:
            store(session, [submission])
        (found,) = client.get("/quotes").json()["items"]
        check = client.get(f"/quotes/{found['id']}/verify").json()
        assert check["holds"], check
        (content,) = (span["bytes"] for span in check["spans"] if span["part"] == "content")
        assert data[content["start"] : content["end"]] == spelt.encode("latin-1")
        source = client.get(f"/articles/{found['article']['id']}/source")
    assert (source.content, source.headers["content-type"]) == (data, "text/html; charset=windows-1252")
    assert source.headers["content-security-policy"].startswith("sandbox; default-src 'none'")
    assert source.headers["x-content-type-options"] == "nosniff"


def test_pages_on_disk_are_documents(tmp_path: Path) -> None:
    for name in ("a.html", "b.htm", "c.pdf"):
        (tmp_path / name).touch()
    assert find_documents([tmp_path]) == [tmp_path / "a.html", tmp_path / "b.htm"]


@pytest.mark.parametrize(
    "html",
    [
        "<" * 300_000,
        "<a " * 100_000,
        "<a b='" * 50_000,
        '<a b="' * 50_001,
        "<!--" * 100_000,
        "<script>" * 50_000,
        "</script" * 50_000,
        "&" * 300_000,
        "&a" * 150_000,
        "<p>" * 50_000,
        "x " * 150_000,
        "<p>a</p>" * 20_000,
        " \n" * 150_000,
        "a" * 300_000,
        "<b>a" * 50_000,
    ],
    ids=lambda html: repr(html[:9]),
)
def test_time_is_linear_on_ugly_pages(html: str) -> None:
    assert read(f"{FILLER}{html}").text
