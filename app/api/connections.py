"""Before there is a request to answer: what is no HTTP is refused as all else is, and half of it is not waited for."""

import asyncio
from http import HTTPStatus

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from app.api.envelope import HEADERS, new_request_id
from app.api.problems import MEDIA_TYPE, Problem


class HttpConnection(HttpToolsProtocol):
    """uvicorn's, for ``uvicorn --http``. The lines of a request before its body have ``patience_s`` to arrive."""

    patience_s = 30.0
    _waiting: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """A client has connected."""
        super().connection_made(transport)
        self._wait()

    def on_message_begin(self) -> None:
        """The first byte of a request has come, perhaps not the first request."""
        super().on_message_begin()
        self._wait()

    def on_headers_complete(self) -> None:
        """All has come but the body, which has a time of its own (app.api.limits)."""
        self._stop_waiting()
        super().on_headers_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection is closed, by whomever."""
        self._stop_waiting()
        super().connection_lost(exc)

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002 - says less
        """Refuse what the parser could not read."""
        self._refuse(HTTPStatus.BAD_REQUEST, "this is no request of HTTP/1.1, or its address is too long")

    def _wait(self) -> None:
        self._stop_waiting()
        self._waiting = self.loop.call_later(self.patience_s, self._give_up)

    def _stop_waiting(self) -> None:
        if self._waiting is not None:
            self._waiting.cancel()
            self._waiting = None

    def _give_up(self) -> None:
        if self.cycle is None or self.cycle.response_complete:  # else an earlier request is still being answered
            self._refuse(HTTPStatus.REQUEST_TIMEOUT, f"the request did not come within {self.patience_s:g} s")

    def _refuse(self, status: HTTPStatus, detail: str) -> None:
        problem = Problem(type="about:blank", title=status.phrase, status=status, detail=detail, instance="", errors=[])
        body = problem.model_dump_json(exclude_none=True).encode()
        headers = [
            (b"content-type", MEDIA_TYPE.encode()),
            (b"content-length", b"%d" % len(body)),
            (b"cache-control", b"no-store"),
            (b"connection", b"close"),
            (b"x-request-id", new_request_id().encode()),
            *HEADERS,
        ]
        lines = [f"HTTP/1.1 {status} {status.phrase}".encode(), *(b"%s: %s" % header for header in headers)]
        self.transport.write(b"\r\n".join([*lines, b"", body]))
        self.transport.close()
