"""Server-sent events with a heartbeat, so that proxies do not cut a quiet stream."""

from collections.abc import AsyncIterator
from typing import Any

import msgspec
from litestar.response import Stream

_HEADERS = {
    "Cache-Control": "no-store, no-transform",
    "X-Accel-Buffering": "no",  # nginx would otherwise hold events back
}


def events(source: AsyncIterator[dict[str, Any] | None]) -> Stream:
    """Stream each item as one event; None (yielded every 15 s of silence) is a heartbeat.

    An item's ``event`` member, if any, names the event.
    """
    return Stream(_frames(source), media_type="text/event-stream", headers=_HEADERS)


async def _frames(source: AsyncIterator[dict[str, Any] | None]) -> AsyncIterator[bytes]:
    yield b"retry: 2000\n\n"
    try:
        async for item in source:
            yield b": still here\n\n" if item is None else _frame(item)
    finally:
        close = getattr(source, "aclose", None)
        if close is not None:
            await close()


def _frame(item: dict[str, Any]) -> bytes:
    name = str(item.get("event", "message")).replace("\n", " ").replace("\r", " ").encode()
    return b"event: %s\ndata: %s\n\n" % (name, msgspec.json.encode(item))
