"""Buying, changing and leaving, against the sandbox of Stripe."""

from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest

from billing_world import BAD_CARD, GOOD_CARD, World, stripe_world
from uploadm8.domain.billing.changes import When
from uploadm8.domain.billing.plans import PLANS, Tier
from uploadm8.domain.billing.tables import Customer, Invoice, StripeCall, Subscription
from uploadm8.errors import ConflictError, InvalidRequestError, PaymentRequiredError

pytestmark = pytest.mark.anyio


def _key(tier: Tier) -> str:
    return PLANS[tier].lookup_key


async def _tier(world: World, workspace: UUID) -> Tier:
    return (await world.billing.entitlements.of(workspace)).tier


async def test_a_double_click_opens_one_checkout_page_for_one_customer(
    world: World, workspace: UUID
) -> None:
    urls = {await world.billing.checkout.start(workspace, _key(Tier.SOLO)) for _ in range(3)}
    assert len(urls) == 1
    assert await Customer.count() == 1


async def test_a_request_key_names_a_page_and_another_key_another_page(
    world: World, workspace: UUID
) -> None:
    start = world.billing.checkout.start
    first = await start(workspace, _key(Tier.SOLO), request_key="a")
    assert await start(workspace, _key(Tier.SOLO), request_key="a") == first
    assert await start(workspace, _key(Tier.SOLO), request_key="b") != first


async def test_an_answer_that_was_lost_on_the_way_is_asked_for_again_under_the_same_key(
    world: World, workspace: UUID
) -> None:
    fault = {
        "party": "stripe",
        "route": "customer_create",
        "fault": "accept_then_reset",
        "times": 9,
    }
    await world.post("/_sandbox/faults", fault)
    with pytest.raises(Exception, match="Stripe cannot be reached"):
        await world.billing.checkout.start(workspace, _key(Tier.SOLO))
    (await world.http.delete(f"{world.base}/_sandbox/faults")).raise_for_status()
    await world.billing.checkout.start(workspace, _key(Tier.SOLO))
    events = await world.billing.sync.gateway.v1.events.list_async({"type": "customer.created"})
    assert len(events.data) == 1
    assert await StripeCall.count().where(StripeCall.answered_at.is_null()) == 0


async def test_a_second_checkout_is_refused_while_there_is_a_subscription(
    world: World, workspace: UUID
) -> None:
    await world.buy(workspace, Tier.SOLO)
    with pytest.raises(ConflictError) as caught:
        await world.billing.checkout.start(workspace, _key(Tier.CREATOR))
    assert caught.value.code == "already_subscribed"


@pytest.mark.parametrize(
    ("lookup_key", "code"),
    [("uploadm8_starter_monthly", "free_tier"), ("uploadm8_gold_monthly", "unknown_price")],
)
async def test_what_is_not_sold_cannot_be_bought(
    world: World, workspace: UUID, lookup_key: str, code: str
) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        await world.billing.checkout.start(workspace, lookup_key)
    assert caught.value.code == code


async def test_tax_is_asked_for_with_the_address_it_needs(
    db: None, workspace: UUID, tmp_path: Path
) -> None:
    async with stripe_world(tmp_path / "sandbox", automatic_tax=True, trial_days=7) as world:
        await world.buy(workspace, Tier.GROWTH)
        page = await world.billing.overview.billing(workspace)
    assert page.subscription is not None
    assert page.subscription.status == "trialing"


async def test_an_upgrade_that_cannot_be_paid_changes_nothing(
    world: World, workspace: UUID
) -> None:
    await world.buy(workspace, Tier.SOLO)
    await world.portal(workspace, do="card", card=BAD_CARD)
    with pytest.raises(PaymentRequiredError) as caught:
        await world.billing.changes.change(workspace, _key(Tier.AGENCY))
    assert caught.value.code == "payment_declined"
    assert await _tier(world, workspace) is Tier.SOLO
    await world.portal(workspace, do="card", card=GOOD_CARD)
    await world.billing.changes.change(workspace, _key(Tier.AGENCY))
    assert await _tier(world, workspace) is Tier.AGENCY


async def test_a_planned_downgrade_can_be_taken_back_or_turned_into_something_else(
    world: World, workspace: UUID
) -> None:
    changes = world.billing.changes
    await world.buy(workspace, Tier.STUDIO)
    await changes.change(workspace, _key(Tier.SOLO))
    await changes.resume(workspace)
    await changes.change(workspace, _key(Tier.CREATOR))
    await changes.cancel(workspace)
    await changes.change(workspace, _key(Tier.GROWTH))
    page = await world.billing.overview.billing(workspace)
    assert page.subscription is not None
    assert (page.subscription.next_tier, page.subscription.cancel_at) == ("growth", None)
    await changes.change(workspace, _key(Tier.AGENCY))
    assert await _tier(world, workspace) is Tier.AGENCY
    with pytest.raises(ConflictError) as caught:
        await changes.change(workspace, _key(Tier.AGENCY))
    assert caught.value.code == "already_on_tier"


@pytest.mark.parametrize("shape", ["both", "flag", "date"])
async def test_a_cancellation_is_understood_in_either_of_stripes_spellings(
    world: World, workspace: UUID, shape: str
) -> None:
    await world.switch(stripe_cancel_shape=shape)
    await world.buy(workspace, Tier.SOLO)
    await world.billing.changes.cancel(workspace)
    await world.billing.changes.cancel(workspace)
    found = await world.billing.entitlements.of(workspace)
    assert found.until == found.period.ends_at
    await world.billing.changes.resume(workspace)
    assert (await world.billing.entitlements.of(workspace)).until is None
    with pytest.raises(ConflictError) as caught:
        await world.billing.changes.resume(workspace)
    assert caught.value.code == "not_canceled"


async def test_a_workspace_that_is_deleted_stops_paying_at_once(
    world: World, workspace: UUID
) -> None:
    await world.buy(workspace, Tier.STUDIO)
    await world.billing.changes.change(workspace, _key(Tier.SOLO))
    assert await world.billing.changes.end_now(workspace) is True
    assert await world.billing.changes.end_now(workspace) is False
    assert await _tier(world, workspace) is Tier.STARTER


async def test_without_a_subscription_there_is_nothing_to_change_and_no_portal(
    world: World, workspace: UUID
) -> None:
    for work in (
        world.billing.changes.cancel(workspace),
        world.billing.changes.change(workspace, _key(Tier.SOLO)),
    ):
        with pytest.raises(ConflictError) as caught:
            await work
        assert caught.value.code == "no_subscription"
    with pytest.raises(ConflictError) as caught:
        await world.billing.checkout.portal(workspace)
    assert caught.value.code == "no_customer"


async def test_the_portal_opens_and_what_is_done_there_arrives_here(
    world: World, workspace: UUID
) -> None:
    await world.buy(workspace, Tier.SOLO)
    page = await world.http.get(await world.billing.checkout.portal(workspace))
    assert page.status_code == 200
    await world.portal(workspace, do="cancel", subscription=await _subscription(workspace))
    assert (await world.billing.entitlements.of(workspace)).until is not None


async def test_unpaid_to_the_end_costs_the_tier_after_its_grace_and_the_customer_is_told_each_time(
    world: World, workspace: UUID
) -> None:
    await world.buy(workspace, Tier.CREATOR)
    await world.portal(workspace, do="card", card=BAD_CARD)
    await world.advance(days=32)
    found = await world.billing.entitlements.of(workspace)
    assert found.tier is Tier.CREATOR
    assert found.until is not None
    await world.advance(seconds=(found.until - world.clock()).total_seconds() - 3600)
    await world.billing.sweep.run()
    assert await _tier(world, workspace) is Tier.CREATOR
    await world.advance(hours=2)
    assert await _tier(world, workspace) is Tier.STARTER
    await world.advance(days=3)
    told = await world.notices(workspace)
    assert told.count("payment_failed") >= 2
    assert "grace_ending" in told
    assert told[-1] == "subscription_ended"
    assert len(world.mail.sent) == len(told)
    assert "did not come through" in " ".join(world.mail.sent[-1].text.split())


async def test_a_renewal_whose_news_is_lost_is_found_by_the_sweep(
    world: World, workspace: UUID
) -> None:
    await world.buy(workspace, Tier.SOLO)
    await world.switch(stripe_webhook_paused=True)
    before = await world.billing.entitlements.of(workspace)
    await world.advance(days=32)
    report = await world.billing.sweep.run()
    assert report.reread == 1
    assert report.recovered > 0
    after = await world.billing.entitlements.of(workspace)
    assert after.period.starts_at == before.period.ends_at
    assert after.period.ends_at - after.period.starts_at >= timedelta(days=28)
    assert report.miscounted == 0


async def _subscription(workspace: UUID) -> str:
    rows = await Subscription.select(Subscription.stripe_id).where(
        Subscription.workspace == workspace
    )
    return str(rows[0]["stripe_id"])


async def test_a_bank_that_wants_the_holder_to_confirm_is_told_and_confirmed(
    world: World, workspace: UUID
) -> None:
    await world.buy(workspace, Tier.CREATOR, card="4000002500003155")
    await world.advance(days=32)
    told = await world.notices(workspace)
    assert "payment_action_required" in told
    assert await _tier(world, workspace) is Tier.CREATOR
    await world.portal(workspace, do="pay")
    await world.settle()
    assert "payment_recovered" in await world.notices(workspace)


async def test_a_change_is_previewed_with_its_sum_and_costs_just_that(
    world: World, workspace: UUID
) -> None:
    await world.buy(workspace, Tier.SOLO)
    await world.advance(days=10)
    up = await world.billing.previews.of(workspace, _key(Tier.CREATOR))
    assert (up.effective, up.next_cents) == (When.NOW, 1999)
    assert 0 < up.due_now_cents < 1000
    await world.billing.changes.change(workspace, _key(Tier.CREATOR))
    await world.settle()
    paid = await Invoice.select(Invoice.paid_cents).order_by(Invoice.stripe_created_at)
    assert abs(paid[-1]["paid_cents"] - up.due_now_cents) <= 1
    down = await world.billing.previews.of(workspace, _key(Tier.SOLO))
    assert (down.effective, down.due_now_cents) == (When.PERIOD_END, 0)
    with pytest.raises(ConflictError) as caught:
        await world.billing.previews.of(workspace, _key(Tier.CREATOR))
    assert caught.value.code == "already_on_tier"
