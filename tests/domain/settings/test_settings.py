"""Settings: strict, in part or whole, private where they are private."""

from typing import Any

import pytest

from api_client import Api, Someone
from uploadm8.core.hud.spec import Units
from uploadm8.domain.settings.tables import SettingsRow

pytestmark = pytest.mark.anyio

HOME = {"name": "Home", "latitude": 52.5, "longitude": 13.4, "radius_m": 300.0}
HOOK = "https://discord.com/api/webhooks/123456/abc-DEF_123"


async def subscriber(api: Api) -> Someone:
    someone = await api.register()
    await api.upgrade(someone)
    return someone


async def patch(api: Api, someone: Someone, **body: Any) -> Any:
    return await api.http.patch("/api/settings", json=body, headers=someone.headers)


async def settings(api: Api, someone: Someone) -> dict[str, Any]:
    told: dict[str, Any] = (await api.http.get("/api/settings", headers=someone.headers)).json()
    return told


async def test_a_patch_changes_what_it_names_and_null_brings_the_default_back(api: Api) -> None:
    someone = await subscriber(api)
    await patch(api, someone, units="imperial", time_zone="Europe/Berlin", privacy_zones=[HOME])
    notices = {"email": {"published": True}}
    changed = await patch(api, someone, units=None, notifications=notices)
    assert changed.status_code == 200, changed.text
    told = await settings(api, someone)
    assert (told["units"], told["time_zone"]) == ("metric", "Europe/Berlin")
    assert told["privacy_zones"] == [HOME]
    assert told["notifications"]["email"] == {
        **told["notifications"]["email"],
        "published": True,
        "publish_failed": True,
    }


async def test_a_workspace_may_use_every_unit_that_the_hud_knows(api: Api) -> None:
    someone = await subscriber(api)
    for units in Units:
        assert (await patch(api, someone, units=units)).status_code == 200
        assert (await settings(api, someone))["units"] == units


async def test_a_put_replaces_all_but_the_webhook_it_cannot_repeat(api: Api) -> None:
    someone = await subscriber(api)
    await patch(api, someone, units="imperial", discord_webhook_url=HOOK)
    answer = await api.http.put("/api/settings", json={}, headers=someone.headers)
    assert (answer.json()["units"], answer.json()["discord_webhook"]) == ("metric", True)
    gone = {"discord_webhook_url": None}
    answer = await api.http.put("/api/settings", json=gone, headers=someone.headers)
    assert answer.json()["discord_webhook"] is False


@pytest.mark.parametrize(
    "body",
    [
        {"units": "furlongs"},
        {"time_zone": "Mars/Olympus"},
        {"time_zone": "../../etc/passwd"},
        {"privacy_zones": [{**HOME, "latitude": 91}]},
        {"privacy_zones": [{**HOME, "radius_m": 1e9}]},
        {"privacy_zones": [HOME] * 21},
        {"notifications": {"email": {"telegrams": True}}},
        {"uploads": {"schedule_mode": "whenever"}},
        {"hud": {"theme": "no such theme"}},
        {"role": "admin"},
    ],
)
async def test_t9_what_is_no_setting_is_refused_and_changes_nothing(
    api: Api, body: dict[str, Any]
) -> None:
    someone = await api.register()
    before = await settings(api, someone)
    answer = await patch(api, someone, **body)
    assert answer.status_code == 400, answer.text
    assert await settings(api, someone) == before


@pytest.mark.parametrize(
    "url",
    [
        "http://discord.com/api/webhooks/1/abc",
        "https://discord.com.evil.example/api/webhooks/1/abc",
        "https://discord.com@evil.example/api/webhooks/1/abc",
        "https://discord.com:8443/api/webhooks/1/abc",
        "https://discord.com/api/webhooks/1/abc/../../../x",
        "https://discord.com/api/webhooks/1/abc?wait=true",
        "https://discord.com/api/users/@me",
        "https://127.0.0.1/api/webhooks/1/abc",
        "https://[::1]/api/webhooks/1/abc",
        "https://[::ffff:127.0.0.1]/api/webhooks/1/abc",
        "https://2130706433/api/webhooks/1/abc",
        "https://0x7f.1/api/webhooks/1/abc",
        "https://169.254.169.254/api/webhooks/1/abc",
        "https://rebind.example/api/webhooks/1/abc",
        "file:///api/webhooks/1/abc",
    ],
)
async def test_t26_a_discord_webhook_lives_on_discord_and_nowhere_else(api: Api, url: str) -> None:
    answer = await patch(api, await subscriber(api), discord_webhook_url=url)
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["field"] == "discord_webhook_url"


async def test_webhook_and_zones_are_not_in_a_plain_column(api: Api) -> None:
    someone = await subscriber(api)
    await patch(api, someone, discord_webhook_url=HOOK, privacy_zones=[HOME])
    (row,) = await SettingsRow.raw("SELECT document::text AS document, private_enc FROM settings")
    assert row["private_enc"].startswith("v1.")
    assert "abc-DEF" not in str(dict(row))
    assert "13.4" not in str(dict(row))
    assert "abc-DEF" not in str(await settings(api, someone))
