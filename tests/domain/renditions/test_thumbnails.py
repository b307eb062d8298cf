"""The thumbnail: picked, chosen before, chosen afterwards; and the cover of each platform."""

from pathlib import Path
from typing import Any
from uuid import UUID

import cv2
import httpx
import numpy as np
import pytest

from media import number_of
from render_desk import Desk
from uploadm8.domain.platforms.clients.base import Platform
from uploadm8.domain.platforms.clients.options import read_options
from uploadm8.domain.publishing.aftermath import wanted_steps
from uploadm8.domain.publishing.covers import with_cover

pytestmark = pytest.mark.anyio


async def shown(desk: Desk, upload: UUID) -> int:
    """The number of the picture that the still shows."""
    url = (await desk.detail(upload))["renditions"][0]["still_url"]
    async with httpx.AsyncClient(trust_env=False) as http:
        data = (await http.get(url)).content
    pixels = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_GRAYSCALE)
    assert pixels is not None
    assert pixels.shape == (720, 1280)
    return number_of(np.asarray(pixels, np.uint8), scale=2)


async def choose(desk: Desk, upload: UUID, at_s: float | None, status: int = 200) -> dict[str, Any]:
    path = f"/api/uploads/{upload}/thumbnail"
    found: dict[str, Any] = (await desk.call("PUT", path, status, json={"at_s": at_s})).json()
    return found


@pytest.fixture(scope="module")
async def upload(desk: Desk, clip: Path) -> UUID:
    made = await desk.send(clip, thumbnail_at_s=0.5)
    await desk.work()
    return made


async def test_a_chosen_second_is_what_the_still_shows(desk: Desk, upload: UUID) -> None:
    assert (await desk.detail(upload))["thumbnail"] == {"at_s": 0.5, "chosen": True}
    assert await shown(desk, upload) == 15


async def test_another_second_can_be_chosen_when_all_is_rendered(desk: Desk, upload: UUID) -> None:
    told = await choose(desk, upload, 1.5)
    assert told["thumbnail"] == {"at_s": 1.5, "chosen": True}
    assert await desk.work() == 1
    assert await shown(desk, upload) == 45
    await choose(desk, upload, 1.5)
    assert await desk.work() == 0


async def test_without_a_choice_a_sharp_picture_is_picked(desk: Desk, upload: UUID) -> None:
    told = await choose(desk, upload, None)
    picked = told["thumbnail"]["at_s"]
    assert not told["thumbnail"]["chosen"]
    assert 0 < picked < 2
    await desk.work()
    assert await shown(desk, upload) == pytest.approx(picked * 30, abs=1)


async def test_a_second_outside_the_video_is_refused(desk: Desk, upload: UUID) -> None:
    wrong = await choose(desk, upload, 2.5, status=400)
    assert (wrong["code"], wrong["errors"][0]["field"]) == ("outside_the_video", "at_s")


async def test_an_upload_that_came_to_nothing_has_no_thumbnail(desk: Desk) -> None:
    size = {"filename": "a.mp4", "content_type": "video/mp4", "size_bytes": 9}
    made = (await desk.call("POST", "/api/uploads/presign", 201, json=size)).json()["id"]
    await desk.call("POST", f"/api/uploads/{made}/cancel")
    assert (await choose(desk, made, 1.0, status=409))["code"] == "upload_canceled"


@pytest.mark.parametrize(
    ("platform", "own", "chosen", "expected"),
    [
        (Platform.TIKTOK, {}, False, {"cover_at_ms": 1500}),
        (Platform.TIKTOK, {"cover_at_ms": 7}, True, {"cover_at_ms": 7}),
        (Platform.INSTAGRAM, {}, False, {"cover": None, "cover_at_ms": 1500}),
        (Platform.INSTAGRAM, {}, True, {"cover": "still", "cover_at_ms": None}),
        (Platform.INSTAGRAM, {"cover_at_ms": 7}, True, {"cover": None, "cover_at_ms": 7}),
        (Platform.YOUTUBE, {}, False, {"thumbnail": None}),
        (Platform.YOUTUBE, {}, True, {"thumbnail": "still"}),
        (Platform.FACEBOOK, {}, True, {"thumbnail": "still"}),
    ],
)
def test_each_platform_gets_the_moment_in_its_own_way(
    platform: Platform, own: dict[str, Any], chosen: bool, expected: dict[str, Any]
) -> None:
    options = with_cover(read_options(platform, own), 1.5, 60.0, chosen=chosen)
    assert {name: getattr(options, name) for name in expected} == expected


def test_a_cover_never_lies_after_the_end_of_a_cut_video() -> None:
    options = with_cover(read_options(Platform.TIKTOK, {}), 700.0, 600.0, chosen=True)
    assert getattr(options, "cover_at_ms") == 599_900  # noqa: B009  of the four, only one has it


def test_a_chosen_thumbnail_is_set_after_publishing_where_that_is_possible() -> None:
    youtube, tiktok = (read_options(one, {}) for one in (Platform.YOUTUBE, Platform.TIKTOK))
    assert wanted_steps(youtube, reel=False) == []
    assert wanted_steps(youtube, reel=False, thumbnail_chosen=True) == [("thumbnail", "still")]
    assert wanted_steps(tiktok, reel=False, thumbnail_chosen=True) == []
