"""How often may be asked: the limit, counted in this process, and the headers that state it.

The headers are those of draft-ietf-httpapi-ratelimit-headers-10.
"""

import math
from dataclasses import dataclass
from time import time

from limits import parse
from limits.storage import MemoryStorage
from limits.strategies import FixedWindowRateLimiter
from starlette.types import Message, Send


@dataclass(frozen=True, slots=True)
class Allowance:
    """Whether one more request is within the limit, how many more would be, and when the count begins anew."""

    given: bool
    quota: int
    window_s: int
    remaining: int
    resets_s: int

    @property
    def refusal(self) -> str:
        """Why a request is not answered."""
        return f"you may ask {self.quota} times in {self.window_s} s: ask again in {self.resets_s} s"

    def stated(self, send: Send) -> Send:
        """``send``, which says so in the headers of the answer, too."""
        headers = [
            (b"ratelimit-policy", b'"default";q=%d;w=%d' % (self.quota, self.window_s)),
            (b"ratelimit", b'"default";r=%d;t=%d' % (self.remaining, self.resets_s)),
        ]

        async def stating(message: Message) -> None:
            if message["type"] == "http.response.start":
                message = {**message, "headers": [*message["headers"], *headers]}
            await send(message)

        return stating


class Rates:
    """Counts requests of each caller against a limit such as 600/minute."""

    def __init__(self, limit: str) -> None:
        self._limit = parse(limit)
        self._counter = FixedWindowRateLimiter(MemoryStorage())

    def take(self, caller: str) -> Allowance:
        """Count one request of ``caller``."""
        given = self._counter.hit(self._limit, caller)
        window = self._counter.get_window_stats(self._limit, caller)
        resets = max(1, math.ceil(window.reset_time - time()))
        return Allowance(given, self._limit.amount, self._limit.get_expiry(), window.remaining, resets)
