"""What a customer does wrong gets a name and a next step; quota and storage are left clean."""

import json
import time
from pathlib import Path
from typing import Any

import av
import httpx
import numpy as np
import pytest

from journeys_world import World
from uploadm8.dev.rest_client import ApiProblemError, RestClient

pytestmark = pytest.mark.slow


def refused(world: World, method: str, path: str, **kwargs: Any) -> tuple[int, str]:
    with pytest.raises(ApiProblemError) as caught:
        world.client.call(method, path, **kwargs)
    problem = caught.value.problem
    return int(problem["status"]), str(problem["code"])


def rejected(world: World, path: Path, telemetry: Path | None = None) -> dict[str, Any]:
    used = world.used()
    upload = world.send(path, telemetry)
    detail = world.settle(upload)
    assert detail["state"] == "rejected"
    assert detail["problem"]["action"]
    assert world.used() == used
    for _ in range(100):
        if not world.objects(upload):
            break
        time.sleep(0.1)
    assert world.objects(upload) == []
    return detail


def test_a_type_that_is_no_video_is_refused_before_a_byte_is_sent(
    world: World, tmp_path: Path
) -> None:
    body = {"filename": "a.txt", "content_type": "text/plain", "size_bytes": 5}
    assert refused(world, "POST", "/api/uploads/presign", json=body) == (
        415,
        "video_type_unsupported",
    )


def test_zero_bytes_are_refused_before_a_byte_is_sent(world: World) -> None:
    body = {"filename": "a.mp4", "content_type": "video/mp4", "size_bytes": 0}
    assert refused(world, "POST", "/api/uploads/presign", json=body)[0] == 400


def test_a_text_file_named_mp4_is_rejected(world: World, tmp_path: Path) -> None:
    file = tmp_path / "notes.mp4"
    file.write_text("These are only notes.\n" * 50)
    assert rejected(world, file)["problem"]["code"] == "media_not_video"


def test_a_video_without_a_picture_is_rejected(world: World, tmp_path: Path) -> None:
    file = tmp_path / "sound.mp4"
    with av.open(str(file), "w") as container:
        stream = container.add_stream("aac", rate=48000)
        for start in range(0, 48000, 1024):
            frame = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), "fltp", "mono")
            frame.sample_rate, frame.pts = 48000, start
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    assert rejected(world, file)["problem"]["code"] == "media_no_video_stream"


def test_telemetry_that_is_garbage_is_rejected_with_its_own_name(
    world: World, tmp_path: Path
) -> None:
    garbage = tmp_path / "track.gpx"
    garbage.write_bytes(bytes(range(256)) * 40)
    detail = rejected(world, world.clip.video, garbage)
    assert detail["problem"]["code"].startswith("telemetry_")
    assert detail["telemetry"]["problem"]["code"] == detail["problem"]["code"]


def test_completing_what_was_never_sent_says_so(world: World) -> None:
    upload = world.presign(world.clip.video)["id"]
    assert refused(world, "POST", f"/api/uploads/{upload}/complete") == (409, "object_missing")
    world.client.call("POST", f"/api/uploads/{upload}/cancel")


def test_a_second_complete_gives_the_same_answer(world: World, tmp_path: Path) -> None:
    file = tmp_path / "notes.mp4"
    file.write_text("no video")
    upload = world.send(file)
    again = world.client.call("POST", f"/api/uploads/{upload}/complete")
    assert again["id"] == upload
    assert world.settle(upload)["state"] == "rejected"


def test_another_tenants_upload_is_not_there(world: World) -> None:
    upload = world.presign(world.clip.video)["id"]
    stranger = RestClient(world.stack.api_url)
    stranger.register("stranger@example.com", "nobody you know at all")
    for method, path in (("GET", ""), ("POST", "/complete"), ("POST", "/cancel")):
        with pytest.raises(ApiProblemError) as caught:
            stranger.call(method, f"/api/uploads/{upload}{path}")
        assert caught.value.problem["status"] == 404
    world.client.call("POST", f"/api/uploads/{upload}/cancel")


def test_canceling_gives_the_quota_back_and_removes_the_bytes(world: World) -> None:
    used = world.used()
    presigned = world.presign(world.clip.video)
    world.client.put_file(presigned, world.clip.video, lambda _: None)
    detail = world.client.call("POST", f"/api/uploads/{presigned['id']}/cancel")
    assert detail["state"] == "canceled"
    assert world.used() == used


def test_the_worker_lives_on_after_all_that_and_tells_its_progress(world: World) -> None:
    upload = world.send(world.clip.video, world.clip.telemetry)
    url = f"{world.stack.api_url}/api/uploads/{upload}/events"
    told: list[dict[str, Any]] = []
    with httpx.stream("GET", url, headers=world.client.http.headers, timeout=120) as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        told = [json.loads(line[6:]) for line in answer.iter_lines() if line.startswith("data: ")]
    assert told[-1] == {"state": "ready", "progress": 1.0}
    shares = [event["progress"] for event in told if event["state"] == "rendering"]
    assert shares == sorted(shares)
    assert world.settle(upload)["state"] == "ready"
