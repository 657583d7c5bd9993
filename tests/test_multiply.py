"""Copies with shuffled sentences (benchmarks/multiply.py): every span still says its words."""

import json
from collections import Counter
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from app.annotations import Annotations
from benchmarks.multiply import PUBLISHERS, Json, copies, take_apart

WORDS = [
    "Mr.",
    "Baker",
    'said "no"',
    "100%",
    "\\n",
    "U.S.",
    "“Oil.”",
    "rose",
    "é",
    "{0}",
    "dlrs.",
    "At",
    '"We',
    'won."',
]


@st.composite
def texts(draw: st.DrawFn) -> str:
    words = draw(st.lists(st.sampled_from(WORDS), min_size=1, max_size=60))
    spaces = draw(st.lists(st.sampled_from([" ", " ", " ", "\n\n"]), min_size=len(words) - 1, max_size=len(words) - 1))
    return "".join(word + space for word, space in zip(words, [*spaces, ""], strict=True))


@st.composite
def records(draw: st.DrawFn) -> Json:
    text = draw(texts())

    def span() -> dict[str, Any]:
        start = draw(st.integers(0, len(text) - 1))
        end = draw(st.integers(start + 1, min(len(text), start + 30)))
        return {"start": start, "end": end, "exact": text[start:end]}

    def mention() -> Json:
        return {**span(), "type": "PERSON", "entity": draw(st.sampled_from([None, 0, 1]))}

    def quote() -> Json:
        content = sorted((span() for _ in range(draw(st.integers(1, 2)))), key=lambda s: int(s["start"]))
        source = {"span": draw(st.sampled_from([None, span()])), "entity": 1, "antecedent": span()}
        return {"kind": "direct", "content": content, "cue": draw(st.sampled_from([None, span()])), "sources": [source]}

    return {
        "annotator": {"name": "test", "version": "1"},
        "metadata": {"headline": 'Oil "rises" 5%'},
        "text": text,
        "entities": [{"name": name, "type": "PERSON", "aliases": [], "identifiers": {}} for name in ("A", "B")],
        "mentions": sorted((mention() for _ in range(draw(st.integers(0, 6)))), key=lambda m: int(m["start"])),
        "quotes": [quote() for _ in range(draw(st.integers(0, 3)))],
    }


def annotations(record: Json) -> Annotations:
    return Annotations(**{name: record[name] for name in ("entities", "mentions", "quotes")})


def what_is_said(record: Json) -> Counter[str]:
    """Every mention and quote without its offsets."""
    bare = json.loads(json.dumps([*record["mentions"], *record["quotes"]]), object_hook=_without_offsets)
    return Counter(json.dumps(each) for each in bare)


def _without_offsets(value: Json) -> Json:
    return {key: each for key, each in value.items() if key not in ("start", "end")}


@given(records(), st.integers(0, 3))
def test_every_span_of_a_copy_still_says_its_words(record: Json, number: int) -> None:
    original = take_apart(record, "00001")
    copy = json.loads(original.copy(number))
    annotations(copy).check(copy["text"])
    assert what_is_said(copy) == what_is_said(record)
    assert Counter(copy["text"].split()) == Counter(record["text"].split())
    assert copy["entities"] == record["entities"]
    assert copy["annotator"] == record["annotator"]
    assert original.copy(number) == original.copy(number)


def test_sentences_change_places_and_days_addresses_and_publishers_spread() -> None:
    text = "One rose. Two fell. Three stood.\n\nFour ran. Five sat."
    nothing: Json = {"annotator": {"name": "test", "version": "1"}, "entities": [], "mentions": [], "quotes": []}
    record = {**nothing, "metadata": {"headline": "H"}, "text": text}
    made = [json.loads(line) for line in copies([take_apart(record, "1"), take_apart(record, "2")], 0, 2_000)]
    metadata = [each["metadata"] for each in made]
    assert len({each["url"] for each in metadata}) == 2_000
    assert min(m["published"] for m in metadata) >= "1987-01-01"
    assert max(m["published"] for m in metadata) <= "2024-12-31"
    assert len({m["published"][:4] for m in metadata}) == 38
    publishers = Counter(m["publisher"] for m in metadata)
    assert set(publishers) == set(PUBLISHERS)
    assert publishers[PUBLISHERS[0]] > 5 * publishers[PUBLISHERS[-1]]
    assert len({each["text"] for each in made}) > 100
    assert all("\n\n" in each["text"] for each in made)
