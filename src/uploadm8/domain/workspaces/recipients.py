"""Who of a workspace gets mail about it."""

from typing import Any
from uuid import UUID

from uploadm8.domain.workspaces.tables import Membership

_MANAGERS = (
    'SELECT u.id, u.email FROM memberships m JOIN users u ON u.id=m."user"'
    " WHERE m.workspace={} AND m.role IN ('owner', 'admin') AND u.disabled_at IS NULL"
    " ORDER BY u.email"
)


async def managers_of(workspace_id: UUID) -> dict[UUID, str]:
    """The addresses of owners and admins, by user."""
    rows: list[dict[str, Any]] = await Membership.raw(_MANAGERS, workspace_id)
    return {row["id"]: str(row["email"]) for row in rows}
