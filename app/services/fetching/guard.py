"""Connections to public addresses only, within one time for all.

What is checked is the address that is connected to, on every connection, and once more on the socket: a name that
is public when looked up and private when connected to (DNS rebinding) gains nothing.
"""

import socket
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from ssl import SSLContext
from threading import Thread
from typing import Any

import httpcore
import httpx

from app.errors import FetchFailed, FetchRefused

Resolve = Callable[[str, int], list[str]]
Clock = Callable[[], float]

# What the registries of special-purpose addresses have (IANA, RFC 6890), and multicast; whoever is asked
# from outside answers from none of them.
_SPECIAL_4 = tuple(
    IPv4Network(network)
    for network in (
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.31.196.0/24",
        "192.52.193.0/24",
        "192.88.99.0/24",
        "192.168.0.0/16",
        "192.175.48.0/24",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/3",
    )
)
_GLOBAL_6 = IPv6Network("2000::/3")  # all that is allocated of global unicast (RFC 4291, 2.4)
_SPECIAL_6 = tuple(
    IPv6Network(network) for network in ("2001::/23", "2001:db8::/32", "2002::/16", "2620:4f:8000::/48", "3fff::/20")
)
_NAT64 = IPv6Network("64:ff9b::/96")  # where a network has no IPv4, its resolver makes these (RFC 6052, RFC 6147)


def is_public(address: str) -> bool:
    """Whether ``address`` is one of the public Internet: not private, local, multicast, reserved or a way to such."""
    try:
        found = ip_address(address)
    except ValueError:
        return False
    if isinstance(found, IPv6Address):
        return _is_public_6(found)
    return not any(found in network for network in _SPECIAL_4)


def _is_public_6(address: IPv6Address) -> bool:
    if address.scope_id is not None:
        return False
    if address in _NAT64:
        return is_public(str(IPv4Address(int(address) & 0xFFFF_FFFF)))
    return address in _GLOBAL_6 and not any(address in network for network in _SPECIAL_6)


def look_up(host: str, port: int) -> list[str]:
    """The addresses of ``host``, in the order in which the system would try them; OSError when there are none."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


class Deadline:
    """A time by which all has to be done."""

    def __init__(self, seconds: float, clock: Clock = time.monotonic) -> None:
        self._clock = clock
        self._end = clock() + seconds

    def left(self) -> float:
        """The seconds that are left; httpcore.TimeoutException when there are none."""
        left = self._end - self._clock()
        if left <= 0:
            raise httpcore.TimeoutException("the time is up")
        return left


class GuardedTransport(httpx.BaseTransport):
    """How httpx sends requests, over connections that ``backend`` makes; raises httpcore's exceptions, and those of it.

    httpx's own transport takes no backend.
    """

    def __init__(self, backend: httpcore.NetworkBackend, tls: SSLContext) -> None:
        self._pool = httpcore.ConnectionPool(ssl_context=tls, network_backend=backend)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """The answer, of which the body is still to be read."""
        url = request.url
        target = httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path)
        answer = self._pool.handle_request(httpcore.Request(request.method, target, headers=request.headers.raw))
        return httpx.Response(answer.status, headers=answer.headers, stream=_Body(answer))

    def close(self) -> None:
        """Close all connections."""
        self._pool.close()


class _Body(httpx.SyncByteStream):
    def __init__(self, answer: httpcore.Response) -> None:
        self._answer = answer

    def __iter__(self) -> Iterator[bytes]:
        return self._answer.iter_stream()

    def close(self) -> None:
        self._answer.close()


class GuardedBackend(httpcore.NetworkBackend):
    """Looks names up, and connects to the public addresses that come out; whoever waits, waits for ``deadline``.

    FetchRefused for a name with any address that is not public; FetchFailed for a name that has none.
    """

    def __init__(self, inner: httpcore.NetworkBackend, resolve: Resolve, deadline: Deadline) -> None:
        self._inner = inner
        self._resolve = resolve
        self._deadline = deadline

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ARG002 - the deadline is what holds
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        """A connection to one of the addresses of ``host``, the first that takes it."""
        addresses = self._addresses(host, port)
        failure: Exception = FetchFailed(f"{host} has no address: check its spelling")
        for number, address in enumerate(addresses):
            share = self._deadline.left() / (len(addresses) - number)
            try:
                stream = self._inner.connect_tcp(address, port, share, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
            else:
                return _Stream(_checked(stream, host, address), self._deadline)
        raise failure

    def _addresses(self, host: str, port: int) -> list[str]:
        try:
            found = [str(ip_address(host))]
        except ValueError:
            found = self._looked_up(host, port)
        for address in found:
            if not is_public(address):
                named = "" if address == host else f" has the address {address}, which"
                raise FetchRefused(f"{host}{named} is not on the public Internet: only what is, is fetched")
        return found

    def _looked_up(self, host: str, port: int) -> list[str]:
        try:
            return _in_time(lambda: self._resolve(host, port), self._deadline.left())
        except (OSError, UnicodeError) as error:
            raise FetchFailed(f"{host} is not to be found: check its spelling ({error})") from error


def _in_time(look_up: Callable[[], list[str]], seconds: float) -> list[str]:
    """What ``look_up`` returns. The system's resolver knows no limit: where it takes longer, it is left behind."""
    future: Future[list[str]] = Future()

    def run() -> None:
        try:
            future.set_result(look_up())
        except Exception as error:
            future.set_exception(error)

    Thread(target=run, daemon=True).start()
    try:
        return future.result(seconds)
    except TimeoutError as error:
        raise httpcore.ConnectTimeout("the name was not looked up in time") from error


def _checked(stream: httpcore.NetworkStream, host: str, address: str) -> httpcore.NetworkStream:
    """``stream``, if its other end is the ``address`` that was checked; FetchRefused if it leads elsewhere."""
    peer = stream.get_extra_info("server_addr")
    if peer and ip_address(peer[0]) == ip_address(address):
        return stream
    stream.close()
    raise FetchRefused(f"{host} was connected to at another address than {address}: connect without a proxy")


class _Stream(httpcore.NetworkStream):
    """A stream of which every step takes at most what is left of the time for all."""

    def __init__(self, inner: httpcore.NetworkStream, deadline: Deadline) -> None:
        self._inner = inner
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ARG002
        """Some bytes, at most so many; none at the end."""
        return self._inner.read(max_bytes, self._deadline.left())

    def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ARG002
        """Send all of ``buffer``."""
        self._inner.write(buffer, self._deadline.left())

    def close(self) -> None:
        """Close the connection."""
        self._inner.close()

    def start_tls(
        self,
        ssl_context: SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ARG002
    ) -> httpcore.NetworkStream:
        """The same connection, encrypted; the certificate has to be that of the name, not of the address."""
        return _Stream(self._inner.start_tls(ssl_context, server_hostname, self._deadline.left()), self._deadline)

    def get_extra_info(self, info: str) -> Any:
        """What is known of the connection, by httpcore's names."""
        return self._inner.get_extra_info(info)
