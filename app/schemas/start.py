"""The index of links at /."""

from app.schemas.base import Shape


class StartLinks(Shape):
    """What answers GET, as paths; {q} stands for what is looked for."""

    articles: str = "/articles"
    entities: str = "/entities"
    quotes: str = "/quotes"
    runs: str = "/runs"
    search: str = "/search?q={q}"
    suggest: str = "/suggest?q={q}"
    documentation: str = "/docs"
    openapi: str = "/openapi.json"
    health: str = "/healthz"
    ready: str = "/readyz"


class StartForms(Shape):
    """What takes POST, as paths."""

    annotate: str = "/annotate"
    verify: str = "/verify"


class Start(Shape):
    """What this service is, and where its resources are."""

    name: str = "Dateline"
    version: str
    links: StartLinks
    forms: StartForms
