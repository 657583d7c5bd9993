"""robots.txt (RFC 9309): what a site lets us read, remembered for a while."""

from collections import OrderedDict
from collections.abc import Callable
from threading import Lock
from typing import NamedTuple

import httpx
from protego import Protego

from app.errors import FetchFailed, FetchRefused
from app.services.fetching.guard import Clock

PRODUCT = "Dateline"

# RFC 9309, 2.4 and 2.5: at most a day, at least 500 KiB; what could not be read is asked for again sooner.
KEPT_S = 3_600.0
UNREACHABLE_KEPT_S = 60.0
READ_BYTES = 512 * 1024
_MOST_SITES = 1_000


class _Known(NamedTuple):
    until: float
    rules: Protego | str  # or why nobody could say


class Robots:
    """The rules of the sites that were asked last; several threads may share one."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._known: OrderedDict[str, _Known] = OrderedDict()
        self._lock = Lock()

    def check(self, url: httpx.URL, read: Callable[[httpx.URL], bytes]) -> None:
        """FetchRefused when the site of ``url`` forbids it, FetchFailed when it cannot say.

        ``read`` gets a robots.txt: nothing where there is none, and FetchFailed where nobody can tell.
        """
        rules = self._rules(url.join("/robots.txt"), read)
        if isinstance(rules, str):
            raise FetchFailed(f"what the robots.txt of {url.host} forbids cannot be read: {rules}")
        if not rules.can_fetch(str(url), PRODUCT):
            raise FetchRefused(
                f"the robots.txt of {url.host} does not let {PRODUCT} read {url}: ask its owner, or save it"
            )

    def _rules(self, address: httpx.URL, read: Callable[[httpx.URL], bytes]) -> Protego | str:
        now = self._clock()
        with self._lock:
            known = self._known.get(str(address))
        if known is None or known.until <= now:
            known = _asked(address, read, now)
            self._keep(str(address), known)
        return known.rules

    def _keep(self, address: str, known: _Known) -> None:
        with self._lock:
            self._known[address] = known
            self._known.move_to_end(address)
            if len(self._known) > _MOST_SITES:
                self._known.popitem(last=False)


def _asked(address: httpx.URL, read: Callable[[httpx.URL], bytes], now: float) -> _Known:
    try:
        text = read(address).decode("utf-8-sig", "replace")
    except FetchFailed as error:
        return _Known(now + UNREACHABLE_KEPT_S, str(error))
    return _Known(now + KEPT_S, Protego.parse(text))
