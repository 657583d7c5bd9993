"""/decisions: what people decided about mentions, quotes and entities, and undoing it."""

from typing import Annotated

from fastapi import Depends, Path, Query, Response

from app.api.access import MayCorrect
from app.api.dependencies import ReadSessionDep, SearchSessionDep, WriteSessionDep
from app.api.idempotency import AttemptDep
from app.api.limits import json_only
from app.api.preconditions import IfMatch
from app.api.routing import ArticleId, Linked, NameOrId, api_router, reads, writes
from app.db import ReadSession, WriteSession
from app.schemas.base import Listing
from app.schemas.decisions import ArticleDecision, DecisionDetail, DecisionQuery, EntityDecision, NewEntity
from app.schemas.entities import EntityDetail
from app.search.runs import SERVED
from app.services import correcting, entities
from app.services.idempotency import Answer, once

router = api_router("decisions")

DecisionId = Annotated[str, Path(alias="id", pattern="^dec_[a-z2-7]{16}$", description="A decision's id.")]


@router.post(
    "/articles/{id}/decisions",
    status_code=201,
    response_model=DecisionDetail,
    responses=writes(400, 404, 409, 410, 412, 413, 415, 428),
    dependencies=[Depends(json_only)],
)
def decide_about_article(
    writer: MayCorrect,
    session: WriteSessionDep,
    article_id: ArticleId,
    expected: IfMatch,
    body: ArticleDecision,
    attempt: AttemptDep,
) -> Response:
    """Accept, reject, add or change a mention or a quote of an article.

    What is decided is part of a run of people's that answers from now on, whatever annotators say of the text later,
    and bears the decision's id as its `rule`.
    """
    answer = once(
        session,
        attempt,
        lambda: Answer(201, correcting.decide_about_words(session, article_id, expected, body, writer)),
    )
    return _made(session, answer)


@router.post(
    "/entities/{id}/decisions",
    status_code=201,
    response_model=DecisionDetail,
    responses=writes(400, 404, 409, 410, 412, 413, 415, 428),
    dependencies=[Depends(json_only)],
)
def decide_about_entity(
    writer: MayCorrect,
    session: WriteSessionDep,
    name_or_id: NameOrId,
    expected: IfMatch,
    body: EntityDecision,
    attempt: AttemptDep,
) -> Response:
    """Accept or reject an entity, change what it is called, merge it into another one, or split articles off it.

    The id of a merged entity leads to the one it is (308), that of a rejected one is answered 410.
    """
    answer = once(
        session,
        attempt,
        lambda: Answer(201, correcting.decide_about_entity(session, name_or_id, expected, body, writer)),
    )
    return _made(session, answer)


@router.post(
    "/entities",
    status_code=201,
    response_model=EntityDetail,
    responses=writes(400, 409, 413, 415),
    dependencies=[Depends(json_only)],
)
def add_entity(writer: MayCorrect, session: WriteSessionDep, body: NewEntity, attempt: AttemptDep) -> Response:
    """Have an entity that no article speaks of yet. Lists have it once one does; its id does at once."""
    answer = once(session, attempt, lambda: Answer(201, correcting.add_entity(session, body, writer)))
    session.expire_all()
    detail = entities.entity_detail(ReadSession(session), answer.subject, SERVED)
    headers = {"Location": f"/entities/{detail.id}", "ETag": f'"{entities.version(detail)}"'}
    return Response(detail.model_dump_json(), 201, headers, "application/json")


@router.get("/decisions", responses=reads(404, 410))
def list_decisions(
    linked: Linked, session: SearchSessionDep, query: Annotated[DecisionQuery, Query()]
) -> Listing[DecisionDetail]:
    """What people decided, newest first; what was undone, too, unless it is left out."""
    return linked(correcting.list_decisions(session, query))


@router.get("/decisions/{id}", response_model=DecisionDetail, responses=reads(404))
def get_decision(session: ReadSessionDep, decision_id: DecisionId) -> Response:
    """One decision: what it is about, what it says, by whom, when, and whether it holds."""
    return _answered(correcting.get_decision(session, decision_id))


@router.delete("/decisions/{id}", response_model=DecisionDetail, responses=writes(404, 409, 412, 428))
def undo_decision(writer: MayCorrect, session: WriteSessionDep, decision_id: DecisionId, expected: IfMatch) -> Response:
    """Undo a decision: all is as if it had not been made, but that it stays listed, marked as undone."""
    correcting.undo(session, decision_id, expected, writer)
    session.expire_all()
    return _answered(correcting.get_decision(ReadSession(session), decision_id))


def _made(session: WriteSession, answer: Answer) -> Response:
    session.expire_all()
    decision = correcting.get_decision(ReadSession(session), answer.subject)
    return _answered(decision, 201, {"Location": f"/decisions/{decision.id}"})


def _answered(decision: DecisionDetail, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    etag = {"ETag": f'"{correcting.version(decision)}"'}
    return Response(decision.model_dump_json(), status, (headers or {}) | etag, "application/json")
