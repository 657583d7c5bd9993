"""/verify and /quotes/{id}/verify: what was said, what only looks like it, and what was changed behind our back."""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from typing import Any
from urllib.parse import unquote

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text as sql

from app.db import Database
from app.search.verdicts import Asked, Text
from app.search.words import words
from app.services.fragments import directive, link
from app.services.storing import store
from app.spans import Span
from tests.conftest import ROOT
from tests.databases import Databases
from tests.stories import EDITOR, Story, library, tell

HITS = ("exact", "equal")
NEGATIONS = {"not", "never", "no", "nobody", "nothing", "without"}


def story(name: str, said: str, speaker: str = "Ada Lovelace", year: int = 2012) -> Story:
    """An article in which somebody says something, and which says something itself."""
    text = f"{name} was quiet that day. “{said},” {speaker} said. Rain fell in {name}, and the harbour stayed closed."
    return Story(name, text, date(year, 1, 5), [(speaker, "PERSON")], [(speaker, said)])


SAID = {
    "Oslo": "We will not leave the city before the trial of the two men is over",
    "Bergen": "The bank lost $5.5 million in March, and 12 branches in Norway were closed",
    "Malmö": "I don’t think that anybody can say what happened on the bridge that night",
    "Turku": "Prices rose by 3.4% last year — the fastest well-documented rise since 1998",
    "Riga": "Nobody from Lithuania has asked us for help, and we have nothing to offer them",
    "Gdańsk": "Our ships carried 40,000 tonnes of wheat to Egypt without any delay",
    "Kiel": "He said that he was “very proud” of the work that Marie Curie had done in Paris",
    "Tartu": "Temperatures of -15 degrees were measured here in February, and we’re used to them",
    "Visby": "We have never seen so many people on the island, and they were welcome",
    "Narva": "Élan is what the team needs; the rest will come by itself in the second half",
}
STORIES = [story(name, said) for name, said in SAID.items()]


@pytest.fixture(scope="module")
def opened(databases: Databases, seed_template: str) -> Iterator[tuple[Database, httpx.Client]]:
    """The seed article, and those made up here."""
    with library(databases.create(seed_template)) as (database, client):
        tell(database, STORIES)
        yield database, client


@pytest.fixture(scope="module")
def client(opened: tuple[Database, httpx.Client]) -> httpx.Client:
    return opened[1]


def verify(client: httpx.Client, text: str, **body: Any) -> Any:
    answer = client.post("/verify", json={"text": text, **body})
    assert answer.status_code == 200, answer.text
    return answer.json()


# Altered quotes


@dataclass(frozen=True)
class Case:
    """A text made from a quote, how it was made, and the verdict it must get."""

    how: str
    text: str
    expected: str


def nearly(n: int, added: int = 0, replaced: int = 0) -> str:
    """The verdict that ``n`` words of a quote must get with so many replaced and so many added (Indel similarity)."""
    common, both = n - replaced, 2 * n + added
    return "near" if n + added >= 4 and 2 * common / both >= 0.8 else "not_found"


def kept(quote: str) -> Iterator[Case]:
    """What changes nothing but case, punctuation, quotation marks, dashes and spacing."""
    said = quote.split()
    yield Case("as given", quote, "exact")
    yield Case("quotation marks around it", f"“{quote}”", "exact")
    yield Case("case", quote.swapcase(), "equal")
    yield Case("punctuation", quote.rstrip(".,") + "!?", "equal")
    yield Case("spacing", "  ".join(said), "equal")
    yield Case("a dash", " ".join([*said[:2], "—", *said[2:]]), "equal")
    yield Case("quotation marks inside", " ".join([said[0], f"«{said[1]}»", *said[2:]]), "equal")
    if "-" in quote.replace(" -", ""):
        yield Case("hyphens", re.sub(r"(?<=\w)-(?=\w)", "‑", quote), "equal")
    if len(said) >= 8:
        cut = " ".join(said[:3]), " ".join(said[-3:])
        left_out = {word.lower().replace("’", "'") for word in said[3:-3]}
        denies = left_out & NEGATIONS or any(word.endswith("n't") for word in left_out)
        for ellipsis in ("…", "...", " [...] "):
            yield Case("ellipsis", ellipsis.join(cut), "near" if denies else "exact")


def changed(quote: str, other: str) -> Iterator[Case]:
    """What changes what was said."""
    said, n = quote.split(), len(Text(quote).tokens)
    yield Case("negation added", " ".join([*said[:2], "not", *said[2:]]), nearly(n, added=1))
    for negation in NEGATIONS & set(said):
        yield Case("negation removed", quote.replace(f"{negation} ", "", 1), nearly(n - 1, added=1))
    number = re.search(r"\d+", quote)
    if number:
        altered = str(int(number[0]) + 1)
        yield Case("number", quote[: number.start()] + altered + quote[number.end() :], nearly(n, replaced=1))
    for name in ("Tengiz", "Atyrau", "Norway", "Lithuania", "Egypt", "Curie", "Paris", "February"):
        if name in said:
            yield Case("name", quote.replace(name, "Atlantis"), nearly(n, replaced=said.count(name)))
    longest = max((word for word in said if word.isalpha()), key=len)
    yield Case("content word", quote.replace(longest, "elephants"), nearly(n, replaced=quote.count(longest)))
    for one, another in (("will", "would"), ("was", "is"), ("were", "are"), ("has", "had"), ("lost", "loses")):
        if said.count(one) == 1:
            yield Case("tense", " ".join(another if word == one else word for word in said), nearly(n, replaced=1))
    half = " ".join(other.split()[: len(other.split()) // 2])
    more = len(Text(half).tokens)
    yield Case("half of another", f"{quote} {half}", min(nearly(n, added=more), nearly(more, added=n)))


TRAPS = [
    Case("cut off from its negation", "leave the city before the trial of the two men", "near"),
    Case("cut off from its negation", "seen so many people on the island", "near"),
    Case("cut off from its negation", "leave the city", "near"),
    Case("cut off from its negation", "any delay to Egypt", "not_found"),
    Case("contraction cut", "I don think that anybody can say what happened", "near"),
    Case("contraction without its apostrophe", "and were used to them", "near"),
    Case("contraction spelt out", "I do not think that anybody can say what happened on the bridge", "near"),
    Case("negation left out by an ellipsis", "We will … leave the city before the trial", "near"),
    Case("negation left out by an ellipsis", "Our ships carried 40,000 tonnes … any delay", "near"),
    Case("most left out by an ellipsis", "We will … over", "not_found"),
    Case("most left out by an ellipsis", "We will … is over", "near"),
    Case("pieces the other way round", "before the trial of the two men … We will not leave the city", "not_found"),
    Case("pieces of two quotes", "We will not leave the city … so many people on the island", "not_found"),
    Case("currency", "The bank lost €5.5 million in March", "near"),
    Case("currency left out", "The bank lost 5.5 million in March", "near"),
    Case("sign cut off", "5.5 million in March, and 12 branches", "near"),
    Case("amount cut off", "The bank lost $5", "near"),
    Case("decimal point", "The bank lost $55 million in March", "near"),
    Case("decimal comma", "Prices rose by 3,4% last year", "near"),
    Case("per cent left out", "Prices rose by 3.4 last year", "near"),
    Case("minus left out", "Temperatures of 15 degrees were measured here", "near"),
    Case("thousands", "Our ships carried 40 tonnes of wheat to Egypt", "near"),
    Case("hyphenated word cut", "documented rise since 1998", "near"),
    Case("accent", "Elan is what the team needs", "near"),
    Case("editor's insertion", "We will not leave [Oslo] before the trial of the two men", "near"),
    Case("editor's insertion", "[They] will not leave the city before the trial", "near"),
    Case("editor's doubt", "We will not leave the city [sic] before the trial", "near"),
    Case("other order", "The trial of the two men is over before we leave the city", "not_found"),
    Case("denied", "it was a suicide attack", "near"),
    Case("denied", "reports that it was a suicide attack", "near"),
    Case("of two sentences", "the harbour stayed closed and we will not leave the city", "not_found"),
    Case("three words, one of them another", "the three men", "not_found"),
    Case("editor's capital", "[B]efore the trial of the two men", "equal"),
    Case("brackets around what was said", "before [the trial] of the two men", "equal"),
    Case("three words", "the two men", "exact"),
    Case("in no quote", "the harbour stayed closed", "exact"),
    Case("in no quote", "Rain fell in OSLO and the harbour…stayed closed", "equal"),
    Case("over the end of a quote", "of the two men is over,” Ada Lovelace said", "exact"),
    Case("zero-width characters", "We will\u200b not le\u00adave the city", "equal"),
    Case("apostrophe", "I don't think that anybody can say", "equal"),
    Case("per cent apart", "Prices rose by 3.4 % last year", "equal"),
    Case("spaces for hyphens", "the fastest well documented rise", "equal"),
]


def cases(client: httpx.Client) -> list[Case]:
    """Everything that is made of all quotes that are stored, and what was thought of besides."""
    found = client.get("/quotes", params={"limit": 100, "sort": "oldest"}).json()["items"]
    quotes = [quote["text"] for quote in found if len(words(quote["text"])) >= 3 and not denied(quote)]
    made = [case for quote in quotes for case in kept(quote)]
    return [*made, *(case for i, quote in enumerate(quotes) for case in changed(quote, quotes[i - 1])), *TRAPS]


def denied(quote: Any) -> bool:
    return bool(quote["cue"]) and quote["cue"]["exact"] == "denied"


def test_no_altered_quote_passes_for_what_was_said(client: httpx.Client) -> None:
    made = cases(client)
    verdicts = [(case, verify(client, case.text)["verdict"]) for case in made]
    assert "\n".join(f"{verdict}: {case}" for case, verdict in verdicts if verdict != case.expected) == ""
    passed = [case for case, verdict in verdicts if verdict in HITS]
    precision = sum(case.expected in HITS for case in passed) / len(passed)
    recall = sum(case.expected in HITS for case in passed) / sum(case.expected in HITS for case in made)
    assert (precision, recall) == (1.0, 1.0)
    altered = sum(case.expected not in HITS for case in made)
    stated = f"{len(made)} texts, {altered} of them altered: precision {precision}, recall {recall}"
    assert stated in (ROOT / "docs" / "api.md").read_text(encoding="utf-8")


# Evidence


def test_all_evidence_holds_against_the_text(client: httpx.Client) -> None:
    for asked in (
        SAID["Riga"],
        SAID["Oslo"].replace("two", "three"),
        "We will not leave the city … the two men is over",
    ):
        for found in verify(client, asked)["evidence"]:
            article = client.get(f"/articles/{found['article']['id']}").json()
            assert found["text_sha256"] == hashlib.sha256(article["text"].encode()).hexdigest()
            spans = [*found["spans"], *(span for each in found["differences"] for span in each["found"])]
            assert spans
            assert all(article["text"][span["start"] : span["end"]] == span["exact"] for span in spans)


def differences(client: httpx.Client, text: str) -> list[tuple[str, str | None, list[str]]]:
    (found,) = verify(client, text)["evidence"]
    for each in found["differences"]:
        asked = each["asked"]
        assert asked is None or text[asked["start"] : asked["end"]] == asked["exact"]
    return [
        (each["kind"], each["asked"] and each["asked"]["exact"], [span["exact"] for span in each["found"]])
        for each in found["differences"]
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (SAID["Oslo"], []),
        (SAID["Oslo"].replace("two men", "three women"), [("replaced", "three women", ["two men"])]),
        (SAID["Oslo"].replace("not ", ""), [("left_out", None, ["not"])]),
        (SAID["Oslo"].replace("We will", "We will surely"), [("added", "surely", [])]),
        ("We will not leave the city before the hearing", [("replaced", "hearing", ["trial"])]),
        ("leave the city before the trial", [("left_out", None, ["not"])]),
        ("We will … leave the city before the trial", [("left_out", None, ["not"])]),
        ("We will not leave [Oslo] before the trial", [("replaced", "[Oslo]", ["the city"])]),
        ("We will not leave the city [sic] before the trial", [("added", "[sic]", [])]),
        ("it was a suicide attack", [("left_out", None, ["denied"])]),
    ],
)
def test_every_word_that_is_not_the_same_is_listed(
    client: httpx.Client, text: str, expected: list[tuple[str, str | None, list[str]]]
) -> None:
    assert differences(client, text) == expected


def test_who_said_it_is_part_of_the_answer(client: httpx.Client) -> None:
    said = "The company has raised security"
    same, other, nobody = (verify(client, said, speaker=name) for name in ("Crain", "Bolat Daukenov", None))
    assert [answer["verdict"] for answer in (same, other, nobody)] == ["exact"] * 3
    assert [answer["speaker"] for answer in (same, other, nobody)] == ["same", "other", None]
    assert [answer["asked"] and answer["asked"]["name"] for answer in (same, other)] == [
        "Linsi Crain",
        "Bolat Daukenov",
    ]
    assert other["evidence"][0]["quote"]["speaker"]["name"] == "Linsi Crain"
    assert verify(client, "the harbour stayed closed", speaker="Crain")["speaker"] == "unknown"
    assert verify(client, "something else entirely was said", speaker="Crain")["speaker"] is None


def test_who_relays_it_has_not_said_it(client: httpx.Client) -> None:
    answer = verify(client, "it would carry out more attacks", speaker="SITE")
    assert (answer["verdict"], answer["speaker"]) == ("exact", "other")
    assert [source["role"] for source in answer["evidence"][0]["quote"]["sources"]] == ["speaker", "relayed"]


def test_a_passage_is_evidence_only_where_it_is_in_no_quote(client: httpx.Client) -> None:
    (quoted,) = verify(client, "before the trial of the two men")["evidence"]
    assert quoted["quote"]["text"] == SAID["Oslo"]
    (unquoted,) = verify(client, "Oslo, and the harbour stayed closed")["evidence"]
    assert unquoted["quote"] is None
    (over,) = [each for each in verify(client, "is over,” Ada Lovelace said")["evidence"] if each["verdict"] == "exact"]
    assert over["quote"] is None


def test_the_best_evidence_comes_first(databases: Databases, migrated: str) -> None:
    said = SAID["Oslo"]
    stories = [
        story("Later", said, "Ada Lovelace", 2013),
        story("First", said, "Mary Shelley", 2011),
        story("Louder", said.upper(), "Ada Lovelace", 2010),
        story("Another", said.replace("two", "three"), "Ada Lovelace", 2009),
        Story("Said by nobody", f"It says: {said}.", date(2008, 1, 1)),
    ]
    with library(databases.create(migrated)) as (database, client):
        tell(database, stories)

        def order(**body: Any) -> list[str]:
            return [each["article"]["headline"] for each in verify(client, said, **body)["evidence"]]

        assert order() == ["First", "Later", "Said by nobody", "Louder", "Another"]
        assert order(speaker="Ada Lovelace") == ["Later", "Louder", "First", "Said by nobody", "Another"]
        assert verify(client, said, speaker="Mary Shelley")["speaker"] == "same"
        tell(database, [replace(stories[1], quotes=())], by=EDITOR)  # people's word: nobody said it there
        assert order(speaker="Mary Shelley") == ["Later", "Louder", "Said by nobody", "First", "Another"]
        assert verify(client, said)["total"] == 5


def test_of_much_evidence_the_first_twenty_are_shown(databases: Databases, migrated: str) -> None:
    with library(databases.create(migrated)) as (database, client):
        tell(database, [story(f"Place {number}", SAID["Oslo"], year=1900 + number) for number in range(25)])
        answer = verify(client, SAID["Oslo"])
        assert (len(answer["evidence"]), answer["total"]) == (20, 25)
        assert answer["evidence"][0]["article"]["published"] == "1900-01-05"


def test_a_quote_in_two_pieces_is_found_in_both(databases: Databases, migrated: str) -> None:
    text = "“We will not leave,” Ada Lovelace said, “before the trial is over.” Rain fell."
    plain = Story("Two", text, date(2012, 1, 5), [("Ada Lovelace", "PERSON")], [("Ada Lovelace", "We will not leave,")])
    submission = plain.submission()
    ((author, annotations),) = submission.runs
    second = Span.of(text, text.index("before"), text.index("” Rain"))
    (quote,) = annotations.quotes
    annotations = annotations.model_copy(
        update={"quotes": (quote.model_copy(update={"content": (*quote.content, second)}),)}
    )
    with library(databases.create(migrated)) as (database, client):
        with database.write() as session:
            store(session, [replace(submission, runs=((author, annotations),))])
        answer = verify(client, "We will not leave before the trial is over")
        assert answer["verdict"] == "equal"
        assert [span["exact"] for span in answer["evidence"][0]["spans"]] == [
            "We will not leave,",
            "before the trial is over",
        ]


# Mistakes


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"text": "two words"}, "/text"),
        ({"text": ""}, "/text"),
        ({"text": "… — “”"}, "/text"),
        ({"text": "a b c " * 400}, "/text"),
        ({}, "/text"),
        ({"text": "so it goes", "speakr": "X"}, "/speakr"),
        ({"text": "so it goes", "speaker": ""}, "/speaker"),
    ],
)
def test_what_cannot_be_verified_is_refused(client: httpx.Client, body: dict[str, str], pointer: str) -> None:
    answer = client.post("/verify", json=body)
    assert answer.status_code == 422
    assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]


def test_a_speaker_nobody_knows_is_not_found(client: httpx.Client) -> None:
    answer = client.post("/verify", json={"text": "so it goes", "speaker": "Nobody Knows"})
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (404, "/speaker")


def test_a_speaker_who_may_be_several_is_ambiguous(databases: Databases, migrated: str) -> None:
    one, other = (story("Paris", SAID["Oslo"], speaker, 2011) for speaker in ("Ada Byron", "George Byron"))
    with library(databases.create(migrated)) as (database, client):
        tell(database, [one, replace(other, headline="Rome", text=other.text.replace("Paris", "Rome"))])
        answer = client.post("/verify", json={"text": "so it goes", "speaker": "Byron"})
        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (409, "/speaker")
        assert {each["name"] for each in answer.json()["candidates"]} == {"Ada Byron", "George Byron"}


def test_only_json_within_the_limit_is_read(client: httpx.Client) -> None:
    assert client.post("/verify", content="x", headers={"Content-Type": "text/plain"}).status_code == 415
    large = b'{"text": "' + b"a" * 1_000_000 + b'"}'
    assert client.post("/verify", content=large, headers={"Content-Type": "application/json"}).status_code == 413


@pytest.mark.parametrize(
    "text", ["a " * 1000, "阿" * 2000, " ".join(f"w{n}" for n in range(400)), "[a b c]", "x\0y\0z"]
)
def test_the_longest_and_the_oddest_texts_are_answered(client: httpx.Client, text: str) -> None:
    assert verify(client, text)["verdict"] == "not_found"


# The comparison alone

PARTS = [
    "we",
    "will",
    "not",
    "leave",
    "the",
    "city",
    "$5",
    "3.4%",
    "al-Khilafah",
    "don’t",
    "[…]",
    "…",
    "[sic]",
    "“yes,”",
    "No.",
]
WORDS = st.lists(st.sampled_from(PARTS))


@given(WORDS.map(" ".join), WORDS.map(" ".join))
def test_what_holds_has_the_same_words(asked: str, text: str) -> None:
    match = Asked(asked).find(Text(text)) if words(asked) else None
    if match is None:
        return
    found = [word for start, end in match.places for word in words(text[start:end])]
    assert (match.verdict in HITS) == (not match.differences)
    if match.verdict in HITS:
        assert found == words(asked)
    assert all(text[slice(*each.found)] for each in match.differences if each.found)
    assert all(asked[slice(*each.asked)] for each in match.differences if each.asked)


@given(st.text(max_size=60), st.text(max_size=60), st.text(max_size=60))
def test_any_words_stand_in_any_text_that_holds_them(before: str, said: str, behind: str) -> None:
    asked = Asked(f"so {said} it goes")
    match = asked.find(Text(f"{before} so {said} it goes {behind}"))
    assert match is not None or len(asked.pieces) > 1
    assert match is None or match.verdict in HITS or match.differences


# Links


@pytest.mark.parametrize(
    ("text", "start", "expected"),
    [
        ("Rain fell.", 0, "Rain%20fell"),
        ("Well-known, R&D", 0, "Well%2Dknown%2C%20R%26D"),
        ("It rained. Then it rained.", 16, "Then-,it%20rained"),
        ("It rained here. It rained there.", 16, "here.-,It%20rained"),
        ("It rained here.\n\nIt rained there.", 17, "It%20rained,-there."),
        ("Ünïcode 100% #1", 0, "%C3%9Cn%C3%AFcode%20100%25%20%231"),
    ],
)
def test_a_directive_has_context_only_where_it_needs_it(text: str, start: int, expected: str) -> None:
    words_there = unquote(
        next(part for part in expected.split(",") if not part.startswith("-") and not part.endswith("-"))
    )
    assert directive(text, Span.of(text, start, start + len(words_there))) == expected


def test_many_words_are_named_by_the_first_and_the_last() -> None:
    text = "One two three four five six.\n\nSeven eight nine ten eleven twelve."
    assert (
        directive(text, Span.of(text, 0, len(text)))
        == "One%20two%20three%20four%20five,eight%20nine%20ten%20eleven%20twelve."
    )


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://example.org/a", "https://example.org/a#:~:text=Rain"),
        ("https://example.org/a?b=c#part", "https://example.org/a?b=c#part:~:text=Rain"),
        ("https://example.org/a#:~:text=Sun", "https://example.org/a#:~:text=Rain"),
        ("javascript:alert(1)", None),
        (None, None),
    ],
)
def test_a_link_keeps_the_address_as_it_is(url: str | None, expected: str | None) -> None:
    assert link(url, "Rain fell", [Span.of("Rain fell", 0, 4)]) == expected


def test_evidence_links_to_the_page_of_the_publisher(client: httpx.Client) -> None:
    (found,) = verify(client, "The company has raised security")["evidence"]
    assert found["link"] == f"{found['article']['url']}#:~:text=The%20company%20has%20raised%20security"
    (found,) = verify(client, SAID["Oslo"])["evidence"]
    assert (found["article"]["url"], found["link"]) == (None, None)


# A stored quote against the stored source

TORN = "We will not leave the city before the trial of the two men is over"
MENDED = Story(
    "Torn",
    f"“{TORN.replace(' before', chr(10) * 2 + 'before')},” Ada Lovelace said.",
    date(2012, 1, 5),
    [("Ada Lovelace", "PERSON")],
    [("Ada Lovelace", TORN)],
)


def test_every_quote_of_the_seed_holds(client: httpx.Client) -> None:
    quotes = client.get("/quotes", params={"limit": 100}).json()["items"]
    for quote in quotes:
        check = client.get(f"/quotes/{quote['id']}/verify").json()
        assert check["holds"], check
        assert [span["exact"] for span in check["spans"] if span["part"] == "content"] == [
            piece["exact"] for piece in quote["content"]
        ]
    assert client.get("/quotes/run_aaaaaaaaaaaaaaaa.q0/verify").status_code == 404


def broken(check: Any) -> set[str]:
    """What does not hold."""
    spans = {f"{part['part']} {name}" for part in check["spans"] for name in ("in_text", "in_source") if not part[name]}
    wholes = {name for name in ("text", "source") if not check[name]["holds"]}
    found = spans | wholes | (set() if check["joined"] else {"joined"})
    assert check["holds"] == (not found)
    return found


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (None, set()),
        ("UPDATE article SET text_sha256 = 'x'", {"text"}),
        ("UPDATE source_document SET sha256 = 'x'", {"source"}),
        ("UPDATE quote SET text = 'We will leave'", {"joined"}),
        ("UPDATE quote_content SET exact = 'We will leave'", {"content in_text", "content in_source", "joined"}),
        ("UPDATE quote_source SET exact = 'Eve'", {"speaker in_text", "speaker in_source"}),
        (
            "UPDATE article SET text = replace(text, 'will not', 'will now')",
            {"text", "content in_text", "content in_source"},
        ),
        ("UPDATE source_document SET data = :altered", {"source", "content in_source"}),
        ("UPDATE source_document SET repairs = '[]'", set()),  # a paragraph break is white space, recorded or not
        ("UPDATE source_document SET segments = '[]'", {"content in_source", "speaker in_source"}),
    ],
)
def test_what_was_changed_behind_our_back_is_found(
    databases: Databases, migrated: str, change: str | None, expected: set[str]
) -> None:
    with library(databases.create(migrated)) as (database, client):
        tell(database, [MENDED])
        quote = client.get("/quotes").json()["items"][0]["id"]
        if change:
            altered = MENDED.submission().data.replace(b"will not", b"will now")
            given_ = {"altered": altered} if ":altered" in change else {}
            with database.write() as session:
                session.execute(sql(change), given_)
        check = client.get(f"/quotes/{quote}/verify").json()
        assert broken(check) == expected
        if change is None:
            assert [repair["kind"] for span in check["spans"] for repair in span["repairs"]] == ["paragraph-joined"]
