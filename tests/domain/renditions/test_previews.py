"""HUD stills and saved HUDs: any moment, look and shape, spending nothing."""

from pathlib import Path
from typing import Any
from uuid import UUID

import cv2
import httpx
import numpy as np
import pytest
from numpy.typing import NDArray

from media import number_of
from numbers_world import open_shop
from render_desk import Desk
from uploadm8.domain.uploads.tables import Upload
from uploadm8.infra.storage.keys import source_key

pytestmark = pytest.mark.anyio

SIZES = {"16:9": (1080, 1920), "9:16": (1920, 1080), "1:1": (1080, 1080), "4:5": (1350, 1080)}


@pytest.fixture(scope="module")
async def upload(desk: Desk, clip: Path, log: Path) -> UUID:
    """Inspected, not rendered, and its source is gone."""
    made = await desk.send(clip, log, hud={"offset_s": 0.0, "theme": "minimal"})
    await desk.work(most=1)
    await desk.services.storage.delete(source_key(desk.shop.workspace_id, made))
    return made


async def still(desk: Desk, upload: UUID, status: int = 200, **query: Any) -> httpx.Response:
    return await desk.call("GET", f"/api/uploads/{upload}/hud/preview", status, params=query)


async def drawn(
    desk: Desk, upload: UUID, body: dict[str, Any], status: int = 200, **query: Any
) -> httpx.Response:
    path = f"/api/uploads/{upload}/hud/preview"
    return await desk.call("POST", path, status, params=query, json=body)


def picture(answer: httpx.Response) -> NDArray[np.uint8]:
    assert answer.headers["content-type"] == "image/jpeg"
    pixels = cv2.imdecode(np.frombuffer(answer.content, np.uint8), cv2.IMREAD_GRAYSCALE)
    assert pixels is not None
    return np.asarray(pixels, np.uint8)


@pytest.mark.parametrize("shape", list(SIZES))
async def test_every_shape_is_shown_at_its_size(desk: Desk, upload: UUID, shape: str) -> None:
    assert picture(await still(desk, upload, rendition=shape)).shape == SIZES[shape]


async def test_the_moment_asked_for_is_shown(desk: Desk, upload: UUID) -> None:
    for moment in (0.0, 1.0, 2.0):
        shown = number_of(picture(await still(desk, upload, t=moment)), scale=3)
        assert shown == pytest.approx(moment * 30, abs=2)


async def test_every_theme_looks_different_and_a_hud_is_whole_at_once(
    desk: Desk, upload: UUID
) -> None:
    themes = [item["name"] for item in (await desk.call("GET", "/api/hud/themes")).json()["items"]]
    assert len(themes) >= 6
    bare = picture(await drawn(desk, upload, {"widgets": []}, t=0.0)).astype(int)
    looks = [picture(await still(desk, upload, t=0.0, theme=name)).astype(int) for name in themes]
    for look in looks:
        assert (np.abs(look - bare) > 40).mean() > 0.002
    assert len({look.tobytes() for look in looks}) == len(themes)


async def test_a_theme_has_a_picture(desk: Desk) -> None:
    told = (await desk.call("GET", "/api/hud/themes")).json()
    assert told["presets"]
    assert told["widgets"]
    answer = await desk.call("GET", told["items"][0]["thumbnail_url"])
    assert picture(answer).shape == (1080, 1920)
    missing = await desk.call("GET", "/api/hud/themes/baroque.jpg", 404)
    assert missing.json()["code"] == "theme_not_found"


async def test_a_preview_spends_no_quota_and_starts_no_work(desk: Desk, upload: UUID) -> None:
    before = (await desk.call("GET", "/api/billing/usage")).json()["used"]
    await still(desk, upload)
    assert (await desk.call("GET", "/api/billing/usage")).json()["used"] == before
    assert (await desk.detail(upload))["renditions"] == []


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"theme": "baroque"}, "theme"),
        ({"widgets": [{"kind": "speed"}, {"kind": "teapot"}]}, "widgets[1].kind"),
        ({"widgets": [{"kind": "speed", "anchor": "outside"}]}, "widgets[0].anchor"),
        ({"scale": 9}, "scale"),
        ({"colour": "red"}, "colour"),
    ],
)
async def test_a_wrong_layout_names_the_field(
    desk: Desk, upload: UUID, body: dict[str, Any], field: str
) -> None:
    told = (await drawn(desk, upload, body, status=400)).json()
    assert told["code"] == "invalid_hud"
    assert field in told["errors"][0]["field"]


async def test_wrong_moments_shapes_and_colours_are_refused(desk: Desk, upload: UUID) -> None:
    assert (await still(desk, upload, 400, t=2.5)).json()["code"] == "outside_the_video"
    for query in ({"rendition": "3:2"}, {"accent": "blue"}, {"theme": "baroque"}, {"t": "nan"}):
        await still(desk, upload, 400, **query)


async def test_another_tenant_sees_nothing(desk: Desk, upload: UUID) -> None:
    stranger = await open_shop(desk.api)
    path = f"/api/uploads/{upload}/hud/preview"
    told = (await desk.call("GET", path, 404, someone=stranger.someone)).json()
    assert told["code"] == "upload_not_found"


async def test_what_was_not_looked_into_yet_has_no_preview(desk: Desk, clip: Path) -> None:
    waiting = await desk.send(clip)
    assert (await still(desk, waiting, 409)).json()["code"] == "not_inspected"
    await desk.call("POST", f"/api/uploads/{waiting}/cancel")


async def of_one_moment(
    desk: Desk, upload: UUID, layout_id: str, hud: dict[str, Any]
) -> tuple[httpx.Response, httpx.Response]:
    """By id and by body; a busy machine may at first show pictures of two moments behind them."""
    for _ in range(20):
        by_id = await still(desk, upload, layout_id=layout_id)
        by_body = await drawn(desk, upload, hud)
        if by_id.headers["x-picture-time"] == by_body.headers["x-picture-time"]:
            return by_id, by_body
    raise AssertionError("the pictures never were those of one moment")


async def test_a_hud_is_saved_changed_used_and_deleted(desk: Desk, upload: UUID) -> None:
    path, hud = "/api/hud/layouts", {"theme": "racing", "widgets": [{"kind": "speed"}]}
    saved = (await desk.call("POST", path, 201, json={"name": "Track", "hud": hud})).json()
    assert saved["hud"]["theme"] == "racing"
    one = f"{path}/{saved['id']}"
    assert (await desk.call("GET", one)).json() == saved
    by_id, by_body = await of_one_moment(desk, upload, saved["id"], hud)
    np.testing.assert_array_equal(picture(by_id), picture(by_body))

    changed = {"name": "Track day", "hud": hud | {"units": "imperial"}}
    assert (await desk.call("PUT", one, json=changed)).json()["hud"]["units"] == "imperial"
    size = {"filename": "a.mp4", "content_type": "video/mp4", "size_bytes": 9}
    body = size | {"hud": {"layout_id": saved["id"], "accent": "#ff0000"}}
    made = (await desk.call("POST", "/api/uploads/presign", 201, json=body)).json()
    used = {name: made["hud"][name] for name in ("theme", "units", "accent")}
    assert used == {"theme": "racing", "units": "imperial", "accent": "#ff0000"}

    await desk.call("DELETE", one, 204)
    await desk.call("GET", one, 404)
    refused = (await desk.call("POST", "/api/uploads/presign", 404, json=body)).json()
    assert refused["code"] == "layout_not_found"
    assert (await desk.detail(made["id"]))["hud"] == made["hud"]


async def test_names_of_saved_huds_are_unique_and_wrong_ones_are_not_saved(desk: Desk) -> None:
    path = "/api/hud/layouts"
    await desk.call("POST", path, 201, json={"name": "One", "hud": {}})
    again = (await desk.call("POST", path, 409, json={"name": "One", "hud": {}})).json()
    assert again["code"] == "layout_name_taken"
    wrong = (await desk.call("POST", path, 400, json={"name": "Two", "hud": {"scale": 9}})).json()
    assert wrong["code"] == "invalid_hud"
    names = [item["name"] for item in (await desk.call("GET", path)).json()["items"]]
    assert names == ["One"]


async def test_the_hud_of_the_settings_is_every_uploads_own(desk: Desk) -> None:
    change = {"hud": {"theme": "drone"}, "units": "imperial"}
    await desk.call("PATCH", "/api/settings", json=change)
    size = {"filename": "a.mp4", "content_type": "video/mp4", "size_bytes": 9}
    made = (await desk.call("POST", "/api/uploads/presign", 201, json=size)).json()
    assert (made["hud"]["theme"], made["hud"]["units"]) == ("drone", "imperial")
    body = size | {"hud": {"theme": "sport"}}
    made = (await desk.call("POST", "/api/uploads/presign", 201, json=body)).json()
    assert (made["hud"]["theme"], made["hud"]["units"]) == ("sport", "imperial")
    await desk.call("PATCH", "/api/settings", json={"hud": None, "units": None})
    assert await Upload.count() > 0
