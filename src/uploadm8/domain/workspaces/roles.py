"""Who may give, change and take which role."""

from uuid import UUID

from uploadm8.api.principal import Principal, at_least
from uploadm8.domain.workspaces.tables import MemberRole, Membership
from uploadm8.errors import ForbiddenError, NotFoundError


async def member_role(workspace_id: UUID, user_id: UUID) -> MemberRole:
    """A member's role now; under the workspace's lock it stays so.

    Raises:
        NotFoundError: code ``member_not_found``.
    """
    rows = await Membership.raw(
        'SELECT role FROM memberships WHERE workspace={} AND "user"={}', workspace_id, user_id
    )
    if not rows:
        raise NotFoundError("There is no such member.", code="member_not_found")
    return MemberRole(rows[0]["role"])


async def require_rank(by: Principal, *roles: str) -> None:
    """Refuse to give or take a role above the actor's own: admins manage all but owners.

    The role is read again: it may have been taken away since the request was let in.

    Raises:
        ForbiddenError: code ``role_required``.
    """
    own = await member_role(by.workspace_id, by.user_id)
    for role in (MemberRole.ADMIN, *roles):
        if not at_least(own, role):
            raise ForbiddenError(
                f"This needs the role {MemberRole(role).value} in the workspace; yours is {own}.",
                code="role_required",
                action="Ask an owner of the workspace.",
            )
