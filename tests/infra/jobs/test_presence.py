"""Workers that are alive, and the rendering they could still take on."""

import pytest

from uploadm8.infra.jobs.catalog import RENDER_SEGMENT, RENDER_UPLOAD
from uploadm8.infra.jobs.presence import render_slots_here, spare_render_slots
from uploadm8.infra.jobs.queue import claim, enqueue
from uploadm8.infra.processes import Heartbeat, ProcessRow

pytestmark = pytest.mark.anyio


async def beat(host: str, slots: int, monkeypatch: pytest.MonkeyPatch) -> Heartbeat:
    monkeypatch.setattr("socket.gethostname", lambda: host)
    heartbeat = Heartbeat("worker", None, slots)
    await heartbeat.beat()
    return heartbeat


async def test_slots_are_spare_that_no_running_and_no_due_job_needs(
    db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(2):
        await beat("one", 1, monkeypatch)
    await beat("two", 2, monkeypatch)
    assert await spare_render_slots() == 3
    running = await enqueue(RENDER_UPLOAD)
    assert running is not None
    assert await claim(running, "one", 60) is not None
    await enqueue(RENDER_SEGMENT)
    await enqueue(RENDER_SEGMENT, delay_s=3600)
    assert await spare_render_slots() == 1


async def test_the_silent_and_the_gone_count_for_nothing(
    db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    await beat("silent", 4, monkeypatch)
    await beat("here", 1, monkeypatch)
    gone = await beat("gone", 4, monkeypatch)
    await ProcessRow.raw(
        "UPDATE processes SET seen_at=now() - interval '1 minute' WHERE name LIKE '%silent%'"
    )
    await gone.stop()
    assert await spare_render_slots() == 1
    await ProcessRow.raw(
        "UPDATE processes SET seen_at=now() - interval '2 days' WHERE name LIKE '%silent%'"
    )
    await beat("here", 1, monkeypatch)
    assert await ProcessRow.count() == 1


async def test_workers_of_one_machine_share_its_cores(
    db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert await render_slots_here() == 1, "this one, which has not said a word yet"
    for host in ("one", "one.b"):
        await beat(host, 2, monkeypatch)
    monkeypatch.setattr("os.getpid", lambda: 7)
    await beat("one", 1, monkeypatch)
    assert await render_slots_here() == 3
