"""If-Match (RFC 9110, 13.1.1), which every change of something that exists has to send."""

import re
from typing import Annotated

from fastapi import Depends, Header, HTTPException

from app.errors import Fault, InvalidInput
from app.services.versions import Expected

_TAG = r'(W/)?"[^"]*"'
_TAGS = re.compile(rf"\s*{_TAG}\s*(,\s*{_TAG}\s*)*")
_EACH = re.compile(r'(W/)?"([^"]*)"')


def expected(
    if_match: Annotated[
        str | None,
        Header(
            description="The ETag of what is to be changed, as it was read; * for whatever it is now.",
            # Stated here, enforced below: without the header the answer is 428.
            json_schema_extra={"pattern": rf"^(\*|{_TAG}(, ?{_TAG})*)$"},
        ),
    ] = None,
) -> Expected:
    """The versions that If-Match names. Weak ones never match: comparison is strong."""
    if if_match is None:
        raise HTTPException(428, "send If-Match with the ETag of what you have read: it may have been changed since")
    if if_match.strip() == "*":
        return Expected(None)
    if not _TAGS.fullmatch(if_match):
        detail = 'is a list of ETags, each in quotation marks: "…", or *'
        raise InvalidInput(f"If-Match {detail}", [Fault(detail, parameter="If-Match")])
    return Expected(frozenset(opaque for weak, opaque in _EACH.findall(if_match) if not weak))


IfMatch = Annotated[Expected, Depends(expected)]
