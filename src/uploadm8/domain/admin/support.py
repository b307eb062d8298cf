"""Looking through a user's eyes: for a short time, read-only unless asked, and never in secret."""

from dataclasses import dataclass
from uuid import UUID

from uploadm8.domain.accounts.letters import LetterKind
from uploadm8.domain.accounts.post import Post
from uploadm8.domain.accounts.sessions import Sessions
from uploadm8.domain.accounts.tables import UserRole
from uploadm8.domain.admin.act_schemas import SupportOut, SupportRequest
from uploadm8.domain.admin.people import found_user
from uploadm8.errors import ConflictError, ForbiddenError, NotFoundError
from uploadm8.infra.audit.actions import Action
from uploadm8.infra.audit.record import record_of_user
from uploadm8.infra.db.transaction import transaction


@dataclass(frozen=True, slots=True)
class Support:
    """Opens sessions in users' places."""

    sessions: Sessions
    post: Post

    async def enter(self, admin_id: UUID, user_id: UUID, request: SupportRequest) -> SupportOut:
        """A session in the user's place; the user is told by mail and in /api/auth/me.

        Raises:
            NotFoundError: code ``user_not_found``.
            ForbiddenError: code ``admin_protected``; administrators' accounts are out of reach.
            ConflictError: code ``user_suspended``.
        """
        found = await found_user(user_id)
        if found is None:
            raise NotFoundError("There is no such user.", code="user_not_found")
        if found.role == UserRole.ADMIN:
            raise ForbiddenError("Nobody takes an administrator's place.", code="admin_protected")
        async with transaction():
            pair = await self.sessions.open_support(
                user_id, admin_id, request.reason, request.minutes, writes=request.writes
            )
            if pair is None:
                raise ConflictError(
                    "The user is suspended.",
                    code="user_suspended",
                    action="End the suspension first.",
                )
            facts = {
                "Reason": request.reason,
                "Ends": f"after {request.minutes} minutes",
                "May change things": "yes" if request.writes else "no",
            }
            await self.post.notify(user_id, LetterKind.SUPPORT_ACCESS, facts)
            await record_of_user(
                Action.ADMIN_IMPERSONATED,
                user_id,
                reason=request.reason,
                details={
                    "session": str(pair.session_id),
                    "minutes": request.minutes,
                    "writes": request.writes,
                },
            )
        return SupportOut(
            access_token=pair.access,
            session_id=pair.session_id,
            user_id=user_id,
            writes=request.writes,
            expires_in=pair.expires_in,
        )
