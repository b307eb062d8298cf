"""Who may administer, who may enter at all, and signing someone out."""

from dataclasses import dataclass
from uuid import UUID

from uploadm8.domain.accounts.administrators import lock_user
from uploadm8.domain.accounts.sessions import Sessions
from uploadm8.domain.accounts.tables import User, UserRole
from uploadm8.domain.admin.act_schemas import RoleRequest
from uploadm8.domain.admin.people import found_user
from uploadm8.domain.admin.schemas import FoundUser
from uploadm8.domain.workspaces.tables import Workspace
from uploadm8.errors import ConflictError, NotFoundError
from uploadm8.infra.audit.actions import Action
from uploadm8.infra.audit.origin import current
from uploadm8.infra.audit.record import record_of_user
from uploadm8.infra.db.transaction import transaction

# Workspaces in which nobody else who may enter is an owner go with their owner.
_OWNS = "id IN (SELECT workspace FROM memberships WHERE \"user\"={} AND role='owner')"
_OWNED = (
    f"{_OWNS}"
    ' AND NOT EXISTS (SELECT 1 FROM memberships m JOIN users u ON u.id=m."user"'
    " WHERE m.workspace=workspaces.id AND m.role='owner' AND u.id<>{} AND u.disabled_at IS NULL)"
)


@dataclass(frozen=True, slots=True)
class Standing:
    """Changes to what a person may do; each is recorded with its reason."""

    sessions: Sessions

    async def change_role(self, request: RoleRequest) -> FoundUser:
        """Make someone an administrator, or no longer one; it holds from the next request on.

        Raises:
            NotFoundError: code ``user_not_found``.
            ConflictError: code ``last_admin``; someone must be left to run the place.
        """
        async with transaction():
            await lock_user(request.user_id, leaves=request.role is UserRole.USER)
            await User.raw(
                "UPDATE users SET role={} WHERE id={}", request.role.value, request.user_id
            )
            if request.role is UserRole.USER:
                await self.sessions.end_support_by(request.user_id)
            await record_of_user(
                Action.ADMIN_ROLE_CHANGED,
                request.user_id,
                reason=request.reason,
                details={"role": request.role.value},
            )
        return await _found(request.user_id)

    async def suspend(self, user_id: UUID, reason: str) -> FoundUser:
        """Shut someone out at once.

        Sessions end, keys stop working, and nothing more is posted from workspaces that nobody
        else owns. What was scheduled is held, not lost.

        Raises:
            NotFoundError: code ``user_not_found``.
            ConflictError: codes ``last_admin``, ``not_yourself``.
        """
        origin = current()
        if origin is not None and origin.actor.user_id == user_id:
            raise ConflictError("You cannot suspend yourself.", code="not_yourself")
        async with transaction():
            await lock_user(user_id, leaves=True)
            await User.raw(
                "UPDATE users SET disabled_at=COALESCE(disabled_at, now()),"
                " auth_epoch=auth_epoch+1 WHERE id={}",
                user_id,
            )
            await self.sessions.revoke_all(user_id, "suspended")
            await self.sessions.end_support_by(user_id)
            await _set_suspended("now()", f"{_OWNED} AND suspended_at IS NULL", user_id, user_id)
            await record_of_user(Action.ADMIN_USER_DISABLED, user_id, reason=reason)
        return await _found(user_id)

    async def unsuspend(self, user_id: UUID, reason: str) -> FoundUser:
        """Let someone in again; what was held stays held until the user releases it.

        Raises:
            NotFoundError: code ``user_not_found``.
        """
        async with transaction():
            await lock_user(user_id, leaves=False)
            await User.raw("UPDATE users SET disabled_at=NULL WHERE id={}", user_id)
            await _set_suspended("NULL", _OWNS, user_id)
            await record_of_user(Action.ADMIN_USER_ENABLED, user_id, reason=reason)
        return await _found(user_id)

    async def sign_out(self, user_id: UUID, reason: str) -> int:
        """End every session of someone; returns how many there were.

        Raises:
            NotFoundError: code ``user_not_found``.
        """
        async with transaction():
            await lock_user(user_id, leaves=False)
            ended = await self.sessions.revoke_all(user_id, "admin")
            await record_of_user(
                Action.ADMIN_SESSIONS_REVOKED, user_id, reason=reason, details={"sessions": ended}
            )
        return ended


async def _set_suspended(at: str, which: str, *values: UUID) -> None:
    await Workspace.raw(
        f"UPDATE workspaces SET suspended_at={at} WHERE id IN"
        f" (SELECT id FROM workspaces WHERE {which} ORDER BY id FOR NO KEY UPDATE)",
        *values,
    )


async def _found(user_id: UUID) -> FoundUser:
    found = await found_user(user_id)
    if found is None:
        raise NotFoundError("There is no such user.", code="user_not_found")
    return found
