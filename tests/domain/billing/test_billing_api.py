"""Billing through the real application."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from api_client import Api, running
from conftest import Servers, wipe
from uploadm8.domain.billing.tables import QuotaEntry

pytestmark = pytest.mark.anyio


@pytest.fixture
async def api(servers: Servers) -> AsyncIterator[Api]:
    async with running(servers) as made:
        try:
            yield made
        finally:
            await wipe()


async def test_anyone_may_read_the_price_list(api: Api) -> None:
    answer = await api.http.get("/api/billing/prices")
    body = answer.json()
    assert (answer.status_code, body["source"]) == (200, "table")
    assert [(item["tier"], item["amount_cents"]) for item in body["items"]] == [
        ("starter", 0),
        ("solo", 999),
        ("creator", 1999),
        ("growth", 2999),
        ("studio", 4999),
        ("agency", 9999),
    ]
    assert body["items"][1]["adds"] == ["scheduling", "discord_alerts"]
    assert [item["tier"] for item in body["items"] if item["preselected"]] == ["creator"]


async def test_a_new_user_stands_on_starter_with_ten_uploads(api: Api) -> None:
    someone = await api.register()
    standing = (await api.http.get("/api/billing/subscription", headers=someone.headers)).json()
    assert standing["entitlement"]["tier"] == "starter"
    assert standing["entitlement"]["reason"]
    assert (standing["subscription"], standing["over_limits"]) == (None, [])
    usage = (await api.http.get("/api/billing/usage", headers=someone.headers)).json()
    assert (usage["limit"], usage["used"], usage["remaining"]) == (10, 0, 10)
    assert usage["resets_at"].endswith("Z")
    invoices = (await api.http.get("/api/billing/invoices", headers=someone.headers)).json()
    assert invoices == {"items": [], "next_cursor": None}


@pytest.mark.parametrize(
    ("path", "body", "status", "code"),
    [
        ("checkout", {"lookup_key": "uploadm8_solo_monthly"}, 503, "billing_off"),
        ("checkout", {"lookup_key": "gold"}, 400, "unknown_price"),
        ("checkout", {"price": 1}, 400, "invalid_request"),
        ("portal", None, 503, "billing_off"),
        ("subscription/cancel", None, 409, "no_subscription"),
        ("webhook", {"id": "evt_1"}, 404, "not_found"),
    ],
)
async def test_without_stripe_everything_answers_with_a_reason(
    api: Api, path: str, body: dict[str, Any] | None, status: int, code: str
) -> None:
    someone = await api.register()
    answer = await api.http.post(f"/api/billing/{path}", json=body, headers=someone.headers)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.headers["content-type"] == "application/problem+json"


async def test_two_hundred_presigns_at_once_at_limit_ten_grant_exactly_ten(api: Api) -> None:
    someone = await api.register()
    body = {"filename": "drive.mp4", "content_type": "video/mp4", "size_bytes": 1000}

    async def presign() -> httpx.Response:
        return await api.http.post("/api/uploads/presign", json=body, headers=someone.headers)

    answers = await asyncio.gather(*(presign() for _ in range(200)))
    statuses = Counter(answer.status_code for answer in answers)
    assert statuses == {201: 10, 402: 190}
    refused = next(answer.json() for answer in answers if answer.status_code == 402)
    assert (refused["code"], refused["limit"], refused["required_tier"]) == (
        "quota_exceeded",
        10,
        "solo",
    )
    usage = (await api.http.get("/api/billing/usage", headers=someone.headers)).json()
    assert (usage["reserved"], usage["remaining"]) == (10, 0)
    assert await QuotaEntry.count() == 10


@pytest.mark.parametrize("path", ["subscription", "usage", "invoices"])
async def test_nothing_about_money_is_shown_to_strangers(api: Api, path: str) -> None:
    assert (await api.http.get(f"/api/billing/{path}")).status_code == 401
