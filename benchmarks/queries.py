"""The mix of 30 queries: words common and rare, several words, phrases, OR, NOT, beginnings of words."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Query:
    """A query in Dateline's language, which FTS5 understands too, and in tantivy's where that differs."""

    dateline: str
    in_tantivy: str | None = None
    is_prefix: bool = False

    @property
    def fts5(self) -> str:
        """The same for FTS5."""
        return self.dateline

    @property
    def tantivy(self) -> str:
        """The same for tantivy, which joins words by OR unless told otherwise."""
        return self.in_tantivy or self.dateline

    def __str__(self) -> str:
        return self.dateline


def all_of(words: str) -> Query:
    """Articles that hold all of these words."""
    return Query(words, " AND ".join(words.split()))


def prefix(beginning: str) -> Query:
    """Articles that hold a word that begins so; tantivy takes it for a fuzzy term without an edit."""
    return Query(f"{beginning}*", beginning, is_prefix=True)


COMMONEST = Query("the")

MIX = (
    # in nine articles of ten; in one of six; in one of twenty
    COMMONEST,
    Query("said"),
    Query("bank"),
    Query("trade"),
    Query("oil"),
    Query("dollar"),
    # in one of fifty to one of three hundred
    Query("yen"),
    Query("wheat"),
    Query("gold"),
    Query("coffee"),
    Query("volcker"),
    Query("zinc"),
    all_of("oil price"),
    all_of("said company"),
    all_of("federal reserve"),
    all_of("wheat exports"),
    all_of("coffee quota"),
    all_of("acquisition offer"),
    all_of("trade deficit japan"),
    all_of("crude oil price"),
    all_of("soviet grain purchases"),
    Query('"crude oil"'),
    Query('"interest rates"'),
    Query('"stock split"'),
    Query("cocoa OR coffee"),
    Query("gold OR silver OR platinum"),
    Query("oil NOT opec", "oil AND NOT opec"),
    Query("merger NOT bank", "merger AND NOT bank"),
    prefix("interven"),
    prefix("refiner"),
)
