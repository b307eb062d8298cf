"""Telemetry of an upload over HTTP: sent, summed up, shown, shifted, and hidden by privacy zones."""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import av
import httpx
import numpy as np
import pytest

from api_client import Api, Someone
from conftest import wipe
from uploadm8.core.telemetry.geo import distance_m
from uploadm8.core.telemetry.preview import summary
from uploadm8.core.telemetry.reader import read_track
from uploadm8.dev.sample import SamplePaths, write_sample
from uploadm8.infra.jobs.handlers import JobContext
from uploadm8.infra.jobs.queue import claim_next, finish
from uploadm8.worker import handlers

pytestmark = [pytest.mark.anyio, pytest.mark.slow]


@dataclass
class Desk:
    """A signed-in user with one upload that has been inspected and rendered."""

    api: Api
    owner: Someone
    clip: SamplePaths
    upload: str = ""

    async def call(self, method: str, path: str, who: Someone | None = None, **more: Any) -> Any:
        headers = (who or self.owner).headers
        return await self.api.http.request(method, path, headers=headers, **more)

    async def presign(self, size: int) -> dict[str, Any]:
        body = {"filename": "drive.mp4", "content_type": "video/mp4", "size_bytes": size}
        choice = {"short_side": 720, "aspects": ["16:9"], "max_fps": 30}
        answer = await self.call(
            "POST", "/api/uploads/presign", json={**body, "renditions": choice}
        )
        assert answer.status_code == 201, answer.text
        told: dict[str, Any] = answer.json()
        return told

    async def put(self, told: dict[str, Any], data: bytes) -> int:
        async with httpx.AsyncClient() as storage:
            sent = await storage.put(told["upload_url"], content=data, headers=told["headers"])
        return sent.status_code

    async def work(self) -> None:
        """Do every due job of uploads and renditions."""
        known = handlers(self.api.app.state.services)
        for queue in ("jobs", "telemetry", "jobs"):
            while (job := await claim_next(queue, "test", 300)) is not None:
                await known[job.kind].run(JobContext(job, "test"))
                await finish(job, "succeeded")

    async def detail(self) -> dict[str, Any]:
        answer = await self.call("GET", f"/api/uploads/{self.upload}")
        assert answer.status_code == 200, answer.text
        told: dict[str, Any] = answer.json()
        return told

    async def preview(self, shape: str = "channels") -> Any:
        path = f"/api/uploads/{self.upload}/telemetry/preview?format={shape}"
        answer = await self.call("GET", path)
        assert answer.status_code == 200, answer.text
        return answer

    async def rendition(self, folder: Path) -> Path:
        """The first rendition, downloaded."""
        found = (await self.detail())["renditions"][0]
        async with httpx.AsyncClient() as storage:
            file = await storage.get(found["download_url"])
        path = folder / "rendition.mp4"
        path.write_bytes(file.content)
        return path


async def test_renditions_that_cannot_be_made_are_refused_at_once(desk: Desk) -> None:
    body = {"filename": "a.mp4", "content_type": "video/mp4", "size_bytes": 9}
    answer = await desk.call(
        "POST", "/api/uploads/presign", json={**body, "renditions": {"aspects": ["16x9"]}}
    )
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_request")


@pytest.fixture(scope="module")
async def desk(running_app: Api, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Desk]:
    folder = tmp_path_factory.mktemp("drive")
    clip = write_sample(folder, seconds=3, width=320, height=180, fps=15, margin_s=60)
    desk = Desk(running_app, await running_app.register(), clip)
    video, gpx = clip.video.read_bytes(), clip.telemetry.read_bytes()
    told = await desk.presign(len(video))
    desk.upload = told["id"]
    assert await desk.put(told, video) == 200
    log = {"filename": "drive.gpx", "size_bytes": len(gpx)}
    announced = await desk.call("POST", f"/api/uploads/{desk.upload}/telemetry", json=log)
    assert announced.status_code == 201, announced.text
    assert await desk.put(announced.json(), gpx) == 200
    for step in ("telemetry/complete", "telemetry/complete", "complete"):
        answer = await desk.call("POST", f"/api/uploads/{desk.upload}/{step}")
        assert answer.status_code in (200, 202), answer.text
    await desk.work()
    yield desk
    await wipe()
    await running_app.app.state.services.redis.flushdb()


async def test_the_details_sum_the_file_up_as_inspect_does(desk: Desk) -> None:
    detail = await desk.detail()
    assert detail["state"] == "ready"
    telemetry = detail["telemetry"]
    assert (telemetry["state"], telemetry["filename"]) == ("ready", "drive.gpx")
    assert telemetry["summary"] == json.loads(json.dumps(summary(read_track(desk.clip.telemetry))))
    assert telemetry["sync"]["offset_s"] == pytest.approx(60.0, abs=0.6)


async def test_the_preview_has_every_channel_on_one_axis(desk: Desk) -> None:
    told = (await desk.preview()).json()
    track = read_track(desk.clip.telemetry)
    assert len(told["t"]) <= 1_000
    assert {len(values) for values in told["channels"].values()} == {len(told["t"])}
    assert list(told["channels"]) == summary(track)["channels"]
    assert told["t"][0] == pytest.approx(float(track.t[0]), abs=1e-3)
    assert max(v for v in told["channels"]["speed"] if v is not None) == pytest.approx(
        summary(track)["max_speed_mps"], abs=1e-3
    )


async def test_geojson_is_a_line_of_longitude_and_latitude(desk: Desk) -> None:
    answer = await desk.preview("geojson")
    assert answer.headers["content-type"].startswith("application/geo+json")
    feature = answer.json()
    first = summary(read_track(desk.clip.telemetry))["first"]
    assert feature["type"] == "Feature"
    assert feature["geometry"]["coordinates"][0][0] == [first["lon"], first["lat"]]


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "telemetry", {"filename": "a.gpx", "size_bytes": 10}),
        ("POST", "telemetry/complete", None),
        ("PATCH", "telemetry", {"offset_s": 1.0}),
        ("GET", "telemetry/preview", None),
        ("GET", "telemetry/preview?format=geojson", None),
    ],
)
async def test_another_tenant_finds_nothing(
    desk: Desk, method: str, path: str, body: dict[str, Any] | None
) -> None:
    other = await desk.api.register()
    answer = await desk.call(method, f"/api/uploads/{desk.upload}/{path}", other, json=body)
    assert answer.status_code == 404, answer.text


@pytest.mark.parametrize("offset", ["1e999", "86401", "-86401", '"soon"', "null"])
async def test_an_offset_that_is_no_offset_is_refused(desk: Desk, offset: str) -> None:
    answer = await desk.api.http.patch(
        f"/api/uploads/{desk.upload}/telemetry",
        headers={**desk.owner.headers, "Content-Type": "application/json"},
        content=f'{{"offset_s": {offset}}}',
    )
    assert answer.status_code == 400, answer.text


async def test_a_shape_that_does_not_exist_is_refused(desk: Desk) -> None:
    answer = await desk.call(
        "GET", f"/api/uploads/{desk.upload}/telemetry/preview?format=shapefile"
    )
    assert answer.status_code == 400, answer.text


async def test_a_second_file_comes_too_late_once_the_video_is_ready(desk: Desk) -> None:
    body = {"filename": "other.gpx", "size_bytes": 10}
    answer = await desk.call("POST", f"/api/uploads/{desk.upload}/telemetry", json=body)
    assert (answer.status_code, answer.json()["code"]) == (409, "upload_in_progress")


async def test_complete_says_when_nothing_was_announced_or_nothing_came(desk: Desk) -> None:
    told = await desk.presign(1000)
    path = f"/api/uploads/{told['id']}/telemetry"
    nothing = await desk.call("POST", f"{path}/complete")
    assert (nothing.status_code, nothing.json()["code"]) == (404, "telemetry_not_found")
    await desk.call("POST", path, json={"filename": "a.gpx", "size_bytes": 10})
    missing = await desk.call("POST", f"{path}/complete")
    assert (missing.status_code, missing.json()["code"]) == (409, "object_missing")
    early = await desk.call("GET", f"{path}/preview")
    assert (early.status_code, early.json()["code"]) == (404, "telemetry_not_found")


async def test_a_rendition_tells_no_place_unless_asked_and_never_one_in_a_zone(
    desk: Desk, tmp_path: Path
) -> None:
    before = await desk.rendition(tmp_path)
    assert [mark for mark in (b"loci", b"\xa9xyz") if mark in before.read_bytes()] == []
    began = read_track(desk.clip.telemetry)
    row = int(np.searchsorted(began.t, 60.0))
    start = [float(began.columns[name].values[row]) for name in ("lat", "lon")]  # type: ignore[index]
    zone = {"name": "home", "latitude": start[0], "longitude": start[1], "radius_m": 50.0}
    changed = await desk.call(
        "PATCH", "/api/settings", json={"privacy_zones": [zone], "share_location": True}
    )
    assert changed.status_code == 200, changed.text
    assert changed.json()["share_location"] is True
    path = f"/api/uploads/{desk.upload}/telemetry"
    shifted = await desk.call("PATCH", path, json={"offset_s": 60.25})
    assert shifted.status_code == 200, shifted.text
    assert shifted.json()["state"] == "rendering"
    await desk.work()
    detail = await desk.detail()
    assert detail["state"] == "ready"
    sync = detail["telemetry"]["sync"]
    assert (sync["offset_s"], sync["method"], sync["needs_review"]) == (60.25, "manual", False)
    with av.open(str(await desk.rendition(tmp_path))) as file:
        told = file.metadata["location"]
    assert distance_m(float(told[:8]), float(told[8:17]), *start) > 40.0  # 4 decimals: 8 m


async def test_a_zone_drawn_later_hides_positions_that_were_kept(desk: Desk) -> None:
    first = summary(read_track(desk.clip.telemetry))["first"]
    zone = {"name": "home", "latitude": first["lat"], "longitude": first["lon"], "radius_m": 300.0}
    changed = await desk.call("PATCH", "/api/settings", json={"privacy_zones": [zone]})
    assert changed.status_code == 200, changed.text

    def inside(lat: float, lon: float) -> bool:
        return distance_m(lat, lon, first["lat"], first["lon"]) <= 300.0

    channels = (await desk.preview()).json()["channels"]
    shown = [
        (lat, lon)
        for lat, lon in zip(channels["lat"], channels["lon"], strict=True)
        if lat is not None
    ]
    assert 0 < len(shown) < len(channels["lat"])
    assert not any(inside(*place) for place in shown)
    assert all(value is not None for value in channels["speed"])
    lines = (await desk.preview("geojson")).json()["geometry"]["coordinates"]
    assert lines
    assert not any(inside(lat, lon) for line in lines for lon, lat in line)
    assert (await desk.detail())["telemetry"]["summary"]["first"] is None
    still = await desk.call("GET", f"/api/uploads/{desk.upload}/hud/preview?t=1")
    assert still.status_code == 200, still.text
