"""What follows a post: its id and address, its steps, and its figures."""

import asyncio

import pytest

from publishing_desk import Desk
from uploadm8.domain.platforms.clients.base import Platform
from uploadm8.domain.platforms.tables import ConnectedAccount
from uploadm8.domain.publishing.metrics import AGES
from uploadm8.domain.publishing.reconnect import ask_sooner
from uploadm8.domain.publishing.tables import PublicationMetrics
from uploadm8.infra.jobs.tables import JobRow

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("platform", list(Platform))
async def test_a_published_post_gets_its_id_its_address_and_a_first_look_planned(
    desk: Desk, platform: Platform
) -> None:
    publication = await desk.publication(platform)
    await desk.settle()
    row = await desk.row(publication)
    assert row["state"] == "published", row
    assert row["platform_post_id"]
    assert row["public_url"].startswith("http")
    planned = await JobRow.select().where(JobRow.kind == "publishing.pull_metrics")
    assert len(planned) == 1
    assert (planned[0]["run_at"] - row["published_at"]) == AGES[0]


@pytest.mark.parametrize("platform", list(Platform))
async def test_figures_are_read_and_the_next_look_is_later(desk: Desk, platform: Platform) -> None:
    publication = await desk.publication(platform)
    await desk.settle()
    await asyncio.to_thread(desk.sandbox.advance, 3_600)
    for _ in range(2):
        await JobRow.raw("UPDATE jobs SET run_at = now() WHERE kind = 'publishing.pull_metrics'")
        await desk.run_due(kinds="pull_metrics")
    pulls = await PublicationMetrics.select().order_by(PublicationMetrics.pull)
    assert [row["pull"] for row in pulls] == [0, 1]
    assert all(row["likes"] is not None for row in pulls)
    row = await desk.row(publication)
    waiting = await JobRow.select().where(
        JobRow.kind == "publishing.pull_metrics", JobRow.state == "queued"
    )
    assert [job["run_at"] - row["published_at"] for job in waiting] == [AGES[2]]


async def test_every_step_is_a_job_of_its_own_and_a_failing_one_leaves_the_others(
    desk: Desk,
) -> None:
    publication = await desk.publication(
        Platform.YOUTUBE,
        first_comment="Which corner?",
        thumbnail="still",
        playlist_ids=["PLmissing"],
    )
    for _ in range(4):
        await desk.run_due()
    steps = await JobRow.select().where(JobRow.kind == "publishing.post_step")
    assert sorted(job["state"] for job in steps) == ["queued", "succeeded", "succeeded"]
    posts = await asyncio.to_thread(desk.sandbox.posts, "youtube")
    assert posts[0]["comments"] == ["Which corner?"]
    assert (await desk.row(publication))["state"] == "published"


async def test_a_private_tiktok_post_is_published_without_an_id(desk: Desk) -> None:
    publication = await desk.publication(Platform.TIKTOK, privacy="SELF_ONLY")
    await desk.settle()
    row = await desk.row(publication)
    assert (row["state"], row["platform_post_id"]) == ("published", None)


async def test_an_id_that_moderation_holds_back_is_asked_for_until_it_comes(desk: Desk) -> None:
    await asyncio.to_thread(desk.sandbox.switch, tiktok_moderation_s=300)
    publication = await desk.publication(Platform.TIKTOK)
    for _ in range(2):
        await desk.run_due()
    row = await desk.row(publication)
    assert (row["state"], row["platform_post_id"]) == ("published", None)
    await asyncio.to_thread(desk.sandbox.advance, 301)
    assert await desk.run_due() == []  # waits for its time
    await ask_sooner(row["account"])  # as a webhook makes it
    await desk.settle()
    assert (await desk.row(publication))["platform_post_id"]


async def test_a_withdrawn_permission_parks_the_account_and_the_post(desk: Desk) -> None:
    publication = await desk.publication(Platform.INSTAGRAM)
    body = {"party": "meta", "account": "anna"}
    await asyncio.to_thread(desk.sandbox.control, "POST", "revoke", json=body)
    await desk.run_due()
    row = await desk.row(publication)
    assert (row["state"], row["error_code"]) == ("needs_reconnect", "platform_access_revoked")
    account = await ConnectedAccount.select().where(ConnectedAccount.id == row["account"])
    assert account[0]["state"] == "needs_reconnect"
