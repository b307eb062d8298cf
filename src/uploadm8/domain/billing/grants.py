"""Tiers given by an administrator: with a reason, perhaps an end, and revoked rather than deleted."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from uploadm8.domain.billing.entitlements import Clock
from uploadm8.domain.billing.plans import Tier
from uploadm8.domain.billing.tables import Grant
from uploadm8.domain.workspaces.tables import Workspace
from uploadm8.errors import FieldError, InvalidRequestError, NotFoundError
from uploadm8.infra.clock import now


@dataclass(frozen=True, slots=True)
class Grants:
    """Give and take back tiers."""

    clock: Clock = now

    async def give(
        self,
        workspace_id: UUID,
        tier: Tier,
        reason: str,
        *,
        ends_at: datetime | None = None,
        granted_by: UUID | None = None,
    ) -> UUID:
        """Give a workspace a tier; returns the grant's id.

        Raises:
            InvalidRequestError: no reason, or an end that has passed.
            NotFoundError: no such workspace.
        """
        problems = []
        if not reason.strip():
            problems.append(FieldError("reason", "Say why the tier is granted."))
        if ends_at is not None and ends_at <= self.clock():
            problems.append(FieldError("ends_at", "The end must lie in the future."))
        if problems:
            raise InvalidRequestError("The grant is not complete.", fields=problems)
        if not await Workspace.exists().where(Workspace.id == workspace_id):
            raise NotFoundError("There is no such workspace.")
        grant = Grant(
            workspace=workspace_id,
            tier=tier.value,
            reason=reason.strip(),
            ends_at=ends_at,
            granted_by=granted_by,
        )
        await Grant.insert(grant)
        return UUID(str(grant.id))

    async def revoke(self, grant_id: UUID) -> None:
        """Take a grant back now; a second time changes nothing.

        Raises:
            NotFoundError: no such grant.
        """
        rows = await Grant.raw(
            "UPDATE entitlement_grants SET revoked_at=COALESCE(revoked_at, {}) WHERE id={}"
            " RETURNING id",
            self.clock(),
            grant_id,
        )
        if not rows:
            raise NotFoundError("There is no such grant.")
