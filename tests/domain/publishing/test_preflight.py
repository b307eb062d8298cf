"""Preflight runs when a post is accepted and again with the account's live limits."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from platform_clients import access_of, connect, draft_of
from sandbox_flows import Sandbox
from uploadm8.domain.platforms.clients.base import Draft, Platform
from uploadm8.domain.platforms.clients.errors import PlatformError
from uploadm8.domain.platforms.clients.options import read_options
from uploadm8.domain.platforms.clients.registry import Clients
from uploadm8.domain.publishing.preflight import PreflightError, Wish, accept, before_sending

pytestmark = pytest.mark.anyio


async def drafted(
    sandbox: Sandbox, clients: Clients, film: Path, platform: Platform, account: str = ""
) -> Draft:
    profile = (await connect(sandbox, clients, platform, account))[0]
    return draft_of(platform, access_of(profile), film)


@pytest.mark.parametrize("platform", list(Platform))
async def test_a_good_post_passes(
    sandbox: Sandbox, clients: Clients, film: Path, platform: Platform
) -> None:
    draft = await drafted(sandbox, clients, film, platform)
    assert await before_sending(clients.publishers[platform], draft) == []


async def test_a_privacy_the_account_does_not_offer_any_more_blocks(
    sandbox: Sandbox, clients: Clients, film: Path
) -> None:
    draft = await drafted(sandbox, clients, film, Platform.TIKTOK, "quiet")
    with pytest.raises(PreflightError) as blocked:
        await before_sending(clients.publishers[Platform.TIKTOK], draft)
    assert blocked.value.extra["findings"][0]["code"] == "privacy_not_offered"


async def test_a_film_that_is_too_long_for_the_account_blocks(
    sandbox: Sandbox, clients: Clients, film: Path
) -> None:
    draft = await drafted(sandbox, clients, film, Platform.TIKTOK, "brief")
    long = replace(draft, facts=replace(draft.facts, duration=61.0))
    with pytest.raises(PreflightError, match="up to 60 seconds"):
        await before_sending(clients.publishers[Platform.TIKTOK], long)


async def test_a_full_day_waits_instead_of_failing(
    sandbox: Sandbox, clients: Clients, film: Path
) -> None:
    await asyncio.to_thread(sandbox.switch, instagram_quota_total=0)
    draft = await drafted(sandbox, clients, film, Platform.INSTAGRAM)
    with pytest.raises(PlatformError) as full:
        await before_sending(clients.publishers[Platform.INSTAGRAM], draft)
    assert (full.value.retry, full.value.retry_after) == ("rate_limited", 3_600.0)


def test_what_needs_no_film_is_refused_when_the_post_is_accepted() -> None:
    options = read_options(Platform.TIKTOK, {})
    wish = Wish(Platform.TIKTOK, "x" * 2201, options, "Lap", frozenset())
    with pytest.raises(PreflightError) as blocked:
        accept(wish, "targets[0]")
    codes = [finding["code"] for finding in blocked.value.extra["findings"]]
    assert codes == ["caption_too_long", "privacy_required"]
    assert {field.field for field in blocked.value.fields} == {"targets[0]"}


def test_what_goes_out_differently_is_told() -> None:
    options = read_options(Platform.YOUTUBE, {})
    found = accept(Wish(Platform.YOUTUBE, "Lap", options, "Lap", frozenset()), "targets[0]")
    assert [finding.code for finding in found] == ["privacy_not_chosen", "audience_not_chosen"]


@pytest.mark.parametrize(("days", "warned"), [(10, True), (30, False)])
def test_an_access_that_ends_before_the_post_is_told(days: int, *, warned: bool) -> None:
    start = datetime(2026, 6, 1, tzinfo=UTC)
    wish = Wish(
        Platform.INSTAGRAM,
        "Lap",
        read_options(Platform.INSTAGRAM, {}),
        "Lap",
        frozenset(),
        publish_at=start + timedelta(days=20),
        access_ends=start + timedelta(days=days),
    )
    found = [finding.code for finding in accept(wish, "targets[0]")]
    assert found == (["access_ends_before"] if warned else [])
