"""Rate limits at the door: the general one, those of single routes, and one for bad tokens."""

import math
from dataclasses import dataclass
from functools import cache
from typing import Any

from uploadm8.api.addresses import limit_key
from uploadm8.api.principal import Principal
from uploadm8.errors import TooManyRequestsError
from uploadm8.infra.ratelimit import Rate, RateLimiter, Verdict

# A caller that keeps sending bad tokens; it has no principal that could be limited.
_BAD_TOKENS = Rate(60, 60)
# The admin key opens everything: neither to be guessed nor to be worked with.
_ADMIN_KEY = Rate(10, 60)

_parse = cache(Rate.parse)


@dataclass(frozen=True, slots=True)
class Limits:
    """What every request is counted against.

    Attributes:
        general: RATE_LIMIT_MAX per RATE_LIMIT_WINDOW_SEC, per user, API key or address.
    """

    limiter: RateLimiter
    general: Rate

    async def check(
        self,
        scope: Any,
        principal: Principal | None,
        opt: dict[str, Any],
    ) -> None:
        """Count the request against the general limit and the route's own.

        A route's own is in its ``opt``: ``limit="10/minute"``; ``limit=None`` frees it.

        Raises:
            TooManyRequestsError: with Retry-After.
        """
        own = opt.get("limit", "")
        if own is None:
            return
        state = scope["state"]
        who = caller_key(principal, state["address"])
        tightest = await self.limiter.hit(self.general, who)
        if own and tightest.allowed:
            verdict = await self.limiter.hit(_parse(own), f"{who}|{scope['path_template']}")
            tightest = min(tightest, verdict, key=_room)
        state["response_headers"] = _headers(tightest)
        if not tightest.allowed:
            raise _too_many(tightest)

    async def bad_token(self, address: str) -> None:
        """Count a request with a token that is not valid.

        Raises:
            TooManyRequestsError: there were too many from this address.
        """
        await self._throttle(_BAD_TOKENS, f"bad|{limit_key(address)}")

    async def admin_key(self, address: str) -> None:
        """Count a request with the admin key.

        Raises:
            TooManyRequestsError: there were more than ten in a minute from this address.
        """
        await self._throttle(_ADMIN_KEY, f"adminkey|{limit_key(address)}")

    async def _throttle(self, rate: Rate, key: str) -> None:
        verdict = await self.limiter.hit(rate, key)
        if not verdict.allowed:
            raise _too_many(verdict)


def caller_key(principal: Principal | None, address: str) -> str:
    """Who a request counts for: the API key, the user, or else the address (IPv6: its /64)."""
    if principal is None:
        return f"a|{limit_key(address)}"
    return f"k|{principal.key_id}" if principal.key_id else f"u|{principal.user_id}"


def _room(verdict: Verdict) -> tuple[bool, int]:
    return verdict.allowed, verdict.remaining


def _headers(verdict: Verdict) -> list[tuple[bytes, bytes]]:
    return [
        (b"ratelimit-limit", str(verdict.rate.max).encode()),
        (b"ratelimit-remaining", str(verdict.remaining).encode()),
        (b"ratelimit-reset", str(math.ceil(verdict.reset_s)).encode()),
    ]


def _too_many(verdict: Verdict) -> TooManyRequestsError:
    return TooManyRequestsError(
        f"At most {verdict.rate.max} requests in {verdict.rate.window_s} s.",
        retry_after=verdict.reset_s,
        action="Wait for Retry-After seconds.",
    )
