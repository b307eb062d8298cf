"""Live progress over Redis: the last value is kept for late readers, changes are published."""

import contextlib
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import msgspec
import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

log = structlog.get_logger(__name__)

SILENCE_S = 15.0
_KEEP_S = 24 * 3600


class Live:
    """Progress events per thing. Redis being away only costs liveliness."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    async def tell(self, thing: UUID, event: dict[str, Any]) -> None:
        """Publish an event and keep it as the last value."""
        data = msgspec.json.encode(event)
        try:
            async with self._redis.pipeline(transaction=False) as pipe:
                pipe.set(f"um8:live:{thing}", data, ex=_KEEP_S)
                pipe.publish(f"um8:live:{thing}", data)
                await pipe.execute()
        except (RedisError, OSError) as error:
            log.warning("live_failed", error=type(error).__name__)

    async def last(self, thing: UUID) -> dict[str, Any] | None:
        """The last event, if any."""
        try:
            data = await self._redis.get(f"um8:live:{thing}")
        except (RedisError, OSError):
            return None
        return msgspec.json.decode(data) if data else None

    async def follow(self, thing: UUID) -> AsyncIterator[dict[str, Any] | None]:
        """The last event and then each new one; None every SILENCE_S seconds of silence."""
        async with contextlib.aclosing(self._redis.pubsub()) as channel:
            await channel.subscribe(f"um8:live:{thing}")
            last = await self.last(thing)
            if last is not None:
                yield last
            while True:
                message = await channel.get_message(
                    ignore_subscribe_messages=True, timeout=SILENCE_S
                )
                yield None if message is None else msgspec.json.decode(message["data"])
