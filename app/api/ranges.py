"""Bytes with their digest, whole or a part of them (RFC 9110, 14; RFC 9530)."""

import base64
import hashlib
import re

from fastapi import Request, Response

from app.api.problems import problem_response

_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})", re.ASCII)


# A page of somebody else, opened here, runs no script, sends no form and asks no other host for anything.
_GUARDED = {"Content-Security-Policy": "sandbox; default-src 'none'; style-src 'unsafe-inline'"}


def document_response(request: Request, data: bytes, media_type: str) -> Response:
    """A source document as ``ranged_response`` does; UTF-8 unless ``media_type`` says another charset."""
    kind = media_type if "charset=" in media_type else f"{media_type}; charset=utf-8"
    response = ranged_response(request, data, kind)
    response.headers.update(_GUARDED)
    return response


def ranged_response(request: Request, data: bytes, media_type: str) -> Response:
    """``data``, or the one range of it that the request asks for; 416 when it has no such range.

    Several ranges at once, and units other than bytes, are answered with the whole, as RFC 9110 allows.
    """
    digest = hashlib.sha256(data).digest()
    etag = f'"{digest.hex()}"'
    headers = {
        "Accept-Ranges": "bytes",
        "ETag": etag,
        "Repr-Digest": f"sha-256=:{base64.b64encode(digest).decode()}:",
        "Cache-Control": "no-cache",
    }
    asked = _RANGE.fullmatch(request.headers.get("range", ""))
    if not asked or asked.groups() == ("", "") or request.headers.get("if-range", etag) != etag:
        return Response(data, headers=headers, media_type=media_type)
    part = _part(asked[1], asked[2], len(data))
    if not part:
        limit = {"Content-Range": f"bytes */{len(data)}"}
        return problem_response(request, 416, f"there are {len(data)} bytes, and none in {asked[0]}", headers=limit)
    headers["Content-Range"] = f"bytes {part.start}-{part.stop - 1}/{len(data)}"
    return Response(data[part.start : part.stop], 206, headers, media_type)


def _part(first: str, last: str, size: int) -> range:
    if not first:
        return range(max(0, size - int(last)), size)
    return range(int(first), min(int(last) + 1, size) if last else size)
