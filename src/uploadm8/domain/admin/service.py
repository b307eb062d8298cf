"""Running the place: what administrators may do."""

from dataclasses import dataclass
from uuid import UUID

from uploadm8.domain.admin.schemas import GrantOut, GrantRequest
from uploadm8.domain.billing.grants import Grants
from uploadm8.domain.workspaces.tables import MemberRole, Membership
from uploadm8.errors import FieldError, InvalidRequestError, NotFoundError


@dataclass(frozen=True, slots=True)
class Administration:
    """Acts of administrators."""

    grants: Grants

    async def grant(self, request: GrantRequest, granted_by: UUID | None) -> GrantOut:
        """Give a workspace a tier.

        Raises:
            NotFoundError: no such workspace, or nobody with that address.
        """
        workspace_id = request.workspace_id or await self._workspace_of(request.email)
        grant_id = await self.grants.give(
            workspace_id,
            request.tier,
            request.reason,
            ends_at=request.ends_at,
            granted_by=granted_by,
        )
        return GrantOut(
            id=grant_id, workspace_id=workspace_id, tier=request.tier.value, ends_at=request.ends_at
        )

    async def _workspace_of(self, email: str | None) -> UUID:
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
