"""Quotes and passages of texts that have the words of a statement, or nearly."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from sqlalchemy import select
from sqlmodel import Session, col

from app.models import Article, Quote, QuoteContent, Run, table_of
from app.positions import SLOT_BITS
from app.search.articles import ArticleFilter, find
from app.search.denials import denial_of
from app.search.paging import AnyRow
from app.search.query import And, Node, Phrase
from app.search.runs import SERVED, chosen
from app.search.utterances import DATED, first_published, nodes, quotes_with
from app.search.verdicts import Asked, Match, Place, Text, Verdict
from app.search.words import words
from app.spans import Span, paragraphs

# Articles that are read of all that have what is looked for.
MOST_TEXTS = 100


class Evidence(NamedTuple):
    """That a quote, by its key, or else the text of an article says it; the match counts in the quote's or the text.

    ``denied``: where the text says that it was not said, or that the speaker denied it.
    """

    article: int
    quote: int | None
    match: Match
    denied: Span | None = None

    @property
    def verdict(self) -> Verdict:
        """The match's, but that what was denied is not what was said."""
        return "near" if self.denied else self.match.verdict


def quotes(session: Session, asked: Asked) -> list[Evidence]:
    """The speech in served runs that says it, or nearly."""
    rows = {row[0]: row for node in (_whole(asked), *_parts(asked)) for row in quotes_with(session, node)}
    matches = {key: match for key, _, text in rows.values() if (match := asked.find(Text(text)))}
    denials = _denials(session, matches)
    return [Evidence(rows[key][1] >> SLOT_BITS, key, match, denials.get(key)) for key, match in matches.items()]


def passages(session: Session, asked: Asked, *, nearly: bool) -> list[Evidence]:
    """The texts that say it, or where ``nearly`` nearly say it, outside of the speech in served runs."""
    found = {row[0]: row for node in (_parts(asked) if nearly else [_whole(asked)]) for row in _texts(session, node)}
    quoted = _quoted(session, found)
    matches = ((position, _in_text(asked, text, quoted[position])) for position, text in found.values())
    return [
        Evidence(position, None, match) for position, match in matches if match and (nearly or match.verdict != "near")
    ]


def order(each: Evidence) -> tuple[bool, int]:
    """The first published first, the undated last."""
    return each.article < DATED, each.article


def _whole(asked: Asked) -> Node:
    """What every text has that holds all words of the statement, in pieces that are whole."""
    phrases = tuple(Phrase(tuple(said)) for piece in asked.pieces if (said := words(piece.text)))
    return phrases[0] if len(phrases) == 1 else And(phrases)


def _parts(asked: Asked) -> Iterator[Node]:
    """What texts have that nearly hold them."""
    return nodes([word for piece in asked.opened for token in piece.tokens for word in words(token.key)])


def _texts(session: Session, node: Node) -> Iterator[AnyRow]:
    """Position and text of articles that have this."""
    statement, oldest = find(session, ArticleFilter(words=node), descending=False)
    found = [row[0] for row in first_published(session, statement, oldest.columns[0], DATED, MOST_TEXTS)]
    yield from session.execute(select(col(Article.position), col(Article.text)).where(col(Article.position).in_(found)))


def _denials(session: Session, quotes: Iterable[int]) -> dict[int, Span]:
    """By the keys of quotes: the words by which they are denied."""
    statement = (
        select(_QUOTE.id, _QUOTE.kind, _QUOTE.cue_start, _QUOTE.cue_end, _ARTICLE.text)
        .select_from(table_of(Quote))
        .join(table_of(Run), _RUN.id == _QUOTE.run_id)
        .join(table_of(Article), _ARTICLE.id == _RUN.article_id)
        .where(_QUOTE.id.in_(list(quotes)), _QUOTE.cue_start.is_not(None))
    )
    rows = session.execute(statement)
    found = ((key, denial_of(text, start, end, direct=kind == "direct")) for key, kind, start, end, text in rows)
    return {key: denial for key, denial in found if denial}


def _quoted(session: Session, articles: Iterable[int]) -> dict[int, list[Place]]:
    """By article: where what was said in it stands, according to the run that is served."""
    statement = (
        select(_ARTICLE.position, _PIECE.start, _PIECE.end)
        .select_from(table_of(QuoteContent))
        .join(table_of(Quote), _QUOTE.id == _PIECE.quote_id)
        .join(table_of(Run), _RUN.id == _QUOTE.run_id)
        .join(table_of(Article), _ARTICLE.id == _RUN.article_id)
        .where(_ARTICLE.position.in_(list(articles)), _QUOTE.use == "speech", chosen(SERVED))
    )
    found = defaultdict(list)
    for position, start, end in session.execute(statement):
        found[position].append((start, end))
    return found


def _in_text(asked: Asked, text: str, quoted: Sequence[Place]) -> Match | None:
    """The best that the text has; several pieces have to stand in one paragraph."""
    if not asked.is_cut:
        return asked.find(Text(text, quoted))
    matches = []
    for paragraph in paragraphs(text):
        taken = [(start - paragraph.start, end - paragraph.start) for start, end in quoted]
        match = asked.find(Text(paragraph.exact, taken))
        if match:
            matches.append(match.moved(paragraph.start))
    return min(matches, key=Match.order, default=None)


_ARTICLE, _RUN, _QUOTE, _PIECE = (table_of(model).c for model in (Article, Run, Quote, QuoteContent))
