"""Whom quotes are about: the entities that are mentioned within what was said."""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator
from operator import itemgetter

from app.services.storing.derived import RunRows
from app.services.storing.submission import Row, Rows

_START = itemgetter("start")


def abouts(rows: RunRows) -> Rows:
    """Rows of QuoteAbout for the quotes of ``rows``, of whose runs all mentions are there."""
    mentions: dict[int, Rows] = defaultdict(list)
    for mention in sorted(rows.mentions, key=_START):
        if mention["entity_id"] is not None:
            mentions[mention["run_id"]].append(mention)
    named: dict[int, set[int]] = defaultdict(set)
    quotes = {quote["id"]: quote for quote in rows.quotes}
    for piece in rows.content:
        named[piece["quote_id"]].update(_within(piece, mentions[quotes[piece["quote_id"]]["run_id"]]))
    return [
        {"quote_id": key, "entity_id": entity, "position": quotes[key]["position"]}
        for key, entities in named.items()
        for entity in sorted(entities)
    ]


def _within(piece: Row, mentions: Rows) -> Iterator[int]:
    """The entities whose mentions stand in a piece of a quote."""
    for place in range(bisect_left(mentions, piece["start"], key=_START), len(mentions)):
        mention = mentions[place]
        if mention["start"] >= piece["end"]:
            return
        if mention["end"] <= piece["end"]:
            yield mention["entity_id"]
