"""A sliding window shared by every process: one atomic script in Redis, by Redis's own clock."""

import time
from dataclasses import dataclass

import structlog
from limits import RateLimitItemPerSecond, parse
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import MovingWindowRateLimiter
from redis.asyncio import Redis
from redis.exceptions import RedisError

from uploadm8.infra.metrics.catalog import RATE_LIMIT
from uploadm8.infra.redis_script import SharedScript

log = structlog.get_logger(__name__)

# A list of arrival times in microseconds, newest first. Each hit removes what has left the window,
# so the work per hit is constant on average.
_SCRIPT = """
local t = redis.call('TIME')
local now = t[1] * 1000000 + t[2]
local max, window = tonumber(ARGV[1]), tonumber(ARGV[2])
local oldest = redis.call('LINDEX', KEYS[1], -1)
while oldest and tonumber(oldest) <= now - window do
  redis.call('RPOP', KEYS[1])
  oldest = redis.call('LINDEX', KEYS[1], -1)
end
local used = redis.call('LLEN', KEYS[1])
local reset = oldest and (tonumber(oldest) + window - now) or window
if used >= max then return {0, 0, reset} end
redis.call('LPUSH', KEYS[1], string.format('%d', now))
redis.call('PEXPIRE', KEYS[1], math.ceil(window / 1000))
return {1, max - used - 1, reset}
"""
# A limit that makes requests wait for Redis would be worse than none.
_PATIENCE_S = 0.5
_REST_S = 5.0  # how long Redis is left alone after it failed


@dataclass(frozen=True, slots=True)
class Rate:
    """So many in a window of so many seconds."""

    max: int
    window_s: int

    @classmethod
    def parse(cls, text: str) -> "Rate":
        """Read ``10/minute``, ``100 per 15 minutes`` and the like.

        Raises:
            ValueError: it does not read like that.
        """
        item = parse(text)
        return cls(item.amount, item.get_expiry())


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the window says about one hit.

    Attributes:
        reset_s: seconds until a place becomes free (or, below the limit, until the oldest hit
            leaves the window).
    """

    allowed: bool
    rate: Rate
    remaining: int
    reset_s: float


class RateLimiter:
    """Counts hits per key. Without Redis each process counts for itself."""

    def __init__(self, redis: Redis) -> None:
        self._script = SharedScript(redis, _SCRIPT, _PATIENCE_S)
        self._local = MovingWindowRateLimiter(MemoryStorage())
        self._rest_until = 0.0

    async def aclose(self) -> None:
        """Close the connection to Redis."""
        await self._script.aclose()

    async def hit(self, rate: Rate, key: str) -> Verdict:
        """Count one hit, if there is room for it."""
        if time.monotonic() >= self._rest_until:
            try:
                return _counted(await self._shared(rate, key), "redis")
            except (RedisError, OSError, TimeoutError) as error:
                self._rest_until = time.monotonic() + _REST_S
                log.warning("rate_limit_degraded", error=type(error).__name__)
        return _counted(await self._own(rate, key), "process")

    async def _shared(self, rate: Rate, key: str) -> Verdict:
        name = f"um8:rl:{key}:{rate.max}/{rate.window_s}"
        allowed, remaining, reset = await self._script.run(
            name, rate.max, rate.window_s * 1_000_000
        )
        return Verdict(bool(allowed), rate, int(remaining), int(reset) / 1e6)

    async def _own(self, rate: Rate, key: str) -> Verdict:
        item = RateLimitItemPerSecond(rate.max, rate.window_s)
        allowed = await self._local.hit(item, key)
        stats = await self._local.get_window_stats(item, key)
        return Verdict(allowed, rate, stats.remaining, max(0.0, stats.reset_time - time.time()))


# Looking a series up costs more than counting.
_COUNTS = {
    (allowed, by): RATE_LIMIT.labels("allowed" if allowed else "refused", by)
    for allowed in (True, False)
    for by in ("redis", "process")
}


def _counted(verdict: Verdict, by: str) -> Verdict:
    _COUNTS[verdict.allowed, by].inc()
    return verdict
