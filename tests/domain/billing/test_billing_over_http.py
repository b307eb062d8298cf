"""A customer's way through billing over HTTP, with the sandbox of Stripe behind it."""

import json
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from api_client import Api, Someone, running
from billing_world import GOOD_CARD, World, stripe_world
from conftest import Servers, wipe
from light_jobs import run_light_jobs, services_of
from uploadm8.dev.sandbox import sandbox_env
from uploadm8.dev.sandbox.stripe.events import signature
from uploadm8.domain.billing.plans import PLANS, Tier

pytestmark = pytest.mark.anyio


@dataclass
class Customer:
    """A signed-in owner of a workspace, and Stripe."""

    api: Api
    someone: Someone
    world: World

    async def get(self, path: str) -> dict[str, Any]:
        answer = await self.api.http.get(f"/api/billing/{path}", headers=self.someone.headers)
        assert answer.status_code == 200, answer.text
        told: dict[str, Any] = answer.json()
        return told

    async def post(self, path: str, tier: Tier | None = None) -> dict[str, Any]:
        body = {"lookup_key": PLANS[tier].lookup_key} if tier else None
        answer = await self.api.http.post(
            f"/api/billing/{path}", json=body, headers=self.someone.headers
        )
        assert answer.status_code in (200, 201), answer.text
        told: dict[str, Any] = answer.json()
        return told

    async def buy(self, tier: Tier) -> None:
        page = (await self.post("checkout", tier))["url"]
        paid = await self.world.http.post(page, data={"card": GOOD_CARD})
        assert paid.status_code == 302, paid.text
        await self.settle()

    async def settle(self) -> None:
        """Let Stripe's events arrive, and what they cause be done."""
        await self.world.post("/stripe-web/_flush", {})
        await run_light_jobs(services_of(self.api.app))


@pytest.fixture
async def customer(servers: Servers, tmp_path: Path) -> AsyncIterator[Customer]:
    async with stripe_world(tmp_path / "sandbox") as world:
        env = sandbox_env(world.base)
        settings = {k.lower(): v for k, v in env.items() if k.startswith("STRIPE_")}
        async with running(servers, **settings) as api:
            yield Customer(api, await api.register(), world)
            await wipe()


async def test_who_pays_at_the_checkout_page_has_the_tier(customer: Customer) -> None:
    await customer.buy(Tier.CREATOR)
    standing = await customer.get("subscription")
    assert standing["entitlement"]["tier"] == "creator"
    assert standing["subscription"]["tier"] == "creator"
    assert (await customer.get("invoices"))["items"][0]["paid_cents"] == 1999


async def test_a_change_costs_what_its_preview_said_and_counts_at_once(customer: Customer) -> None:
    await customer.buy(Tier.SOLO)
    preview = await customer.post("subscription/preview", Tier.GROWTH)
    assert preview["effective"] == "now"
    changed = await customer.post("subscription/change", Tier.GROWTH)
    assert (changed["effective"], changed["billing"]["entitlement"]["tier"]) == ("now", "growth")
    await customer.settle()
    newest = (await customer.get("invoices"))["items"][0]
    assert abs(newest["paid_cents"] - preview["due_now_cents"]) <= 1


async def test_a_cancellation_keeps_the_tier_until_it_ends_and_can_be_taken_back(
    customer: Customer,
) -> None:
    await customer.buy(Tier.SOLO)
    canceled = await customer.post("subscription/cancel")
    assert canceled["subscription"]["cancel_at"] is not None
    assert canceled["entitlement"]["tier"] == "solo"
    resumed = await customer.post("subscription/resume")
    assert resumed["subscription"]["cancel_at"] is None


async def test_the_portal_is_a_page_at_stripe(customer: Customer) -> None:
    await customer.buy(Tier.SOLO)
    url = (await customer.post("portal"))["url"]
    assert (await customer.world.http.get(url)).status_code == 200


async def test_a_refund_is_among_the_notes(customer: Customer) -> None:
    await customer.buy(Tier.SOLO)
    v1 = customer.world.billing.sync.gateway.v1
    payments = await v1.events.list_async({"type": "charge.succeeded"})
    charge = payments.data[0].data.object["id"]
    await v1.refunds.create_async({"charge": charge, "amount": 500})
    await customer.settle()
    (note,) = (await customer.get("notes"))["items"]
    assert (note["kind"], note["amount_cents"], note["status"]) == ("refund", 500, "succeeded")


async def test_an_event_that_stripe_signed_is_received(customer: Customer) -> None:
    invoice = {"id": "in_1", "object": "invoice", "customer": "cus_1"}
    event = {"id": "evt_1", "object": "event", "type": "invoice.paid", "created": int(time.time())}
    body = json.dumps({**event, "livemode": False, "data": {"object": invoice}}).encode()
    headers = {"Stripe-Signature": signature(body), "Content-Type": "application/json"}
    answer = await customer.api.http.post("/api/billing/webhook", content=body, headers=headers)
    assert (answer.status_code, answer.json()) == (200, {"received": True})
