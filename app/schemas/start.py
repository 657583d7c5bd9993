"""The index of links at /."""

from app.schemas.base import Shape


class StartLinks(Shape):
    """Where things are, as paths."""

    articles: str = "/articles"
    entities: str = "/entities"
    quotes: str = "/quotes"
    runs: str = "/runs"
    search: str = "/search?q={q}"
    suggest: str = "/suggest?q={q}"
    annotate: str = "/annotate"
    documentation: str = "/docs"
    openapi: str = "/openapi.json"
    health: str = "/healthz"
    ready: str = "/readyz"


class Start(Shape):
    """What this service is, and where its resources are; {q} stands for what is looked for."""

    name: str = "Dateline"
    version: str
    links: StartLinks
