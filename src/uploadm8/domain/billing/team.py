"""The seats of a tier, as the people's subject asks for them."""

from dataclasses import dataclass
from uuid import UUID

from uploadm8.domain.billing.entitlements import Entitlements, Source
from uploadm8.domain.billing.plans import Feature, Resource, Tier, first_with_room
from uploadm8.domain.workspaces.tables import Membership
from uploadm8.errors import PaymentRequiredError


@dataclass(frozen=True, slots=True)
class TeamSeats:
    """Implements the workspaces' port for seats."""

    entitlements: Entitlements

    async def check_team(self, workspace_id: UUID, *, invited: int = 0) -> None:
        """Refuse one more person when the tier has no teams, or every seat is taken."""
        await self.entitlements.require(workspace_id, Feature.TEAM_SEATS)
        await self.entitlements.check_seats(workspace_id, invited=invited)

    async def limit(self, workspace_id: UUID) -> int:
        """How many people the tier has room for."""
        return (await self.entitlements.of(workspace_id)).limits.seats

    async def require_seat(self, workspace_id: UUID, place: int) -> None:
        """Refuse a member whom the tier has no seat for, after a downgrade.

        Args:
            workspace_id: where.
            place: how many members come before.

        Raises:
            PaymentRequiredError: code ``no_seat``.
        """
        entitlement = await self.entitlements.of(workspace_id)
        seats = entitlement.limits.seats
        if place < seats:
            return
        needed = first_with_room(Resource.SEATS, place + 1)
        raise PaymentRequiredError(
            f"The {entitlement.plan.name} tier seats {seats} and you are member {place + 1};"
            " you can look at everything and change nothing.",
            code="no_seat",
            action="Ask an owner to choose a larger tier, or to free a seat.",
            extra={
                "resource": Resource.SEATS.value,
                "limit": seats,
                "used": place + 1,
                "tier": entitlement.tier.value,
                "required_tier": needed.tier.value if needed else None,
                "required_lookup_key": needed.lookup_key if needed else None,
            },
        )

    async def check_new_workspace(self, user_id: UUID) -> None:
        """Refuse a further workspace to someone who owns one that nothing is paid for.

        Else everyone could have Starter's uploads as often as wanted.
        """
        rows = await Membership.raw(
            "SELECT workspace FROM memberships WHERE \"user\"={} AND role='owner'", user_id
        )
        for row in rows:
            entitlement = await self.entitlements.of(row["workspace"])
            if entitlement.source is Source.DEFAULT:
                raise PaymentRequiredError(
                    "You own a workspace on Starter already.",
                    code="workspace_limit",
                    action="Choose a tier for that one first; each workspace has its own.",
                    extra={
                        "resource": "workspaces",
                        "limit": 1,
                        "tier": entitlement.tier.value,
                        "required_tier": Tier.SOLO.value,
                    },
                )
