"""The six tiers as one table of data: price, lookup key, limits and features. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType


class Tier(StrEnum):
    """What a workspace can be on, from the smallest to the largest."""

    STARTER = "starter"
    SOLO = "solo"
    CREATOR = "creator"
    GROWTH = "growth"
    STUDIO = "studio"
    AGENCY = "agency"


class Feature(StrEnum):
    """What a tier adds besides larger limits."""

    MANUAL_QUEUE = "manual_queue"
    COMMUNITY_SUPPORT = "community_support"
    SCHEDULING = "scheduling"
    DISCORD_ALERTS = "discord_alerts"
    SMART_SCHEDULING = "smart_scheduling"
    AUTO_TRANSCODE = "auto_transcode"
    RESUMABLE_UPLOADS = "resumable_uploads"
    CAPTION_TEMPLATES = "caption_templates"
    ADVANCED_ALERTS = "advanced_alerts"
    EXPORTS = "exports"
    TEAM_SEATS = "team_seats"
    APPROVALS = "approvals"
    WEBHOOKS = "webhooks"
    AUDIT_LOGS = "audit_logs"
    SLA = "sla"

    @property
    def label(self) -> str:
        """The words used for it in a sentence."""
        return _LABELS.get(self, self.value.replace("_", " "))


_LABELS: Mapping["Feature", str] = {
    Feature.SCHEDULING: "basic scheduling",
    Feature.DISCORD_ALERTS: "Discord alerts",
    Feature.AUTO_TRANSCODE: "auto-transcode",
    Feature.APPROVALS: "approval workflows",
    Feature.SLA: "SLA support",
}


class Resource(StrEnum):
    """What is counted against a limit."""

    UPLOADS = "uploads"
    ACCOUNTS = "accounts"
    SEATS = "seats"


@dataclass(frozen=True, slots=True)
class Limits:
    """How much of each resource a tier has.

    Attributes:
        uploads: uploads in a billing period or calendar month.
        accounts: connected accounts at a time.
        seats: people in the workspace, the owner among them.
    """

    uploads: int
    accounts: int
    seats: int

    def of(self, resource: Resource) -> int:
        """The limit of one resource."""
        return {
            Resource.UPLOADS: self.uploads,
            Resource.ACCOUNTS: self.accounts,
            Resource.SEATS: self.seats,
        }[resource]


@dataclass(frozen=True, slots=True)
class Plan:
    """One tier.

    Attributes:
        rank: place in the table; a higher tier has all that the lower ones have.
        price_cents: per month, in `CURRENCY`.
        lookup_key: names the tier's price in Stripe.
        features: everything included, those of the lower tiers too.
    """

    tier: Tier
    rank: int
    name: str
    price_cents: int
    lookup_key: str
    limits: Limits
    features: frozenset[Feature]


CURRENCY = "usd"

_ROWS: tuple[tuple[Tier, int, Limits, tuple[Feature, ...]], ...] = (
    (
        Tier.STARTER,
        0,
        Limits(uploads=10, accounts=1, seats=1),
        (Feature.MANUAL_QUEUE, Feature.COMMUNITY_SUPPORT),
    ),
    (
        Tier.SOLO,
        999,
        Limits(uploads=60, accounts=2, seats=1),
        (Feature.SCHEDULING, Feature.DISCORD_ALERTS),
    ),
    (
        Tier.CREATOR,
        1999,
        Limits(uploads=200, accounts=4, seats=1),
        (Feature.SMART_SCHEDULING, Feature.AUTO_TRANSCODE, Feature.RESUMABLE_UPLOADS),
    ),
    (
        Tier.GROWTH,
        2999,
        Limits(uploads=500, accounts=8, seats=1),
        (Feature.CAPTION_TEMPLATES, Feature.ADVANCED_ALERTS, Feature.EXPORTS),
    ),
    (
        Tier.STUDIO,
        4999,
        Limits(uploads=1500, accounts=15, seats=3),
        (Feature.TEAM_SEATS, Feature.APPROVALS, Feature.WEBHOOKS),
    ),
    (
        Tier.AGENCY,
        9999,
        Limits(uploads=5000, accounts=40, seats=10),
        (Feature.AUDIT_LOGS, Feature.SLA),
    ),
)


def _build() -> Mapping[Tier, Plan]:
    plans: dict[Tier, Plan] = {}
    features: frozenset[Feature] = frozenset()
    for rank, (tier, price, limits, added) in enumerate(_ROWS):
        features |= frozenset(added)
        key = f"uploadm8_{tier.value}_monthly"
        plans[tier] = Plan(tier, rank, tier.value.capitalize(), price, key, limits, features)
    return MappingProxyType(plans)


PLANS: Mapping[Tier, Plan] = _build()
BY_LOOKUP_KEY: Mapping[str, Plan] = MappingProxyType({p.lookup_key: p for p in PLANS.values()})


def first_with(feature: Feature) -> Plan:
    """The smallest tier that includes a feature."""
    return next(plan for plan in PLANS.values() if feature in plan.features)


def first_with_room(resource: Resource, wanted: int) -> Plan | None:
    """The smallest tier whose limit allows `wanted` of a resource; None if no tier does."""
    return next((p for p in PLANS.values() if p.limits.of(resource) >= wanted), None)
