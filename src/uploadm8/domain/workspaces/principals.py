"""From a credential to a principal: one query joins session, user and membership."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from uploadm8.api.principal import Principal
from uploadm8.domain.accounts.tables import Session, UserRole
from uploadm8.errors import ForbiddenError, NotFoundError
from uploadm8.infra.security.tokens import AccessClaims, AccessTokens, InvalidTokenError

_USER = "u.id AS user_id, u.role AS user_role, u.auth_epoch, u.disabled_at, m.workspace, m.role"
_MEMBER = (
    ' LEFT JOIN LATERAL (SELECT workspace, role FROM memberships WHERE "user"=u.id'
    " AND ({}::uuid IS NULL OR workspace={}::uuid) ORDER BY created_at, id LIMIT 1) m ON true"
)
_BY_SESSION = (
    f"SELECT {_USER}, s.authenticated_at FROM sessions s"  # noqa: S608  constants
    f' JOIN users u ON u.id=s."user"{_MEMBER}'
    ' WHERE s.id={} AND s."user"={} AND s.revoked_at IS NULL AND s.expires_at > now()'
)


@dataclass(frozen=True, slots=True)
class DatabasePrincipals:
    """Reads user, session and membership per request, so that revocation acts at once."""

    access: AccessTokens

    async def of_bearer(self, token: str, workspace: UUID | None) -> Principal:
        """The caller behind an access token.

        Args:
            token: from the Authorization header.
            workspace: which of the user's workspaces to act in; default the first.

        Raises:
            UnauthenticatedError: the token is not valid, or its session is over.
            NotFoundError: the user is not in that workspace.
        """
        return await self._of_session(self.access.verify(token), workspace)

    async def _of_session(self, claims: AccessClaims, workspace: UUID | None) -> Principal:
        rows = await Session.raw(
            _BY_SESSION, workspace, workspace, claims.session_id, claims.user_id
        )
        if not rows or rows[0]["auth_epoch"] != claims.auth_epoch:
            raise InvalidTokenError(
                "The session is over.", code="session_over", action="Sign in again."
            )
        return _principal(
            rows[0], session_id=claims.session_id, authenticated_at=rows[0]["authenticated_at"]
        )


def _principal(row: dict[str, Any], **more: Any) -> Principal:
    if row["disabled_at"] is not None:
        raise ForbiddenError(
            "This account is disabled.", code="user_disabled", action="Write to support."
        )
    if row["workspace"] is None:
        raise NotFoundError(
            "You are not in that workspace.",
            code="workspace_not_found",
            action="Choose one of GET /api/auth/me.",
        )
    return Principal(
        user_id=row["user_id"],
        workspace_id=row["workspace"],
        role=row["role"],
        is_admin=row["user_role"] == UserRole.ADMIN,
        **more,
    )
