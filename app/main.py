"""The application: create_app(settings) builds it; nothing is built when this module is imported."""

import gc
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from anyio import CapacityLimiter
from fastapi import FastAPI
from fastapi.concurrency import run_in_threadpool
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp

from app import __version__
from app.api import openapi, problems
from app.api.conditional import ConditionalRequests
from app.api.envelope import Envelope
from app.api.gate import Gate, Uses
from app.api.limits import BodyLimit
from app.api.origins import across_origins
from app.api.routes import router
from app.api.shortcut import Shortcut
from app.config import Settings, load_settings
from app.db import Database
from app.services.annotating import AnnotatorService
from app.services.bodies import fetching_over_http
from app.services.running import JobRunner
from app.services.writing import Desk


class Application(FastAPI):
    """FastAPI, with what is around every answer: its own middleware leaves out those to errors that nobody foresaw."""

    def build_middleware_stack(self) -> ASGIApp:
        """What answers, and around it what every answer has."""
        settings: Settings = self.state.settings
        answering = across_origins(super().build_middleware_stack(), settings.origins)
        return Envelope(answering, https=(settings.public_url or "").startswith("https:"))


def create_app(settings: Settings) -> FastAPI:
    """The API over the database that the settings name; that has to be migrated."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        app.state.jobs.start()
        yield
        await run_in_threadpool(app.state.jobs.stop)
        await uses.finish()
        app.state.database.close()

    app = Application(
        title="Dateline",
        version=__version__,
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        generate_unique_id_function=lambda route: route.name,
        **openapi.INFO,
    )
    app.state.settings = settings
    app.state.database = Database(settings)
    uses = Uses(app.state.database)
    app.state.annotating = AnnotatorService(settings.pipeline, settings.annotate_timeout_s)
    app.state.desk = Desk(app.state.database, app.state.annotating, fetching_over_http(settings))
    app.state.jobs = JobRunner(app.state.database, settings)
    app.state.intake_turn = CapacityLimiter(1)
    problems.install(app)
    app.include_router(router)
    app.mount("/assets", StaticFiles(packages=[("fastapi_swagger", "resources")]), name="assets")
    openapi.install(app)
    app.add_middleware(BodyLimit, limit=settings.max_body_bytes, timeout_s=settings.body_timeout_s)
    app.add_middleware(Shortcut, database=app.state.database)
    app.add_middleware(ConditionalRequests)
    app.add_middleware(Gate, database=app.state.database, uses=uses, settings=settings)
    return app


def app_from_environment() -> FastAPI:
    """The application as DATELINE_… configure it, for ``uvicorn --factory``."""
    app = create_app(load_settings())
    # What is held from the start is no garbage: to look it through takes 60 ms, in the midst of an answer.
    gc.collect()
    gc.freeze()
    # No line of the log says where in the code it was written, or by which thread: not to find that out is a
    # twentieth of the time of a lookup (https://docs.python.org/3/howto/logging.html#optimization).
    logging._srcfile = None
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False
    return app
