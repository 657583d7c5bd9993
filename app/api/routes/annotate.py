"""/annotate: who and what is in a text, and who said what in it, without storing it."""

from fastapi import Depends

from app.api.dependencies import AnnotatorDep
from app.api.limits import json_only
from app.api.problems import responses
from app.api.routing import api_router
from app.schemas.annotate import AnnotateAnswer, AnnotateRequest, AnnotatorIdentity

router = api_router("annotate")


@router.post("/annotate", responses=responses(400, 413, 415, 503), dependencies=[Depends(json_only)])
def annotate(annotating: AnnotatorDep, request: AnnotateRequest) -> AnnotateAnswer:
    """Entities, mentions and quotations of a text; nothing is stored."""
    annotations = annotating.annotate(request.text, request.metadata)
    by = annotating.annotator
    identity = AnnotatorIdentity(name=by.name, version=by.version, model=by.model, parameters=by.parameters)
    return AnnotateAnswer(**dict(annotations), annotator=identity, digest=annotations.digest())
