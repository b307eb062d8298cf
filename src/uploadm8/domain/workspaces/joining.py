"""Accepting an invitation: by someone with an account, or by someone who gets one with it."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from uploadm8.domain.accounts.schemas import UserView
from uploadm8.domain.accounts.service import Accounts
from uploadm8.domain.accounts.sessions import Client, Pair
from uploadm8.domain.accounts.tables import User
from uploadm8.domain.workspaces.invitations import AlreadyMemberError
from uploadm8.domain.workspaces.locks import lock_workspace
from uploadm8.domain.workspaces.schemas import InvitationOffer, JoinRequest
from uploadm8.domain.workspaces.seats import Seats
from uploadm8.domain.workspaces.tables import Invitation, Membership
from uploadm8.domain.workspaces.team_mail import PURPOSE, tell_managers
from uploadm8.errors import ForbiddenError
from uploadm8.infra.audit import origin
from uploadm8.infra.audit.actions import Action
from uploadm8.infra.audit.record import record
from uploadm8.infra.db.locks import lock_row
from uploadm8.infra.db.transaction import transaction
from uploadm8.infra.ids import new_id
from uploadm8.infra.security.signing import BadTicketError, Signer

_OPEN = "accepted_at IS NULL AND closed_at IS NULL AND expires_at > now()"


class InvitationClosedError(BadTicketError):
    """The invitation has been used, withdrawn or sent anew, or has expired."""

    code = "invitation_closed"


@dataclass(frozen=True, slots=True)
class Joining:
    """The token of the mailed link is the credential; it works once."""

    signer: Signer
    accounts: Accounts
    seats: Seats

    async def look(self, token: str) -> InvitationOffer:
        """What the invitation offers, before anything is decided.

        Raises:
            BadTicketError: the token is not ours, or the invitation is closed.
        """
        rows = await Invitation.raw(
            "SELECT w.name AS workspace, i.email, i.role, i.expires_at, u.display_name AS inviter,"  # noqa: S608
            " EXISTS (SELECT 1 FROM users k WHERE k.email=i.email) AS has_account"
            " FROM invitations i JOIN workspaces w ON w.id=i.workspace"
            f" LEFT JOIN users u ON u.id=i.invited_by WHERE i.token_id={{}} AND {_OPEN}",
            self.signer.read(PURPOSE, token),
        )
        if not rows:
            raise _closed()
        return InvitationOffer(**rows[0])

    async def accept(self, token: str, user_id: UUID) -> UUID:
        """Join with the account one is signed in with; returns the workspace.

        Raises:
            BadTicketError: the token is not ours, or the invitation is closed.
            ForbiddenError: code ``invitation_for_other_address``.
            ConflictError: code ``already_member``.
            PaymentRequiredError: the seat is gone.
        """
        async with transaction():
            await lock_row(User, user_id)
            invitation = await self._take(token)
            user = await self.accounts.view(user_id)
            if user.email != invitation["email"]:
                raise ForbiddenError(
                    "The invitation was sent to another address than your account has.",
                    code="invitation_for_other_address",
                    action="Sign in with the invited address, or ask for an invitation to yours.",
                )
            await self.accounts.confirm_address(user_id)  # the mail reached this address
            await self._join(invitation, user_id)
        joined: UUID = invitation["workspace"]
        return joined

    async def join(self, request: JoinRequest, client: Client) -> tuple[UserView, Pair]:
        """Make an account for the invited address, which the link proves, and join with it.

        Raises:
            BadTicketError: the token is not ours, or the invitation is closed.
            EmailTakenError: there is an account with the address.
            PaymentRequiredError: the seat is gone.
        """
        offer = await self.look(request.token)

        async def joins(user_id: UUID) -> None:
            await self._join(await self._take(request.token), user_id)

        return await self.accounts.register_invited(
            offer.email, request.password, request.display_name, client, joins
        )

    async def decline(self, token: str) -> None:
        """Close the invitation.

        Raises:
            BadTicketError: the token is not ours, or the invitation is closed.
        """
        async with transaction():
            invitation = await self._take(token)
            await Invitation.raw(
                "UPDATE invitations SET closed_at=now() WHERE id={}", invitation["id"]
            )

    async def _take(self, token: str) -> dict[str, Any]:
        """The open invitation, locked after its workspace."""
        token_id = self.signer.read(PURPOSE, token)
        rows = await Invitation.raw("SELECT workspace FROM invitations WHERE token_id={}", token_id)
        if not rows:
            raise _closed()
        await lock_workspace(rows[0]["workspace"])
        rows = await Invitation.raw(
            f"SELECT id, workspace, email, role FROM invitations WHERE token_id={{}} AND {_OPEN}"  # noqa: S608
            " FOR NO KEY UPDATE",
            token_id,
        )
        if not rows:
            raise _closed()
        found: dict[str, Any] = rows[0]
        return found

    async def _join(self, invitation: dict[str, Any], user_id: UUID) -> None:
        workspace_id: UUID = invitation["workspace"]
        await self.seats.check_team(workspace_id)
        added = await Membership.raw(
            'INSERT INTO memberships (id, workspace, "user", role) VALUES ({}, {}, {}, {})'
            ' ON CONFLICT (workspace, "user") DO NOTHING RETURNING id',
            new_id(),
            workspace_id,
            user_id,
            invitation["role"],
        )
        if not added:
            raise AlreadyMemberError
        await Invitation.raw(
            "UPDATE invitations SET accepted_at=now(), accepted_by={} WHERE id={}",
            user_id,
            invitation["id"],
        )
        await tell_managers(user_id, workspace_id, invitation["role"])
        await record(
            Action.MEMBER_JOINED,
            workspace_id=workspace_id,
            subject=("member", user_id),
            details={"role": invitation["role"], "invitation": str(invitation["id"])},
            actor=origin.user(user_id),
        )


def _closed() -> InvitationClosedError:
    return InvitationClosedError(action="Ask for a new one.")
