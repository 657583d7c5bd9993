"""``dateline serve`` with one more route, /empty, which returns {}: what an answer costs at least.

Run as ``python -m benchmarks.empty serve``: the same program with the same settings in all else.
"""

from fastapi import FastAPI

import app.main
from app.cli import main
from app.config import load_settings

PATH = "/empty"


def with_empty_route() -> FastAPI:
    """The application, with the route before all others so that finding it costs least."""
    application = app.main.create_app(load_settings())

    @application.get(PATH)
    async def empty() -> dict[str, str]:
        return {}

    routes = application.router.routes
    routes.insert(0, routes.pop())
    return application


if __name__ == "__main__":
    app.main.app_from_environment = with_empty_route
    main()
