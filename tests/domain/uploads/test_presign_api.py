"""Announcing a video over HTTP, in one piece and in parts."""

import httpx
import pytest

from api_client import Api
from numbers_world import Shop, open_shop
from uploadm8.domain.billing.plans import Tier
from uploadm8.domain.platforms.tables import Platform

pytestmark = pytest.mark.anyio

VIDEO = {"filename": "GX010042.MP4", "content_type": "video/mp4"}
PART = 16 * 1024 * 1024


@pytest.fixture
async def shop(api: Api) -> Shop:
    return await open_shop(api, Tier.AGENCY)


async def test_targets_hud_and_schedule_are_said_when_the_video_is_announced(shop: Shop) -> None:
    account = str(await shop.account(Platform.YOUTUBE))
    body = {
        **VIDEO,
        "size_bytes": 734_003_200,
        "title": "Stelvio before breakfast",
        "caption": "48 bends, no traffic.",
        "hashtags": ["stelvio", "motorcycle"],
        "targets": [
            {
                "account_id": account,
                "options": {"privacy": "public", "made_for_kids": False, "tags": ["alps"]},
                "schedule": {
                    "mode": "at",
                    "at": "2027-06-01T07:30:00",
                    "time_zone": "Europe/Rome",
                },
            }
        ],
        "hud": {"theme": "glass", "preset": "motorcycle", "units": "metric", "accent": "#ff6a3d"},
        "renditions": {"aspects": ["16:9", "9:16"], "short_side": 1080},
        "thumbnail_at_s": 12.5,
    }
    answer = await shop.api.http.post(
        "/api/uploads/presign", json=body, headers=shop.someone.headers
    )
    assert answer.status_code == 201, answer.text
    told = answer.json()
    assert (told["state"], told["method"]) == ("pending", "PUT")
    (post,) = told["publications"]
    assert (post["account_id"], post["publish_at"]) == (account, "2027-06-01T05:30:00Z")


async def test_an_interrupted_upload_is_told_which_parts_are_there(shop: Shop) -> None:
    body = {**VIDEO, "size_bytes": 3 * PART, "multipart": True}
    made = await shop.api.http.post("/api/uploads/presign", json=body, headers=shop.someone.headers)
    assert made.status_code == 201, made.text
    first = made.json()["parts"][0]
    async with httpx.AsyncClient() as storage:
        sent = await storage.put(first["url"], content=bytes(first["size_bytes"]))
    assert sent.status_code == 200, sent.text
    told = await shop.ask(f"/api/uploads/{made.json()['id']}/parts")
    assert [part["etag"] is not None for part in told["parts"]] == [
        part["number"] == first["number"] for part in made.json()["parts"]
    ]


async def test_a_kind_of_file_that_is_not_accepted_is_refused_before_a_byte_is_sent(
    shop: Shop,
) -> None:
    body = {"filename": "dashcam.ts", "content_type": "video/mp2t", "size_bytes": 1_000_000}
    answer = await shop.api.http.post(
        "/api/uploads/presign", json=body, headers=shop.someone.headers
    )
    assert (answer.status_code, answer.json()["code"]) == (415, "video_type_unsupported")
    assert "video/mp4" in answer.json()["action"]
    assert "video/mp2t" not in answer.json()["action"]
