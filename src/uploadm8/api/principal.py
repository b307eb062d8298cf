"""Who is calling, as every controller sees it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from uploadm8.errors import ForbiddenError
from uploadm8.infra.audit.origin import Actor
from uploadm8.infra.audit.tables import ActorKind
from uploadm8.infra.clock import now

# Each role includes those after it (see domain.workspaces.tables.MemberRole).
_RANK: Mapping[str, int] = {"owner": 0, "admin": 1, "editor": 2, "viewer": 3}


def at_least(role: str, wanted: str) -> bool:
    """Whether a role includes another."""
    return _RANK[role] <= _RANK[wanted]


@dataclass(frozen=True, slots=True)
class SupportAccess:
    """An administrator who looks through a user's eyes.

    Attributes:
        admin_id: who it is.
        writes: whether changes are allowed too.
    """

    admin_id: UUID
    writes: bool


@dataclass(frozen=True, slots=True)
class Principal:
    """An authenticated caller, acting in one workspace.

    Attributes:
        role: place in the workspace: owner, admin, editor or viewer.
        place: how many members come before this one: seats go to owners, then by time of joining.
        is_admin: may run the whole installation.
        session_id: the session behind an access token; None for an API key.
        scopes: what an API key is limited to; None means everything the role allows.
        key_id: the API key, if it is one.
        authenticated_at: when the password or second factor was last given; None for an API key.
        has_two_step: whether the user signs in with a second factor.
        support: set when it is not the user who calls, but an administrator in the user's place.
    """

    user_id: UUID
    workspace_id: UUID
    role: str
    place: int = 0
    is_admin: bool = False
    session_id: UUID | None = None
    scopes: frozenset[str] | None = None
    key_id: UUID | None = None
    authenticated_at: datetime | None = None
    has_two_step: bool = False
    support: SupportAccess | None = None

    @property
    def actor(self) -> Actor:
        """The caller as the audit log names it."""
        if self.support is not None:
            return Actor(ActorKind.ADMIN, self.support.admin_id)
        kind = ActorKind.API_KEY if self.key_id else ActorKind.USER
        return Actor(kind, self.user_id, self.key_id)

    def require(self, role: str) -> None:
        """Refuse callers below this role.

        Raises:
            ForbiddenError: code ``role_required``.
        """
        if not at_least(self.role, role):
            raise ForbiddenError(
                f"This needs the role {role} in the workspace; yours is {self.role}.",
                code="role_required",
                action="Ask an owner or admin of the workspace.",
            )

    def require_scope(self, scope: str) -> None:
        """Refuse an API key without this scope; ``x:write`` includes ``x:read``.

        Raises:
            ForbiddenError: code ``scope_required``.
        """
        if self.scopes is None:
            return
        subject, _, verb = scope.partition(":")
        enough = {f"{subject}:write", "*:write"}
        if verb == "read":
            enough |= {scope, "*:read"}
        if self.scopes.isdisjoint(enough):
            raise ForbiddenError(
                f"This API key lacks the scope {scope}.",
                code="scope_required",
                action="Make a key with that scope.",
            )

    def require_fresh(self, within_s: float) -> None:
        """Refuse a session whose password was given longer ago than this.

        Raises:
            ForbiddenError: code ``step_up_required``.
        """
        at = self.authenticated_at
        if at is None or (now() - at).total_seconds() > within_s:
            raise ForbiddenError(
                "Confirm that it is you before doing this.",
                code="step_up_required",
                action="Send your password to POST /api/auth/step-up and try again.",
            )
