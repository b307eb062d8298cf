"""What people decide about their posts: cancel, move, try again, post again, settle."""

import asyncio
from uuid import UUID

import pytest

from publishing_desk import Desk, copy_of, publications_for, sibling_of
from publishing_faults import (
    START,
    break_commit,
    crash,
    make_due,
    play,
    run_all,
    run_once,
)
from publishing_truth import faults_played, require_truth
from uploadm8.domain.platforms.clients.base import Platform
from uploadm8.domain.publishing.lifecycle import advance
from uploadm8.domain.publishing.schemas import Reschedule, Verdict
from uploadm8.domain.publishing.tables import Publication, PublicationState, PublishAttempt
from uploadm8.domain.uploads.schemas import Schedule
from uploadm8.errors import ConflictError
from uploadm8.infra.jobs.catalog import RECONCILE, Queue
from uploadm8.infra.jobs.handlers import JobCanceledError, JobContext
from uploadm8.infra.jobs.queue import claim, enqueue
from uploadm8.infra.jobs.runner import Runner
from uploadm8.infra.jobs.tables import JobRow

pytestmark = pytest.mark.anyio
S = PublicationState
EVERY = pytest.mark.parametrize("platform", list(Platform))
BEFORE = ("draft", "held", "scheduled", "queued", "preparing", "transferring", "retry_wait")
PAST = ("committing", "confirming", "published", "unknown")


async def owner(desk: Desk, publication: UUID) -> UUID:
    workspace: UUID = (await desk.row(publication))["workspace"]
    return workspace


async def put_into(publication: UUID, state: str) -> None:
    await Publication.raw("UPDATE publications SET state = {} WHERE id = {}", state, publication)


async def make_unknown(desk: Desk, platform: Platform, fault: str) -> UUID:
    """A commit whose outcome nobody heard of, half an hour ago."""
    publication = await desk.publication(platform)
    await break_commit(desk, platform, fault)
    await crash(desk, "after_commit", platform)
    assert await faults_played(desk, fault) == 1
    await JobRow.delete(force=True)
    await advance(publication, (S.COMMITTING,), S.CONFIRMING)
    await advance(publication, (S.CONFIRMING,), S.UNKNOWN)
    await Publication.raw("UPDATE publications SET commit_intent_at = now() - interval '31 min'")
    await Publication.raw("UPDATE publish_attempts SET at = at - interval '31 min'")
    await enqueue(RECONCILE, ref_id=publication, workspace_id=await owner(desk, publication))
    return publication


@EVERY
async def test_an_unknown_post_that_went_out_is_found_later(desk: Desk, platform: Platform) -> None:
    publication = await make_unknown(desk, platform, "accept_then_reset")
    await run_once(desk)
    assert (await desk.row(publication))["state"] == "published"
    await require_truth(desk)


@EVERY
async def test_an_unknown_post_that_never_was_fails_and_a_retry_makes_one(
    desk: Desk, platform: Platform
) -> None:
    publication = await make_unknown(desk, platform, "reset_before")
    for _ in range(3):  # said once, it is not believed
        assert (await desk.row(publication))["state"] == "unknown"
        await make_due()
        await run_once(desk)
        await Publication.raw("UPDATE publish_attempts SET at = at - interval '10 minutes'")
        await Publication.raw(
            "UPDATE publications SET commit_intent_at = commit_intent_at - interval '10 minutes'"
        )
    assert (await desk.row(publication))["state"] == "failed"
    await require_truth(desk)
    await publications_for(desk).retry(await owner(desk, publication), publication)
    await run_all(desk)
    assert (await desk.row(publication))["state"] == "published"
    await require_truth(desk)


@EVERY
async def test_trying_again_what_is_out_there_finds_it_and_posts_nothing(
    desk: Desk, platform: Platform
) -> None:
    publication = await make_unknown(desk, platform, "accept_then_reset")
    service, workspace = publications_for(desk), await owner(desk, publication)
    await service.settle(
        workspace, publication, Verdict(outcome="not_published")
    )  # the owner is wrong
    await service.retry(workspace, publication)
    await run_all(desk)
    assert (await desk.row(publication))["state"] == "published"
    await require_truth(desk)


async def test_posting_again_is_another_post_and_leaves_the_unknown_one_as_it_is(
    desk: Desk,
) -> None:
    publication = await make_unknown(desk, Platform.INSTAGRAM, "reset_before")
    await JobRow.delete(force=True)
    workspace = await owner(desk, publication)
    user = (await desk.row(publication))["created_by"]
    again = await publications_for(desk).post_again(workspace, user, publication)
    await run_all(desk)
    assert (await desk.row(again.id))["state"] == "published"
    assert (await desk.row(publication))["state"] == "unknown"
    assert len(await asyncio.to_thread(desk.sandbox.posts, "instagram")) == 1


async def test_only_what_failed_can_be_tried_again(desk: Desk) -> None:
    publication = await desk.publication(Platform.YOUTUBE)
    for state in (*BEFORE, *PAST, "canceled", "needs_reconnect"):
        await put_into(publication, state)
        with pytest.raises(ConflictError) as refused:
            await publications_for(desk).retry(await owner(desk, publication), publication)
        assert refused.value.code == "not_failed"


async def test_it_can_be_canceled_at_every_stage_before_the_commit_and_never_after(
    desk: Desk,
) -> None:
    publication = await desk.publication(Platform.YOUTUBE)
    service, workspace = publications_for(desk), await owner(desk, publication)
    for state in PAST:
        await put_into(publication, state)
        with pytest.raises(ConflictError) as refused:
            await service.cancel(workspace, publication)
        assert (refused.value.code, refused.value.status_code) == ("too_late", 409)
    for state in (*BEFORE, "needs_reconnect"):
        await put_into(publication, state)
        assert (await service.cancel(workspace, publication)).state == "canceled"
    await run_all(desk)
    await require_truth(desk)


@EVERY
async def test_canceling_while_it_is_being_sent_leaves_no_post(
    desk: Desk, platform: Platform
) -> None:
    publication = await desk.publication(platform)
    await play(desk, platform, START[platform], "slow", delay_s=0.6)
    sending = asyncio.create_task(run_once(desk))
    while (await desk.row(publication))["state"] != "preparing":  # noqa: ASYNC110  a row
        await asyncio.sleep(0.01)
    await publications_for(desk).cancel(await owner(desk, publication), publication)
    await sending
    await run_all(desk)
    assert await faults_played(desk, "slow") == 1
    assert (await desk.row(publication))["state"] == "canceled"
    await require_truth(desk)


async def test_what_may_be_public_cannot_be_moved_and_its_job_goes_on(desk: Desk) -> None:
    publication = await desk.publication(Platform.YOUTUBE)
    workspace = await owner(desk, publication)
    wish = Reschedule(schedule=Schedule(mode="queue"))
    for state in PAST:
        await put_into(publication, state)
        with pytest.raises(ConflictError) as refused:
            await publications_for(desk).reschedule(workspace, publication, wish)
        assert refused.value.status_code == 409
    assert await JobRow.exists().where(
        JobRow.state == "queued",
        JobRow.cancel_requested == False,  # noqa: E712 -- SQL
    )


async def test_moving_a_post_stops_the_worker_that_has_it_in_hand(desk: Desk) -> None:
    publication = await desk.publication(Platform.YOUTUBE)
    workspace = await owner(desk, publication)
    jobs = await JobRow.select(JobRow.id)
    job = await claim(jobs[0]["id"], "busy", 60)
    assert job is not None
    await put_into(publication, "transferring")
    wish = Reschedule(schedule=Schedule(mode="queue"))
    moved = await publications_for(desk).reschedule(workspace, publication, wish)
    assert moved.state == "held"
    with pytest.raises(JobCanceledError):
        await desk.handlers[job.kind].run(JobContext(job, "busy"))
    assert await asyncio.to_thread(desk.sandbox.posts, Platform.YOUTUBE) == []


async def test_one_target_that_fails_leaves_the_others_alone(desk: Desk) -> None:
    first = await desk.publication(Platform.YOUTUBE)
    second = await sibling_of(desk, first, Platform.FACEBOOK)
    third = await sibling_of(desk, first, Platform.TIKTOK, privacy="FOLLOWER_OF_CREATOR")
    await run_all(desk)
    states = [(await desk.row(one))["state"] for one in (first, second, third)]
    assert states == ["published", "published", "failed"]
    assert (await desk.row(third))["error_action"]
    await require_truth(desk)


async def test_a_platform_that_says_not_now_for_a_day_ends_the_waiting(desk: Desk) -> None:
    publication = await desk.publication(Platform.YOUTUBE)
    await play(desk, Platform.YOUTUBE, "upload_start", "429", retry_after=1, times=0)
    for hours in (10, 10, 5):
        await run_once(desk)
        assert (await desk.row(publication))["state"] == "retry_wait"
        await PublishAttempt.raw(f"UPDATE publish_attempts SET at = at - interval '{hours} hours'")
        await make_due()
    await run_once(desk)
    row = await desk.row(publication)
    assert (row["state"], row["error_code"]) == ("failed", "platform_limit_lasts")
    await asyncio.to_thread(desk.sandbox.control, "DELETE", "faults")
    await publications_for(desk).retry(row["workspace"], publication)
    await run_all(desk)
    await require_truth(desk)


async def test_of_two_posts_for_an_accounts_last_place_exactly_one_goes_out(desk: Desk) -> None:
    """Both were told that there is a place, before either of them took it."""
    first = await desk.publication(Platform.INSTAGRAM)
    second = await copy_of(desk, first)
    await asyncio.to_thread(desk.sandbox.switch, instagram_quota_total=1)
    await play(desk, Platform.INSTAGRAM, "ig_publish", "slow", delay_s=1.5)
    runner = Runner(desk.handlers, {Queue.JOBS: 2}, lease_s=60, default_timeout_s=60)
    jobs = [await claim(row["id"], runner.owner, 60) for row in await JobRow.select(JobRow.id)]
    await asyncio.gather(*(runner.run(job) for job in jobs if job is not None))
    rows = [await desk.row(one) for one in (first, second)]
    assert sorted(row["state"] for row in rows) == ["published", "retry_wait"]
    assert {row["error_code"] for row in rows} == {None, "account_daily_cap"}
    calls = await asyncio.to_thread(desk.sandbox.control, "GET", "calls?route=ig_publish")
    assert len(calls) == 1, "the second was not even tried"
    await require_truth(desk, unfinished=True)


async def test_a_post_that_waited_too_long_is_held_in_every_state_before_the_commit(
    desk: Desk,
) -> None:
    for state in ("scheduled", "queued", "transferring", "retry_wait"):
        publication = await desk.publication(Platform.YOUTUBE)
        await Publication.raw(
            "UPDATE publications SET state = {}, publish_at = now() - interval '3 hours'"
            " WHERE id = {}",
            state,
            publication,
        )
        await run_all(desk)
        row = await desk.row(publication)
        assert (row["state"], row["held_reason"]) == ("held", "missed"), state
    assert await asyncio.to_thread(desk.sandbox.posts, "youtube") == []
