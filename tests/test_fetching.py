"""Fetching: what is got, what is never connected to, what is given up. The outside world is faked, but for sockets."""

import gzip
import socket
import ssl
import threading
import time
import tracemalloc
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import IPv4Address
from typing import Any, ClassVar

import httpcore
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app import __version__
from app.config import Settings
from app.documents import read_document
from app.errors import FetchFailed, FetchRefused
from app.services.fetching import Fetched, Fetcher
from app.services.fetching.guard import is_public, look_up
from app.services.fetching.robots import KEPT_S, READ_BYTES, UNREACHABLE_KEPT_S

PUBLIC = "93.184.216.34"
HTML = b"<html><body><p>Hello</p></body></html>"
URL = "https://news.example/a?b=1"

Answer = Callable[[bytes], Iterable[bytes]]


def answer(status: int = 200, body: bytes = HTML, kind: str = "text/html", **headers: str) -> bytes:
    """An answer as it is sent."""
    lines = [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    lines += [f"Content-Type: {kind}"] * bool(kind) + [f"Content-Length: {len(body)}", "Connection: close"]
    return "\r\n".join([f"HTTP/1.1 {status} X", *lines, "", ""]).encode() + body


def moved(to: str, status: int = 302) -> bytes:
    return answer(status, b"", Location=to)


NONE = answer(404, b"", "")


@dataclass
class World(httpcore.NetworkBackend):
    """Names, what their servers answer to a path, and who was connected to. Time passes only where a test says so."""

    names: dict[str, list[list[str]]] = field(default_factory=dict)
    pages: dict[str, bytes | Iterable[bytes] | Exception] = field(default_factory=dict)
    peer: str | None = None
    now: float = 1000.0
    looked_up: list[str] = field(default_factory=list)
    connected: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    verified: list[tuple[str | None, bool]] = field(default_factory=list)
    heads: list[bytes] = field(default_factory=list)
    broken: frozenset[str] = frozenset()

    def resolve(self, host: str, _port: int) -> list[str]:
        """The addresses of a name: in turn, where a test gives several lists; a public one where it gives none."""
        self.looked_up.append(host)
        lists = self.names.get(host, [[PUBLIC]])
        return lists.pop(0) if len(lists) > 1 else lists[0]

    def connect_tcp(self, host: str, port: int, *_: Any, **__: Any) -> httpcore.NetworkStream:
        self.connected.append(f"{host}:{port}")
        if host in self.broken:
            raise httpcore.ConnectError("refused")
        return Wire(self, host, port)

    def fetcher(self, settings: Settings | None = None, **more: Any) -> Fetcher:
        known = settings or Settings(fetch_max_bytes=10_000, fetch_timeout_s=20)
        return Fetcher(known, resolve=self.resolve, backend=self, clock=lambda: self.now, **more)


class Wire(httpcore.NetworkStream):
    """One connection to the world: it takes a request, and sends the pieces of the answer."""

    def __init__(self, world: World, host: str, port: int) -> None:
        self._world, self._host, self._port = world, host, port
        self._sent = b""
        self._pieces: Iterator[bytes] | None = None

    def write(self, buffer: bytes, *_: Any, **__: Any) -> None:
        self._sent += buffer

    def read(self, *_: Any, **__: Any) -> bytes:
        if self._pieces is None:
            self._pieces = iter(self._answer())
        return next(self._pieces, b"")

    def _answer(self) -> Iterable[bytes]:
        head, _, _ = self._sent.partition(b"\r\n\r\n")
        host = next(line[6:] for line in head.split(b"\r\n") if line.lower().startswith(b"host: ")).decode()
        address = host + head.split()[1].decode()
        self._world.asked.append(address)
        self._world.heads.append(head)
        found = self._world.pages.get(address, NONE)
        if isinstance(found, Exception):
            raise found
        pieces = [found] if isinstance(found, bytes) else found
        return (piece[at : at + 60_000] for piece in pieces for at in range(0, len(piece), 60_000))

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, *_: Any, **__: Any
    ) -> httpcore.NetworkStream:
        strict = ssl_context.check_hostname and ssl_context.verify_mode == ssl.CERT_REQUIRED
        self._world.verified.append((server_hostname, strict))
        return self

    def get_extra_info(self, info: str) -> Any:
        return (self._world.peer or self._host, self._port) if info == "server_addr" else None

    def close(self) -> None:
        pass


@pytest.fixture
def world() -> World:
    return World(pages={"news.example/a?b=1": answer()})


class TestFetched:
    def test_is_the_document_with_its_address_type_and_charset(self, world: World) -> None:
        world.pages["news.example/a?b=1"] = answer(kind='Text/HTML; Charset="windows-1252"')
        fetched = world.fetcher().fetch(f"{URL}#part")
        assert fetched == Fetched(URL, "text/html", "windows-1252", HTML)
        assert fetched.content_type == "text/html; charset=windows-1252"
        assert world.connected == [f"{PUBLIC}:443"] * 2
        assert world.asked == ["news.example/robots.txt", "news.example/a?b=1"]

    def test_goes_into_the_reader(self, world: World) -> None:
        words = "The council of the harbour city met on Friday evening and voted on the budget."
        page = f"<html><body><article><p>{words} Caf\xe9.</p><p>{words.upper()}</p></article></body></html>"
        world.pages["news.example/a?b=1"] = answer(body=page.encode("latin-1"), kind="text/html; charset=latin1")
        fetched = world.fetcher().fetch(URL)
        document = read_document(fetched.data, media_type=fetched.content_type, url=fetched.url)
        assert document.text.startswith(f"{words} Café.")
        assert document.metadata.url == URL

    @pytest.mark.parametrize("kind", ["text/html", "application/xhtml+xml", "text/plain", "text/markdown"])
    def test_is_of_a_type_that_is_read(self, world: World, kind: str) -> None:
        world.pages["news.example/a?b=1"] = answer(kind=kind)
        assert world.fetcher().fetch(URL).content_type == kind

    @pytest.mark.parametrize("kind", ["application/pdf", "image/svg+xml", "application/json", "", "text/htmlx"])
    def test_another_type_is_refused(self, world: World, kind: str) -> None:
        world.pages["news.example/a?b=1"] = answer(kind=kind)
        with pytest.raises(FetchRefused, match=kind.replace("+", r"\+") or "of no known type"):
            world.fetcher().fetch(URL)

    def test_who_asks_says_so_and_the_name_is_what_is_verified(self, world: World) -> None:
        world.fetcher().fetch(URL)
        assert f"User-Agent: Dateline/{__version__}".encode() in world.heads[1].split(b"\r\n")
        assert b"Host: news.example" in world.heads[1].split(b"\r\n")
        assert world.verified == [("news.example", True)] * 2

    def test_proxies_of_the_environment_are_passed_by(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy"):
            monkeypatch.setenv(name, "http://127.0.0.1:9")
        assert world.fetcher().fetch(URL).data == HTML
        assert world.connected == [f"{PUBLIC}:443"] * 2

    def test_the_next_address_is_tried_where_one_does_not_answer(self, world: World) -> None:
        world.names["news.example"] = [["2606:2800:220:1::1", PUBLIC]]
        world.broken = frozenset({"2606:2800:220:1::1"})
        assert world.fetcher().fetch(URL).data == HTML
        assert world.connected[:2] == ["2606:2800:220:1::1:443", f"{PUBLIC}:443"]

    @pytest.mark.parametrize("status", [204, 206, 304, 401, 403, 404, 410, 429, 500, 503])
    def test_an_answer_that_is_no_page_fails(self, world: World, status: int) -> None:
        world.pages["news.example/a?b=1"] = answer(status, b"")
        with pytest.raises(FetchFailed, match=f"answered {status}"):
            world.fetcher().fetch(URL)

    @pytest.mark.parametrize(
        ("trouble", "reason"),
        [
            (httpcore.ReadTimeout("slow"), "within 20 s"),
            (httpcore.ReadError("reset"), "reset"),
            (b"SSH-2.0-OpenSSH_9.2\r\n", "did not answer as it should"),
            (answer()[:-5], "did not answer as it should"),
            (answer(body=gzip.compress(HTML)[:-9], Content_Encoding="gzip"), "breaks off"),
            (answer(body=b"no gzip", Content_Encoding="gzip"), "did not answer as it should"),
            (answer(Content_Encoding="br"), "encoding br, which was not asked for"),
            (answer(Content_Encoding="gzip, gzip"), "encoding gzip, gzip"),
            (b"HTTP/1.1 200 OK\r\nX: " + b"x" * 200_000, "did not answer as it should"),
        ],
    )
    def test_trouble_on_the_way_fails_and_is_said(self, world: World, trouble: Any, reason: str) -> None:
        world.pages["news.example/a?b=1"] = trouble
        with pytest.raises(FetchFailed, match=reason):
            world.fetcher().fetch(URL)

    def test_a_name_that_is_not_found_fails(self, world: World) -> None:
        def unknown(host: str, port: int) -> list[str]:
            raise socket.gaierror("Name or service not known")

        with pytest.raises(FetchFailed, match=r"news.example is not to be found: check its spelling"):
            Fetcher(Settings(), resolve=unknown, backend=world).fetch(URL)
        world.names["news.example"] = [[]]
        with pytest.raises(FetchFailed, match="has no address: check its spelling"):
            world.fetcher().fetch(URL)
        assert world.connected == []


PRIVATE = [
    "0.0.0.0",
    "10.0.0.1",
    "100.64.0.1",
    "100.127.255.255",
    "127.0.0.1",
    "127.255.255.254",
    "169.254.169.254",
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.1",
    "192.0.2.1",
    "192.88.99.1",
    "192.168.1.1",
    "198.18.0.1",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "239.255.255.250",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::7f00:1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "::ffff:93.184.216.34",
    "64:ff9b::7f00:1",
    "64:ff9b::a9fe:a9fe",
    "64:ff9b:1::a00:1",
    "100::1",
    "2001::1",
    "2001:0:4136:e378:8000:63bf:3fff:fdd2",
    "2001:db8::1",
    "2002:7f00:1::",
    "2002:a00:1::1",
    "3fff::1",
    "5f00::1",
    "fc00::1",
    "fd12:3456::1",
    "fe80::1",
    "fe80::1%eth0",
    "fec0::1",
    "ff02::1",
    "",
    "localhost",
]


class TestGuard:
    @pytest.mark.parametrize("address", PRIVATE)
    def test_what_is_not_public(self, address: str) -> None:
        assert not is_public(address)

    @pytest.mark.parametrize(
        "address",
        [
            "93.184.216.34",
            "8.8.8.8",
            "100.63.255.255",
            "100.128.0.1",
            "172.32.0.1",
            "2606:4700::1111",
            "64:ff9b::808:808",
        ],
    )
    def test_what_is_public(self, address: str) -> None:
        assert is_public(address)

    @given(st.ip_addresses())
    def test_what_python_knows_to_be_private_is_never_public(self, address: Any) -> None:
        if is_public(str(address)) and not str(address).startswith("64:ff9b::"):
            assert address.is_global and not (address.is_multicast or address.is_reserved or address.is_loopback)

    @given(st.ip_addresses(v=4))
    def test_nat64_is_as_public_as_what_it_leads_to(self, address: IPv4Address) -> None:
        assert is_public(f"64:ff9b::{address}") == is_public(str(address))
        assert not is_public(f"::ffff:{address}") and not is_public(f"::{address}")

    @pytest.mark.parametrize("address", [address for address in PRIVATE if address[:1] not in ("", "l")])
    def test_a_name_with_a_private_address_is_not_connected_to(self, world: World, address: str) -> None:
        for addresses in ([address], [PUBLIC, address], [address, PUBLIC]):
            world.names["news.example"] = [addresses]
            with pytest.raises(FetchRefused, match=r"news.example has the address .* not on the public Internet"):
                world.fetcher().fetch(URL)
        assert world.connected == []

    @pytest.mark.parametrize("address", [address for address in PRIVATE if address[:1] not in ("", "l")])
    def test_a_private_address_is_not_connected_to(self, world: World, address: str) -> None:
        host = f"[{address.replace('%', '%25')}]" if ":" in address else address
        with pytest.raises(FetchRefused, match="not on the public Internet"):
            world.fetcher().fetch(f"http://{host}/")
        assert (world.connected, world.looked_up) == ([], [])

    @pytest.mark.parametrize(
        "host",
        [
            "2130706433",
            "0x7f000001",
            "0x7f.1",
            "0177.0.0.1",
            "127.1",
            "017700000001",
            "134744072",
            "127.0.0.1.",
            "1.2.3.256",
        ],
    )
    def test_odd_spellings_of_addresses_are_no_hosts(self, world: World, host: str) -> None:
        with pytest.raises(FetchRefused, match=r"four decimal numbers|no address"):
            world.fetcher().fetch(f"http://{host}/")
        assert (world.connected, world.looked_up) == ([], [])

    def test_a_name_that_turns_private_between_two_connections(self, world: World) -> None:
        world.names["news.example"] = [[PUBLIC], ["127.0.0.1"]]
        with pytest.raises(FetchRefused, match=r"news.example has the address 127\.0\.0\.1"):
            world.fetcher().fetch(URL)
        assert world.connected == [f"{PUBLIC}:443"]  # for robots.txt

    def test_the_address_that_was_checked_is_the_one_connected_to(self, world: World) -> None:
        world.names["news.example"] = [["93.184.216.34"], ["8.8.8.8"], ["127.0.0.1"]]
        assert world.fetcher().fetch(URL).data == HTML
        assert world.looked_up == ["news.example"] * 2  # once for each connection, and nowhere else
        assert world.connected == ["93.184.216.34:443", "8.8.8.8:443"]

    def test_a_socket_that_leads_elsewhere_is_closed(self, world: World) -> None:
        world.peer = "10.0.0.1"
        with pytest.raises(FetchRefused, match="at another address than 93"):
            world.fetcher().fetch(URL)
        assert world.asked == []

    @pytest.mark.parametrize(
        ("url", "reason"),
        [
            ("ftp://news.example/a", "begins with"),
            ("file:///etc/passwd", "begins with"),
            ("javascript:alert(1)", "begins with"),
            ("news.example/a", "begins with"),
            ("//news.example/a", "begins with"),
            ("https://", "begins with"),
            ("https:///a", "begins with"),
            ("", "begins with"),
            ("http://[::1", "no address"),
            ("https://exa\nmple.org/", "no address"),
            ("https://ada:secret@news.example/", "leave it out"),
            ("https://ada@news.example/", "leave it out"),
            ("https://news.example@127.0.0.1/", "leave it out"),
            ("https://news.example:8443/a", "only ports 80, 443"),
            ("http://news.example:22/a", "only ports 80, 443"),
            ("http://news.example:0/a", "only ports 80, 443"),
            ("http://news.example:99999/a", "only ports 80, 443"),
        ],
    )
    def test_other_addresses_are_refused(self, world: World, url: str, reason: str) -> None:
        with pytest.raises(FetchRefused, match=reason) as caught:
            world.fetcher().fetch(url)
        assert "secret" not in str(caught.value)
        assert (world.connected, world.looked_up) == ([], [])

    def test_a_port_that_the_caller_allows(self, world: World) -> None:
        world.pages["news.example:8080/"] = answer()
        assert world.fetcher(ports={8080}).fetch("http://news.example:8080/").url == "http://news.example:8080/"
        assert world.connected == [f"{PUBLIC}:8080"] * 2


class TestRedirects:
    @pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
    def test_are_followed(self, world: World, status: int) -> None:
        world.pages["news.example/a?b=1"] = moved("/b#x", status)
        world.pages["news.example/b"] = moved("http://other.example/c", status)
        world.pages["other.example/c"] = answer()
        assert world.fetcher().fetch(URL).url == "http://other.example/c"
        assert world.asked == [
            "news.example/robots.txt",
            "news.example/a?b=1",
            "news.example/b",
            "other.example/robots.txt",
            "other.example/c",
        ]

    def test_five_and_no_more(self, world: World) -> None:
        for number in range(6):
            world.pages[f"news.example/{number}"] = moved(f"/{number + 1}")
        world.pages["news.example/6"] = answer()
        assert world.fetcher().fetch("https://news.example/1").url == "https://news.example/6"
        with pytest.raises(FetchFailed, match="more than 5 times"):
            world.fetcher().fetch("https://news.example/0")

    @pytest.mark.parametrize(
        "to",
        [
            "http://127.0.0.1/",
            "http://localhost/",
            "http://169.254.169.254/latest/meta-data/",
            "http://[::ffff:127.0.0.1]/",
            "http://2130706433/",
            "//10.0.0.1/",
            "http://inside.example/",
            "http://other.example:22/",
            "http://ada@other.example/",
            "ftp://other.example/",
            "file:///etc/passwd",
        ],
    )
    def test_each_is_checked_anew(self, world: World, to: str) -> None:
        world.names |= {"localhost": [["127.0.0.1"]], "inside.example": [["fd00::1"]]}
        world.pages["news.example/a?b=1"] = moved(to)
        with pytest.raises(FetchRefused):
            world.fetcher().fetch(URL)
        assert world.connected == [f"{PUBLIC}:443"] * 2

    def test_to_no_address_fails(self, world: World) -> None:
        world.pages["news.example/a?b=1"] = moved("http://[::1")
        with pytest.raises(FetchFailed, match="what is no address"):
            world.fetcher().fetch(URL)

    def test_without_a_location_fails(self, world: World) -> None:
        world.pages["news.example/a?b=1"] = answer(302)
        with pytest.raises(FetchFailed, match="answered 302"):
            world.fetcher().fetch(URL)


class TestLimits:
    def test_a_page_of_just_that_size(self, world: World) -> None:
        world.pages["news.example/a?b=1"] = answer(body=b"x" * 10_000)
        assert len(world.fetcher().fetch(URL).data) == 10_000
        world.pages["news.example/a?b=1"] = answer(body=gzip.compress(b"x" * 10_000), Content_Encoding="gzip")
        assert world.fetcher().fetch(URL).data == b"x" * 10_000

    @pytest.mark.parametrize("more", [1, 1_000_000])
    def test_a_larger_one_is_refused(self, world: World, more: int) -> None:
        world.pages["news.example/a?b=1"] = answer(body=b"x" * (10_000 + more))
        with pytest.raises(FetchRefused, match="larger than 10000 bytes: DATELINE_FETCH_MAX_BYTES"):
            world.fetcher().fetch(URL)

    def test_reading_stops_at_the_limit(self, world: World) -> None:
        read = 0

        def endless() -> Iterator[bytes]:
            nonlocal read
            yield b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n"
            while True:
                read += 1
                yield b"x" * 1_000

        world.pages["news.example/a?b=1"] = endless()
        with pytest.raises(FetchRefused, match="larger than"):
            world.fetcher().fetch(URL)
        assert read <= 12

    def test_a_compressed_bomb_is_measured_as_it_opens(self, world: World) -> None:
        bomb = gzip.compress(b"\0" * 50_000_000)
        world.pages["news.example/bomb"] = answer(body=bomb, Content_Encoding="gzip")
        settings = Settings(fetch_max_bytes=1_000_000)
        tracemalloc.start()
        try:
            with pytest.raises(FetchRefused, match="larger than 1000000 bytes"):
                world.fetcher(settings).fetch("https://news.example/bomb")
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        assert len(bomb) < 60_000 and peak < 5_000_000

    def test_compressed_nothing_without_end_is_refused(self, world: World) -> None:
        head = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Encoding: gzip\r\n\r\n"
        nothing = gzip.compress(b"")[:10] + b"\0\0\0\xff\xff" * 100_000  # empty blocks
        world.pages["news.example/a?b=1"] = [head, nothing]
        with pytest.raises(FetchRefused, match="larger than"):
            world.fetcher().fetch(URL)

    def test_what_follows_a_compressed_page_is_no_part_of_it(self, world: World) -> None:
        world.pages["news.example/a?b=1"] = answer(body=gzip.compress(HTML) + b"\0" * 5_000, Content_Encoding="gzip")
        assert world.fetcher().fetch(URL).data == HTML

    def test_a_body_that_drips_is_given_up_when_the_time_is_over(self, world: World) -> None:
        def drip() -> Iterator[bytes]:
            yield b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n"
            for _ in range(1_000):
                world.now += 1
                yield b"x"

        world.pages["news.example/a?b=1"] = drip()
        with pytest.raises(FetchFailed, match="did not answer in full within 20 s"):
            world.fetcher().fetch(URL)
        assert world.now == 1_020

    def test_the_time_is_one_for_all_that_a_fetch_takes(self, world: World) -> None:
        def slow(found: bytes) -> Iterator[bytes]:
            world.now += 6
            yield found

        world.pages |= {f"news.example/{number}": slow(moved(f"/{number + 1}")) for number in range(5)}
        with pytest.raises(FetchFailed, match="within 20 s"):
            world.fetcher().fetch("https://news.example/0")
        assert world.asked[-1] == "news.example/3"

    def test_a_name_that_is_looked_up_for_ever(self, world: World) -> None:
        done = threading.Event()

        def stuck(host: str, port: int) -> list[str]:
            done.wait(30)
            return [PUBLIC]

        started = time.monotonic()
        with pytest.raises(FetchFailed):
            Fetcher(Settings(fetch_timeout_s=0.2), resolve=stuck, backend=world).fetch(URL)
        assert time.monotonic() - started < 5
        done.set()


RULES = b"""User-agent: *
Disallow: /

User-agent: dateline
Disallow: /private
Allow: /private/open$
Disallow: /*.pdf$
"""


class TestRobots:
    def put(self, world: World, *pages: bytes, host: str = "news.example") -> None:
        world.pages[f"{host}/robots.txt"] = pages[0]
        for path in ("", "a", "private", "private/open", "private/open/x", "a.pdf", "robots.txt.html"):
            world.pages[f"{host}/{path}"] = answer()

    @pytest.mark.parametrize(
        ("path", "allowed"),
        [
            ("a", True),
            ("private", False),
            ("private/open", True),
            ("private/open/x", False),
            ("a.pdf", False),
            ("", True),
        ],
    )
    def test_the_most_specific_rule_for_us_is_kept(self, world: World, path: str, allowed: bool) -> None:
        self.put(world, answer(body=RULES, kind="text/plain"))
        if allowed:
            assert world.fetcher().fetch(f"https://news.example/{path}").data == HTML
            return
        with pytest.raises(FetchRefused, match=r"robots.txt of news.example does not let Dateline read"):
            world.fetcher().fetch(f"https://news.example/{path}")
        assert world.asked == ["news.example/robots.txt"]

    def test_rules_for_all_hold_where_there_are_none_for_us(self, world: World) -> None:
        self.put(world, answer(body=b"\xef\xbb\xbfUser-agent: Other\nAllow: /\n\nUser-agent: *\nDisallow: /", kind=""))
        with pytest.raises(FetchRefused, match=r"robots.txt"):
            world.fetcher().fetch("https://news.example/a")

    @pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 429])
    def test_where_there_is_none_all_is_allowed(self, world: World, status: int) -> None:
        self.put(world, answer(status, RULES))
        assert world.fetcher().fetch("https://news.example/private").data == HTML

    @pytest.mark.parametrize(
        "trouble",
        [
            answer(500),
            answer(503),
            answer(302),
            httpcore.ReadTimeout("x"),
            httpcore.ReadError("x"),
            b"?",
            moved("http://[::1"),
        ],
        ids=lambda trouble: repr(trouble)[:22],
    )
    def test_where_nobody_can_say_nothing_is_allowed(self, world: World, trouble: Any) -> None:
        self.put(world, trouble)
        with pytest.raises(FetchFailed, match=r"robots.txt of news.example forbids cannot be read"):
            world.fetcher().fetch("https://news.example/a")
        assert world.asked == ["news.example/robots.txt"]

    def test_redirects_of_it_are_followed_and_guarded(self, world: World) -> None:
        self.put(world, moved("https://other.example/rules"))
        world.pages["other.example/rules"] = answer(body=RULES)
        with pytest.raises(FetchRefused, match=r"robots.txt"):
            world.fetcher().fetch("https://news.example/private")
        self.put(world, moved("http://127.0.0.1/rules"))
        with pytest.raises(FetchRefused, match="not on the public Internet"):
            world.fetcher().fetch("https://news.example/a")
        assert {place.partition(":")[0] for place in world.connected} == {PUBLIC}

    def test_of_a_long_one_the_first_part_is_read(self, world: World) -> None:
        self.put(world, answer(body=RULES + b"#" * READ_BYTES + b"\nUser-agent: dateline\nDisallow: /a"))
        assert world.fetcher().fetch("https://news.example/a").data == HTML

    def test_is_kept_for_a_while_by_each_fetcher(self, world: World) -> None:
        self.put(world, answer(body=RULES))
        fetcher = world.fetcher()
        for _ in range(3):
            fetcher.fetch("https://news.example/a")
        world.now += KEPT_S
        fetcher.fetch("https://news.example/a")
        world.fetcher().fetch("https://news.example/a")
        assert world.asked.count("news.example/robots.txt") == 3

    def test_is_asked_for_again_soon_where_nobody_could_say(self, world: World) -> None:
        self.put(world, answer(503))
        fetcher = world.fetcher()
        for _ in range(2):
            with pytest.raises(FetchFailed):
                fetcher.fetch("https://news.example/a")
        self.put(world, answer(404))
        world.now += UNREACHABLE_KEPT_S
        assert fetcher.fetch("https://news.example/a").data == HTML
        assert world.asked.count("news.example/robots.txt") == 2

    def test_is_each_hosts_and_ports_own(self, world: World) -> None:
        self.put(world, answer(body=RULES))
        self.put(world, answer(404), host="news.example:8080")
        assert world.fetcher(ports={8080}).fetch("http://news.example:8080/private").data == HTML


class Handler(BaseHTTPRequestHandler):
    """A server of one page, which writes down what it is asked."""

    asked: ClassVar[list[str]]

    def do_GET(self) -> None:
        self.asked.append(self.path)
        self.send_response(200 if self.path == "/" else 404)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(HTML)))
        self.end_headers()
        self.wfile.write(HTML)

    def log_message(self, *_: Any) -> None:
        """Nothing: tests print nothing."""


@pytest.fixture
def local() -> Iterator[tuple[int, list[str]]]:
    """The port of a real server on this machine, and what it is asked."""

    class Own(Handler):
        asked: ClassVar[list[str]] = []

    with ThreadingHTTPServer(("127.0.0.1", 0), Own) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        yield server.server_port, Own.asked
        server.shutdown()
        thread.join()


class TestRealSockets:
    @pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "0.0.0.0", "127.0.0.2"])
    def test_this_machine_is_never_asked(self, local: tuple[int, list[str]], host: str) -> None:
        port, asked = local
        with pytest.raises(FetchRefused, match="not on the public Internet"):
            Fetcher(Settings(), ports={port}).fetch(f"http://{host}:{port}/")
        assert asked == []

    def test_a_way_that_leads_here_is_closed_before_anything_is_asked(self, local: tuple[int, list[str]]) -> None:
        port, asked = local

        class Diverting(httpcore.SyncBackend):
            def connect_tcp(self, host: str, *rest: Any, **named: Any) -> httpcore.NetworkStream:  # noqa: ARG002
                return super().connect_tcp("127.0.0.1", *rest, **named)

        with pytest.raises(FetchRefused, match="at another address"):
            Fetcher(Settings(), ports={port}, resolve=lambda *_: [PUBLIC], backend=Diverting()).fetch(
                f"http://a.example:{port}/"
            )
        assert asked == []

    def test_a_page_comes_over_a_socket(self, local: tuple[int, list[str]]) -> None:
        port, asked = local

        class Pretending(httpcore.NetworkBackend):
            """Connects to this machine and says that it was a public one."""

            def connect_tcp(self, host: str, *rest: Any, **named: Any) -> httpcore.NetworkStream:
                stream = httpcore.SyncBackend().connect_tcp("127.0.0.1", *rest, **named)
                real = stream.get_extra_info
                stream.get_extra_info = lambda info: (host, port) if info == "server_addr" else real(info)  # type: ignore[method-assign]
                return stream

        fetcher = Fetcher(Settings(), ports={port}, resolve=lambda *_: [PUBLIC], backend=Pretending())
        assert fetcher.fetch(f"http://a.example:{port}/").data == HTML
        assert asked == ["/robots.txt", "/"]

    def test_names_are_looked_up_by_the_system(self) -> None:
        assert "127.0.0.1" in look_up("localhost", 80)
        with pytest.raises(FetchFailed, match=r"no-such-name.invalid is not to be found"):
            Fetcher(Settings()).fetch("https://no-such-name.invalid/")
