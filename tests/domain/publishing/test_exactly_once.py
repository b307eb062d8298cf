"""Whatever happens to an irreversible call, there is one post, or none and the row says so."""

import asyncio
from typing import Any
from uuid import UUID

import pytest

from publishing_desk import Desk
from uploadm8.domain.platforms.clients.base import Platform
from uploadm8.domain.publishing.again import retry
from uploadm8.domain.publishing.lifecycle import advance
from uploadm8.domain.publishing.tables import Publication, PublicationState
from uploadm8.infra.jobs.catalog import PUBLISH, Queue
from uploadm8.infra.jobs.queue import claim, enqueue
from uploadm8.infra.jobs.runner import Runner
from uploadm8.infra.jobs.tables import JobRow

pytestmark = pytest.mark.anyio
S = PublicationState
EVERY = pytest.mark.parametrize("platform", list(Platform))
PARTY = {"tiktok": "tiktok", "youtube": "google", "instagram": "meta", "facebook": "meta"}
COMMIT = {
    Platform.TIKTOK: "chunk",
    Platform.YOUTUBE: "upload_bytes",
    Platform.INSTAGRAM: "ig_publish",
    Platform.FACEBOOK: "reel_finish",
}
PROBES_BEFORE_COMMIT = {Platform.YOUTUBE: 2}


async def run_all(desk: Desk, *, rounds: int = 25) -> None:
    """Run publishing jobs as a worker does, making each due at once."""
    runner = Runner(desk.handlers, {Queue.JOBS: 1}, lease_s=60, default_timeout_s=60)
    for _ in range(rounds):
        await JobRow.raw("UPDATE jobs SET run_at = now() WHERE state = 'queued'")
        rows: list[dict[str, Any]] = await JobRow.raw(
            "SELECT id FROM jobs WHERE state = 'queued' AND kind LIKE 'publishing.publish'"
        )
        if not rows:
            return
        for row in rows:
            job = await claim(row["id"], runner.owner, 60)
            assert job is not None
            await runner.run(job)


async def break_commit(desk: Desk, platform: Platform, fault: str, **more: Any) -> None:
    after = PROBES_BEFORE_COMMIT.get(platform, 0)
    await asyncio.to_thread(
        desk.sandbox.fault, PARTY[platform], COMMIT[platform], fault, **({"after": after} | more)
    )


async def posts(desk: Desk, platform: Platform) -> int:
    return len(await asyncio.to_thread(desk.sandbox.posts, platform))


@EVERY
@pytest.mark.parametrize(
    "fault", ["accept_then_reset", "accept_then_500", "reset_before", "5xx", "429", "slow"]
)
async def test_a_broken_commit_ends_in_exactly_one_post(
    desk: Desk, platform: Platform, fault: str
) -> None:
    publication = await desk.publication(platform)
    await break_commit(desk, platform, fault)
    await run_all(desk)
    row = await desk.row(publication)
    assert (row["state"], await posts(desk, platform)) == ("published", 1), row["error_detail"]


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
    row = await desk.row(publication)
    assert (row["state"], await posts(desk, platform)) == ("unknown", 0)
    waiting = await JobRow.select().where(JobRow.kind == "publishing.reconcile")
    assert [job["state"] for job in waiting] == ["queued"]


@EVERY
async def test_a_stale_status_never_leads_to_a_second_post(desk: Desk, platform: Platform) -> None:
    route = {
        Platform.TIKTOK: "status",
        Platform.YOUTUBE: "upload_bytes",
        Platform.INSTAGRAM: "container_status",
        Platform.FACEBOOK: "video_status",
    }
    publication = await desk.publication(platform)
    await asyncio.to_thread(
        desk.sandbox.fault, PARTY[platform], route[platform], "stale_status", times=3, after=3
    )
    await run_all(desk)
    row = await desk.row(publication)
    assert (row["state"], await posts(desk, platform)) == ("published", 1)


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
    assert await posts(desk, platform) == 1


@EVERY
async def test_a_permission_withdrawn_in_mid_transfer_parks_the_post(
    desk: Desk, platform: Platform
) -> None:
    publication = await desk.publication(platform)
    row = await desk.row(publication)
    await break_commit(desk, platform, "429", retry_after=30)
    await desk.run_due(kinds="publishing.publish")
    told = await desk.row(publication)
    assert (told["error_class"], told["state"]) == ("rate_limited", "retry_wait")
    account = {"meta": "anna", "google": "tour"}.get(PARTY[platform], "apex")
    body = {"party": PARTY[platform], "account": account}
    await asyncio.to_thread(desk.sandbox.control, "POST", "revoke", json=body)
    await Publication.raw(
        "UPDATE connected_accounts SET access_expires_at = now() WHERE id = {}"
        " AND refresh_token_enc IS NOT NULL AND access_expires_at IS NOT NULL",
        row["account"],
    )
    await run_all(desk)
    told = await desk.row(publication)
    assert (told["state"], await posts(desk, platform)) == ("needs_reconnect", 0)


async def test_trying_again_what_had_no_verdict_asks_the_platform_first(desk: Desk) -> None:
    publication = await desk.publication(Platform.INSTAGRAM)
    await break_commit(desk, Platform.INSTAGRAM, "accept_then_reset")
    await asyncio.to_thread(desk.sandbox.fault, "meta", "container_status", "5xx", times=0, after=2)
    await run_all(desk, rounds=2)
    await Publication.raw("UPDATE publications SET commit_intent_at = now() - interval '1 hour'")
    await run_all(desk)
    assert (await desk.row(publication))["state"] == "unknown"
    await advance(publication, (S.UNKNOWN,), S.FAILED)  # the owner says that it is not there
    await asyncio.to_thread(desk.sandbox.control, "DELETE", "faults")
    await _retry(desk, publication)
    await run_all(desk)
    assert (await desk.row(publication))["state"] == "published"
    assert await posts(desk, Platform.INSTAGRAM) == 1


async def _retry(desk: Desk, publication: UUID) -> None:
    await retry(await desk.row(publication))
    assert (await desk.row(publication))["state"] == "confirming"


async def test_a_job_that_was_called_off_writes_nothing(desk: Desk) -> None:
    publication = await desk.publication(Platform.YOUTUBE)
    runner = Runner(desk.handlers, {Queue.JOBS: 1}, lease_s=60, default_timeout_s=60)
    job = await claim((await JobRow.select(JobRow.id))[0]["id"], runner.owner, 60)
    assert job is not None
    await JobRow.raw("UPDATE jobs SET cancel_requested = true")
    await runner.run(job)
    row = await desk.row(publication)
    assert (row["state"], row["handle_enc"]) == ("queued", None)


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
    assert await posts(desk, Platform.YOUTUBE) == 0
