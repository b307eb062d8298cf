"""Workers that are alive, and the rendering they could still take on."""

import pytest

from uploadm8.infra.jobs.catalog import RENDER_SEGMENT, RENDER_UPLOAD
from uploadm8.infra.jobs.presence import announce, leave, spare_render_slots
from uploadm8.infra.jobs.queue import claim, enqueue
from uploadm8.infra.jobs.tables import WorkerRow

pytestmark = pytest.mark.anyio


async def test_slots_are_spare_that_no_running_and_no_due_job_needs(db: None) -> None:
    for _ in range(2):
        await announce("one", 1)
    await announce("two", 2)
    assert await spare_render_slots() == 3
    running = await enqueue(RENDER_UPLOAD)
    assert running is not None
    assert await claim(running, "one", 60) is not None
    await enqueue(RENDER_SEGMENT)
    await enqueue(RENDER_SEGMENT, delay_s=3600)
    assert await spare_render_slots() == 1


async def test_the_silent_and_the_gone_count_for_nothing(db: None) -> None:
    await announce("silent", 4)
    await announce("gone", 4)
    await announce("here", 1)
    await WorkerRow.raw(
        "UPDATE workers SET seen_at=now() - interval '1 minute' WHERE owner='silent'"
    )
    await leave("gone")
    assert await spare_render_slots() == 1
    await WorkerRow.raw("UPDATE workers SET seen_at=now() - interval '1 day' WHERE owner='silent'")
    await announce("here", 1)
    assert await WorkerRow.count() == 1
