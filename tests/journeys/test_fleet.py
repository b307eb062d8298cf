"""One long render by two workers: nothing shows, nothing is lost, nothing is left behind."""

import asyncio
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import asyncpg
import av
import numpy as np
import pytest

from filmed import Film, watch
from journeys_world import World
from media import Clip, make
from uploadm8.core.hud.validate import validate_spec
from uploadm8.core.telemetry.reader import read_track
from uploadm8.core.video.job import Output, RenderJob
from uploadm8.core.video.resume import render_resumable
from uploadm8.core.video.specs import Aspect, rendition_spec
from uploadm8.dev.processes import Process
from uploadm8.dev.sample import START_UTC
from uploadm8.dev.sample_drive import Drive
from uploadm8.dev.sample_gpx import write_gpx

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        not hasattr(os, "sched_setaffinity"), reason="no process can be given a core here"
    ),
]

SECONDS = 12
SEGMENT_S = 2.0
SPLIT = {"RENDER_SPLIT_SECONDS": "5", "RENDER_SEGMENT_SECONDS": str(SEGMENT_S)}
HUD = {"theme": "minimal", "offset_s": 0.5}
WIDE = {"short_side": 720, "aspects": ["16:9"]}


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twelve seconds of numbered pictures, with beeps."""
    made = Clip(640, 360, frames=SECONDS * 30, gop=30, flash=frozenset({20, 119, 200, 301}))
    return make(tmp_path_factory.mktemp("fleet") / "film.mp4", made)


@pytest.fixture(scope="module")
def log(film: Path) -> Path:
    path = film.with_suffix(".gpx")
    drive = Drive(SECONDS, seed=3)
    write_gpx(path, drive, START_UTC, SECONDS, margin_s=0.0, offset_s=0.0)
    return path


@pytest.fixture(scope="module")
def fleet(world: World) -> Iterator[World]:
    """Two workers that share every video of more than five seconds."""
    yield world
    world.restart_worker()
    world.restart_worker()


def workers(world: World, *failpoints: str) -> list[Process]:
    """Have just these workers, and wait until they know of each other."""
    for process in [p for p in world.stack.processes if p.name == "worker"]:
        process.stop()
        world.stack.processes.remove(process)
    rows(world, "DELETE FROM processes WHERE role = 'worker'")  # killed: they cannot say so
    started = [on_a_core(world, number, FAILPOINTS=one) for number, one in enumerate(failpoints)]
    wait_for(
        lambda: len(rows(world, "SELECT 1 FROM processes WHERE role = 'worker'")) == len(started)
    )
    return started


def on_a_core(world: World, number: int, **env: str) -> Process:
    """A worker with one core of its own: with several threads x264's rate limit is not repeatable."""
    mine = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {sorted(mine)[number % len(mine)]})
    try:
        return world.stack.start_worker(env=SPLIT | env)
    finally:
        os.sched_setaffinity(0, mine)


def rows(world: World, query: str, *args: Any) -> list[dict[str, Any]]:
    async def ask() -> list[dict[str, Any]]:
        connection = await asyncpg.connect(world.stack.env["DATABASE_URL"])
        try:
            return [dict(row) for row in await connection.fetch(query, *args)]
        finally:
            await connection.close()

    return asyncio.run(ask())


def wait_for(true: Callable[[], bool]) -> None:
    """A crowded machine may take minutes for what takes seconds on an idle one."""
    for _ in range(1500):
        if true():
            return
        time.sleep(0.2)
    raise AssertionError("it never came true")


def jobs(world: World, upload: str, kind: str) -> list[dict[str, Any]]:
    return rows(world, "SELECT * FROM jobs WHERE ref_id=$1 AND kind=$2 ORDER BY id", upload, kind)


def running(world: World, upload: str, kind: str) -> list[dict[str, Any]]:
    return [job for job in jobs(world, upload, kind) if job["state"] == "running"]


def in_one_piece(film: Path, log: Path, folder: Path) -> Film:
    """What a single process makes of the same cuts, on one core."""
    spec = rendition_spec(Aspect.WIDE, short_side=720)
    hud = validate_spec({"theme": HUD["theme"]})
    output = Output(spec, folder / "whole.mp4")
    one = RenderJob(
        film,
        (output,),
        read_track(log),
        hud,
        offset_s=float(str(HUD["offset_s"])),
        cores=1,
    )
    render_resumable(one, folder, seconds=SEGMENT_S)
    return watch(output.path, scale=2)


def test_two_workers_and_a_kill_make_what_one_worker_makes(
    fleet: World, film: Path, log: Path, tmp_path: Path
) -> None:
    doomed, _ = workers(fleet, "after_segment:kill", "")
    upload = fleet.send(film, log, hud=HUD, renditions=WIDE)
    wait_for(lambda: doomed.returncode is not None)
    on_a_core(fleet, 0)
    detail = fleet.settle(upload)
    assert detail["state"] == "ready", detail["problem"]
    done = jobs(fleet, upload, "renditions.segment")
    assert len(done) == 6
    # Two workers shared them: one died over its segment, which alone was made again.
    assert sorted(job["lease_epoch"] for job in done) == [1, 1, 1, 1, 1, 2]
    assert len(jobs(fleet, upload, "renditions.join")) == 1

    file = tmp_path / "joined.mp4"
    fleet.client.download(detail["renditions"][0]["download_url"], file)
    joined, whole = watch(file, scale=2), in_one_piece(film, log, tmp_path)
    assert joined.numbers == list(range(SECONDS * 30))
    assert joined.times == pytest.approx([n / 30 for n in range(SECONDS * 30)], abs=1e-6)
    for one, other in zip(joined.luma, whole.luma, strict=True):
        np.testing.assert_array_equal(one, other)
    np.testing.assert_array_equal(joined.sound, whole.sound)
    assert joined.beeps() == pytest.approx(joined.flashes(), abs=1 / 30)

    assert rows(fleet, "SELECT 1 FROM render_plans") == []
    wait_for(lambda: fleet.objects(upload, "segments") == [])


def test_canceling_stops_every_worker_and_leaves_nothing(
    fleet: World, film: Path, log: Path
) -> None:
    upload = fleet.send(film, log, hud=HUD, renditions={"short_side": 1080})
    wait_for(lambda: len(running(fleet, upload, "renditions.segment")) == 2)
    fleet.client.call("POST", f"/api/uploads/{upload}/cancel")
    wait_for(lambda: running(fleet, upload, "renditions.segment") == [])
    states = {job["state"] for job in jobs(fleet, upload, "renditions.segment")}
    assert "canceled" in states
    assert states <= {"canceled", "succeeded"}, "one may have been finished just before"
    assert jobs(fleet, upload, "renditions.join") == []
    assert rows(fleet, "SELECT 1 FROM render_plans") == []
    wait_for(lambda: fleet.objects(upload) == [])
    detail = fleet.client.call("GET", f"/api/uploads/{upload}")
    assert detail["state"] == "canceled"
    assert {one["state"] for one in detail["renditions"]} == {"canceled"}


def test_a_segment_that_cannot_be_made_ends_the_render_with_its_reason(
    fleet: World, film: Path, tmp_path: Path
) -> None:
    broken = tmp_path / "broken.mp4"
    broken.write_bytes(wiped(film, first=150, last=290))
    upload = fleet.send(broken, renditions=WIDE)
    detail = fleet.settle(upload)
    assert (detail["state"], detail["problem"]["code"]) == ("rejected", "media_damaged")
    assert detail["renditions"][0]["problem"]["code"] == "media_damaged"
    wait_for(lambda: running(fleet, upload, "renditions.segment") == [])
    states = {job["state"] for job in jobs(fleet, upload, "renditions.segment")}
    assert "dead" in states
    assert states <= {"dead", "succeeded", "canceled"}
    assert jobs(fleet, upload, "renditions.join") == []
    wait_for(lambda: fleet.objects(upload) == [])


def wiped(film: Path, first: int, last: int) -> bytes:
    """The film with the bytes of some pictures lost, as by a bad memory card."""
    data = bytearray(film.read_bytes())
    with av.open(str(film)) as file:
        for number, packet in enumerate(file.demux(file.streams.video[0])):
            if first <= number < last and packet.pos is not None:
                data[packet.pos : packet.pos + packet.size] = bytes(packet.size)
    return bytes(data)
