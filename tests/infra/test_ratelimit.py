"""The sliding window."""

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator
from uuid import uuid4

import pytest
from redis.asyncio import Redis

from conftest import Servers
from uploadm8.infra.ratelimit import Rate, RateLimiter

pytestmark = pytest.mark.anyio

_HITTER = """
import asyncio, sys
from redis.asyncio import Redis
from uploadm8.infra.ratelimit import Rate, RateLimiter

async def main():
    redis = Redis.from_url(sys.argv[1])
    limiter = RateLimiter(redis)
    verdicts = await asyncio.gather(*(limiter.hit(Rate(50, 60), sys.argv[2]) for _ in range(60)))
    print(sum(v.allowed for v in verdicts))
    await redis.aclose()

asyncio.run(main())
"""


@pytest.fixture
async def redis(servers: Servers) -> AsyncIterator[Redis]:
    client = Redis.from_url(servers.redis_url)
    yield client
    await client.aclose()


async def test_four_processes_together_get_exactly_the_limit(servers: Servers) -> None:
    key = uuid4().hex
    command = [sys.executable, "-c", _HITTER, servers.redis_url, key]
    running = [
        await asyncio.create_subprocess_exec(*command, stdout=subprocess.PIPE) for _ in range(4)
    ]
    outputs = [(await process.communicate())[0] for process in running]
    assert sum(int(output) for output in outputs) == 50


async def test_remaining_counts_down_and_reset_is_within_the_window(redis: Redis) -> None:
    limiter, key = RateLimiter(redis), uuid4().hex
    verdicts = [await limiter.hit(Rate(3, 60), key) for _ in range(4)]
    assert [v.remaining for v in verdicts] == [2, 1, 0, 0]
    assert [v.allowed for v in verdicts] == [True, True, True, False]
    assert all(0 < v.reset_s <= 60 for v in verdicts)


async def test_a_hit_that_left_the_window_makes_room(redis: Redis) -> None:
    limiter, key = RateLimiter(redis), uuid4().hex
    assert (await limiter.hit(Rate(1, 60), key)).allowed
    name = f"um8:rl:{key}:1/60"
    (stamp,) = await redis.lrange(name, 0, -1)
    await redis.lset(name, 0, str(int(stamp) - 60_000_000))
    assert (await limiter.hit(Rate(1, 60), key)).allowed


async def test_without_redis_the_process_counts_for_itself() -> None:
    limiter = RateLimiter(Redis.from_url("redis://127.0.0.1:1/0", socket_connect_timeout=0.2))
    verdicts = [await limiter.hit(Rate(2, 60), "k") for _ in range(3)]
    assert [v.allowed for v in verdicts] == [True, True, False]
    assert verdicts[0].remaining == 1


@pytest.mark.parametrize(
    ("text", "rate"), [("10/minute", Rate(10, 60)), ("3 per 2 hours", Rate(3, 7200))]
)
def test_rates_read_like_sentences(text: str, rate: Rate) -> None:
    assert Rate.parse(text) == rate
