"""Finding people, and saying who is an administrator."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

import structlog

from uploadm8.domain.accounts.tables import User, UserRole
from uploadm8.domain.admin.schemas import FoundUser, RoleRequest
from uploadm8.errors import ConflictError, NotFoundError
from uploadm8.infra.db.transaction import transaction

log = structlog.get_logger(__name__)

_USER_SQL = """
    SELECT u.id, u.email, u.display_name, u.role, u.created_at, u.last_login_at, u.disabled_at,
        u.email_verified_at IS NOT NULL AS verified, w.workspace AS workspace_id,
        c.stripe_id AS stripe_customer_id
    FROM users u
    LEFT JOIN LATERAL (SELECT workspace FROM memberships WHERE "user"=u.id AND role='owner'
        ORDER BY created_at LIMIT 1) w ON true
    LEFT JOIN billing_customers c ON c.workspace=w.workspace
"""


@dataclass(frozen=True, slots=True)
class People:
    """Everybody who can sign in."""

    async def search(self, text: str, limit: int, after: UUID | None) -> Sequence[FoundUser]:
        """Users by the beginning of the address, a user's or workspace's id, or a Stripe customer.

        Oldest first; `after` is the last id of the page before.
        """
        condition, value = _condition(text.strip())
        rows = await User.raw(
            f"{_USER_SQL} WHERE {condition} AND u.id > {{}} ORDER BY u.id LIMIT {{}}",
            *value,
            after or UUID(int=0),
            limit,
        )
        return [FoundUser(**row) for row in rows]

    async def change_role(self, request: RoleRequest, actor: str) -> FoundUser:
        """Make someone an administrator, or no longer one; it holds from the next request on.

        Raises:
            NotFoundError: code ``user_not_found``.
            ConflictError: code ``last_admin``; someone must be left to run the place.
        """
        async with transaction():
            # Every change takes the same locks in the same order, so two cannot pass each other.
            admins = await User.raw(
                "SELECT id, disabled_at FROM users WHERE role='admin' OR id={}"
                " ORDER BY id FOR UPDATE",
                request.user_id,
            )
            if request.user_id not in {row["id"] for row in admins}:
                raise NotFoundError("There is no such user.", code="user_not_found")
            left = await User.raw(
                "SELECT 1 FROM users WHERE role='admin' AND disabled_at IS NULL AND id<>{} LIMIT 1",
                request.user_id,
            )
            if request.role is UserRole.USER and not left:
                raise ConflictError(
                    "This is the last administrator.",
                    code="last_admin",
                    action="Make someone else an administrator first.",
                )
            await User.raw(
                "UPDATE users SET role={} WHERE id={}", request.role.value, request.user_id
            )
            found = await User.raw(f"{_USER_SQL} WHERE u.id={{}}", request.user_id)
        log.warning(
            "admin_role_changed",
            user=str(request.user_id),
            role=request.role.value,
            actor=actor,
            reason=request.reason,
        )
        return FoundUser(**found[0])


def _condition(text: str) -> tuple[str, list[object]]:
    if text.startswith("cus_"):
        return "c.stripe_id={}", [text]
    try:
        known = UUID(text)
    except ValueError:
        return "starts_with(u.email, {})", [text.lower()]
    return "(u.id={} OR w.workspace={})", [known, known]
