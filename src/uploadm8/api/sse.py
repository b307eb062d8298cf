"""Server-sent events: with a heartbeat, and only for as long as the caller may see them."""

import asyncio
import time
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import aclosing
from typing import Any

import msgspec
import structlog
from litestar.response import Stream

log = structlog.get_logger(__name__)

LOOK_EVERY_S = 3.0
"""How long a stream may outlive the session, membership or key that opened it."""

_HEADERS = {
    "Cache-Control": "no-store, no-transform",
    "X-Accel-Buffering": "no",  # nginx would otherwise hold events back
}
Event = dict[str, Any] | None


def events(source: AsyncIterator[Event], may_stay: Callable[[], Awaitable[bool]]) -> Stream:
    """Stream each item as one event; None (yielded every 15 s of silence) is a heartbeat.

    An item's ``event`` member, if any, names the event.

    Args:
        source: the events.
        may_stay: whether the caller may still see them; asked every few seconds, and the stream
            ends when not.
    """
    frames = _frames(_while_allowed(source, may_stay))
    return Stream(frames, media_type="text/event-stream", headers=_HEADERS)


async def _while_allowed(
    source: AsyncIterator[Event], may_stay: Callable[[], Awaitable[bool]]
) -> AsyncGenerator[Event, None]:
    coming = asyncio.ensure_future(anext(source, _END))
    looked = time.monotonic()
    try:
        while True:
            left = looked + LOOK_EVERY_S - time.monotonic()
            await asyncio.wait({coming}, timeout=max(0.0, left))
            if time.monotonic() - looked >= LOOK_EVERY_S:
                if not await _ask(may_stay):
                    return
                looked = time.monotonic()
            if coming.done():
                item = coming.result()
                if item is _END:
                    return
                yield item
                coming = asyncio.ensure_future(anext(source, _END))
    finally:
        coming.cancel()
        await asyncio.wait({coming})
        close = getattr(source, "aclose", None)
        if close is not None:
            await close()


async def _ask(may_stay: Callable[[], Awaitable[bool]]) -> bool:
    try:
        return await may_stay()
    except Exception as error:  # noqa: BLE001  whoever cannot be asked about has to come again
        log.warning("stream_ended", error=type(error).__name__)
        return False


async def _frames(source: AsyncGenerator[Event, None]) -> AsyncIterator[bytes]:
    yield b"retry: 2000\n\n"
    async with aclosing(source):
        async for item in source:
            yield b": still here\n\n" if item is None else _frame(item)


def _frame(item: dict[str, Any]) -> bytes:
    name = str(item.get("event", "message")).replace("\n", " ").replace("\r", " ").encode()
    return b"event: %s\ndata: %s\n\n" % (name, msgspec.json.encode(item))


_END: dict[str, Any] = {}
