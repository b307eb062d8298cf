"""A Lua script on a connection of its own: calls made at the same time share one round trip."""

import asyncio
import hashlib
import math
from collections.abc import Sequence
from typing import Any

from redis.asyncio import Redis
from redis.exceptions import ConnectionError as RedisConnectionError

_Call = tuple[bytes, asyncio.Future[Any]]


class SharedScript:
    """Runs one script for many callers.

    redis-py takes a connection from its pool for every command; with a script on every request
    that was the most expensive part of a request after the database.
    """

    def __init__(self, redis: Redis, script: str, patience_s: float) -> None:
        self._pool: Any = redis.connection_pool  # of which some methods have no types
        self._patience_s = patience_s
        self._text = script
        self._digest = hashlib.sha1(script.encode(), usedforsecurity=False).hexdigest().encode()
        self._connection: Any = None
        self._waiting: list[_Call] = []
        self._sender: asyncio.Task[None] | None = None

    async def run(self, key: str, *args: int) -> Any:
        """The script's answer for one key; waits at most `patience_s`.

        Raises:
            RedisError, OSError, TimeoutError: Redis is away; the script may have run.
        """
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        words = (b"EVALSHA", self._digest, b"1", key.encode(), *(b"%d" % arg for arg in args))
        self._waiting.append((_packed(words), future))
        if self._sender is None:
            self._sender = asyncio.create_task(self._send_all())
        return await future

    async def aclose(self) -> None:
        """Close the connection; calls under way fail."""
        if self._sender is not None:
            self._sender.cancel()
        await self._drop()

    async def _send_all(self) -> None:
        try:
            while self._waiting:
                calls, self._waiting = self._waiting, []
                await self._exchange(calls)
        finally:
            self._sender = None

    async def _exchange(self, calls: Sequence[_Call]) -> None:
        commands = [command for command, _ in calls]
        try:
            answers = await self._ask(commands)
        except BaseException as error:
            await self._drop()
            for _, future in calls:
                if not future.done():
                    future.set_exception(error)
            if not isinstance(error, Exception):
                raise
            return
        for (_, future), answer in zip(calls, answers, strict=True):
            if not future.done():  # its caller may have gone away
                future.set_result(answer)

    async def _ask(self, commands: Sequence[bytes]) -> list[Any]:
        known = self._connection is not None
        try:
            return await self._once(commands)
        except (RedisConnectionError, OSError):
            if not known:
                raise
            # Redis closes idle connections, and a restart closes all.
            await self._drop()
            return await self._once(commands)

    async def _once(self, commands: Sequence[bytes]) -> list[Any]:
        # One limit for the exchange: redis-py would start a task and two timers for every call.
        async with asyncio.timeout(self._patience_s):
            if self._connection is None:
                await self._connect()
            await self._connection.send_packed_command(commands, check_health=False)
            return [await self._connection.read_response(timeout=math.inf) for _ in commands]

    async def _connect(self) -> None:
        options = {**self._pool.connection_kwargs, "socket_timeout": None}
        self._connection = self._pool.connection_class(**options)
        await self._connection.connect()
        await self._connection.send_command("SCRIPT", "LOAD", self._text)
        await self._connection.read_response()

    async def _drop(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            await connection.disconnect(nowait=True)


def _packed(words: Sequence[bytes]) -> bytes:
    """A command in RESP, Redis' wire format."""
    return b"*%d\r\n" % len(words) + b"".join(b"$%d\r\n%b\r\n" % (len(w), w) for w in words)
