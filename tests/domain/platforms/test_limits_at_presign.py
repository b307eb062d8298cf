"""Announcing an upload says what the platforms allow its accounts now, and never waits for them."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest

from conftest import Servers
from platform_site import Site, site_of
from sandbox_flows import Sandbox
from uploadm8.domain.platforms.clients.base import LiveLimits
from uploadm8.domain.platforms.limits_memory import FRESH_S, RETRY_S, LimitsMemory
from uploadm8.domain.platforms.tables import ConnectedAccount
from uploadm8.infra.clock import now
from uploadm8.infra.ids import new_id

pytestmark = pytest.mark.anyio

OPTIONS: dict[str, dict[str, Any]] = {
    "tiktok": {"privacy": "PUBLIC_TO_EVERYONE"},
    "instagram": {},
}


@pytest.fixture
async def site(servers: Servers, sandbox: Sandbox) -> AsyncIterator[Site]:
    async with site_of(servers, sandbox) as opened:
        yield opened


async def presign(site: Site, platform: str, **options: Any) -> httpx.Response:
    account = (await site.account(platform))["id"]
    target = {"account_id": account, "options": OPTIONS[platform] | options}
    told = {"filename": "lap.mp4", "content_type": "video/mp4", "size_bytes": 1_000_000}
    return await site.api.http.post(
        "/api/uploads/presign", json=told | {"targets": [target]}, headers=site.me.headers
    )


def findings(answer: httpx.Response) -> list[tuple[str, str]]:
    assert answer.status_code == 201, answer.text
    [post] = answer.json()["publications"]
    return [(one["code"], one["severity"]) for one in post["findings"]]


async def asked(site: Site, party: str, route: str) -> int:
    path = f"calls?party={party}&route={route}"
    return len(await asyncio.to_thread(site.sandbox.control, "GET", path))


async def test_a_privacy_that_is_not_on_offer_is_refused_when_the_upload_is_announced(
    site: Site,
) -> None:
    await site.connect("tiktok", "quiet")
    refused = await presign(site, "tiktok")
    assert (refused.status_code, refused.json()["code"]) == (400, "preflight_blocked")
    assert [one["code"] for one in refused.json()["findings"]] == ["privacy_not_offered"]
    assert findings(await presign(site, "tiktok", privacy="SELF_ONLY", allow_duets=True)) == [
        ("duets_off", "change")
    ]


async def test_a_used_up_quota_of_instagram_is_told_when_the_upload_is_announced(
    site: Site,
) -> None:
    await site.connect("instagram", "anna")
    await asyncio.to_thread(site.sandbox.switch, instagram_quota_total=0)
    assert findings(await presign(site, "instagram")) == [("daily_limit_reached", "change")]


async def test_several_uploads_ask_a_platform_once(site: Site) -> None:
    await site.connect("tiktok")
    answers = await asyncio.gather(*[presign(site, "tiktok") for _ in range(5)])
    assert [findings(answer) for answer in answers] == [[]] * 5
    assert await asked(site, "tiktok", "creator_info") == 1


async def test_an_idempotent_request_asks_beside_its_transaction(site: Site) -> None:
    await site.connect("tiktok")
    await site.connect("instagram", "anna")
    accounts = [(await site.account(platform))["id"] for platform in OPTIONS]
    past = now() - timedelta(minutes=1)  # each token has to be renewed first
    await ConnectedAccount.update({ConnectedAccount.access_expires_at: past}, force=True)
    targets = [
        {"account_id": account, "options": options}
        for account, options in zip(accounts, OPTIONS.values(), strict=True)
    ]
    told = {"filename": "lap.mp4", "content_type": "video/mp4", "size_bytes": 1_000_000}
    headers = site.me.headers | {"Idempotency-Key": "one"}
    first, again = [
        await site.api.http.post(
            "/api/uploads/presign", json=told | {"targets": targets}, headers=headers
        )
        for _ in range(2)
    ]
    assert first.json()["id"] == again.json()["id"]
    assert [post["findings"] for post in first.json()["publications"]] == [[], []]
    more = {"upload_id": first.json()["id"], "targets": targets}
    once = site.me.headers | {"Idempotency-Key": "two"}
    added = await site.api.http.post("/api/publications", json=more, headers=once)
    assert (added.status_code, added.json()["code"]) == (409, "already_planned")


@pytest.mark.parametrize("fault", ["5xx", "429", "reset_before", "slow"])
async def test_a_platform_in_trouble_holds_nobody_up(site: Site, fault: str) -> None:
    await site.connect("tiktok")
    await asyncio.to_thread(
        site.sandbox.fault, "tiktok", "creator_info", fault, times=0, delay_s=60
    )
    assert findings(await presign(site, "tiktok")) == [("limits_unchecked", "change")]
    assert findings(await presign(site, "tiktok")) == [("limits_unchecked", "change")]


async def test_an_access_that_turns_out_to_be_gone_lets_the_post_wait(site: Site) -> None:
    await site.connect("tiktok")
    body = {"party": "tiktok", "account": "apex"}
    await asyncio.to_thread(site.sandbox.control, "POST", "revoke", json=body)
    assert findings(await presign(site, "tiktok")) == [("account_needs_reconnect", "change")]


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


async def test_answers_are_kept_for_two_minutes_and_refusals_not_at_all() -> None:
    clock, asked = Clock(), 0
    memory, account = LimitsMemory(clock), new_id()
    answers: dict[UUID, LiveLimits | None] = {account: LiveLimits(posts_used=1)}

    async def ask() -> LiveLimits | None:
        nonlocal asked
        asked += 1
        return answers[account]

    for moment, times in ((0.0, 1), (FRESH_S, 1), (FRESH_S + 1, 2)):
        clock.now = moment
        assert await memory.ask(account, ask, 1.0) == answers[account]
        assert asked == times
    memory.forget(account)
    answers[account] = LiveLimits(can_post=False)
    for times in (3, 4):
        assert await memory.ask(account, ask, 1.0) == answers[account]
        assert asked == times
    answers[account] = None
    for moment, times in ((0.0, 5), (RETRY_S, 5), (RETRY_S + 1, 6)):
        clock.now = FRESH_S + 1 + moment
        assert await memory.ask(account, ask, 1.0) is None
        assert asked == times
    await memory.aclose()


async def test_a_question_that_is_slow_is_waited_for_once_and_then_answers_all() -> None:
    clock, told = Clock(), asyncio.Event()
    memory, account = LimitsMemory(clock), new_id()

    async def ask() -> LiveLimits | None:
        await told.wait()
        return LiveLimits(posts_used=7)

    assert await memory.ask(account, ask, 0.01) is None
    clock.now = 5.0
    assert await memory.ask(account, ask, 1.0) is None  # its second is over long ago
    told.set()
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert await memory.ask(account, ask, 1.0) == LiveLimits(posts_used=7)
    await memory.aclose()
