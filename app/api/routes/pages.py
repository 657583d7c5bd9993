"""/ and /docs: what this is and where to go, for a person and for a program."""

import base64
import hashlib
import re
from pathlib import Path
from typing import Annotated, Any

from fastapi import Header
from fastapi.openapi.docs import get_swagger_ui_html
from fastapi.responses import HTMLResponse, JSONResponse

from app import __version__
from app.api.routing import api_router
from app.schemas.start import Start, StartForms, StartLinks

PAGES = Path(__file__).parent.parent / "pages"

router = api_router("start")


@router.get(
    "/",
    response_model=Start,
    responses={200: {"content": {"text/html": {"schema": {"type": "string"}}}}, 304: {"description": "Unchanged."}},
)
def get_start(
    accept: Annotated[str, Header(description="text/html for the page; the index otherwise.")] = "*/*",
) -> HTMLResponse | JSONResponse:
    """A page for people (Accept: text/html), an index of links for programs."""
    vary = {"Vary": "Accept"}
    if _prefers_html(accept):
        page = (PAGES / "start.html").read_text(encoding="utf-8").replace("{version}", __version__)
        return HTMLResponse(page, headers=vary | _policy(page))
    start = Start(version=__version__, links=StartLinks(), forms=StartForms())
    return JSONResponse(start.model_dump(), headers=vary)


@router.get("/docs", include_in_schema=False)
def get_docs() -> HTMLResponse:
    """Swagger UI, from assets that the service itself serves: it works with no internet."""
    page = get_swagger_ui_html(
        openapi_url="/openapi.json",
        title="Dateline: try every request",
        swagger_js_url="/assets/swagger-ui-bundle.js",
        swagger_css_url="/assets/swagger-ui.css",
        swagger_favicon_url="/assets/favicon-32x32.png",
        swagger_ui_parameters=SWAGGER_UI,
    )
    page.headers.update(_policy(bytes(page.body).decode()))
    return page


SWAGGER_UI: dict[str, Any] = {"tryItOutEnabled": True, "docExpansion": "list", "defaultModelsExpandDepth": 0}


def _policy(page: str) -> dict[str, str]:
    """What a page of ours may load (CSP): what the service itself serves, and of scripts written into pages its own."""
    digests = (hashlib.sha256(script.encode()).digest() for script in _SCRIPT.findall(page))
    scripts = " ".join(f"'sha256-{base64.b64encode(digest).decode()}'" for digest in digests)
    return {
        "Content-Security-Policy": "default-src 'none'; "
        f"script-src 'self' {scripts}; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    }


_SCRIPT = re.compile("<script>(.*?)</script>", re.DOTALL)


def _prefers_html(accept: str) -> bool:
    """Whether HTML is named, and no worse than JSON (RFC 9110, 12.5.1)."""
    weights: dict[str, float] = {}
    for part in accept.lower().split(","):
        media_range, *parameters = (piece.strip() for piece in part.split(";"))
        weight = next((p.removeprefix("q=") for p in parameters if p.startswith("q=")), "1")
        weights[media_range] = float(weight) if weight.replace(".", "", 1).isdecimal() else 0.0
    html = weights.get("text/html", 0.0)
    return html > 0 and html >= weights.get("application/json", 0.0)
