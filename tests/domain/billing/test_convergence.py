"""Whatever the order and number of deliveries, the end is Stripe's state."""

import asyncio
import random
from typing import Any
from uuid import UUID

import msgspec
import pytest

from billing_world import BAD_CARD, MakeWorkspace, World
from uploadm8.domain.billing.plans import PLANS, Tier
from uploadm8.domain.billing.shapes import instant
from uploadm8.domain.billing.tables import Invoice, StripeEvent, Subscription
from uploadm8.infra.jobs.tables import JobRow

pytestmark = pytest.mark.anyio

DELIVERIES = 500
WORKERS = 10


async def test_five_hundred_shuffled_and_repeated_events_with_ten_workers_end_in_stripes_state(
    world: World, make_workspace: MakeWorkspace
) -> None:
    await world.switch(stripe_webhook_paused=True)
    workspaces = [await make_workspace() for _ in range(6)]
    await _live(world, workspaces)
    events = [event async for event in world.billing.sync.gateway.undelivered(0)]
    for table in (Subscription, Invoice, StripeEvent, JobRow):
        await table.delete(force=True)

    rng = random.Random(11)
    deliveries = [*events, *rng.choices(events, k=DELIVERIES - len(events))]
    rng.shuffle(deliveries)
    statuses = await _deliver(world, deliveries)
    await world.run_jobs(WORKERS)

    assert len(events) > 100
    assert statuses == {200}
    assert await StripeEvent.count() == len(events)
    assert await JobRow.count().where(JobRow.kind == "billing.stripe_event") == len(events)
    assert await StripeEvent.count().where(StripeEvent.handled_at.is_null()) == 0
    for workspace in workspaces:
        await _equals_stripe(world, workspace)


async def _live(world: World, workspaces: list[UUID]) -> None:
    """Six lives at once: steady, upgraded, downgraded, failed, canceled, come back."""
    for workspace in workspaces:
        await world.buy(workspace, Tier.CREATOR)
    _steady, up, down, failed, gone, back = workspaces
    changes = world.billing.changes
    await changes.change(up, PLANS[Tier.AGENCY].lookup_key)
    await changes.change(down, PLANS[Tier.SOLO].lookup_key)
    await world.portal(failed, do="card", card=BAD_CARD)
    await changes.cancel(gone)
    await changes.cancel(back)
    await changes.resume(back)
    await world.advance(days=33)
    await world.advance(days=32)


async def _deliver(world: World, deliveries: list[Any]) -> set[int]:
    gate = asyncio.Semaphore(10)

    async def one(event: Any) -> int:
        async with gate:
            return (await world.deliver(msgspec.json.encode(event))).status_code

    return set(await asyncio.gather(*(one(event) for event in deliveries)))


async def _equals_stripe(world: World, workspace: UUID) -> None:
    gateway, customer = world.billing.sync.gateway, await world.customer(workspace)
    theirs = {found.id: found for found in await gateway.subscriptions(customer)}
    ours = await Subscription.select().where(Subscription.workspace == workspace)
    assert {row["stripe_id"] for row in ours} == set(theirs)
    for row in ours:
        found = theirs[row["stripe_id"]]
        assert row["status"] == found.status
        assert row["lookup_key"] == found.items.data[0].price.lookup_key
        assert (row["period_start"], row["period_end"]) == tuple(map(instant, found.period))
        assert row["cancel_at"] == instant(found.ends_at)
    listed = await gateway.v1.invoices.list_async({"customer": customer, "limit": 100})
    bills = await Invoice.select().where(Invoice.workspace == workspace)
    assert {(b["stripe_id"], b["status"]) for b in bills} == {(i.id, i.status) for i in listed.data}
