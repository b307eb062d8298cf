"""A Lua script on a connection of its own, for callers that come with every request."""

import asyncio
import hashlib
from collections import deque
from collections.abc import Sequence
from typing import Any, cast

from redis.asyncio import Redis
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import ResponseError
from redis.exceptions import TimeoutError as RedisTimeoutError

Numbers = list[int]


class SharedScript:
    """Runs one script, which answers with an array of integers, for many callers.

    redis-py takes a connection from its pool for every command, and sets a timer and starts a task
    for every answer; on every request that was the most expensive part after the database. Here
    the calls follow each other on one connection without waiting for the answers.
    """

    def __init__(self, redis: Redis, script: str, patience_s: float) -> None:
        self._pool: Any = redis.connection_pool  # of which some methods have no types
        self._patience_s = patience_s
        self._text = script
        self._digest = hashlib.sha1(script.encode(), usedforsecurity=False).hexdigest().encode()
        self._connecting = asyncio.Lock()
        self._wire: _Wire | None = None

    async def run(self, key: str, *args: int) -> Numbers:
        """The script's answer for one key; waits at most `patience_s`.

        Raises:
            RedisError, OSError, TimeoutError: Redis is away; the script may have run.
        """
        words = (b"EVALSHA", self._digest, b"1", key.encode(), *(b"%d" % arg for arg in args))
        command = _packed(words)
        wire = self._wire
        if wire is None or wire.closed:
            return await (await self._open()).ask(command)
        try:
            return await wire.ask(command)
        except RedisConnectionError:
            # Redis closes idle connections, and a restart closes all.
            return await (await self._open()).ask(command)

    async def aclose(self) -> None:
        """Close the connection; calls under way fail."""
        if self._wire is not None:
            self._wire.close()

    async def _open(self) -> "_Wire":
        async with self._connecting:
            if self._wire is None or self._wire.closed:
                async with asyncio.timeout(self._patience_s):
                    self._wire = await self._connect()
            return self._wire

    async def _connect(self) -> "_Wire":
        # redis-py signs in, speaks TLS and selects the database; from then on the socket is ours.
        # RESP 2, since in RESP 3 a server may speak without being asked.
        options = {**self._pool.connection_kwargs, "socket_timeout": None, "protocol": 2}
        connection = self._pool.connection_class(**options)
        await connection.connect()
        await connection.send_command("SCRIPT", "LOAD", self._text)
        await connection.read_response()
        return _Wire(connection, self._patience_s)


class _Wire(asyncio.Protocol):
    """One connection to Redis: commands out, arrays of integers back in the same order."""

    def __init__(self, connection: Any, patience_s: float) -> None:
        self._connection = connection  # which would close its socket if it were collected
        self._transport = cast("asyncio.Transport", connection._writer.transport)  # noqa: SLF001  no other way
        self._patience_s = patience_s
        self._loop = asyncio.get_running_loop()
        self._waiting: deque[tuple[asyncio.Future[Numbers], float]] = deque()
        self._watching = False
        self._rest = b""
        self._numbers: Numbers = []
        self._expected = 0
        self._transport.set_protocol(self)

    @property
    def closed(self) -> bool:
        """Whether nothing can be asked any more."""
        return self._transport.is_closing()

    def close(self) -> None:
        """Close; whoever waits is told that the connection is gone."""
        self._transport.abort()

    def ask(self, command: bytes) -> asyncio.Future[Numbers]:
        """Send a command; its answer is the future's result."""
        future: asyncio.Future[Numbers] = self._loop.create_future()
        self._waiting.append((future, self._loop.time()))
        self._transport.write(command)
        if not self._watching:
            self._watch(self._patience_s)
        return future

    def data_received(self, data: bytes) -> None:
        """Hand each answer to the first that waits."""
        *lines, self._rest = (self._rest + data).split(b"\r\n")
        for line in lines:
            kind, value = line[:1], line[1:]
            if kind == b":":
                self._numbers.append(int(value))
                if len(self._numbers) == self._expected:
                    self._settle(self._numbers)
            elif kind == b"*":
                self._numbers, self._expected = [], int(value)
            else:  # an error, such as NOSCRIPT after a flush: with the next connection it is loaded
                self._settle(ResponseError(line.decode(errors="replace")))
                self.close()
                return

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell all that wait."""
        self._fail(RedisConnectionError(f"the connection to Redis is gone: {exc}"))

    def _settle(self, answer: Numbers | Exception) -> None:
        future, _ = self._waiting.popleft()
        if future.done():  # its caller may have gone away
            return
        if isinstance(answer, Exception):
            future.set_exception(answer)
        else:
            future.set_result(answer)

    def _fail(self, error: Exception) -> None:
        while self._waiting:
            self._settle(error)

    def _watch(self, seconds: float) -> None:
        self._watching = True
        self._loop.call_later(seconds, self._look)

    def _look(self) -> None:
        """One timer watches over all calls: it looks at the oldest, and again when that is due."""
        self._watching = False
        if not self._waiting:
            return
        left = self._waiting[0][1] + self._patience_s - self._loop.time()
        if left > 0:
            self._watch(left)
            return
        self._fail(RedisTimeoutError("Redis did not answer in time"))
        self.close()


def _packed(words: Sequence[bytes]) -> bytes:
    """A command in RESP, Redis' wire format."""
    return b"*%d\r\n" % len(words) + b"".join(b"$%d\r\n%b\r\n" % (len(w), w) for w in words)
