"""What routes ask for: sessions, the annotator, where the service is found.

What does not wait is a coroutine: anything else costs a request the way to a thread and back.
"""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Annotated

from fastapi import Depends, Request
from fastapi.concurrency import contextmanager_in_threadpool

from app.config import Settings
from app.db import LOOKUP_CONNECTIONS, SEARCH_CONNECTIONS, Database, ReadSession, WriteSession
from app.services.annotating import AnnotatorService
from app.services.running import JobRunner
from app.services.writing import Desk

# Of the 40 threads in which routes wait.
WRITING = 4


def settings(request: Request) -> Settings:
    """The settings the application was created with."""
    found: Settings = request.app.state.settings
    return found


async def database(request: Request) -> Database:
    """The database the application was created with."""
    found: Database = request.app.state.database
    return found


async def desk(request: Request) -> Desk:
    """The desk the application was created with."""
    found: Desk = request.app.state.desk
    return found


async def job_runner(request: Request) -> JobRunner:
    """What works at jobs in this process."""
    found: JobRunner = request.app.state.jobs
    return found


SettingsDep = Annotated[Settings, Depends(settings)]
DatabaseDep = Annotated[Database, Depends(database)]
DeskDep = Annotated[Desk, Depends(desk)]
JobsDep = Annotated[JobRunner, Depends(job_runner)]


async def read_session(database: DatabaseDep) -> AsyncIterator[ReadSession]:
    """A session for one request that looks something up by its key."""
    async with _reading(database) as session:
        yield session


async def search_session(database: DatabaseDep) -> AsyncIterator[ReadSession]:
    """A session for one request that searches, lists or counts: what may take long."""
    async with _reading(database) as session:
        yield session


@asynccontextmanager
async def _reading(database: Database) -> AsyncIterator[ReadSession]:
    # A session connects with its first statement, in the route's thread. Giving back the connection takes
    # a thread too where a server has to be told.
    if database.at_once:
        with database.read() as session:
            yield session
    else:
        async with contextmanager_in_threadpool(database.read()) as session:
            yield session


def write_session(database: DatabaseDep) -> Iterator[WriteSession]:
    """A session for one request that commits when the route has returned."""
    with database.write() as session:
        yield session


def annotator_service(request: Request) -> Iterator[AnnotatorService]:
    """The annotator the application was created with, for one request at a time."""
    # A dependency that returns is done before the route begins: only one that yields holds its turn.
    yield request.app.state.annotating


async def writing_turn() -> AsyncIterator[None]:
    """One of the few requests that may be read, fetched, annotated and stored at a time: each takes a thread."""
    yield


async def base_url(request: Request) -> str:
    """Where the world finds this service, without a slash at the end."""
    return (settings(request).public_url or str(request.base_url)).rstrip("/")


# function scope: a yield dependency ends behind the response otherwise, and a commit that fails
# would already have been answered as done. max_concurrency: more requests than connections wait
# here, without a thread, and not in the pool until it times out. Each kind of reading has its share
# of the connections, so that slow searches wait for each other and never hold up a lookup.
ReadSessionDep = Annotated[ReadSession, Depends(read_session, scope="function", max_concurrency=LOOKUP_CONNECTIONS)]
SearchSessionDep = Annotated[ReadSession, Depends(search_session, scope="function", max_concurrency=SEARCH_CONNECTIONS)]
WriteSessionDep = Annotated[WriteSession, Depends(write_session, scope="function", max_concurrency=1)]
AnnotatorDep = Annotated[AnnotatorService, Depends(annotator_service, scope="function", max_concurrency=1)]
WritingTurn = Annotated[None, Depends(writing_turn, scope="function", max_concurrency=WRITING)]
BaseUrl = Annotated[str, Depends(base_url)]
