"""Members: listed, given another role, removed; leaving, and handing a workspace over."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from uploadm8.api.principal import Principal
from uploadm8.domain.accounts.tables import User
from uploadm8.domain.workspaces.locks import lock_workspace
from uploadm8.domain.workspaces.roles import member_role, require_rank
from uploadm8.domain.workspaces.schemas import MemberView, WorkspaceView
from uploadm8.domain.workspaces.seats import Seats
from uploadm8.domain.workspaces.service import Workspaces
from uploadm8.domain.workspaces.tables import ApiKey, MemberRole, Membership
from uploadm8.domain.workspaces.team_mail import tell_member
from uploadm8.errors import ConflictError
from uploadm8.infra.audit.actions import Action
from uploadm8.infra.audit.record import record
from uploadm8.infra.db.locks import lock_row
from uploadm8.infra.db.transaction import transaction

OWNER = MemberRole.OWNER


class LastOwnerError(ConflictError):
    """A workspace needs an owner, and this is its only one."""

    code = "last_owner"


@dataclass(frozen=True, slots=True)
class Members:
    """The people of a workspace; every change locks the workspace first."""

    workspaces: Workspaces
    seats: Seats

    async def list(self, workspace_id: UUID) -> list[MemberView]:
        """Everybody, owners first, then by the time they joined: the order that seats go by."""
        seats = await self.seats.limit(workspace_id)
        rows = await Membership.raw(
            "SELECT u.id AS user_id, u.email, u.display_name, m.role, m.created_at AS joined_at,"
            ' u.totp_enabled_at IS NOT NULL AS two_step FROM memberships m JOIN users u ON u.id=m."user"'
            " WHERE m.workspace={} ORDER BY m.role <> 'owner', m.created_at, m.id",
            workspace_id,
        )
        return [
            MemberView(**row, seated=place < seats or row["role"] == OWNER)
            for place, row in enumerate(rows)
        ]

    async def overview(self, by: Principal) -> WorkspaceView:
        """The workspace with the numbers of its people and seats."""
        rows = await Membership.raw(
            "SELECT w.id, w.name, (SELECT count(*) FROM memberships WHERE workspace=w.id) AS members,"
            " (SELECT count(*) FROM invitations WHERE workspace=w.id AND accepted_at IS NULL"
            " AND closed_at IS NULL AND expires_at > now()) AS invitations"
            " FROM workspaces w WHERE w.id={}",
            by.workspace_id,
        )
        return WorkspaceView(**rows[0], role=by.role, seats=await self.seats.limit(by.workspace_id))

    async def change_role(self, by: Principal, user_id: UUID, role: MemberRole) -> None:
        """Give a member another role; it holds from the next request on.

        Raises:
            NotFoundError: code ``member_not_found``.
            ForbiddenError: code ``role_required``.
            LastOwnerError: the workspace would have no owner.
        """
        async with transaction():
            await lock_workspace(by.workspace_id)
            current = await member_role(by.workspace_id, user_id)
            await require_rank(by, current, role)
            if current is role:
                return
            if current is OWNER:
                await _keep_an_owner(by.workspace_id, user_id)
            await _set_role(by.workspace_id, user_id, role)
            await _forget_consents(by.workspace_id, user_id)
            await tell_member(user_id, by.workspace_id, "role_changed", role.value)
            await record(
                Action.MEMBER_ROLE_CHANGED,
                workspace_id=by.workspace_id,
                subject=("member", user_id),
                details={"from": current.value, "to": role.value},
            )

    async def remove(self, by: Principal, user_id: UUID) -> None:
        """Take a member out, with the keys the member made here; it acts at once.

        Raises:
            NotFoundError: code ``member_not_found``.
            ForbiddenError: code ``role_required``.
            LastOwnerError: the workspace would have no owner.
        """
        async with transaction():
            await lock_row(User, user_id)
            await lock_workspace(by.workspace_id)
            role = await member_role(by.workspace_id, user_id)
            await require_rank(by, role)
            await self._take_out(by.workspace_id, user_id, role, Action.MEMBER_REMOVED)
            await tell_member(user_id, by.workspace_id, "removed")

    async def leave(self, by: Principal) -> None:
        """Leave the workspace.

        Raises:
            LastOwnerError: the only owner hands the workspace over first.
        """
        async with transaction():
            await lock_row(User, by.user_id)
            await lock_workspace(by.workspace_id)
            role = await member_role(by.workspace_id, by.user_id)
            await self._take_out(by.workspace_id, by.user_id, role, Action.MEMBER_LEFT)

    async def transfer(self, by: Principal, user_id: UUID) -> None:
        """Make another member the owner; whoever hands over becomes an admin.

        Raises:
            NotFoundError: code ``member_not_found``.
            ForbiddenError: code ``role_required``.
            ConflictError: code ``already_owner``.
        """
        async with transaction():
            await lock_workspace(by.workspace_id)
            current = await member_role(by.workspace_id, user_id)
            await require_rank(by, OWNER)
            if current is OWNER:
                raise ConflictError("This member owns the workspace already.", code="already_owner")
            await _set_role(by.workspace_id, user_id, OWNER)
            await _set_role(by.workspace_id, by.user_id, MemberRole.ADMIN)
            await tell_member(user_id, by.workspace_id, "ownership")
            await record(
                Action.OWNERSHIP_TRANSFERRED,
                workspace_id=by.workspace_id,
                subject=("member", user_id),
                details={"from": str(by.user_id)},
            )

    async def _take_out(
        self, workspace_id: UUID, user_id: UUID, role: MemberRole, action: Action
    ) -> None:
        if role is OWNER:
            await _keep_an_owner(workspace_id, user_id)
        await Membership.raw(
            'DELETE FROM memberships WHERE workspace={} AND "user"={}', workspace_id, user_id
        )
        await _forget_consents(workspace_id, user_id)
        keys: list[dict[str, Any]] = await ApiKey.raw(
            'UPDATE api_keys SET revoked_at=now() WHERE workspace={} AND "user"={}'
            " AND revoked_at IS NULL RETURNING id",
            workspace_id,
            user_id,
        )
        await record(
            action,
            workspace_id=workspace_id,
            subject=("member", user_id),
            details={"role": role.value, "keys_revoked": len(keys)},
        )
        await self.workspaces.keep_one(user_id)


async def _forget_consents(workspace_id: UUID, user_id: UUID) -> None:
    # A platform's consent page that is still open must not connect an account for the ex-admin.
    await Membership.raw(
        'DELETE FROM oauth_flows WHERE workspace={} AND "user"={}', workspace_id, user_id
    )


async def _set_role(workspace_id: UUID, user_id: UUID, role: MemberRole) -> None:
    await Membership.raw(
        'UPDATE memberships SET role={} WHERE workspace={} AND "user"={}',
        role.value,
        workspace_id,
        user_id,
    )


async def _keep_an_owner(workspace_id: UUID, but: UUID) -> None:
    rows = await Membership.raw(
        'SELECT 1 FROM memberships m JOIN users u ON u.id=m."user" WHERE m.workspace={}'
        " AND m.role='owner' AND u.id<>{} AND u.disabled_at IS NULL AND u.deletion_due_at IS NULL"
        " LIMIT 1",
        workspace_id,
        but,
    )
    if not rows:
        raise LastOwnerError(action="Hand the workspace over to another member first.")
