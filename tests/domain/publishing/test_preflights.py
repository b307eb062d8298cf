"""Preflight through the API: before an upload, once it is announced, and once it was inspected."""

from typing import Any
from uuid import UUID

import pytest

from api_client import Api
from numbers_world import Shop, open_shop
from uploadm8.domain.billing.plans import Tier
from uploadm8.domain.platforms.tables import ConnectedAccount, Platform
from uploadm8.domain.publishing.release import Releases
from uploadm8.domain.publishing.tables import Publication
from uploadm8.domain.uploads.tables import Upload, UploadState
from uploadm8.infra.db.json_columns import to_json
from uploadm8.infra.jobs.catalog import RELEASE_PUBLICATIONS
from uploadm8.infra.jobs.handlers import JobContext
from uploadm8.infra.jobs.queue import claim, enqueue

pytestmark = pytest.mark.anyio

OPTIONS: dict[Platform, dict[str, Any]] = {
    Platform.TIKTOK: {"privacy": "SELF_ONLY"},
    Platform.YOUTUBE: {"privacy": "public", "made_for_kids": False},
}
PHONE: dict[str, Any] = {
    "container": "mov",
    "size_bytes": 90_000_000,
    "duration_s": 61.0,
    "frames": 1830,
    "codec": "hevc",
    "width": 3840,
    "height": 2160,
    "rotation": 0,
    "fps": 30.0,
    "nominal_fps": "30",
    "variable_frame_rate": True,
    "interlaced": False,
    "location": True,
    "bit_depth": 10,
    "hdr": True,
    "audio": {"codec": "aac", "rate": 48000, "channels": 2},
}


@pytest.fixture
async def shop(api: Api) -> Shop:
    return await open_shop(api, Tier.AGENCY)


def body(*targets: dict[str, Any], **more: Any) -> dict[str, Any]:
    size = {"filename": "lap.mp4", "content_type": "video/mp4", "size_bytes": 90_000_000}
    return {**size, "title": "Lap", "targets": list(targets), **more}


async def target(shop: Shop, platform: Platform, **more: Any) -> dict[str, Any]:
    account = await shop.account(platform)
    return {"account_id": str(account), "options": OPTIONS.get(platform, {}), **more}


async def checked(shop: Shop, told: dict[str, Any], status: int = 200) -> dict[str, Any]:
    answer = await shop.api.http.post("/api/preflight", json=told, headers=shop.someone.headers)
    assert answer.status_code == status, answer.text
    found: dict[str, Any] = answer.json()
    return found


def codes(target: dict[str, Any]) -> dict[str, str]:
    assert all(one["message"] and one["what_we_do"] for one in target["findings"])
    return {one["code"]: one["severity"] for one in target["findings"]}


async def test_a_draft_is_judged_for_each_target_and_nothing_is_kept(shop: Shop) -> None:
    reel, short = [await target(shop, p) for p in (Platform.INSTAGRAM, Platform.TIKTOK)]
    long = body(reel, short, duration_s=950.0, width=1920, height=1080, fps=30.0)
    told = await checked(shop, long)
    assert (told["stage"], told["blocked"]) == ("inspected", True)
    assert [codes(one)["too_long"] for one in told["targets"]] == ["block", "block"]
    assert told["targets"][0]["findings"][0]["severity"] == "block"
    assert told["targets"][0]["rendition"] == {"name": "9x16", "width": 1080, "height": 1920}
    assert await Upload.count() == 0
    assert (await shop.ask("/api/billing/usage"))["used"] == 0


async def test_a_long_video_is_cut_only_where_that_is_asked_for(shop: Shop) -> None:
    targets = [await target(shop, p) for p in (Platform.INSTAGRAM, Platform.TIKTOK)]
    long = body(*targets, duration_s=950.0, renditions={"platforms": {"tiktok": {"cut": True}}})
    reel, short = (await checked(shop, long))["targets"]
    assert codes(reel)["too_long"] == "block"
    assert codes(short)["cut"] == "change"
    assert not short["blocked"]


async def test_a_long_facebook_video_goes_out_as_a_page_video(shop: Shop) -> None:
    page = await target(shop, Platform.FACEBOOK)
    (told,) = (await checked(shop, body(page, duration_s=300.0)))["targets"]
    assert not told["blocked"]
    assert told["rendition"]["name"] == "16x9"


async def test_texts_and_options_are_judged_with_the_media(shop: Shop) -> None:
    reel = await target(shop, Platform.INSTAGRAM, caption="a" * 2201)
    private = await target(shop, Platform.TIKTOK, options={})
    told = await checked(shop, body(reel, private))
    assert told["stage"] == "announced"
    assert codes(told["targets"][0]) == {"caption_too_long": "block"}
    assert codes(told["targets"][1]) == {"privacy_required": "block"}


async def test_wrong_drafts_are_refused_with_the_field(shop: Shop) -> None:
    page = await target(shop, Platform.FACEBOOK)
    wrong = await checked(shop, body(page, renditions={"platforms": {"myspace": {}}}), 400)
    assert (wrong["code"], wrong["errors"][0]["field"]) == (
        "invalid_request",
        "renditions.platforms",
    )
    stranger = {"account_id": "01990a3e-8f2b-7c4d-9e10-0f1a2b3c4d5e"}
    assert (await checked(shop, body(stranger), 400))["code"] == "account_not_found"
    page["options"] = {"privacy": "public"}
    assert (await checked(shop, body(page), 400))["code"] == "invalid_options"


async def test_without_auto_transcode_the_shape_of_the_video_must_fit(shop: Shop, api: Api) -> None:
    poor = await open_shop(api)
    reel = await target(poor, Platform.INSTAGRAM)
    wide = await checked(poor, body(reel, duration_s=30.0, width=2560, height=1080, fps=30.0))
    assert codes(wide["targets"][0])["resolution"] == "block"
    upright = await checked(poor, body(reel, duration_s=30.0, width=1080, height=1920, fps=30.0))
    assert not upright["blocked"]


async def test_an_upload_is_judged_by_what_is_known_of_it(shop: Shop) -> None:
    presigned = await shop.api.http.post(
        "/api/uploads/presign",
        json=body(
            await target(shop, Platform.TIKTOK), content_type="video/webm", filename="lap.webm"
        ),
        headers=shop.someone.headers,
    )
    assert presigned.status_code == 201, presigned.text
    upload = presigned.json()["id"]
    told = await shop.ask(f"/api/uploads/{upload}/preflight")
    assert (told["stage"], told["blocked"]) == ("announced", False)
    assert codes(told["targets"][0]) == {"converted": "fix"}

    await Upload.update(
        {Upload.state: UploadState.RENDERING.value, Upload.source: to_json(PHONE)}
    ).where(Upload.id == UUID(upload))
    told = await shop.ask(f"/api/uploads/{upload}/preflight")
    assert told["stage"] == "inspected"
    assert codes(told["targets"][0]) == {
        "hdr_to_sdr": "change",
        "shape": "change",
        "rate_steadied": "fix",
        "converted": "fix",
        "location_removed": "fix",
    }


async def test_what_the_media_means_is_kept_with_the_post_beside_the_rest(shop: Shop) -> None:
    upload = await shop.upload(source=to_json(PHONE), state=UploadState.RENDERING)
    other = {"severity": "change", "code": "privacy_default", "message": "m", "what_we_do": "w"}
    stale = other | {"code": "shape", "message": "of another rendition"}
    post = await shop.post(
        "draft", platform=Platform.TIKTOK, upload=upload, findings=to_json([other, stale])
    )
    preflights = shop.api.app.state.services.preflights
    for _ in range(2):
        await preflights.note_media(upload)
    kept = (await shop.ask(f"/api/publications/{post}"))["findings"]
    assert [one["code"] for one in kept].count("shape") == 1
    assert kept[0] == other
    assert {"hdr_to_sdr", "converted"} <= {one["code"] for one in kept}


async def test_a_post_without_a_file_fails_for_what_its_platform_refused(shop: Shop) -> None:
    upload = await shop.upload(
        source=to_json(PHONE | {"duration_s": 950.0}), state=UploadState.RENDERING
    )
    refused = await shop.post("draft", platform=Platform.TIKTOK, upload=upload)
    unmade = await shop.post("draft", platform=Platform.YOUTUBE, upload=upload)
    await shop.api.app.state.services.preflights.note_media(upload)
    await Upload.update({Upload.state: UploadState.READY.value}).where(Upload.id == upload)
    job_id = await enqueue(RELEASE_PUBLICATIONS, ref_id=upload)
    assert job_id is not None
    job = await claim(job_id, "test", 60)
    assert job is not None
    await Releases().release(JobContext(job, "test"))
    told = [await shop.ask(f"/api/publications/{post}") for post in (refused, unmade)]
    assert [one["state"] for one in told] == ["failed", "failed"]
    assert [one["problem"]["code"] for one in told] == ["too_long", "rendition_missing"]
    assert told[0]["problem"]["detail"] == "TikTok takes at most 600 s; this has 950 s."
    assert all(one["problem"]["action"] for one in told)


async def test_presign_refuses_renditions_that_cannot_be_made(shop: Shop) -> None:
    wrongs: tuple[dict[str, Any], ...] = (
        {"short_side": 480},
        {"max_fps": 0},
        {"fit": "stretch"},
        {"shape": "round"},
    )
    for wrong in wrongs:
        answer = await shop.api.http.post(
            "/api/uploads/presign", json=body(renditions=wrong), headers=shop.someone.headers
        )
        assert answer.status_code == 400, answer.text
        assert answer.json()["code"] == "invalid_request"
        assert answer.json()["errors"][0]["field"].startswith("renditions")
    assert await Publication.count() == await ConnectedAccount.count() == 0
