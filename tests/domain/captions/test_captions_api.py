"""Caption templates over HTTP, and what becomes of them at publishing."""

from typing import Any

import pytest

from numbers_world import Shop, open_shop
from uploadm8.domain.billing.plans import Tier
from uploadm8.domain.captions.videos import written_caption
from uploadm8.domain.platforms.clients.base import Platform
from uploadm8.domain.uploads.tables import Upload
from uploadm8.infra.clock import now
from uploadm8.infra.db.json_columns import to_json

pytestmark = pytest.mark.anyio

RIDE = {
    "name": "Ride",
    "text": "{title}\nTop speed {max_speed}\nFrom {place} to {place_end}\n{hashtags}",
    "by_platform": {"tiktok": "{title} {hashtags}"},
}
KNOWN = {
    "duration_s": 61.0,
    "telemetry": {"max_speed_mps": 31.0},
    "places": {"start": {"name": "Bormio", "country": "IT"}, "end": {"name": "Prato"}},
}


@pytest.fixture
async def shop(api: Any) -> Shop:
    return await open_shop(api, Tier.GROWTH)


async def call(shop: Shop, method: str, path: str, body: Any = None) -> Any:
    return await shop.api.http.request(method, path, json=body, headers=shop.someone.headers)


async def test_a_template_is_saved_with_an_example(shop: Shop) -> None:
    made = (await call(shop, "POST", "/api/caption-templates", RIDE)).json()
    assert made["example"].splitlines()[1] == "Top speed 112 km/h"
    listed = (await call(shop, "GET", "/api/caption-templates")).json()
    assert [one["name"] for one in listed["items"]] == ["Ride"]
    assert "max_speed" in [one["name"] for one in listed["variables"]]


async def test_lower_tiers_have_no_templates(api: Any) -> None:
    shop = await open_shop(api)
    answer = await call(shop, "POST", "/api/caption-templates", RIDE)
    assert (answer.status_code, answer.json()["required_tier"]) == (402, "growth")


async def test_an_unknown_variable_is_refused_by_name(shop: Shop) -> None:
    answer = await call(shop, "POST", "/api/caption-templates", RIDE | {"text": "{speed}"})
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_template")
    assert answer.json()["errors"][0]["message"] == "{speed} is no variable"


async def test_more_hashtags_than_a_platform_takes_are_refused_for_that_platform(
    shop: Shop,
) -> None:
    many = " ".join(f"#tag{number}" for number in range(31))
    body = RIDE | {"by_platform": {"instagram": many}}
    answer = await call(shop, "POST", "/api/caption-templates", body)
    assert answer.json()["errors"][0]["field"] == "by_platform.instagram"


async def test_two_templates_cannot_have_one_name(shop: Shop) -> None:
    await call(shop, "POST", "/api/caption-templates", RIDE)
    answer = await call(shop, "POST", "/api/caption-templates", RIDE)
    assert (answer.status_code, answer.json()["code"]) == (409, "template_name_taken")


async def test_a_preview_tells_the_captions_of_an_upload_and_what_is_missing(shop: Shop) -> None:
    made = (await call(shop, "POST", "/api/caption-templates", RIDE)).json()
    upload = await shop.upload(source=to_json(KNOWN), hashtags=to_json(["alps"]))
    path = f"/api/caption-templates/{made['id']}/preview/{upload}"
    told = (await call(shop, "GET", path)).json()
    assert told["captions"]["youtube"].splitlines() == [
        "Lap one",
        "Top speed 112 km/h",
        "From Bormio to Prato",
        "#alps",
    ]
    assert told["captions"]["tiktok"] == "Lap one #alps"
    assert "distance" in told["missing"]


async def test_the_caption_is_written_once_the_video_is_known(shop: Shop) -> None:
    upload = await shop.upload(source=to_json(KNOWN))
    account = await shop.account()
    row = await Upload.select().where(Upload.id == upload).first()
    assert row is not None
    text = "{title} on {platform}: {max_speed}"
    caption = await written_caption(text, row, account, Platform.YOUTUBE)
    assert caption == "Lap one on YouTube: 112 km/h"


async def test_after_a_change_of_the_settings_an_older_video_has_no_place(shop: Shop) -> None:
    upload = await shop.upload(source=to_json(KNOWN), uploaded_at=now())
    row = await Upload.select().where(Upload.id == upload).first()
    assert row is not None
    assert await written_caption("{place}", row, upload, Platform.YOUTUBE) == "Bormio"
    zone = {"name": "Home", "latitude": 46.47, "longitude": 10.37}
    await call(shop, "PATCH", "/api/settings", {"privacy_zones": [zone]})
    assert await written_caption("{place|near home}", row, upload, Platform.YOUTUBE) == "near home"


async def test_a_target_with_a_template_of_another_workspace_is_refused(
    api: Any, shop: Shop
) -> None:
    other = await open_shop(api, Tier.GROWTH)
    theirs = (await call(other, "POST", "/api/caption-templates", RIDE)).json()
    target = {"account_id": str(await shop.account()), "caption_template_id": theirs["id"]}
    body = {
        "filename": "a.mp4",
        "content_type": "video/mp4",
        "size_bytes": 1000,
        "targets": [target],
    }
    answer = await call(shop, "POST", "/api/uploads/presign", body)
    assert (answer.status_code, answer.json()["code"]) == (400, "template_not_found")


async def test_a_template_is_replaced_as_a_whole(shop: Shop) -> None:
    made = (await call(shop, "POST", "/api/caption-templates", RIDE)).json()
    path = f"/api/caption-templates/{made['id']}"
    changed = (await call(shop, "PUT", path, {"name": "Lap", "text": "{title}"})).json()
    assert (changed["name"], changed["text"], changed["by_platform"]) == ("Lap", "{title}", {})
    assert (await call(shop, "GET", path)).json() == changed
