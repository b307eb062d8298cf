"""Administrators: one who may enter and stays must always be left."""

from uuid import UUID

from uploadm8.domain.accounts.tables import User, UserRole
from uploadm8.errors import ConflictError, NotFoundError


async def lock_user(user_id: UUID, *, leaves: bool) -> None:
    """Lock a user, with all administrators, until the end of the transaction.

    Args:
        user_id: whom.
        leaves: the user will be no administrator, suspended or deleted after this.

    Raises:
        NotFoundError: there is no such user.
        ConflictError: code ``last_admin``; someone must be left to run the place.
    """
    # Every change takes the same locks in the same order, so two cannot pass each other.
    rows = await User.raw(
        "SELECT id, role, disabled_at IS NULL AND deletion_due_at IS NULL AS stays FROM users"
        " WHERE role='admin' OR id={} ORDER BY id FOR NO KEY UPDATE",
        user_id,
    )
    found = next((row for row in rows if row["id"] == user_id), None)
    if found is None:
        raise NotFoundError("There is no such user.", code="user_not_found")
    others = [row for row in rows if row["id"] != user_id and row["stays"]]
    if leaves and found["role"] == UserRole.ADMIN and not others:
        raise ConflictError(
            "This is the last administrator.",
            code="last_admin",
            action="Make someone else an administrator first.",
        )
