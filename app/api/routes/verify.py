"""/verify: whether somebody said something; /quotes/{id}/verify: whether a quote is what was published."""

from fastapi import Depends

from app.api.dependencies import ReadSessionDep, SearchSessionDep
from app.api.limits import json_only
from app.api.problems import responses
from app.api.routes.quotes import QuoteId
from app.api.routing import api_router, reads
from app.schemas.verify import QuoteCheck, VerifyAnswer, VerifyRequest
from app.services import checking, verifying

router = api_router("verify")


@router.post("/verify", responses=responses(400, 404, 409, 413, 415, 503), dependencies=[Depends(json_only)])
def verify(session: SearchSessionDep, request: VerifyRequest) -> VerifyAnswer:
    """Did X say this? The quotes and passages that say so, with every word that is not the same."""
    return verifying.verify(session, request)


@router.get("/quotes/{id}/verify", responses=reads(404))
def verify_quote(session: ReadSessionDep, quote_id: QuoteId) -> QuoteCheck:
    """Whether a stored quote is what the text says, and the text what the source document says."""
    return checking.check_quote(session, quote_id)
