"""Two open checkouts never become two subscriptions that are paid for."""

import asyncio
from uuid import UUID

import pytest

from billing_world import World
from uploadm8.domain.billing.plans import PLANS, Tier
from uploadm8.domain.billing.subscriptions import live_subscription
from uploadm8.domain.billing.tables import MoneyNote
from uploadm8.errors import ConflictError

pytestmark = pytest.mark.anyio


async def pay(world: World, url: str) -> int:
    answer = await world.http.post(url, data={"card": "4242424242424242"})
    return answer.status_code


async def statuses(world: World, workspace: UUID) -> list[str]:
    found = await world.billing.sync.gateway.subscriptions(await world.customer(workspace))
    return [one.status for one in found]


async def test_a_newer_checkout_page_closes_the_older_one(world: World, workspace: UUID) -> None:
    start = world.billing.checkout.start
    first = await start(workspace, PLANS[Tier.SOLO].lookup_key)
    second = await start(workspace, PLANS[Tier.CREATOR].lookup_key)
    await pay(world, first)
    await world.settle()
    assert await statuses(world, workspace) == []
    assert await pay(world, second) in (302, 303)
    await world.settle()
    assert await statuses(world, workspace) == ["active"]


async def test_a_page_that_was_closed_is_not_handed_out_again(
    world: World, workspace: UUID
) -> None:
    start = world.billing.checkout.start
    first = await start(workspace, PLANS[Tier.SOLO].lookup_key)
    await start(workspace, PLANS[Tier.CREATOR].lookup_key)
    again = await start(workspace, PLANS[Tier.SOLO].lookup_key)
    assert again != first
    assert await pay(world, again) in (302, 303)


async def test_a_page_that_was_paid_on_is_not_handed_out_again_before_the_news_arrives(
    world: World, workspace: UUID
) -> None:
    start = world.billing.checkout.start
    url = await start(workspace, PLANS[Tier.SOLO].lookup_key)
    await pay(world, url)
    with pytest.raises(ConflictError) as caught:
        await start(workspace, PLANS[Tier.SOLO].lookup_key)
    assert caught.value.code == "checkout_finished"


async def test_a_second_subscription_is_ended_and_paid_back_once(
    world: World, workspace: UUID
) -> None:
    keep_both = {"party": "stripe", "route": "checkouts", "fault": "5xx", "times": 0}
    await world.post("/_sandbox/faults", keep_both)
    start = world.billing.checkout.start
    pages = [await start(workspace, PLANS[tier].lookup_key) for tier in (Tier.SOLO, Tier.CREATOR)]
    (await world.http.delete(f"{world.base}/_sandbox/faults")).raise_for_status()
    assert {await pay(world, page) for page in pages} <= {302, 303}
    await asyncio.gather(world.settle(4), world.settle(4))
    await world.settle()
    assert sorted(await statuses(world, workspace)) == ["active", "canceled"]
    standing = await live_subscription(workspace)
    assert standing is not None
    # Made within one second of each other, either may count as the first.
    ended = Tier.SOLO if standing.tier is Tier.CREATOR else Tier.CREATOR
    notes = await MoneyNote.select(MoneyNote.kind, MoneyNote.amount_cents)
    assert notes == [{"kind": "refund", "amount_cents": PLANS[ended].price_cents}]
    assert "duplicate_ended" in await world.notices(workspace)
