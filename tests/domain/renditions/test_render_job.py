"""The render job: progress, cancel, deadline, a full disk, and a crash between two files."""

import asyncio
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest

from media import Clip, make
from render_desk import Desk
from uploadm8.domain.renditions.finishing import Finishing
from uploadm8.domain.uploads.tables import Upload
from uploadm8.infra import failpoints
from uploadm8.infra.jobs.catalog import Queue
from uploadm8.infra.jobs.handlers import JobContext
from uploadm8.infra.jobs.queue import claim_next
from uploadm8.infra.jobs.tables import JobRow
from uploadm8.infra.jobs.upkeep import renew_leases

pytestmark = pytest.mark.anyio
RENDER = "renditions.render"


@pytest.fixture
async def rendering(desk: Desk, clip: Path, log: Path) -> UUID:
    """An upload that was inspected and waits to be rendered."""
    upload = await desk.send(clip, log, hud={"offset_s": 0.0})
    await desk.work(most=1)
    assert (await desk.detail(upload))["state"] == "rendering"
    return upload


async def due_again(upload: UUID) -> None:
    await JobRow.raw("UPDATE jobs SET run_at=now() WHERE ref_id={} AND state='queued'", upload)


async def test_progress_tells_speed_and_time_left_and_a_long_video_may_take_longer(
    desk: Desk, rendering: UUID
) -> None:
    job = await desk.job(rendering, RENDER)
    assert (job["timeout_s"], job["allowance_s"]) == (None, 12 * 2)
    told: list[dict[str, Any]] = []

    async def follow() -> None:
        async for event in desk.services.live.follow(rendering):
            if event is not None:
                told.append(event)
                if event["state"] == "ready":
                    return

    following = asyncio.create_task(follow())
    await desk.work(limit_s=0.01)  # on top of which come 12 s for each second of video
    await asyncio.wait_for(following, 30)
    moving = [event for event in told if "fps" in event]
    assert moving
    assert all(event["fps"] > 0 and event["seconds_left"] >= 0 for event in moving)
    shares = [event["progress"] for event in moving]
    assert shares == sorted(shares)
    detail = await desk.detail(rendering)
    assert (detail["state"], detail["progress"]) == ("ready", 1.0)
    assert not (desk.services.scratch.root / str(rendering)).exists()


async def test_a_render_over_its_deadline_is_killed_and_tried_again(
    desk: Desk, rendering: UUID
) -> None:
    await JobRow.raw("UPDATE jobs SET allowance_s=0 WHERE ref_id={}", rendering)
    await desk.work(limit_s=0.5, most=1)
    job = await desk.job(rendering, RENDER)
    assert (job["state"], job["error_code"], job["attempts"]) == ("queued", "job_timeout", 1)
    assert desk.children(rendering) == []
    await due_again(rendering)
    await desk.work()
    assert (await desk.detail(rendering))["state"] == "ready"


async def test_canceling_kills_the_child_of_a_running_render(desk: Desk, rendering: UUID) -> None:
    runner = desk.runner()
    job = await claim_next(Queue.TELEMETRY.value, runner.owner, runner.lease_s)
    assert job is not None
    work = asyncio.create_task(runner.run(job))
    for _ in range(3000):
        if desk.children(rendering):
            break
        await asyncio.sleep(0.02)
    await desk.call("POST", f"/api/uploads/{rendering}/cancel")
    await renew_leases(runner)  # as every worker does once a second
    await asyncio.wait_for(work, 30)
    assert desk.children(rendering) == []
    assert (await desk.job(rendering, RENDER))["state"] == "canceled"
    detail = await desk.detail(rendering)
    assert (detail["state"], {one["state"] for one in detail["renditions"]}) == (
        "canceled",
        {"canceled"},
    )


async def test_what_was_canceled_at_the_last_moment_is_not_told_to_be_ready(
    desk: Desk, rendering: UUID
) -> None:
    runner, services = desk.runner(), desk.services
    job = await claim_next(Queue.TELEMETRY.value, runner.owner, runner.lease_s)
    assert job is not None
    row = await Upload.select().where(Upload.id == rendering).first()
    assert row is not None
    await desk.call("POST", f"/api/uploads/{rendering}/cancel")
    finishing = Finishing(services.storage, services.scratch, services.live, services.quota)
    await finishing.hand_over(JobContext(job, runner.owner), row)
    assert (await desk.detail(rendering))["state"] == "canceled"
    assert (await services.live.last(rendering) or {})["state"] == "canceled"


async def test_a_full_disk_is_noticed_before_the_work_and_costs_no_attempt(
    desk: Desk, rendering: UUID
) -> None:
    size = await Upload.select(Upload.size_bytes).where(Upload.id == rendering).first()
    assert size is not None
    await Upload.update({Upload.size_bytes: 10**16}).where(Upload.id == rendering)
    await desk.work(most=1)
    job = await desk.job(rendering, RENDER)
    assert (job["state"], job["error_code"], job["attempts"]) == ("queued", "disk_full", 0)
    await Upload.update({Upload.size_bytes: size["size_bytes"]}).where(Upload.id == rendering)
    await due_again(rendering)
    await desk.work()
    assert (await desk.detail(rendering))["state"] == "ready"


async def test_a_crash_between_two_files_makes_only_the_second_one_again(
    desk: Desk, clip: Path
) -> None:
    wanted = {"short_side": 720, "aspects": ["16:9", "1:1"], "quality": "quick"}
    upload = await desk.send(clip, renditions=wanted)
    await desk.work(most=1)
    failpoints.arm("after_keep:error")
    await desk.work(most=1)
    first, second = (await desk.detail(upload))["renditions"]
    assert (first["state"], second["state"]) == ("succeeded", "running")
    file = first["download_url"].partition("?")[0]
    await due_again(upload)
    await desk.work()
    detail = await desk.detail(upload)
    assert detail["state"] == "ready"
    assert {one["state"] for one in detail["renditions"]} == {"succeeded"}
    assert detail["renditions"][0]["download_url"].partition("?")[0] == file
    assert {one["encoder"] for one in detail["renditions"]} == {"libx264"}
    async with httpx.AsyncClient(trust_env=False) as storage:
        made = (await storage.get(detail["renditions"][1]["download_url"])).content
    assert b"crf=23.0" in made, "x264 leaves its settings in the stream"


@pytest.mark.parametrize(
    ("container", "media_type", "more"),
    [
        ("mpegts", "video/mp2t", {"options": {"mpegts_m2ts_mode": "1"}}),
        ("avi", "video/x-msvideo", {"codec": "mjpeg", "pixel_format": "yuvj420p"}),
    ],
)
async def test_what_dashcams_write_goes_all_the_way(
    desk: Desk, log: Path, tmp_path: Path, container: str, media_type: str, more: dict[str, Any]
) -> None:
    sound = "ac3" if container == "mpegts" else "pcm_s16le"
    film = Clip(640, 360, frames=60, gop=30, container=container, audio=sound, **more)
    video = make(tmp_path / "dashcam", film)
    upload = await desk.send(video, log, content_type=media_type, hud={"offset_s": 0.0})
    await desk.work()
    detail = await desk.detail(upload)
    assert (detail["state"], detail["source"]["container"]) == ("ready", container)
    (made,) = detail["renditions"]
    assert (made["duration_s"], made["fps"]) == (2.0, 30.0)
    still = await desk.call("GET", f"/api/uploads/{upload}/hud/preview?t=1.01")
    assert float(still.headers["X-Picture-Time"]) == pytest.approx(1.0)
