"""From a credential to a principal: one query joins session, user and membership."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from uploadm8.api.principal import Principal, SupportAccess
from uploadm8.domain.accounts.tables import UserRole
from uploadm8.domain.workspaces.api_keys import PREFIX
from uploadm8.errors import ForbiddenError, NotFoundError
from uploadm8.infra.db.engine import DB
from uploadm8.infra.security.tokens import AccessClaims, AccessTokens, InvalidTokenError, token_hash

_USER = (
    "u.id AS user_id, u.role AS user_role, u.auth_epoch, u.disabled_at, u.deletion_due_at,"
    " u.totp_enabled_at, m.workspace, m.role, CASE WHEN m.role='owner' THEN 0 ELSE (SELECT count(*) FROM memberships o"
    " WHERE o.workspace=m.workspace AND (o.role<>'owner', o.created_at, o.id)"
    " < (m.role<>'owner', m.created_at, m.id)) END AS place"
)
_MEMBER = (
    ' LEFT JOIN LATERAL (SELECT * FROM memberships WHERE "user"=u.id'
    " AND ($1::uuid IS NULL OR workspace=$1::uuid) ORDER BY created_at, id LIMIT 1) m ON true"
)
BY_SESSION = (
    f"SELECT {_USER}, s.authenticated_at, s.support_admin, s.support_writes FROM sessions s"  # noqa: S608  constants
    f' JOIN users u ON u.id=s."user"{_MEMBER}'
    ' WHERE s.id=$2 AND s."user"=$3 AND s.revoked_at IS NULL AND s.expires_at > now()'
)
# A use is noted once a minute, so that a busy key does not write on every request.
_BY_KEY = (
    "WITH used AS (UPDATE api_keys SET last_used_at=now() WHERE token_hash=$2"  # noqa: S608  constants
    " AND revoked_at IS NULL AND (last_used_at IS NULL OR last_used_at < now() - interval '1 minute'))"
    f" SELECT {_USER}, k.id AS key_id, k.scopes FROM api_keys k"
    ' JOIN users u ON u.id=k."user"'
    ' LEFT JOIN memberships m ON m."user"=u.id AND m.workspace=k.workspace'
    " AND ($1::uuid IS NULL OR k.workspace=$1::uuid)"
    " WHERE k.token_hash=$2 AND k.revoked_at IS NULL"
    " AND (k.expires_at IS NULL OR k.expires_at > now())"
)
_STILL = (
    'SELECT 1 FROM memberships m JOIN users u ON u.id=m."user" WHERE u.id=$1 AND m.workspace=$2'
    " AND u.disabled_at IS NULL AND u.deletion_due_at IS NULL"
    " AND ($3::uuid IS NULL OR EXISTS (SELECT 1 FROM sessions WHERE id=$3::uuid"
    " AND revoked_at IS NULL AND expires_at > now()))"
    " AND ($4::uuid IS NULL OR EXISTS (SELECT 1 FROM api_keys WHERE id=$4::uuid"
    " AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > now())))"
)


@dataclass(frozen=True, slots=True)
class DatabasePrincipals:
    """Reads user, session and membership per request, so that revocation acts at once."""

    access: AccessTokens

    async def of_bearer(self, token: str, workspace: UUID | None) -> Principal:
        """The caller behind an access token or an API key.

        Args:
            token: from the Authorization header.
            workspace: which of the user's workspaces to act in; default the first.

        Raises:
            UnauthenticatedError: the token is not valid, or its session is over.
            NotFoundError: the user is not in that workspace.
        """
        if token.startswith(PREFIX):
            return await self._of_key(token_hash(token), workspace)
        return await self._of_session(self.access.verify(token), workspace)

    async def still(self, caller: Principal) -> bool:
        """Whether user, membership and session or key of a caller are all still good.

        For answers that take long; the access token may have expired meanwhile.
        """
        asked = (caller.user_id, caller.workspace_id, caller.session_id, caller.key_id)
        return bool(await DB.rows(_STILL, *asked))

    async def _of_session(self, claims: AccessClaims, workspace: UUID | None) -> Principal:
        rows = await DB.rows(BY_SESSION, workspace, claims.session_id, claims.user_id)
        if not rows or rows[0]["auth_epoch"] != claims.auth_epoch:
            raise InvalidTokenError(
                "The session is over.", code="session_over", action="Sign in again."
            )
        row = rows[0]
        admin, writes = row["support_admin"], row["support_writes"]
        return _principal(
            row,
            session_id=claims.session_id,
            authenticated_at=row["authenticated_at"],
            support=None if admin is None else SupportAccess(admin, writes),
        )

    async def _of_key(self, hashed: str, workspace: UUID | None) -> Principal:
        rows = await DB.rows(_BY_KEY, workspace, hashed)
        if not rows:
            raise InvalidTokenError("The API key is wrong, revoked or expired.")
        row = rows[0]
        return _principal(row, key_id=row["key_id"], scopes=frozenset(row["scopes"]))


def _principal(row: Mapping[str, Any], **more: Any) -> Principal:
    if row["disabled_at"] is not None or row["deletion_due_at"] is not None:
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
        place=row["place"],
        is_admin=row["user_role"] == UserRole.ADMIN,
        has_two_step=row["totp_enabled_at"] is not None,
        **more,
    )
