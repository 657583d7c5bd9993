"""Pages got from other servers: public ones only, within limits, and only what robots.txt allows."""

import re
import ssl
import time
import zlib
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import cached_property
from http import HTTPStatus
from ipaddress import IPv4Address
from typing import TypeVar

import httpcore
import httpx

from app import __version__
from app.config import Settings
from app.documents.charsets import essence, label_of
from app.errors import FetchFailed, FetchRefused
from app.services.fetching.guard import Clock, Deadline, GuardedBackend, GuardedTransport, Resolve, look_up
from app.services.fetching.robots import PRODUCT, READ_BYTES, Robots

__all__ = ["Fetched", "Fetcher"]

T = TypeVar("T")

MEDIA_TYPES = ("text/html", "application/xhtml+xml", "text/markdown", "text/plain")
MOST_REDIRECTS = 5

_HEADERS = (
    ("User-Agent", f"{PRODUCT}/{__version__}"),
    ("Accept", ", ".join(MEDIA_TYPES)),
    ("Accept-Encoding", "gzip"),
)
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_DEFAULT_PORTS = {"http": 80, "https": 443}
# 127.1, 0x7f.0.0.1, 017700000001: what the system's resolver takes for addresses, and nobody publishes at.
_NUMBER = re.compile(r"(?:[^:]*\.)?(?:0x[0-9a-f]*|[0-9]+)\.?", re.IGNORECASE)
_STEP = 65_536


@dataclass(frozen=True, slots=True)
class Fetched:
    """A document of another server: the address it had in the end, its Content-Type in parts, its bytes."""

    url: str
    media_type: str
    charset: str | None
    data: bytes

    @property
    def content_type(self) -> str:
        """The media type with the charset, where one was said."""
        return f"{self.media_type}; charset={self.charset}" if self.charset else self.media_type


class Fetcher:
    """Gets documents by HTTP, asking each site's robots.txt first; several threads may share one.

    Connections go to public addresses only, whatever names and redirects say, past any proxy of the environment,
    to ports 80 and 443 and those in ``ports``. Size and time are limited by ``settings``: the size when
    decompressed, the time for all that one fetch takes. ``resolve``, ``backend`` and ``clock`` are the world.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        ports: Collection[int] = (),
        resolve: Resolve = look_up,
        backend: httpcore.NetworkBackend | None = None,
        clock: Clock = time.monotonic,
    ) -> None:
        self._max_bytes = settings.fetch_max_bytes
        self._timeout_s = settings.fetch_timeout_s
        self._ports = frozenset(_DEFAULT_PORTS.values()) | frozenset(ports)
        self._resolve = resolve
        self._backend = backend or httpcore.SyncBackend()
        self._clock = clock
        self._robots = Robots(clock)

    def fetch(self, url: str) -> Fetched:
        """The document at ``url``, or where it redirects to, five times at most.

        FetchRefused for an address that is not fetched, a document that is too large or of another media type,
        and what robots.txt forbids; FetchFailed when there is no answer in time, or not a document.
        """
        with self._transport() as transport:

            def permitted(address: httpx.URL) -> None:
                self._robots.check(address, lambda file: self._get(transport, file, _unasked, _rules))

            return self._get(transport, self._address(url), permitted, self._document)

    def _transport(self) -> httpx.BaseTransport:
        """One for a single fetch, which has its own time. A client would send cookies and read redirects itself."""
        backend = GuardedBackend(self._backend, self._resolve, Deadline(self._timeout_s, self._clock))
        return GuardedTransport(backend, self._tls)

    @cached_property
    def _tls(self) -> ssl.SSLContext:
        return httpx.create_ssl_context()

    def _address(self, url: str | httpx.URL) -> httpx.URL:
        """``url`` without its fragment; FetchRefused when it is none that is fetched."""
        try:
            address = httpx.URL(url).copy_with(fragment=None)
            host = address.host  # read from its Punycode, which may be none
        except (httpx.InvalidURL, ValueError) as error:
            raise FetchRefused(f"{url!s} is no address: {error}") from error
        if address.scheme not in _DEFAULT_PORTS or not host:
            raise FetchRefused(f"{address} is no address of a page: one begins with https:// or http:// and a host")
        if address.userinfo:
            raise FetchRefused(f"the address of a page of {host} has a user name in it: leave it out")
        if address.port is not None and address.port not in self._ports:
            allowed = ", ".join(map(str, sorted(self._ports)))
            raise FetchRefused(f"{address} is at port {address.port}: only ports {allowed} are fetched from")
        if _NUMBER.fullmatch(host) and not _is_dotted(host):
            raise FetchRefused(f"{host} is no host's name: write an address as four decimal numbers")
        return address

    def _get(
        self,
        transport: httpx.BaseTransport,
        url: httpx.URL,
        check: Callable[[httpx.URL], None],
        take: Callable[[httpx.URL, httpx.Response], T],
    ) -> T:
        """What ``take`` makes of the answer; each address on the way is one that ``check`` lets pass."""
        for _ in range(MOST_REDIRECTS + 1):
            check(url)
            request = httpx.Request("GET", url, headers=_HEADERS)
            with self._failures(url), closing(transport.handle_request(request)) as answer:
                location = answer.headers.get("Location")
                if answer.status_code not in _REDIRECTS or not location:
                    return take(url, answer)
            url = self._target(url, location)
        raise FetchFailed(f"{url.host} redirects more than {MOST_REDIRECTS} times: give the address it leads to")

    def _target(self, url: httpx.URL, location: str) -> httpx.URL:
        try:
            return self._address(url.join(location))
        except httpx.InvalidURL as error:
            raise FetchFailed(f"{url} redirects to what is no address: {error}") from error

    @contextmanager
    def _failures(self, url: httpx.URL) -> Iterator[None]:
        try:
            yield
        except httpcore.TimeoutException as error:
            raise FetchFailed(
                f"{url.host} did not answer in full within {self._timeout_s:g} s: try again later"
            ) from error
        except (httpcore.NetworkError, httpcore.ProtocolError, zlib.error) as error:
            raise FetchFailed(f"{url.host} did not answer as it should: {error}") from error

    def _document(self, url: httpx.URL, answer: httpx.Response) -> Fetched:
        if answer.status_code != HTTPStatus.OK:
            raise FetchFailed(f"{url.host} answered {answer.status_code} instead of a page: check the address {url}")
        content_type = answer.headers.get("Content-Type", "")
        kind = essence(content_type)
        if kind not in MEDIA_TYPES:
            raise FetchRefused(f"{url} is {kind or 'of no known type'}: only {', '.join(MEDIA_TYPES)} are read")
        sent = _limited(answer.iter_raw(), self._max_bytes, url)
        data = b"".join(_limited(_decoded(url, answer, sent), self._max_bytes, url))
        return Fetched(str(url), kind, label_of(content_type), data)


def _unasked(_url: httpx.URL) -> None:
    """robots.txt is asked of nobody's leave (RFC 9309, 2.3)."""


def _rules(url: httpx.URL, answer: httpx.Response) -> bytes:
    """The robots.txt that was answered, the first part of a long one; empty where there is none."""
    if answer.is_client_error:
        return b""
    if answer.status_code >= 300:
        raise FetchFailed(f"{url.host} answered {answer.status_code}: try again later")
    data = bytearray()
    for piece in _decoded(url, answer, answer.iter_raw()):
        data += piece
        if len(data) >= READ_BYTES:
            break
    return bytes(data[:READ_BYTES])


def _is_dotted(host: str) -> bool:
    try:
        return str(IPv4Address(host)) == host
    except ValueError:
        return False


def _limited(pieces: Iterable[bytes], most: int, url: httpx.URL) -> Iterator[bytes]:
    size = 0
    for piece in pieces:
        size += len(piece)
        if size > most:
            raise FetchRefused(f"{url} is larger than {most} bytes: DATELINE_FETCH_MAX_BYTES sets how large one may be")
        yield piece


def _decoded(url: httpx.URL, answer: httpx.Response, sent: Iterable[bytes]) -> Iterator[bytes]:
    """The body in pieces of at most 64 KiB, however well it was compressed."""
    encoding = answer.headers.get("Content-Encoding", "").strip().lower()
    if encoding in ("", "identity"):
        return iter(sent)
    if encoding in ("gzip", "x-gzip"):
        return _unzipped(sent)
    raise FetchFailed(f"{url.host} answered in the encoding {encoding}, which was not asked for")


def _unzipped(pieces: Iterable[bytes]) -> Iterator[bytes]:
    decoder = zlib.decompressobj(zlib.MAX_WBITS | 16)
    for piece in pieces:
        waiting = piece
        while True:
            out = decoder.decompress(waiting, _STEP)
            yield out
            waiting = decoder.unconsumed_tail
            if decoder.eof:
                return
            if not waiting and len(out) < _STEP:
                break
    raise zlib.error("the compressed page breaks off")
