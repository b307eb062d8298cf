"""What is done to a post once it is out: only what can be done, and when it can be."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from publishing_desk import Desk
from uploadm8.domain.platforms.clients.base import Platform
from uploadm8.domain.publishing.metrics import AGES
from uploadm8.infra.jobs.tables import JobRow

pytestmark = pytest.mark.anyio


async def the_post(desk: Desk, platform: Platform) -> dict[str, Any]:
    posts = await asyncio.to_thread(desk.sandbox.posts, platform)
    assert len(posts) == 1
    return posts[0]


async def steps() -> dict[str, str]:
    rows = await JobRow.select().where(JobRow.kind == "publishing.post_step")
    return {row["unique_key"].split(":")[2]: row["state"] for row in rows}


async def test_a_youtube_video_gets_thumbnail_playlist_and_comment(desk: Desk) -> None:
    playlist = "PLsandboxtour0000000000"
    await desk.publication(
        Platform.YOUTUBE, thumbnail="still", playlist_ids=[playlist], first_comment="Which corner?"
    )
    await desk.settle()
    post = await the_post(desk, Platform.YOUTUBE)
    assert post["options"]["thumbnail"] == "set"
    assert post["options"]["playlists"] == [playlist]
    assert post["comments"] == ["Which corner?"]


async def test_the_thumbnail_of_a_short_waits_until_it_is_processed(desk: Desk) -> None:
    await asyncio.to_thread(desk.sandbox.switch, youtube_processing_s=60)
    await desk.publication(Platform.YOUTUBE, thumbnail="still")
    await desk.settle()
    assert await steps() == {"thumbnail": "queued"}
    await asyncio.to_thread(desk.sandbox.advance, 61)
    await JobRow.raw("UPDATE jobs SET run_at = now() WHERE kind = 'publishing.post_step'")
    await desk.settle()
    assert await steps() == {"thumbnail": "succeeded"}
    assert (await the_post(desk, Platform.YOUTUBE))["options"]["thumbnail"] == "set"


async def test_a_reel_of_instagram_shows_the_still_as_its_cover_and_is_commented(
    desk: Desk,
) -> None:
    await desk.publication(Platform.INSTAGRAM, cover="still", first_comment="Ask me")
    await desk.settle()
    post = await the_post(desk, Platform.INSTAGRAM)
    assert post["options"]["cover_url"].startswith("http")
    assert post["comments"] == ["Ask me"]


async def test_a_reel_of_facebook_gets_cover_collaborators_and_comment(desk: Desk) -> None:
    options = {"kind": "reel", "thumbnail": "still", "first_comment": "Ask me"}
    await desk.publication(Platform.FACEBOOK, collaborators=["104000000000003"], **options)
    await desk.settle()
    post = await the_post(desk, Platform.FACEBOOK)
    assert post["options"]["thumbnail"] == "set"
    assert post["options"]["collaborators"] == "104000000000003"
    assert post["comments"] == ["Ask me"]


async def test_nobody_is_invited_to_a_page_video(desk: Desk) -> None:
    await desk.publication(Platform.FACEBOOK, kind="video", collaborators=["104000000000003"])
    await desk.settle()
    assert await steps() == {}


@pytest.mark.parametrize(
    ("platform", "options"),
    [
        (Platform.YOUTUBE, {"privacy": "private"}),
        (Platform.YOUTUBE, {"made_for_kids": True}),
        (Platform.FACEBOOK, {"draft": True}),
    ],
)
async def test_what_cannot_be_commented_on_is_not_commented_on(
    desk: Desk, platform: Platform, options: dict[str, Any]
) -> None:
    await desk.publication(platform, first_comment="First", **options)
    await desk.settle()
    assert await steps() == {}


@pytest.mark.parametrize("platform", [Platform.YOUTUBE, Platform.FACEBOOK])
async def test_a_post_the_platform_publishes_later_is_commented_and_looked_at_then(
    desk: Desk, platform: Platform
) -> None:
    later = (datetime.now(UTC) + timedelta(days=2)).replace(microsecond=0)
    await desk.publication(
        platform, privacy=None, publish_at=later.isoformat(), first_comment="Live now"
    ) if platform is Platform.YOUTUBE else await desk.publication(
        platform, publish_at=later.isoformat(), first_comment="Live now"
    )
    await desk.settle()
    rows = await JobRow.select().where(JobRow.state == "queued")
    due = {row["kind"]: row["run_at"] for row in rows}
    assert due["publishing.post_step"] == later + timedelta(minutes=1)
    assert due["publishing.pull_metrics"] == later + AGES[0]
