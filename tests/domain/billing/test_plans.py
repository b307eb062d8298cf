"""The table of tiers is what was promised."""

import itertools

import pytest

from uploadm8.domain.billing.plans import (
    BY_LOOKUP_KEY,
    PLANS,
    Feature,
    Limits,
    Resource,
    Tier,
    first_with,
    first_with_room,
)


@pytest.mark.parametrize(
    ("tier", "key", "cents", "limits"),
    [
        (Tier.STARTER, "uploadm8_starter_monthly", 0, Limits(10, 1, 1)),
        (Tier.SOLO, "uploadm8_solo_monthly", 999, Limits(60, 2, 1)),
        (Tier.CREATOR, "uploadm8_creator_monthly", 1999, Limits(200, 4, 1)),
        (Tier.GROWTH, "uploadm8_growth_monthly", 2999, Limits(500, 8, 1)),
        (Tier.STUDIO, "uploadm8_studio_monthly", 4999, Limits(1500, 15, 3)),
        (Tier.AGENCY, "uploadm8_agency_monthly", 9999, Limits(5000, 40, 10)),
    ],
)
def test_each_tier_has_its_price_key_and_limits(
    tier: Tier, key: str, cents: int, limits: Limits
) -> None:
    plan = PLANS[tier]
    assert (plan.lookup_key, plan.price_cents, plan.limits) == (key, cents, limits)
    assert BY_LOOKUP_KEY[key] is plan


def test_each_tier_has_all_that_the_tiers_below_it_have() -> None:
    ranked = list(PLANS.values())
    for lower, higher in itertools.pairwise(ranked):
        assert lower.features < higher.features
        assert all(lower.limits.of(r) <= higher.limits.of(r) for r in Resource)


@pytest.mark.parametrize(
    ("feature", "tier"),
    [
        (Feature.MANUAL_QUEUE, Tier.STARTER),
        (Feature.SCHEDULING, Tier.SOLO),
        (Feature.DISCORD_ALERTS, Tier.SOLO),
        (Feature.SMART_SCHEDULING, Tier.CREATOR),
        (Feature.AUTO_TRANSCODE, Tier.CREATOR),
        (Feature.RESUMABLE_UPLOADS, Tier.CREATOR),
        (Feature.CAPTION_TEMPLATES, Tier.GROWTH),
        (Feature.ADVANCED_ALERTS, Tier.GROWTH),
        (Feature.EXPORTS, Tier.GROWTH),
        (Feature.TEAM_SEATS, Tier.STUDIO),
        (Feature.APPROVALS, Tier.STUDIO),
        (Feature.WEBHOOKS, Tier.STUDIO),
        (Feature.AUDIT_LOGS, Tier.AGENCY),
        (Feature.SLA, Tier.AGENCY),
    ],
)
def test_a_feature_comes_with_the_tier_that_adds_it(feature: Feature, tier: Tier) -> None:
    assert first_with(feature).tier is tier


def test_the_tier_with_room_is_the_smallest_that_fits_and_none_beyond_the_largest() -> None:
    room = first_with_room(Resource.ACCOUNTS, 5)
    assert room is not None
    assert room.tier is Tier.GROWTH
    assert first_with_room(Resource.UPLOADS, 5001) is None
