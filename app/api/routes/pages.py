"""/ and /docs: what this is and where to go, for a person and for a program."""

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
        page = (PAGES / "start.html").read_text(encoding="utf-8")
        return HTMLResponse(page.replace("{version}", __version__), headers=vary)
    start = Start(version=__version__, links=StartLinks(), forms=StartForms())
    return JSONResponse(start.model_dump(), headers=vary)


@router.get("/docs", include_in_schema=False)
def get_docs() -> HTMLResponse:
    """Swagger UI, from assets that the service itself serves: it works with no internet."""
    return get_swagger_ui_html(
        openapi_url="/openapi.json",
        title="Dateline: try every request",
        swagger_js_url="/assets/swagger-ui-bundle.js",
        swagger_css_url="/assets/swagger-ui.css",
        swagger_favicon_url="/assets/favicon-32x32.png",
        swagger_ui_parameters=SWAGGER_UI,
    )


SWAGGER_UI: dict[str, Any] = {"tryItOutEnabled": True, "docExpansion": "list", "defaultModelsExpandDepth": 0}


def _prefers_html(accept: str) -> bool:
    """Whether HTML is named, and no worse than JSON (RFC 9110, 12.5.1)."""
    weights: dict[str, float] = {}
    for part in accept.lower().split(","):
        media_range, *parameters = (piece.strip() for piece in part.split(";"))
        weight = next((p.removeprefix("q=") for p in parameters if p.startswith("q=")), "1")
        weights[media_range] = float(weight) if weight.replace(".", "", 1).isdecimal() else 0.0
    html = weights.get("text/html", 0.0)
    return html > 0 and html >= weights.get("application/json", 0.0)
