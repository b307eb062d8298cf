"""Whatever happens to an irreversible call, there is one post, or none and the row says so."""

import asyncio
from uuid import UUID

import pytest

from publishing_desk import Desk, build_desk
from publishing_faults import (
    EVERY_FAULT,
    PARTY,
    PERSON,
    START,
    STATUS,
    break_commit,
    crash,
    hasty_clients,
    make_due,
    play,
    reconnect,
    run_all,
    run_once,
)
from publishing_truth import faults_played, require_truth
from uploadm8.domain.platforms.clients.base import Platform
from uploadm8.domain.publishing.tables import Publication
from uploadm8.infra.jobs.catalog import PUBLISH, Queue
from uploadm8.infra.jobs.queue import claim, enqueue
from uploadm8.infra.jobs.runner import Runner
from uploadm8.infra.jobs.tables import JobRow

pytestmark = pytest.mark.anyio
EVERY = pytest.mark.parametrize("platform", list(Platform))
BYTES = {
    Platform.YOUTUBE: "upload_bytes",
    Platform.INSTAGRAM: "ig_bytes",
    Platform.FACEBOOK: "reel_bytes",
}


async def require_one_post(desk: Desk, publication: UUID, fault: str, times: int = 1) -> None:
    assert await faults_played(desk, fault) == times, "the fault was never met"
    row = await desk.row(publication)
    assert row["state"] == "published", row["error_detail"]
    await require_truth(desk)


@EVERY
@pytest.mark.parametrize("fault", EVERY_FAULT)
async def test_a_broken_commit_ends_in_exactly_one_post(
    desk: Desk, platform: Platform, fault: str
) -> None:
    publication = await desk.publication(platform)
    await break_commit(desk, platform, fault, delay_s=0.3)
    await run_all(desk)
    await require_one_post(desk, publication, fault)


@EVERY
async def test_a_commit_that_is_acted_on_but_never_answered_ends_in_exactly_one_post(
    desk: Desk, platform: Platform
) -> None:
    async with hasty_clients(desk.sandbox) as clients:
        hasty = build_desk(desk.sandbox, clients, desk.film, desk.storage)
        publication = await hasty.publication(platform)
        await break_commit(hasty, platform, "accept_then_hang")
        await run_all(hasty)
    await require_one_post(desk, publication, "accept_then_hang")


@EVERY
@pytest.mark.parametrize("accepted", [True, False])
async def test_a_stale_status_never_leads_to_a_second_post(
    desk: Desk, platform: Platform, accepted: bool
) -> None:
    """Whether the platform's yes was heard, or lost with the connection."""
    publication = await desk.publication(platform)
    if not accepted:
        await break_commit(desk, platform, "accept_then_reset")
    await crash(desk, "after_commit", platform)
    await play(desk, platform, STATUS[platform], "stale_status", times=2)
    await run_all(desk)
    await require_one_post(desk, publication, "stale_status", times=2)


@EVERY
async def test_a_commit_that_fails_for_ever_is_unknown_and_not_hammered(
    desk: Desk, platform: Platform
) -> None:
    publication = await desk.publication(platform)
    await break_commit(desk, platform, "5xx", times=0)
    await run_all(desk, rounds=6)
    calls = await Publication.raw(
        "SELECT count(*) AS n FROM publish_attempts WHERE phase = 'commit_intent'"
    )
    assert calls[0]["n"] <= 3
    await Publication.raw("UPDATE publications SET commit_intent_at = now() - interval '1 hour'")
    await run_all(desk)
    assert (await desk.row(publication))["state"] == "unknown"
    assert await asyncio.to_thread(desk.sandbox.posts, platform) == []
    waiting = await JobRow.select().where(JobRow.kind == "publishing.reconcile")
    assert [job["state"] for job in waiting] == ["queued"]


@EVERY
async def test_a_second_job_for_the_same_post_leaves_it_alone(
    desk: Desk, platform: Platform
) -> None:
    publication = await desk.publication(platform)
    row = await desk.row(publication)
    await enqueue(PUBLISH, ref_id=publication, workspace_id=row["workspace"])
    runner = Runner(desk.handlers, {Queue.JOBS: 2}, lease_s=60, default_timeout_s=60)
    jobs = [await claim(job["id"], runner.owner, 60) for job in await JobRow.select(JobRow.id)]
    await asyncio.gather(*(runner.run(job) for job in jobs if job is not None))
    await run_all(desk)
    assert (await desk.row(publication))["state"] == "published"
    await require_truth(desk)


@pytest.mark.parametrize("platform", list(BYTES))
async def test_a_permission_withdrawn_in_mid_transfer_waits_for_the_account_to_come_back(
    desk: Desk, platform: Platform
) -> None:
    publication = await desk.publication(platform)
    await play(desk, platform, BYTES[platform], "revoke")
    await run_once(desk)
    assert await faults_played(desk, "revoke") == 1
    assert (await desk.row(publication))["state"] == "needs_reconnect"
    await require_truth(desk, unfinished=True)
    await reconnect(desk, publication)
    await run_all(desk)
    await require_one_post(desk, publication, "revoke")


@EVERY
async def test_a_permission_withdrawn_before_the_repeat_of_a_commit_parks_the_post(
    desk: Desk, platform: Platform
) -> None:
    publication = await desk.publication(platform)
    await break_commit(desk, platform, "429", retry_after=30)
    await run_once(desk)
    told = await desk.row(publication)
    assert (told["error_class"], told["state"]) == ("rate_limited", "retry_wait")
    body = {"party": PARTY[platform], "account": PERSON[PARTY[platform]]}
    await asyncio.to_thread(desk.sandbox.control, "POST", "revoke", json=body)
    # TikTok takes bytes without a token: what the post needs next is a fresh one.
    await Publication.raw(
        "UPDATE connected_accounts SET access_expires_at = now()"
        " WHERE refresh_token_enc IS NOT NULL AND access_expires_at IS NOT NULL"
    )
    await run_all(desk)
    assert (await desk.row(publication))["state"] == "needs_reconnect"
    await require_truth(desk, unfinished=True)


@EVERY
@pytest.mark.parametrize("where", ["start", "commit"])
async def test_retry_after_is_waited_out_and_costs_no_attempt(
    desk: Desk, platform: Platform, where: str
) -> None:
    publication = await desk.publication(platform)
    if where == "start":
        await play(desk, platform, START[platform], "429", retry_after=97)
    else:
        await break_commit(desk, platform, "429", retry_after=97)
    await run_once(desk)
    rows = await JobRow.raw(
        "SELECT extract(epoch FROM run_at - now())::float8 AS left_s, attempts, state FROM jobs"
        " WHERE kind = 'publishing.publish'"
    )
    assert (rows[0]["state"], rows[0]["attempts"]) == ("queued", 0)
    assert 61 < rows[0]["left_s"] <= 97, "more than our own minute"
    await run_once(desk)  # not due yet: nothing is sent
    assert (await desk.row(publication))["state"] == "retry_wait"
    await make_due()
    await run_all(desk)
    await require_one_post(desk, publication, "429")


async def test_a_used_up_quota_waits_for_midnight_pacific(desk: Desk) -> None:
    publication = await desk.publication(Platform.YOUTUBE)
    await play(desk, Platform.YOUTUBE, "upload_start", "quota")
    await run_once(desk)
    rows = await JobRow.raw(
        "SELECT run_at AT TIME ZONE 'America/Los_Angeles' AS there FROM jobs"
        " WHERE kind = 'publishing.publish' AND state = 'queued'"
    )
    there = rows[0]["there"]
    nearest = there.replace(hour=0, minute=0, second=0, microsecond=0)
    assert abs((there - nearest).total_seconds()) < 60
    await run_all(desk)
    await require_one_post(desk, publication, "quota")


async def test_a_job_that_was_called_off_writes_nothing(desk: Desk) -> None:
    publication = await desk.publication(Platform.YOUTUBE)
    runner = Runner(desk.handlers, {Queue.JOBS: 1}, lease_s=60, default_timeout_s=60)
    job = await claim((await JobRow.select(JobRow.id))[0]["id"], runner.owner, 60)
    assert job is not None
    await JobRow.raw("UPDATE jobs SET cancel_requested = true")
    await runner.run(job)
    row = await desk.row(publication)
    assert (row["state"], row["handle_enc"]) == ("queued", None)
