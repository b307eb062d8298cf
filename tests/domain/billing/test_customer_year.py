"""A year in the life of a customer, on Stripe's clock."""

from pathlib import Path
from uuid import UUID

import pytest

from billing_world import BAD_CARD, GOOD_CARD, World, stripe_world
from uploadm8.domain.billing.entitlements import Entitlement, Source
from uploadm8.domain.billing.plans import PLANS, Feature, Tier
from uploadm8.domain.billing.tables import Invoice
from uploadm8.domain.platforms.tables import ConnectedAccount
from uploadm8.errors import ConflictError
from uploadm8.infra.db.transaction import transaction
from uploadm8.infra.ids import new_id

pytestmark = pytest.mark.anyio


async def test_a_year_of_a_customers_life(workspace: UUID, tmp_path: Path) -> None:
    async with stripe_world(tmp_path / "sandbox", trial_days=14) as world:
        await _trial_that_becomes_paid(world, workspace)
        await _upgrade_in_the_second_month(world, workspace)
        await _failure_and_recovery(world, workspace)
        await _downgrade_at_the_end_of_the_period(world, workspace)
        await _cancellation(world, workspace)
        await _return_after_half_a_year(world, workspace)
        await _the_books_agree(world, workspace)


async def _standing(world: World, workspace: UUID) -> Entitlement:
    return await world.billing.entitlements.of(workspace)


async def _trial_that_becomes_paid(world: World, workspace: UUID) -> None:
    assert (await _standing(world, workspace)).tier is Tier.STARTER
    await world.buy(workspace, Tier.CREATOR)
    standing = await _standing(world, workspace)
    assert (standing.tier, standing.source) == (Tier.CREATOR, Source.SUBSCRIPTION)
    assert "trial" in standing.reason
    await world.advance(days=11, hours=1)
    assert await world.notices(workspace) == ["trial_ending"]
    await world.advance(days=4)
    assert (await _standing(world, workspace)).reason == "The Creator subscription is in force."
    assert await _paid_cents(workspace) == [0, 1999]


async def _upgrade_in_the_second_month(world: World, workspace: UUID) -> None:
    await world.advance(days=10)
    assert await world.billing.changes.change(workspace, PLANS[Tier.STUDIO].lookup_key) == "now"
    usage = await world.billing.quota.usage(workspace)
    assert (usage.tier, usage.limit) == (Tier.STUDIO, 1500)
    await world.billing.entitlements.require(workspace, Feature.WEBHOOKS)
    await world.settle()
    difference = (await _paid_cents(workspace))[-1]
    assert 1500 < difference < 3000  # about two thirds of 49.99 - 19.99


async def _failure_and_recovery(world: World, workspace: UUID) -> None:
    await world.portal(workspace, do="card", card=BAD_CARD)
    await world.advance(days=22)
    standing = await _standing(world, workspace)
    assert standing.tier is Tier.STUDIO
    assert "past due" in standing.reason
    assert standing.until is not None
    assert (await world.notices(workspace))[-1] == "payment_failed"
    with pytest.raises(ConflictError) as caught:
        await world.billing.changes.change(workspace, PLANS[Tier.AGENCY].lookup_key)
    assert caught.value.code == "payment_overdue"
    await world.portal(workspace, do="card", card=GOOD_CARD)
    await world.portal(workspace, do="pay")
    standing = await _standing(world, workspace)
    assert standing.until is None
    assert (await world.notices(workspace))[-1] == "payment_recovered"
    assert (await _paid_cents(workspace))[-1] == 4999


async def _downgrade_at_the_end_of_the_period(world: World, workspace: UUID) -> None:
    for _ in range(3):
        async with transaction():
            await world.billing.entitlements.check_accounts(workspace)
            await ConnectedAccount.insert(
                ConnectedAccount(workspace=workspace, platform="tiktok", external_id=str(new_id()))
            )
    await world.advance(days=5)
    effective = await world.billing.changes.change(workspace, PLANS[Tier.SOLO].lookup_key)
    assert effective == "period_end"
    page = await world.billing.overview.billing(workspace)
    assert page.entitlement.tier == "studio"
    assert page.subscription is not None
    assert page.subscription.next_tier == "solo"
    await world.advance(days=28)
    page = await world.billing.overview.billing(workspace)
    assert page.entitlement.tier == "solo"
    assert [(o.resource, o.used, o.limit) for o in page.over_limits] == [("accounts", 3, 2)]
    assert await ConnectedAccount.count() == 3
    assert (await world.notices(workspace))[-1] == "over_limit"
    assert (await _paid_cents(workspace))[-1] == 999


async def _cancellation(world: World, workspace: UUID) -> None:
    await world.billing.changes.cancel(workspace)
    await world.billing.changes.resume(workspace)
    assert (await _standing(world, workspace)).until is None
    await world.billing.changes.cancel(workspace)
    standing = await _standing(world, workspace)
    assert standing.tier is Tier.SOLO
    assert standing.until is not None
    await world.advance(days=32)
    assert (await _standing(world, workspace)).tier is Tier.STARTER
    assert (await world.notices(workspace))[-1] == "subscription_ended"


async def _return_after_half_a_year(world: World, workspace: UUID) -> None:
    await world.advance(days=180)
    assert (await _standing(world, workspace)).source is Source.DEFAULT
    await world.buy(workspace, Tier.GROWTH)
    page = await world.billing.overview.billing(workspace)
    assert page.subscription is not None
    assert (page.subscription.status, page.subscription.trial_end) == ("active", None)
    await world.advance(days=60)
    assert (await _standing(world, workspace)).tier is Tier.GROWTH


async def _the_books_agree(world: World, workspace: UUID) -> None:
    """Our copies equal Stripe's objects, and every notice went out as one mail."""
    gateway = world.billing.sync.gateway
    customer = await world.customer(workspace)
    ours = await Invoice.select(Invoice.stripe_id, Invoice.status, Invoice.paid_cents)
    for row in ours:
        theirs = await gateway.invoice(row["stripe_id"])
        assert (row["status"], row["paid_cents"]) == (theirs.status, theirs.amount_paid)
    with_stripe = await gateway.v1.invoices.list_async({"customer": customer, "limit": 100})
    assert {row["stripe_id"] for row in ours} == {invoice.id for invoice in with_stripe.data}
    assert len(world.mail.sent) == len(await world.notices(workspace))
    assert (await world.billing.sweep.run()).recovered == 0


async def _paid_cents(workspace: UUID) -> list[int]:
    return (
        await Invoice.select(Invoice.paid_cents)
        .where((Invoice.workspace == workspace) & (Invoice.status == "paid"))
        .order_by(Invoice.stripe_created_at)
        .output(as_list=True)
    )
