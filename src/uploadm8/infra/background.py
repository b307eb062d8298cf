"""Work that a process repeats beside its real work, and that outlives any outage."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager

import structlog

log = structlog.get_logger(__name__)

Work = Callable[[], Awaitable[object]]


async def repeat(every_s: float, work: Work) -> None:
    """Do the work again and again, with a pause between; failures are logged, never raised."""
    while True:
        try:
            await work()
        except Exception as error:  # noqa: BLE001  upkeep outlives any outage
            log.warning(
                "upkeep_failed", work=getattr(work, "__name__", "?"), error=repr(error)[:200]
            )
        await asyncio.sleep(every_s)


@asynccontextmanager
async def repeating(loops: Sequence[tuple[float, Work]]) -> AsyncIterator[None]:
    """Repeat each work every so many seconds until the block ends."""
    tasks = [asyncio.create_task(repeat(every_s, work)) for every_s, work in loops]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
