"""What a workspace may do, and the refusals."""

import asyncio
from datetime import timedelta
from uuid import UUID

import pytest

from billing_world import START, Clock, MakeSubscription
from uploadm8.domain.billing.entitlements import Entitlements, Source
from uploadm8.domain.billing.grants import Grants
from uploadm8.domain.billing.plans import Feature, Resource, Tier
from uploadm8.domain.platforms.tables import ConnectedAccount
from uploadm8.errors import InvalidRequestError, NotFoundError, PaymentRequiredError
from uploadm8.infra.db.transaction import transaction
from uploadm8.infra.ids import new_id

pytestmark = pytest.mark.anyio


@pytest.fixture
def entitlements(clock: Clock) -> Entitlements:
    return Entitlements(clock)


@pytest.fixture
def grants(clock: Clock) -> Grants:
    return Grants(clock)


async def test_everyone_has_starter(workspace: UUID, entitlements: Entitlements) -> None:
    found = await entitlements.of(workspace)
    assert (found.tier, found.source, found.until) == (Tier.STARTER, Source.DEFAULT, None)
    assert found.period.starts_at.day == 1


@pytest.mark.parametrize("status", ["active", "trialing"])
async def test_a_subscription_in_force_gives_its_tier_and_its_period(
    workspace: UUID, entitlements: Entitlements, subscribe: MakeSubscription, status: str
) -> None:
    await subscribe(workspace, Tier.CREATOR, status=status)
    found = await entitlements.of(workspace)
    assert (found.tier, found.source) == (Tier.CREATOR, Source.SUBSCRIPTION)
    assert found.period.ends_at == START + timedelta(days=21)


@pytest.mark.parametrize(
    "status", ["incomplete", "incomplete_expired", "unpaid", "paused", "canceled"]
)
async def test_a_subscription_not_in_force_gives_nothing(
    workspace: UUID, entitlements: Entitlements, subscribe: MakeSubscription, status: str
) -> None:
    await subscribe(workspace, Tier.AGENCY, status=status)
    assert (await entitlements.of(workspace)).tier is Tier.STARTER


async def test_a_past_due_subscription_lasts_for_its_grace_and_says_until_when(
    workspace: UUID, entitlements: Entitlements, subscribe: MakeSubscription, clock: Clock
) -> None:
    await subscribe(workspace, Tier.SOLO, status="past_due", past_due_since=START)
    found = await entitlements.of(workspace)
    assert (found.tier, found.until) == (Tier.SOLO, START + timedelta(days=7))
    clock.forward(days=7)
    assert (await entitlements.of(workspace)).tier is Tier.STARTER


async def test_a_canceled_subscription_lasts_to_its_end_and_no_longer(
    workspace: UUID, entitlements: Entitlements, subscribe: MakeSubscription, clock: Clock
) -> None:
    end = START + timedelta(days=21)
    await subscribe(workspace, Tier.SOLO, cancel_at=end)
    assert (await entitlements.of(workspace)).until == end
    clock.at = end
    assert (await entitlements.of(workspace)).source is Source.DEFAULT


async def test_late_news_of_a_renewal_costs_the_customer_nothing_for_a_day(
    workspace: UUID, entitlements: Entitlements, subscribe: MakeSubscription, clock: Clock
) -> None:
    await subscribe(workspace, Tier.GROWTH)
    clock.at = START + timedelta(days=21, hours=23)
    found = await entitlements.of(workspace)
    assert found.tier is Tier.GROWTH
    assert found.period.starts_at == START + timedelta(days=21)
    clock.forward(hours=1)
    assert (await entitlements.of(workspace)).tier is Tier.STARTER


async def test_a_grant_goes_over_the_subscription_until_its_end(
    workspace: UUID,
    entitlements: Entitlements,
    grants: Grants,
    subscribe: MakeSubscription,
    clock: Clock,
) -> None:
    await subscribe(workspace, Tier.SOLO)
    await grants.give(workspace, Tier.STUDIO, "A jury prize", ends_at=START + timedelta(days=3))
    found = await entitlements.of(workspace)
    assert (found.tier, found.source) == (Tier.STUDIO, Source.GRANT)
    assert "A jury prize" in found.reason
    assert found.until == START + timedelta(days=3)
    clock.forward(days=3)
    assert (await entitlements.of(workspace)).source is Source.SUBSCRIPTION


async def test_a_smaller_grant_takes_nothing_from_a_paying_customer(
    workspace: UUID, entitlements: Entitlements, grants: Grants, subscribe: MakeSubscription
) -> None:
    await subscribe(workspace, Tier.AGENCY)
    await grants.give(workspace, Tier.SOLO, "A welcome gift")
    assert (await entitlements.of(workspace)).tier is Tier.AGENCY


async def test_a_revoked_grant_is_over_at_once(
    workspace: UUID, entitlements: Entitlements, grants: Grants
) -> None:
    grant = await grants.give(workspace, Tier.STUDIO, "Press")
    await grants.revoke(grant)
    await grants.revoke(grant)
    assert (await entitlements.of(workspace)).tier is Tier.STARTER


async def test_a_grant_needs_a_reason_a_future_end_and_a_workspace(
    workspace: UUID, grants: Grants
) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        await grants.give(workspace, Tier.SOLO, " ", ends_at=START)
    assert [field.field for field in caught.value.fields] == ["reason", "ends_at"]
    with pytest.raises(NotFoundError):
        await grants.give(new_id(), Tier.SOLO, "Press")
    with pytest.raises(NotFoundError):
        await grants.revoke(new_id())


async def test_a_missing_feature_is_refused_naming_it_and_the_tier_that_has_it(
    workspace: UUID, entitlements: Entitlements, subscribe: MakeSubscription
) -> None:
    await subscribe(workspace, Tier.CREATOR)
    await entitlements.require(workspace, Feature.AUTO_TRANSCODE)
    with pytest.raises(PaymentRequiredError) as caught:
        await entitlements.require(workspace, Feature.EXPORTS)
    assert caught.value.detail == "Exports is not part of the Creator tier; Growth has it."
    assert caught.value.extra == {
        "feature": "exports",
        "tier": "creator",
        "required_tier": "growth",
        "required_lookup_key": "uploadm8_growth_monthly",
    }


async def _connect(workspace: UUID, entitlements: Entitlements) -> bool:
    try:
        async with transaction():
            await entitlements.check_accounts(workspace)
            await ConnectedAccount.insert(
                ConnectedAccount(workspace=workspace, platform="tiktok", external_id=str(new_id()))
            )
    except PaymentRequiredError:
        return False
    return True


async def test_twenty_connections_at_once_fill_the_four_places_of_creator_and_no_more(
    workspace: UUID, entitlements: Entitlements, subscribe: MakeSubscription
) -> None:
    await subscribe(workspace, Tier.CREATOR)
    done = await asyncio.gather(*(_connect(workspace, entitlements) for _ in range(20)))
    assert sum(done) == 4


async def test_a_full_tier_is_refused_with_the_limit_and_the_tier_that_has_room(
    workspace: UUID, entitlements: Entitlements
) -> None:
    assert await _connect(workspace, entitlements)
    with pytest.raises(PaymentRequiredError) as caught:
        async with transaction():
            await entitlements.check_accounts(workspace)
    assert caught.value.code == "account_limit"
    assert caught.value.extra["limit"] == caught.value.extra["used"] == 1
    assert caught.value.extra["required_tier"] == "solo"


async def test_a_disconnected_account_leaves_its_place(
    workspace: UUID, entitlements: Entitlements
) -> None:
    assert await _connect(workspace, entitlements)
    await ConnectedAccount.update({"state": "disconnected"}, force=True)
    assert await _connect(workspace, entitlements)


async def test_open_invitations_hold_seats(
    workspace: UUID, entitlements: Entitlements, subscribe: MakeSubscription
) -> None:
    await subscribe(workspace, Tier.STUDIO)
    async with transaction():
        await entitlements.check_seats(workspace, invited=1)
    with pytest.raises(PaymentRequiredError) as caught:
        async with transaction():
            await entitlements.check_seats(workspace, invited=2)
    assert (caught.value.code, caught.value.extra["required_tier"]) == ("seat_limit", "agency")


async def test_a_limit_checked_outside_a_transaction_is_a_mistake(
    workspace: UUID, entitlements: Entitlements
) -> None:
    with pytest.raises(RuntimeError):
        await entitlements.check_accounts(workspace)


async def test_after_a_downgrade_everything_stays_and_what_is_too_much_is_named(
    workspace: UUID, entitlements: Entitlements, grants: Grants
) -> None:
    grant = await grants.give(workspace, Tier.CREATOR, "Press")
    for _ in range(3):
        assert await _connect(workspace, entitlements)
    assert await entitlements.over_limits(workspace) == []
    await grants.revoke(grant)
    over = await entitlements.over_limits(workspace, uploads_used=12)
    assert [(o.resource, o.used, o.limit) for o in over] == [
        (Resource.UPLOADS, 12, 10),
        (Resource.ACCOUNTS, 3, 1),
    ]
    assert await ConnectedAccount.count() == 3
    assert not await _connect(workspace, entitlements)
