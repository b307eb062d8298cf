"""Who is calling, as every controller sees it."""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from uploadm8.errors import ForbiddenError

# Each role includes those after it (see domain.workspaces.tables.MemberRole).
_RANK: Mapping[str, int] = {"owner": 0, "admin": 1, "editor": 2, "viewer": 3}


@dataclass(frozen=True, slots=True)
class Principal:
    """An authenticated caller, acting in one workspace.

    Attributes:
        role: place in the workspace: owner, admin, editor or viewer.
        is_admin: may run the whole installation.
        session_id: the session behind an access token; None for an API key.
        scopes: what an API key is limited to; None means everything the role allows.
    """

    user_id: UUID
    workspace_id: UUID
    role: str
    is_admin: bool = False
    session_id: UUID | None = None
    scopes: frozenset[str] | None = None

    def require(self, role: str) -> None:
        """Refuse callers below this role.

        Raises:
            ForbiddenError: code ``role_required``.
        """
        if _RANK[self.role] > _RANK[role]:
            raise ForbiddenError(
                f"This needs the role {role} in the workspace; yours is {self.role}.",
                code="role_required",
                action="Ask an owner or admin of the workspace.",
            )
