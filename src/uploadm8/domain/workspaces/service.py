"""Workspaces: made with their owner, listed for their members."""

from dataclasses import dataclass
from uuid import UUID

from uploadm8.domain.workspaces.schemas import MemberOf
from uploadm8.domain.workspaces.tables import MemberRole, Membership, Workspace
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

    async def of_user(self, user_id: UUID) -> list[MemberOf]:
        """The workspaces of a user, oldest membership first."""
        rows = await Membership.raw(
            "SELECT w.id, w.name, m.role FROM memberships m JOIN workspaces w ON w.id=m.workspace"
            ' WHERE m."user"={} ORDER BY m.created_at, m.id',
            user_id,
        )
        return [MemberOf(**row) for row in rows]
