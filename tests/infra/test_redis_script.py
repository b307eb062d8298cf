"""Scripts on a connection of their own."""

import asyncio
from collections.abc import AsyncIterator
from uuid import uuid4

import pytest
from redis.asyncio import Redis
from redis.exceptions import RedisError

from conftest import Servers
from uploadm8.infra.redis_script import SharedScript

pytestmark = pytest.mark.anyio

_COUNT = "local n = redis.call('INCR', KEYS[1]) return {n, tonumber(ARGV[1])}"


_NAME = "test_redis_script"


@pytest.fixture
async def redis(servers: Servers) -> AsyncIterator[Redis]:
    client = Redis.from_url(servers.redis_url, client_name=_NAME)
    yield client
    await client.aclose()


@pytest.fixture
async def count(redis: Redis) -> AsyncIterator[SharedScript]:
    script = SharedScript(redis, _COUNT, patience_s=5)
    yield script
    await script.aclose()


async def test_calls_made_at_the_same_time_get_each_its_own_answer(count: SharedScript) -> None:
    key = uuid4().hex
    answers = await asyncio.gather(*(count.run(key, number) for number in range(200)))
    assert answers == [[number + 1, number] for number in range(200)]


async def test_a_caller_that_goes_away_does_not_shift_the_answers(count: SharedScript) -> None:
    key = uuid4().hex
    await count.run(key, 0)
    calls = [asyncio.create_task(count.run(key, number)) for number in range(3)]
    await asyncio.sleep(0)
    calls[1].cancel()
    ended = await asyncio.gather(*calls, return_exceptions=True)
    assert ended[0] == [2, 0]
    assert isinstance(ended[1], asyncio.CancelledError)
    assert ended[2] == [4, 2]


async def test_a_connection_that_redis_closed_is_replaced(
    count: SharedScript, redis: Redis
) -> None:
    key = uuid4().hex
    await count.run(key, 1)
    ours = [client["id"] for client in await redis.client_list() if client["name"] == _NAME]
    for number in ours:
        await redis.client_kill_filter(_id=number, skipme=True)
    assert (await count.run(key, 2))[1] == 2


async def test_a_script_that_redis_forgot_is_loaded_again(
    count: SharedScript, redis: Redis
) -> None:
    key = uuid4().hex
    await count.run(key, 1)
    await redis.script_flush()
    with pytest.raises(RedisError):
        await count.run(key, 2)
    assert await count.run(key, 3) == [2, 3]


async def test_a_redis_that_does_not_answer_is_given_up() -> None:
    server = await asyncio.start_server(_agree_but_run_nothing, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    script = SharedScript(Redis.from_url(f"redis://127.0.0.1:{port}/0"), _COUNT, patience_s=0.3)
    with pytest.raises(RedisError, match="did not answer in time"):
        await script.run("key", 1)
    server.close()


async def _agree_but_run_nothing(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> None:
    """A Redis that says OK to everything but hangs in a script."""
    while head := await reader.readline():
        words = [await reader.readline() for _ in range(2 * int(head[1:]))]
        if words[1] != b"EVALSHA\r\n":
            writer.write(b"+OK\r\n")
    writer.close()
