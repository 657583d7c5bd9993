"""Who asks, whether they may at all, and whether not too often: before anything else is done for them."""

import asyncio
import logging
from ipaddress import IPv6Address, IPv6Network
from time import monotonic

from anyio import CapacityLimiter
from anyio.to_thread import run_sync
from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from app.api.problems import dateline_problem, problem_response
from app.api.rates import Rates
from app.config import Settings
from app.db import ACCESS_CONNECTIONS, Database
from app.errors import DatelineError
from app.services import access
from app.services.access import Caller

log = logging.getLogger("dateline")

# Who asks whether the service lives has no key, and must not be turned away.
OPEN = frozenset({"/healthz", "/readyz"})


class Uses:
    """Notes in the database when keys were used, each once a minute: no answer waits for it or fails by it."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._tried: dict[int, float] = {}
        self._noting: set[asyncio.Task[None]] = set()

    def note(self, caller: Caller) -> None:
        """To be called on the event loop for each request with a key."""
        last = self._tried.get(caller.id)
        if last is None or monotonic() - last > access.USE_NOTED_EVERY_S:
            self._tried[caller.id] = monotonic()
            task = asyncio.create_task(self._note(caller))
            self._noting.add(task)
            task.add_done_callback(self._noting.discard)

    async def finish(self) -> None:
        """Wait for what is being noted."""
        await asyncio.gather(*self._noting)

    async def _note(self, caller: Caller) -> None:
        try:
            await run_sync(access.note_use, self._database, caller)
        except Exception as error:  # whatever it is, the caller has nothing to do with it
            log.warning("when the key %s was used could not be noted: %s", caller.key, error)


class Gate:
    """ASGI middleware: refuses, or leaves the caller, who may be nobody, in the state of the request."""

    def __init__(self, app: ASGIApp, database: Database, uses: Uses, settings: Settings) -> None:
        self._app = app
        self._database = database
        self._uses = uses
        self._private = settings.private
        self._rates = Rates(settings.rate_limit) if settings.rate_limit else None
        # Threads of their own: those of the routes may all be waiting for what others have.
        self._turns = CapacityLimiter(ACCESS_CONNECTIONS)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        secret = _secret(scope) if scope["type"] == "http" else None
        free = secret is None and not self._private and self._rates is None
        if free or scope["type"] != "http" or scope["path"] in OPEN:
            await self._app(scope, receive, send)
            return
        caller, answer = await self._admit(scope, secret)
        if self._rates is not None:
            allowance = self._rates.take(caller.key if caller else _address(scope))
            send = allowance.stated(send)
            if not allowance.given:
                retry = {"Retry-After": str(allowance.resets_s)}
                answer = problem_response(Request(scope), 429, allowance.refusal, kind="rate-limited", headers=retry)
        await answer(scope, receive, send)

    async def _admit(self, scope: Scope, secret: str | None) -> tuple[Caller | None, ASGIApp]:
        """The caller, where a key says who it is, and what answers them."""
        caller = None
        try:
            if secret is not None:
                caller = await self._authenticated(secret)
                self._uses.note(caller)
            if self._private:
                access.require(caller, access.Scope.READ)
        except DatelineError as error:
            return caller, dateline_problem(Request(scope), error)
        scope.setdefault("state", {})["caller"] = caller
        return caller, self._app

    async def _authenticated(self, secret: str) -> Caller:
        if self._database.at_once:
            return access.authenticate(self._database, secret)
        return await run_sync(access.authenticate, self._database, secret, limiter=self._turns)


def _secret(scope: Scope) -> str | None:
    """What is shown as the secret of a key; None where nothing is. Other schemes are a proxy's business."""
    for name, value in scope["headers"]:
        if name == b"authorization":
            scheme, _, secret = value.decode("latin-1").partition(" ")
            return secret.strip() if scheme.lower() == "bearer" else None
    return None


def _address(scope: Scope) -> str:
    """Where a request comes from; of IPv6 the network, since whoever has one address of it has all."""
    host: str = (scope.get("client") or ("", 0))[0]
    try:
        address = IPv6Address(host)
    except ValueError:
        return host
    return str(address.ipv4_mapped or IPv6Network((address.packed, 64), strict=False))
