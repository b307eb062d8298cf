"""Tiers without payment: given, listed and taken back."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from uploadm8.domain.admin.act_schemas import GrantOut, GrantRequest, GrantRevocation
from uploadm8.domain.billing.grants import Grants
from uploadm8.domain.billing.tables import Grant
from uploadm8.domain.workspaces.tables import MemberRole, Membership
from uploadm8.errors import FieldError, InvalidRequestError, NotFoundError
from uploadm8.infra.audit.actions import Action
from uploadm8.infra.audit.record import record
from uploadm8.infra.db.transaction import transaction

_GRANT_SQL = (
    "SELECT id, workspace AS workspace_id, tier, reason, granted_by, created_at, ends_at,"
    " revoked_at FROM entitlement_grants"
)


@dataclass(frozen=True, slots=True)
class Administration:
    """Grants, as administrators handle them."""

    grants: Grants

    async def grant(self, request: GrantRequest, granted_by: UUID | None) -> GrantOut:
        """Give a workspace a tier.

        Raises:
            NotFoundError: no such workspace, or nobody with that address.
        """
        workspace_id = request.workspace_id or await _workspace_of(request.email)
        async with transaction():
            grant_id = await self.grants.give(
                workspace_id,
                request.tier,
                request.reason,
                ends_at=request.ends_at,
                granted_by=granted_by,
            )
            await record(
                Action.ADMIN_GRANTED,
                workspace_id=workspace_id,
                subject=("grant", grant_id),
                reason=request.reason,
                details={"tier": request.tier.value, "ends_at": request.ends_at},
            )
        return await _grant(grant_id)

    async def revoke(self, request: GrantRevocation) -> GrantOut:
        """Take a grant back now; a second time changes nothing.

        Raises:
            NotFoundError: no such grant.
        """
        async with transaction():
            await self.grants.revoke(request.grant_id)
            found = await _grant(request.grant_id)
            await record(
                Action.ADMIN_GRANT_REVOKED,
                workspace_id=found.workspace_id,
                subject=("grant", found.id),
                reason=request.reason,
                details={"tier": found.tier},
            )
        return found

    async def of_workspace(self, workspace_id: UUID) -> Sequence[GrantOut]:
        """Every grant a workspace ever had, newest first."""
        rows = await Grant.raw(f"{_GRANT_SQL} WHERE workspace={{}} ORDER BY id DESC", workspace_id)
        return [GrantOut(**row) for row in rows]


async def _grant(grant_id: UUID) -> GrantOut:
    rows = await Grant.raw(f"{_GRANT_SQL} WHERE id={{}}", grant_id)
    return GrantOut(**rows[0])


async def _workspace_of(email: str | None) -> UUID:
    if email is None:
        raise InvalidRequestError(
            "Say which workspace.",
            fields=[FieldError("workspace_id", "this or email is required")],
        )
    row = await (
        Membership.select(Membership.workspace)
        .where(
            Membership.user.email == email.strip().lower(),
            Membership.role == MemberRole.OWNER,
        )
        .order_by(Membership.created_at)
        .first()
    )
    if row is None:
        raise NotFoundError("Nobody with that address owns a workspace.", code="user_not_found")
    found: UUID = row["workspace"]
    return found
