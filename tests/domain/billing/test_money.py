"""Refunds, disputes, prices, the setup, and a customer deleted at Stripe."""

from uuid import UUID

import pytest
from click.testing import CliRunner

from billing_world import World
from uploadm8.cli.stripe import stripe as stripe_command
from uploadm8.dev.sandbox import sandbox_env
from uploadm8.domain.billing.gateway import BillingOffError, StripeGateway
from uploadm8.domain.billing.options import BillingOptions
from uploadm8.domain.billing.plans import PLANS, Tier
from uploadm8.domain.billing.prices import PriceSource
from uploadm8.domain.billing.service import build_billing
from uploadm8.domain.billing.setup import SetUp, set_up
from uploadm8.domain.billing.tables import MoneyNote

pytestmark = pytest.mark.anyio


async def test_refunds_and_disputes_are_noted_with_their_latest_status(
    world: World, workspace: UUID
) -> None:
    await world.buy(workspace, Tier.CREATOR)
    v1 = world.billing.sync.gateway.v1
    payments = await v1.events.list_async({"type": "charge.succeeded"})
    charge = payments.data[0].data.object["id"]
    await v1.refunds.create_async(
        {"charge": charge, "amount": 500, "reason": "requested_by_customer"}
    )
    dispute = await world.post("/stripe-web/_dispute", {"charge": charge})
    await world.post(f"/stripe-web/_dispute/{dispute['id']}", {"status": "won"})
    await world.settle()
    notes = await MoneyNote.select(
        MoneyNote.kind, MoneyNote.amount_cents, MoneyNote.status
    ).order_by(MoneyNote.kind)
    assert notes == [
        {"kind": "dispute", "amount_cents": 1999, "status": "won"},
        {"kind": "refund", "amount_cents": 500, "status": "succeeded"},
    ]


async def test_a_customer_deleted_at_stripe_falls_to_starter_and_may_come_back(
    world: World, workspace: UUID
) -> None:
    await world.buy(workspace, Tier.SOLO)
    first = await world.customer(workspace)
    await world.billing.sync.gateway.v1.customers.delete_async(first)
    await world.settle()
    assert (await world.billing.entitlements.of(workspace)).tier is Tier.STARTER
    await world.buy(workspace, Tier.CREATOR)
    assert await world.customer(workspace) != first
    assert (await world.billing.entitlements.of(workspace)).tier is Tier.CREATOR


async def test_prices_come_from_stripe_and_are_asked_for_once(world: World) -> None:
    listed = await world.billing.prices.offers()
    await world.billing.prices.offers()
    assert listed.source is PriceSource.STRIPE
    assert [offer.amount_cents for offer in listed.offers] == [0, 999, 1999, 2999, 4999, 9999]
    assert all(offer.price_id for offer in listed.offers)
    ledger = (await world.http.get(f"{world.base}/_sandbox/ledger")).json()
    asked = {c["route"]: c["count"] for c in ledger["calls"] if c["party"] == "stripe"}
    assert asked["prices"] == 2  # the setup's, and ours


async def test_prices_come_from_the_table_while_stripe_is_away_and_say_so(world: World) -> None:
    fault = {"party": "stripe", "route": "prices", "fault": "5xx", "times": 0}
    await world.post("/_sandbox/faults", fault)
    listed = await world.billing.prices.offers()
    assert listed.source is PriceSource.TABLE
    assert listed.note is not None


async def test_without_stripe_the_table_is_shown_and_nothing_can_be_bought(workspace: UUID) -> None:
    billing = build_billing(
        BillingOptions(lookup_keys=("uploadm8_solo_monthly",)), StripeGateway(None)
    )
    page = billing.overview.prices(await billing.prices.offers())
    assert (page.source, [item.tier for item in page.items]) == ("table", ["solo"])
    assert page.note == "Stripe is not configured; these are the list prices."
    with pytest.raises(BillingOffError):
        await billing.checkout.start(workspace, "uploadm8_solo_monthly")


async def test_the_setup_keeps_what_is_right_and_moves_the_lookup_key_of_a_wrong_price(
    world: World,
) -> None:
    gateway = world.billing.sync.gateway
    assert {line.outcome for line in await set_up(gateway)} == {SetUp.KEPT}
    solo = PLANS[Tier.SOLO].lookup_key
    await gateway.v1.prices.create_async(
        {
            "product": "uploadm8_solo",
            "currency": "usd",
            "unit_amount": 1,
            "recurring": {"interval": "month"},
            "lookup_key": solo,
            "transfer_lookup_key": True,
        }
    )
    lines = {line.plan.tier: line for line in await set_up(gateway)}
    assert lines[Tier.SOLO].outcome is SetUp.REPLACED
    (price,) = await gateway.prices((solo,))
    assert (price.id, price.unit_amount) == (lines[Tier.SOLO].price_id, 999)


async def test_a_subscription_keeps_its_tier_when_the_lookup_key_moves_on(
    world: World, workspace: UUID
) -> None:
    await world.buy(workspace, Tier.SOLO)
    await world.billing.sync.gateway.v1.prices.create_async(
        {
            "product": "uploadm8_solo",
            "currency": "usd",
            "unit_amount": 1299,
            "recurring": {"interval": "month"},
            "lookup_key": PLANS[Tier.SOLO].lookup_key,
            "transfer_lookup_key": True,
        }
    )
    await world.advance(days=32)
    assert (await world.billing.entitlements.of(workspace)).tier is Tier.SOLO


async def test_the_setup_command_lists_every_tier_and_explains_a_wrong_key(world: World) -> None:
    import asyncio

    url = sandbox_env(world.base)["STRIPE_API_BASE_URL"]

    def run(key: str) -> tuple[int, str]:
        done = CliRunner().invoke(
            stripe_command, ["setup", "--secret-key", key, "--api-base-url", url]
        )
        return done.exit_code, done.output

    code, output = await asyncio.to_thread(run, "sk_test_sandbox")
    assert (code, output.count("kept")) == (0, 6)
    code, output = await asyncio.to_thread(run, "sk_test_wrong")
    assert code == 1
    assert "does not accept" in output
