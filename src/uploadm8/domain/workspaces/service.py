"""Workspaces: made with their owner, listed for their members."""

from dataclasses import dataclass
from uuid import UUID

from uploadm8.domain.accounts.tables import User
from uploadm8.domain.workspaces.schemas import MemberOf
from uploadm8.domain.workspaces.seats import Seats
from uploadm8.domain.workspaces.tables import MemberRole, Membership, Workspace
from uploadm8.infra.audit.actions import Action
from uploadm8.infra.audit.record import record
from uploadm8.infra.db.locks import lock_row
from uploadm8.infra.db.transaction import transaction
from uploadm8.infra.ids import new_id


@dataclass(frozen=True, slots=True)
class Workspaces:
    """Who belongs where."""

    async def create(self, owner_id: UUID, name: str) -> UUID:
        """Make a workspace with its owner, in the current transaction."""
        workspace_id = new_id()
        await Workspace.raw(
            "INSERT INTO workspaces (id, name) VALUES ({}, {})", workspace_id, name[:120]
        )
        await Membership.raw(
            'INSERT INTO memberships (id, workspace, "user", role) VALUES ({}, {}, {}, {})',
            new_id(),
            workspace_id,
            owner_id,
            MemberRole.OWNER.value,
        )
        return workspace_id

    async def keep_one(self, user_id: UUID) -> None:
        """Give a user who is in no workspace any more an own one, in the current transaction.

        It has locked the user: who is taken out of two workspaces at once would keep none.
        """
        rows = await Membership.raw(
            "SELECT display_name, email FROM users u WHERE id={}"
            ' AND NOT EXISTS (SELECT 1 FROM memberships m WHERE m."user"=u.id)',
            user_id,
        )
        for row in rows:
            await self.create(user_id, row["display_name"] or row["email"].partition("@")[0])

    async def start_another(self, user_id: UUID, name: str, seats: Seats) -> MemberOf:
        """Make a further workspace with its own tier, quota and people.

        Raises:
            PaymentRequiredError: the user owns one that nothing is paid for.
        """
        async with transaction():
            await lock_row(User, user_id)
            await seats.check_new_workspace(user_id)
            workspace_id = await self.create(user_id, name)
            await record(
                Action.WORKSPACE_MADE,
                workspace_id=workspace_id,
                subject=("workspace", workspace_id),
            )
        return MemberOf(workspace_id, name, MemberRole.OWNER.value)

    async def rename(self, workspace_id: UUID, name: str) -> None:
        """Give a workspace another name."""
        async with transaction():
            await Workspace.raw("UPDATE workspaces SET name={} WHERE id={}", name, workspace_id)
            await record(
                Action.WORKSPACE_RENAMED,
                workspace_id=workspace_id,
                subject=("workspace", workspace_id),
            )

    async def of_user(self, user_id: UUID) -> list[MemberOf]:
        """The workspaces of a user, oldest membership first."""
        rows = await Membership.raw(
            "SELECT w.id, w.name, m.role FROM memberships m JOIN workspaces w ON w.id=m.workspace"
            ' WHERE m."user"={} ORDER BY m.created_at, m.id',
            user_id,
        )
        return [MemberOf(**row) for row in rows]


async def is_suspended(workspace_id: UUID) -> bool:
    """Whether nothing may be posted from a workspace, since its owner was shut out."""
    rows = await Workspace.raw(
        "SELECT 1 FROM workspaces WHERE id={} AND suspended_at IS NOT NULL", workspace_id
    )
    return bool(rows)
