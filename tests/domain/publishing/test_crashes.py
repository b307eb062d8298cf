"""The worker stops dead at every named step of every platform; another one takes over."""

import asyncio
from typing import Any

import pytest

from publishing_desk import Desk
from uploadm8.domain.platforms.clients.base import Platform
from uploadm8.infra import failpoints
from uploadm8.infra.jobs.handlers import JobContext, LeaseLostError
from uploadm8.infra.jobs.queue import claim
from uploadm8.infra.jobs.tables import JobRow
from uploadm8.infra.jobs.upkeep import reap

pytestmark = pytest.mark.anyio

STEPS = (
    "before_prepare",
    "after_prepare",
    "after_handle",
    "after_transfer",
    "after_intent",
    "after_commit",
    "before_check",
    "before_published",
)


async def crash(desk: Desk, step: str, platform: Platform) -> None:
    """Run the job up to the step and let go of it without a word, as a killed worker does."""
    failpoints.arm(f"{step}@{platform}:error")
    row = await JobRow.select().where(JobRow.kind == "publishing.publish").first()
    assert row is not None
    job = await claim(row["id"], "first worker", 60)
    assert job is not None
    with pytest.raises(RuntimeError, match=step):
        await desk.handlers[job.kind].run(JobContext(job, "first worker"))
    await JobRow.raw("UPDATE jobs SET lease_until = now() - interval '1 s'")
    assert await reap() == 1


async def go_on(desk: Desk) -> None:
    for _ in range(6):
        await JobRow.raw("UPDATE jobs SET run_at = now() WHERE state = 'queued'")
        if not await desk.run_due(kinds="publishing.publish"):
            return


@pytest.mark.parametrize("platform", list(Platform))
@pytest.mark.parametrize("step", STEPS)
async def test_a_crash_at_a_step_leaves_exactly_one_post(
    desk: Desk, platform: Platform, step: str
) -> None:
    publication = await desk.publication(platform)
    await crash(desk, step, platform)
    await go_on(desk)
    posts: list[dict[str, Any]] = await asyncio.to_thread(desk.sandbox.posts, platform)
    row = await desk.row(publication)
    assert (row["state"], len(posts)) == ("published", 1), row["error_detail"]


@pytest.mark.parametrize("platform", list(Platform))
async def test_a_worker_that_wakes_up_after_its_lease_writes_and_posts_nothing(
    desk: Desk, platform: Platform
) -> None:
    publication = await desk.publication(platform)
    row = await JobRow.select().where(JobRow.kind == "publishing.publish").first()
    assert row is not None
    frozen = await claim(row["id"], "frozen worker", 60)
    assert frozen is not None
    await JobRow.raw("UPDATE jobs SET lease_until = now() - interval '1 s'")
    await reap()
    await go_on(desk)
    before = await desk.row(publication)
    with pytest.raises(LeaseLostError):
        await desk.handlers[frozen.kind].run(JobContext(frozen, "frozen worker"))
    assert await desk.row(publication) == before
    assert len(await asyncio.to_thread(desk.sandbox.posts, platform)) == 1
