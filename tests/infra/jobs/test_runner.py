"""The job machinery against a real database: enqueue, claim, lease, retry, cancel, dead letters."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from uploadm8.errors import (
    InvalidRequestError,
    Retry,
    TooManyRequestsError,
    UnavailableError,
    UploadM8Error,
)
from uploadm8.infra.clock import now
from uploadm8.infra.db.transaction import transaction
from uploadm8.infra.ids import new_id
from uploadm8.infra.jobs.cancel import request_cancel
from uploadm8.infra.jobs.catalog import JobKind, Queue
from uploadm8.infra.jobs.handlers import Handler, JobContext, LeaseLostError
from uploadm8.infra.jobs.queue import claim, claim_due, claim_next, enqueue, finish, requeue_dead
from uploadm8.infra.jobs.retry import BASE_S, CAP_S, backoff_s, decide
from uploadm8.infra.jobs.runner import Runner
from uploadm8.infra.jobs.tables import JobRow
from uploadm8.infra.jobs.upkeep import next_due_s, reap, renew_leases, start_periodic

pytestmark = pytest.mark.anyio

KIND = JobKind("test.work", Queue.LIGHT, max_attempts=3)
LEASE_S = 30.0


def runner(run: Callable[[JobContext], Awaitable[None]], **more: Any) -> Runner:
    handler = Handler(KIND, run, more.pop("on_dead", None))
    slots = {Queue.LIGHT: 2}
    return Runner(
        handlers={KIND.name: handler},
        slots=slots,
        lease_s=LEASE_S,
        default_timeout_s=more.pop("limit", 20.0),
    )


async def nothing(context: JobContext) -> None:
    del context


async def row(job_id: Any) -> dict[str, Any]:
    found = await JobRow.select().where(JobRow.id == job_id).first()
    assert found is not None
    return found


async def run_job(target: Runner, job_id: Any) -> None:
    job = await claim(job_id, target.owner, target.lease_s)
    if job is not None:
        await target.run(job)


async def work(target: Runner, job_id: Any) -> dict[str, Any]:
    await run_job(target, job_id)
    return await row(job_id)


async def test_a_job_of_a_rolled_back_transaction_was_never_there(db: None) -> None:
    async def change() -> None:
        async with transaction():
            await enqueue(KIND)
            raise RuntimeError("the business change failed")

    with pytest.raises(RuntimeError):
        await change()
    assert await JobRow.count() == 0


async def test_a_job_that_succeeds_is_finished(db: None) -> None:
    job_id = await enqueue(KIND, args={"colour": "red"})
    seen: list[dict[str, Any]] = []

    async def run(context: JobContext) -> None:
        seen.append(context.job.args)

    assert (await work(runner(run), job_id))["state"] == "succeeded"
    assert seen == [{"colour": "red"}]


async def test_only_one_of_many_workers_gets_a_job(db: None) -> None:
    job_id = await enqueue(KIND)
    assert job_id is not None
    claims = await asyncio.gather(*(claim(job_id, f"w{n}", LEASE_S) for n in range(8)))
    assert sum(c is not None for c in claims) == 1


async def test_a_job_of_the_future_is_not_claimed(db: None) -> None:
    job_id = await enqueue(KIND, run_at=now() + timedelta(minutes=5))
    assert job_id is not None
    assert await claim(job_id, "w", LEASE_S) is None


async def test_a_unique_key_is_taken_once_for_good(db: None) -> None:
    assert await enqueue(KIND, unique_key="once") is not None
    assert await enqueue(KIND, unique_key="once") is None


async def test_a_transient_failure_is_tried_again_later(db: None) -> None:
    job_id = await enqueue(KIND)

    async def run(context: JobContext) -> None:
        raise UnavailableError("the disk is busy")

    after = await work(runner(run), job_id)
    assert (after["state"], after["attempts"], after["error_code"]) == ("queued", 1, "unavailable")
    assert after["run_at"] > now() - timedelta(seconds=1)


async def test_a_rate_limit_waits_as_told_and_costs_no_attempt(db: None) -> None:
    job_id = await enqueue(KIND)

    async def run(context: JobContext) -> None:
        raise TooManyRequestsError(retry_after=120)

    after = await work(runner(run), job_id)
    assert (after["state"], after["attempts"]) == ("queued", 0)
    assert timedelta(seconds=110) < after["run_at"] - now() < timedelta(seconds=130)


async def test_a_permanent_failure_is_told_to_the_subject_and_dead(db: None) -> None:
    told: list[str] = []

    async def run(context: JobContext) -> None:
        raise InvalidRequestError("wrong colour", code="wrong_colour")

    async def on_dead(context: JobContext, error: UploadM8Error) -> None:
        told.append(error.code)

    after = await work(runner(run, on_dead=on_dead), await enqueue(KIND))
    assert (after["state"], after["error_class"]) == ("dead", "permanent_request")
    assert told == ["wrong_colour"]


async def test_a_bug_is_tried_three_times_and_the_worker_lives_on(db: None) -> None:
    job_id = await enqueue(KIND)

    async def run(context: JobContext) -> None:
        raise ZeroDivisionError

    target = runner(run)
    after: dict[str, Any] = {}
    for _ in range(3):
        await JobRow.update({JobRow.run_at: now() - timedelta(seconds=1)}).where(
            JobRow.id == job_id
        )
        after = await work(target, job_id)
    assert (after["state"], after["error_class"]) == ("dead", "internal_bug")


async def test_a_dead_job_can_be_given_another_life(db: None) -> None:
    async def run(context: JobContext) -> None:
        raise InvalidRequestError

    job_id = await enqueue(KIND)
    assert job_id is not None
    await work(runner(run), job_id)
    assert await requeue_dead(job_id)
    assert (await work(runner(nothing), job_id))["state"] == "succeeded"


async def test_a_job_over_its_time_limit_is_stopped(db: None) -> None:
    async def run(context: JobContext) -> None:
        await asyncio.sleep(60)

    after = await work(runner(run, limit=0.2), await enqueue(KIND))
    assert (after["state"], after["error_code"]) == ("queued", "job_timeout")


async def test_canceling_a_running_job_stops_it(db: None) -> None:
    subject = new_id()
    job_id = await enqueue(KIND, ref_id=subject)
    started = asyncio.Event()

    async def run(context: JobContext) -> None:
        started.set()
        await asyncio.sleep(60)

    target = runner(run)
    task = asyncio.create_task(run_job(target, job_id))
    await started.wait()
    await request_cancel([subject], KIND)
    await renew_leases(target)
    await asyncio.wait_for(task, 10)
    assert (await row(job_id))["state"] == "canceled"


async def test_a_canceled_job_that_was_queued_never_runs(db: None) -> None:
    subject = new_id()
    job_id = await enqueue(KIND, ref_id=subject)
    await request_cancel([subject], KIND)
    ran: list[int] = []

    async def run(context: JobContext) -> None:
        ran.append(1)

    assert (await work(runner(run), job_id))["state"] == "canceled"
    assert ran == []


async def test_the_job_of_a_silent_worker_is_freed_and_its_old_owner_can_write_nothing(
    db: None,
) -> None:
    job_id = await enqueue(KIND)
    assert job_id is not None
    lost = await claim(job_id, "silent", 0.01)
    assert lost is not None
    await asyncio.sleep(0.05)
    assert await reap() == 1
    fresh = await claim(job_id, "fresh", LEASE_S)
    assert fresh is not None
    assert fresh.epoch == lost.epoch + 1
    assert not await finish(lost, "succeeded")
    with pytest.raises(LeaseLostError):
        async with transaction():
            await JobContext(lost, "silent").fence()
    assert await finish(fresh, "succeeded")


async def test_a_worker_that_lost_its_lease_stops_the_work(db: None) -> None:
    job_id = await enqueue(KIND)
    started, stopped = asyncio.Event(), asyncio.Event()

    async def run(context: JobContext) -> None:
        started.set()
        try:
            await asyncio.sleep(60)
        finally:
            stopped.set()

    target = runner(run)
    task = asyncio.create_task(run_job(target, job_id))
    await started.wait()
    await JobRow.update({JobRow.lease_epoch: JobRow.lease_epoch + 1}).where(JobRow.id == job_id)
    await renew_leases(target)
    await asyncio.wait_for(task, 10)
    assert stopped.is_set()
    assert (await row(job_id))["state"] == "running"  # it belongs to its new owner


async def test_a_job_that_kills_its_worker_three_times_is_dead(db: None) -> None:
    job_id = await enqueue(KIND)
    await JobRow.update({JobRow.crashes: 3}).where(JobRow.id == job_id)
    after = await work(runner(nothing), job_id)
    assert (after["state"], after["error_code"]) == ("dead", "crash_loop")


async def test_shutting_down_gives_a_running_job_back_without_counting_it(db: None) -> None:
    job_id = await enqueue(KIND)
    started = asyncio.Event()

    async def run(context: JobContext) -> None:
        started.set()
        await asyncio.sleep(60)

    task = asyncio.create_task(run_job(runner(run), job_id))
    await started.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    after = await row(job_id)
    assert (after["state"], after["attempts"], after["crashes"]) == ("queued", 0, 0)


async def test_a_workspace_with_much_running_lets_others_go_first(db: None) -> None:
    busy, quiet = new_id(), new_id()
    for _ in range(3):
        await enqueue(KIND, workspace_id=busy)
    await enqueue(KIND, workspace_id=quiet)
    first = await claim_next("light", "w", LEASE_S)
    second = await claim_next("light", "w", LEASE_S)
    assert first is not None
    assert second is not None
    assert {first.workspace_id, second.workspace_id} == {busy, quiet}


async def test_a_batch_takes_turns_among_workspaces(db: None) -> None:
    busy, quiet = new_id(), new_id()
    for _ in range(4):
        await enqueue(KIND, workspace_id=busy)
    for _ in range(2):
        await enqueue(KIND, workspace_id=quiet)
    jobs = await claim_due("light", "w", LEASE_S, 4)
    assert sorted(job.workspace_id == busy for job in jobs) == [False, False, True, True]
    assert all((job.epoch, job.attempt) == (1, 1) for job in jobs)


async def test_a_batch_holds_no_more_of_a_lane_than_may_run(db: None) -> None:
    lane = new_id()
    for _ in range(5):
        await enqueue(KIND, lane=lane)
    assert len(await claim_due("light", "w", LEASE_S, 2)) == 2
    assert len(await claim_due("light", "w", LEASE_S, 5)) == 1
    assert await claim_due("light", "w", LEASE_S, 5) == []


async def test_batches_of_several_workers_never_share_a_job(db: None) -> None:
    for _ in range(30):
        await enqueue(KIND)
    batches = await asyncio.gather(*(claim_due("light", f"w{n}", LEASE_S, 5) for n in range(6)))
    claimed = [job.id for batch in batches for job in batch]
    assert len(claimed) == len(set(claimed))


async def test_a_canceled_or_later_job_is_in_no_batch(db: None) -> None:
    subject = new_id()
    await enqueue(KIND, ref_id=subject)
    await request_cancel([subject], KIND)
    await enqueue(KIND, run_at=now() + timedelta(minutes=5))
    assert await claim_due("light", "w", LEASE_S, 5) == []


async def test_the_clock_knows_when_the_next_job_is_due(db: None) -> None:
    await enqueue(KIND, run_at=now() + timedelta(seconds=30))
    assert await next_due_s(["light"], 5.0) is None
    soon = await next_due_s(["light"], 60.0)
    assert soon is not None
    assert 0 < soon <= 30
    assert await next_due_s(["jobs"], 60.0) is None


async def test_a_runner_that_stops_takes_nothing_more(db: None) -> None:
    target = runner(nothing)
    job_id = await enqueue(KIND)
    await target.stop(1)
    assert not target.wake(Queue.LIGHT)
    assert (await row(job_id))["state"] == "queued"


async def test_all_workers_together_start_a_periodic_job_once_a_period(db: None) -> None:
    kind = JobKind("test.sweep", Queue.LIGHT, every_s=3600)
    for _ in range(4):
        await start_periodic((kind,))
    assert await JobRow.count().where(JobRow.kind == "test.sweep") == 1


@given(st.integers(1, 60))
def test_the_backoff_stays_within_its_bounds(attempt: int) -> None:
    assert 0.5 <= backoff_s(attempt) <= min(CAP_S, BASE_S * 2 ** (attempt - 1))


@given(st.sampled_from(Retry), st.integers(1, 100), st.integers(1, 20))
def test_every_error_class_ends_or_waits(kind: Retry, attempt: int, most: int) -> None:
    decision = decide(UploadM8Error(retry=kind), attempt, most)
    if kind in (Retry.PERMANENT_MEDIA, Retry.PERMANENT_REQUEST, Retry.AUTH_REVOKED):
        assert decision.again_in_s is None
    elif kind is Retry.RATE_LIMITED:
        assert decision.again_in_s is not None
        assert not decision.counts
    else:
        assert (decision.again_in_s is None) == (
            attempt >= (min(most, 3) if kind is Retry.INTERNAL_BUG else most)
        )
