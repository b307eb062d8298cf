"""Who is told of what, over which channel, on which tier."""

from typing import Any

import pytest

from domain.notifications.conftest import FAILED, POSTED, Team
from uploadm8.domain.billing.plans import Tier
from uploadm8.domain.workspaces.events import EventKind as K

pytestmark = pytest.mark.anyio

QUOTA: dict[str, Any] = {"limit": 10, "resets_at": "2026-02-01T00:00:00Z"}


async def test_a_post_is_told_to_discord_with_its_address(team: Team) -> None:
    await team.on(Tier.SOLO)
    await team.use_discord()
    await team.happens(K.PUBLICATION_PUBLISHED, "1", **POSTED)
    (alert,) = team.alerts()
    (embed,) = alert["embeds"]
    assert (embed["title"], embed["url"]) == ("Posted to YouTube", "https://youtu.be/abc")
    assert {"name": "Account", "value": "Alpine Rides", "inline": True} in embed["fields"]
    assert team.mails() == []


async def test_a_failed_post_is_told_by_mail_and_discord_with_what_to_do(team: Team) -> None:
    await team.on(Tier.SOLO)
    await team.use_discord()
    await team.happens(K.PUBLICATION_FAILED, "1", **FAILED)
    assert team.alerts()[0]["embeds"][0]["description"] == "It broke. Mend it."
    assert team.mails() == ["publication-failed"]


async def test_the_same_occasion_is_told_once(team: Team) -> None:
    await team.happens(K.PUBLICATION_FAILED, "1", **FAILED)
    await team.happens(K.PUBLICATION_FAILED, "1", **FAILED)
    assert team.mails() == ["publication-failed"]


async def test_starter_may_not_set_a_discord_webhook(team: Team) -> None:
    url = f"{team.discord}/api/webhooks/123/abc"
    answer = await team.call("PATCH", "/api/settings", {"discord_webhook_url": url})
    assert (answer.status_code, answer.json()["feature"]) == (402, "discord_alerts")


async def test_after_a_downgrade_discord_rests_and_the_address_is_kept(team: Team) -> None:
    await team.on(Tier.SOLO)
    await team.use_discord()
    await team.call("PATCH", "/api/settings", {"display_name": "Before"})
    await _end_grants(team)
    await team.happens(K.PUBLICATION_PUBLISHED, "1", **POSTED)
    assert team.alerts() == []
    kept = await team.call("PATCH", "/api/settings", {"display_name": "After"})
    assert (kept.status_code, kept.json()["discord_webhook"]) == (200, True)


async def test_choosing_events_needs_advanced_alerts(team: Team) -> None:
    await team.on(Tier.CREATOR)
    body = {"notifications": {"email": {"published": True}}}
    refused = await team.call("PATCH", "/api/settings", body)
    assert (refused.status_code, refused.json()["required_tier"]) == (402, "growth")


async def test_chosen_events_go_over_the_chosen_channels(team: Team) -> None:
    await team.on(Tier.GROWTH)
    await team.use_discord()
    chosen = {
        "email": {"published": True, "publish_failed": False},
        "discord": {"published": False},
    }
    await team.call("PATCH", "/api/settings", {"notifications": chosen})
    await team.happens(K.PUBLICATION_PUBLISHED, "1", **POSTED)
    await team.happens(K.PUBLICATION_FAILED, "2", **FAILED)
    assert team.mails() == ["publication-published"]
    assert [alert["embeds"][0]["title"] for alert in team.alerts()] == ["A post to YouTube failed"]


async def test_failures_are_told_at_every_nth_of_a_day(team: Team) -> None:
    await team.on(Tier.GROWTH)
    await team.call("PATCH", "/api/settings", {"notifications": {"failures_a_day": 3}})
    for occasion in range(7):
        await team.happens(K.PUBLICATION_FAILED, str(occasion), **FAILED)
    assert team.mails() == ["publication-failed"] * 2


async def test_the_quota_is_told_at_eighty_and_a_hundred_percent(team: Team) -> None:
    for percent in (50, 70, 80, 90, 100):
        await team.happens(K.QUOTA_USED, str(percent), percent=percent, used=percent // 10, **QUOTA)
    assert team.mails() == ["quota-used", "quota-used"]


async def test_other_shares_of_the_quota_can_be_chosen(team: Team) -> None:
    await team.on(Tier.GROWTH)
    await team.call("PATCH", "/api/settings", {"notifications": {"quota_percent": [50]}})
    for percent in (50, 80):
        await team.happens(K.QUOTA_USED, str(percent), percent=percent, used=percent // 10, **QUOTA)
    assert team.mails() == ["quota-used"]


async def test_a_webhook_that_discord_has_deleted_is_removed_and_never_called_again(
    team: Team,
) -> None:
    await team.on(Tier.SOLO)
    await team.use_discord("gone-for-good")
    await team.happens(K.PUBLICATION_PUBLISHED, "1", **POSTED)
    settings = (await team.call("GET", "/api/settings")).json()
    assert settings["discord_webhook"] is False
    assert team.mails() == ["discord-webhook_removed"]


async def _end_grants(team: Team) -> None:
    from uploadm8.domain.billing.tables import Grant

    await Grant.raw("UPDATE entitlement_grants SET revoked_at=now()")
