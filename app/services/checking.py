"""Whether a stored quote is what was published: its spans, its text, the bytes these came from."""

import hashlib
from collections.abc import Iterator
from dataclasses import asdict

from sqlmodel import select

from app.db import ReadSession
from app.documents import Repair, SourceMap
from app.documents.checking import trace
from app.models import Revision, Run
from app.schemas.base import ByteRange, TracedSpan
from app.schemas.quotes import QuoteDetail
from app.schemas.verify import CheckedHash, CheckedPart, CheckedSpan, QuoteCheck
from app.services.articles import repair
from app.services.quotes import quote_detail
from app.services.texts import TextKey, text_of


def check_quote(session: ReadSession, quote_id: str) -> QuoteCheck:
    """Hold a quote against the text, and the text against the source; NotFound when there is no such quote."""
    quote = quote_detail(session, quote_id)
    run = session.exec(select(Run).where(Run.public_id == quote.run.id)).one()
    stored = text_of(session, TextKey(run.article_id, run.revision))
    spans = [_checked(part, span, stored) for part, span in _parts(quote)]
    text, document = _hash(stored.text.encode(), stored.text_sha256), _hash(stored.data, stored.sha256)
    joined = quote.text == " ".join(piece.exact for piece in quote.content)
    return QuoteCheck(
        holds=text.holds and document.holds and joined and all(span.in_text and span.in_source for span in spans),
        quote=quote.id,
        article=quote.article,
        run=quote.run,
        text=text,
        source=document,
        joined=joined,
        spans=spans,
    )


def _parts(quote: QuoteDetail) -> Iterator[tuple[CheckedPart, TracedSpan]]:
    for piece in quote.content:
        yield "content", piece
    if quote.cue:
        yield "cue", quote.cue
    for source in quote.sources:
        if source.span:
            yield source.role, source.span
        if source.antecedent:
            yield "antecedent", source.antecedent


def _checked(part: CheckedPart, span: TracedSpan, stored: Revision) -> CheckedSpan:
    repairs = [Repair(**made) for made in stored.repairs]
    source_map = SourceMap.load(stored.segments)
    traced = trace(span, stored.text, stored.data, source_map, repairs, stored.media_type)
    return CheckedSpan(
        part=part,
        start=span.start,
        end=span.end,
        exact=span.exact,
        bytes=ByteRange(start=traced.byte_range[0], end=traced.byte_range[1]) if traced.byte_range else None,
        repairs=[repair(asdict(each)) for each in traced.repairs],
        in_text=stored.text[span.start : span.end] == span.exact,
        in_source=traced.holds,
    )


def _hash(data: bytes, stored: str) -> CheckedHash:
    found = hashlib.sha256(data).hexdigest()
    return CheckedHash(holds=found == stored, sha256=stored, found=found)
