"""Whether somebody said something: the quotes and the passages that say so."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from sqlmodel import col, select

from app.db import ReadSession
from app.errors import Ambiguous, NotFound
from app.models import Article, Entity
from app.schemas import verify as shapes
from app.schemas.quotes import QuoteDetail
from app.search import evidence as search
from app.search.runs import SERVED
from app.search.verdicts import Asked, Difference, Place
from app.services import quotes
from app.services.articles import reference
from app.services.entities import reference as entity_reference
from app.services.entities import resolve
from app.services.fragments import link
from app.spans import Span

MOST_EVIDENCE = 20
SPEAKERS: tuple[shapes.Speaker, ...] = ("same", "other", "unknown")

Order = tuple[bool, int, tuple[int, float], bool, tuple[bool, int], int]


def verify(session: ReadSession, request: shapes.VerifyRequest) -> shapes.VerifyAnswer:
    """Whether what is asked for was said, and by whom; NotFound, or Ambiguous, when the speaker is."""
    speaker = _speaker(session, request.speaker) if request.speaker else None
    found = _found(session, Asked(request.text))
    said_by = quotes.speakers(session, [each.quote for each in found if each.quote is not None]) if speaker else {}

    def relation(each: search.Evidence) -> shapes.Speaker | None:
        return None if speaker is None else _relation(said_by.get(each.quote or 0), speaker)

    ordered = sorted(((each, relation(each)) for each in found), key=_order)
    shown = list(_shown(session, request.text, ordered[:MOST_EVIDENCE]))
    return shapes.VerifyAnswer(
        verdict=shown[0].verdict if shown else "not_found",
        speaker=shown[0].speaker if shown else None,
        asked=speaker and entity_reference(speaker),
        evidence=shown,
        total=len(found),
    )


def _speaker(session: ReadSession, name: str) -> Entity:
    try:
        return resolve(session, name, SERVED, "speaker")
    except (NotFound, Ambiguous) as error:  # it stands in the body
        error.faults = tuple(replace(fault, parameter=None, pointer="/speaker") for fault in error.faults)
        raise


def _found(session: ReadSession, asked: Asked) -> list[search.Evidence]:
    """Quotes, and passages; what is nearly it in texts counts only where nothing is it."""
    found = [*search.quotes(session, asked), *search.passages(session, asked, nearly=False)]
    if all(each.verdict == "near" for each in found):
        found += search.passages(session, asked, nearly=True)
    return found


def _relation(said_by: int | None, speaker: Entity) -> shapes.Speaker:
    if said_by is None:
        return "unknown"
    return "same" if said_by == speaker.id else "other"


def _order(found: tuple[search.Evidence, shapes.Speaker | None]) -> Order:
    """What stands so first; then whoever was asked for; the better match; quotes; the first published."""
    each, speaker = found
    by = SPEAKERS.index(speaker) if speaker else 0
    return each.verdict == "near", by, each.match.order(), each.quote is None, search.order(each), each.quote or 0


def _shown(
    session: ReadSession, asked: str, found: Sequence[tuple[search.Evidence, shapes.Speaker | None]]
) -> Iterator[shapes.Evidence]:
    keys = [each.quote for each, _ in found if each.quote is not None]
    details = dict(zip(keys, quotes.details(session, keys), strict=True))
    positions = {each.article for each, _ in found}
    articles = {a.position: a for a in session.exec(select(Article).where(col(Article.position).in_(positions)))}
    for each, speaker in found:
        quote = details.get(each.quote or 0)
        yield _evidence(asked, each, speaker, quote, articles[each.article])


def _evidence(
    asked: str, found: search.Evidence, speaker: shapes.Speaker | None, quote: QuoteDetail | None, article: Article
) -> shapes.Evidence:
    pieces: Sequence[Span] = quote.content if quote else [Span.of(article.text, 0, article.text_length)]
    spans = [span for place in found.match.places for span in _placed(pieces, place)]
    differences = [_difference(asked, pieces, each) for each in found.match.differences]
    if found.denied:
        differences.append(shapes.Difference(kind="left_out", asked=None, found=[found.denied]))
    return shapes.Evidence(
        verdict=found.verdict,
        similarity=found.match.similarity,
        speaker=speaker,
        article=reference(article),
        text_sha256=article.text_sha256,
        spans=spans,
        differences=differences,
        quote=quote,
        link=link(article.url, article.text, spans),
    )


def _difference(asked: str, pieces: Sequence[Span], found: Difference) -> shapes.Difference:
    return shapes.Difference(
        kind=found.kind,
        asked=Span.of(asked, *found.asked) if found.asked else None,
        found=list(_placed(pieces, found.found)) if found.found else [],
    )


def _placed(pieces: Sequence[Span], place: Place) -> Iterator[Span]:
    """Where that stands in the article which stands at ``place`` in the pieces, joined by a space."""
    offset = 0
    for piece in pieces:
        start, end = max(place[0] - offset, 0), min(place[1] - offset, len(piece.exact))
        if start < end:
            yield Span(start=piece.start + start, end=piece.start + end, exact=piece.exact[start:end])
        offset += len(piece.exact) + 1
