"""Jobs answered in the background, few of each lane at a time."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from uploadm8.infra.ids import new_id
from uploadm8.infra.jobs.catalog import JobKind, Queue
from uploadm8.infra.jobs.handlers import Handler, JobContext
from uploadm8.infra.jobs.queue import enqueue
from uploadm8.infra.jobs.runner import Runner
from uploadm8.infra.jobs.tables import JobRow

pytestmark = pytest.mark.anyio

KIND = JobKind("test.work", Queue.LIGHT)


def runner(run: Callable[[JobContext], Awaitable[None]]) -> Runner:
    handlers = {KIND.name: Handler(KIND, run)}
    return Runner(handlers, {Queue.LIGHT: 4}, lease_s=30, default_timeout_s=60)


async def test_a_lane_that_hangs_takes_three_slots_and_leaves_the_rest_to_others(db: None) -> None:
    """One account whose platform never answers, and another one that is fine."""
    stuck, fine = new_id(), new_id()
    release, done = asyncio.Event(), asyncio.Event()

    async def run(context: JobContext) -> None:
        if context.job.args["lane"] == "stuck":
            await release.wait()
        else:
            done.set()

    target = runner(run)
    jobs = [await enqueue(KIND, lane=stuck, args={"lane": "stuck"}) for _ in range(6)]
    jobs.append(await enqueue(KIND, lane=fine, args={"lane": "fine"}))
    assert all(jobs)
    target.wake(Queue.LIGHT)
    await asyncio.wait_for(done.wait(), 30)
    hanging = [e for e in target.running.values() if e.job.args["lane"] == "stuck"]
    assert len(hanging) == 3
    release.set()
    while await JobRow.exists().where(JobRow.state != "succeeded"):  # noqa: ASYNC110  a row
        await asyncio.sleep(0.05)
    assert await JobRow.count().where(JobRow.state == "succeeded") == 7


async def test_a_stopping_runner_gives_back_what_it_has_in_hand(db: None) -> None:
    started = asyncio.Event()

    async def run(context: JobContext) -> None:
        started.set()
        await asyncio.sleep(60)

    target = runner(run)
    job_id = await enqueue(KIND)
    target.wake(Queue.LIGHT)
    await started.wait()
    await target.stop(20)
    after = (await JobRow.select().where(JobRow.id == job_id))[0]
    assert (after["state"], after["attempts"], after["crashes"]) == ("queued", 0, 0)
