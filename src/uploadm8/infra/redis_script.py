"""A Lua script on a connection of its own: calls made at the same time share one round trip."""

import asyncio
import hashlib
from collections.abc import Sequence
from typing import Any

from redis.asyncio import Redis
from redis.exceptions import ConnectionError as RedisConnectionError

_Call = tuple[tuple[object, ...], asyncio.Future[Any]]


class SharedScript:
    """Runs one script for many callers.

    redis-py takes a connection from its pool for every command; with a script on every request
    that was the most expensive part of a request after the database.
    """

    def __init__(self, redis: Redis, script: str) -> None:
        self._pool = redis.connection_pool
        self._text = script
        self._digest = hashlib.sha1(script.encode(), usedforsecurity=False).hexdigest()
        self._connection: Any = None
        self._waiting: list[_Call] = []
        self._sender: asyncio.Task[None] | None = None

    async def run(self, key: str, *args: int) -> Any:
        """The script's answer for one key.

        Raises:
            RedisError, OSError, TimeoutError: Redis is away; the script may have run.
        """
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._waiting.append((("EVALSHA", self._digest, 1, key, *args), future))
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

    async def _ask(self, commands: Sequence[tuple[object, ...]]) -> list[Any]:
        known = self._connection is not None
        try:
            return await self._once(commands)
        except (RedisConnectionError, OSError):
            if not known:
                raise
            # Redis closes idle connections, and a restart closes all.
            await self._drop()
            return await self._once(commands)

    async def _once(self, commands: Sequence[tuple[object, ...]]) -> list[Any]:
        if self._connection is None:
            self._connection = self._pool.make_connection()
            await self._connection.connect()
            await self._connection.send_command("SCRIPT", "LOAD", self._text)
            await self._connection.read_response()
        packed = self._connection.pack_commands(commands)
        await self._connection.send_packed_command(packed, check_health=False)
        return [await self._connection.read_response() for _ in commands]

    async def _drop(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            await connection.disconnect(nowait=True)
