"""Uploads a month, exact under concurrency and replays."""

import asyncio
import random
from datetime import timedelta
from uuid import UUID

import pytest

from billing_world import START, Clock, MakeSubscription
from uploadm8.domain.billing.entitlements import Entitlements
from uploadm8.domain.billing.grants import Grants
from uploadm8.domain.billing.plans import Tier
from uploadm8.domain.billing.quota import Quota
from uploadm8.domain.billing.tables import QuotaEntry, QuotaPeriod
from uploadm8.domain.workspaces.tables import WorkspaceEvent
from uploadm8.errors import NotFoundError, PaymentRequiredError
from uploadm8.infra.db.json_columns import json_of
from uploadm8.infra.db.transaction import transaction
from uploadm8.infra.ids import new_id
from uploadm8.infra.jobs.tables import JobRow

pytestmark = pytest.mark.anyio


@pytest.fixture
def quota(clock: Clock) -> Quota:
    return Quota(Entitlements(clock))


async def _reserve(quota: Quota, workspace: UUID, upload: UUID | None = None) -> UUID | None:
    upload = upload or new_id()
    try:
        async with transaction():
            await quota.reserve(workspace, upload)
    except PaymentRequiredError:
        return None
    return upload


async def _use(quota: Quota, workspace: UUID, times: int) -> None:
    for _ in range(times):
        upload = await _reserve(quota, workspace)
        assert upload is not None
        await quota.commit(upload)


async def test_two_hundred_reservations_at_once_at_limit_ten_grant_exactly_ten(
    workspace: UUID, quota: Quota
) -> None:
    granted = await asyncio.gather(*(_reserve(quota, workspace) for _ in range(200)))
    assert sum(upload is not None for upload in granted) == 10
    usage = await quota.usage(workspace)
    assert (usage.reserved, usage.used, usage.remaining) == (10, 0, 0)
    assert await QuotaEntry.count() == 10


async def test_mixed_reservations_commits_and_releases_at_once_stay_exact(
    workspace: UUID, quota: Quota
) -> None:
    rng = random.Random(7)

    async def one() -> str:
        upload = await _reserve(quota, workspace)
        if upload is None:
            return "refused"
        ends = [rng.choice((quota.commit, quota.release)) for _ in range(3)]
        await asyncio.gather(*(end(upload) for end in ends))
        return "released" if quota.release in ends else "committed"

    outcomes = await asyncio.gather(*(one() for _ in range(200)))
    usage = await quota.usage(workspace)
    assert usage.reserved == 0
    assert usage.used == outcomes.count("committed") <= 10
    assert outcomes.count("released") > 0


async def test_reserving_committing_and_releasing_again_changes_nothing(
    workspace: UUID, quota: Quota
) -> None:
    upload = await _reserve(quota, workspace)
    assert upload is not None
    assert await _reserve(quota, workspace, upload) == upload
    assert [await quota.commit(upload), await quota.commit(upload)] == [True, False]
    usage = await quota.usage(workspace)
    assert (usage.reserved, usage.used) == (0, 1)
    assert [await quota.release(upload), await quota.release(upload)] == [True, False]
    assert await quota.commit(upload) is False
    usage = await quota.usage(workspace)
    assert (usage.reserved, usage.used) == (0, 0)


async def test_the_same_reservation_made_many_times_at_once_counts_once(
    workspace: UUID, quota: Quota
) -> None:
    upload = new_id()
    await asyncio.gather(*(_reserve(quota, workspace, upload) for _ in range(20)))
    assert (await quota.usage(workspace)).reserved == 1


async def test_a_reservation_that_is_rolled_back_leaves_nothing(
    workspace: UUID, quota: Quota
) -> None:
    async def reserve_then_fail() -> None:
        async with transaction():
            await quota.reserve(workspace, new_id())
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await reserve_then_fail()
    assert (await quota.usage(workspace)).reserved == 0


async def test_a_refusal_names_limit_use_reset_and_the_tier_with_more(
    workspace: UUID, quota: Quota
) -> None:
    await _use(quota, workspace, 10)
    with pytest.raises(PaymentRequiredError) as caught:
        async with transaction():
            await quota.reserve(workspace, new_id())
    assert caught.value.code == "quota_exceeded"
    assert caught.value.extra == {
        "resource": "uploads",
        "limit": 10,
        "used": 10,
        "reserved": 0,
        "resets_at": "2026-02-01T00:00:00Z",
        "tier": "starter",
        "required_tier": "solo",
        "required_lookup_key": "uploadm8_solo_monthly",
    }
    assert caught.value.action is not None
    assert "Solo (60 uploads)" in caught.value.action


async def test_a_new_month_starts_from_zero_and_a_late_release_goes_to_the_old_one(
    workspace: UUID, quota: Quota, clock: Clock
) -> None:
    upload = await _reserve(quota, workspace)
    assert upload is not None
    clock.forward(days=20)
    await _use(quota, workspace, 2)
    await quota.release(upload)
    rows = await QuotaPeriod.select(QuotaPeriod.reserved, QuotaPeriod.used).order_by(
        QuotaPeriod.starts_at
    )
    assert rows == [{"reserved": 0, "used": 0}, {"reserved": 0, "used": 2}]


async def test_a_subscriber_counts_in_stripes_period_across_the_boundary(
    workspace: UUID, quota: Quota, clock: Clock, subscribe: MakeSubscription
) -> None:
    await subscribe(workspace, Tier.SOLO)
    await _use(quota, workspace, 1)
    usage = await quota.usage(workspace)
    assert (usage.limit, usage.resets_at) == (60, START + timedelta(days=21))
    clock.at = usage.resets_at
    assert (await quota.usage(workspace)).used == 0


async def test_an_upgrade_raises_the_limit_at_once_and_a_smaller_tier_never_goes_negative(
    workspace: UUID, quota: Quota, clock: Clock
) -> None:
    grants = Grants(clock)
    await _use(quota, workspace, 10)
    grant = await grants.give(workspace, Tier.SOLO, "Press")
    await _use(quota, workspace, 5)
    await grants.revoke(grant)
    usage = await quota.usage(workspace)
    assert (usage.limit, usage.used, usage.remaining) == (10, 15, 0)
    assert await _reserve(quota, workspace) is None


async def test_each_tenth_from_half_the_quota_on_is_an_event_of_its_own_once(
    workspace: UUID, quota: Quota
) -> None:
    await _use(quota, workspace, 7)
    assert await _told_percents() == [50, 60, 70]
    await _use(quota, workspace, 1)
    assert await _told_percents() == [50, 60, 70, 80]
    await _use(quota, workspace, 1)
    upload = await _reserve(quota, workspace)
    assert upload is not None
    await quota.commit(upload)
    await quota.release(upload)
    await _use(quota, workspace, 1)
    assert await _told_percents() == [50, 60, 70, 80, 90, 100]
    assert await JobRow.count().where(JobRow.kind == "notifications.pass_on") == 6


async def _told_percents() -> list[int]:
    rows = await WorkspaceEvent.select(WorkspaceEvent.facts).order_by(WorkspaceEvent.id)
    return [json_of(row["facts"])["percent"] for row in rows]


async def test_an_upload_without_a_reservation_cannot_be_committed(db: None, quota: Quota) -> None:
    with pytest.raises(NotFoundError):
        await quota.commit(new_id())


async def test_a_reservation_outside_a_transaction_is_a_mistake(
    workspace: UUID, quota: Quota
) -> None:
    with pytest.raises(RuntimeError):
        await quota.reserve(workspace, new_id())
