"""Invitations: offered by mail, listed, sent again, withdrawn."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from uploadm8.api.principal import Principal
from uploadm8.domain.accounts.service import normalize_email
from uploadm8.domain.workspaces.locks import lock_workspace
from uploadm8.domain.workspaces.roles import require_rank
from uploadm8.domain.workspaces.schemas import InvitationView, NewInvitation
from uploadm8.domain.workspaces.seats import Seats
from uploadm8.domain.workspaces.tables import Invitation, Membership
from uploadm8.domain.workspaces.team_mail import send_invitation
from uploadm8.errors import ConflictError, NotFoundError, TooManyRequestsError
from uploadm8.infra.audit.actions import Action
from uploadm8.infra.audit.record import record
from uploadm8.infra.db.transaction import transaction
from uploadm8.infra.ids import new_id

OPEN_DAYS = 7
MAX_MAILS = 5  # of one invitation
_RESEND_AFTER_S = 60
_OPEN = "accepted_at IS NULL AND closed_at IS NULL"
_LIVE = f"{_OPEN} AND expires_at > now()"
_VIEW = (
    "SELECT i.id, i.email, i.role, u.email AS invited_by, i.mails, i.mailed_at, i.expires_at,"
    " i.expires_at <= now() AS expired, i.created_at"
    " FROM invitations i LEFT JOIN users u ON u.id=i.invited_by"
    " WHERE i.workspace={} AND i.accepted_at IS NULL AND i.closed_at IS NULL"
)


class AlreadyMemberError(ConflictError):
    """This person is in the workspace already."""

    code = "already_member"


@dataclass(frozen=True, slots=True)
class Invitations:
    """Offers of a place; each open one holds a seat until it expires."""

    seats: Seats

    async def invite(self, by: Principal, new: NewInvitation) -> InvitationView:
        """Offer a place and mail the link.

        Raises:
            ForbiddenError: code ``role_required``; the role is above the inviter's own.
            PaymentRequiredError: no seat is left.
            ConflictError: codes ``already_member``, ``already_invited``.
        """
        email = normalize_email(new.email)
        async with transaction():
            await lock_workspace(by.workspace_id)  # two cannot both take the last seat
            await require_rank(by, new.role)
            await self.seats.check_team(by.workspace_id, invited=await _waiting(by.workspace_id))
            await _refuse_known(by.workspace_id, email)
            invitation_id = new_id()
            await Invitation.raw(
                "INSERT INTO invitations (id, workspace, email, role, invited_by, token_id,"
                " expires_at) VALUES ({}, {}, {}, {}, {}, {}, now() + make_interval(days => {}))",
                invitation_id,
                by.workspace_id,
                email,
                new.role,
                by.user_id,
                new_id(),
                OPEN_DAYS,
            )
            await send_invitation(invitation_id, by.workspace_id)
            await _note(Action.MEMBER_INVITED, by.workspace_id, invitation_id, new.role)
        return await self._view(by.workspace_id, invitation_id)

    async def list(self, workspace_id: UUID) -> list[InvitationView]:
        """The open ones, newest first, expired ones among them."""
        rows = await Invitation.raw(f"{_VIEW} ORDER BY i.id DESC LIMIT 200", workspace_id)
        return [InvitationView(**row) for row in rows]

    async def resend(self, by: Principal, invitation_id: UUID) -> InvitationView:
        """Mail a new link that works for seven days; the one before stops working.

        Raises:
            NotFoundError: there is no such open invitation.
            TooManyRequestsError: mailed a minute ago, or five times already.
            PaymentRequiredError: it had expired, and its seat is gone.
        """
        async with transaction():
            row = await _locked(by.workspace_id, invitation_id)
            await require_rank(by, row["role"])
            if row["mails"] >= MAX_MAILS or row["recent"]:
                raise TooManyRequestsError(
                    "This invitation was mailed a moment ago, or too often.",
                    code="invitation_mailed",
                    retry_after=_RESEND_AFTER_S,
                    action="Withdraw it and invite again, if the address is right.",
                )
            if row["expired"]:
                waiting = await _waiting(by.workspace_id)
                await self.seats.check_team(by.workspace_id, invited=waiting)
            await Invitation.raw(
                "UPDATE invitations SET token_id={}, mails=mails+1, mailed_at=now(),"
                " expires_at=now() + make_interval(days => {}) WHERE id={}",
                new_id(),
                OPEN_DAYS,
                invitation_id,
            )
            await send_invitation(invitation_id, by.workspace_id)
            await _note(Action.INVITATION_RESENT, by.workspace_id, invitation_id, row["role"])
        return await self._view(by.workspace_id, invitation_id)

    async def revoke(self, by: Principal, invitation_id: UUID) -> None:
        """Withdraw an open invitation; its link stops working and its seat is free.

        Raises:
            NotFoundError: there is no such open invitation.
        """
        async with transaction():
            row = await _locked(by.workspace_id, invitation_id)
            await require_rank(by, row["role"])
            await Invitation.raw(
                "UPDATE invitations SET closed_at=now() WHERE id={}", invitation_id
            )
            await _note(Action.INVITATION_REVOKED, by.workspace_id, invitation_id, row["role"])

    async def _view(self, workspace_id: UUID, invitation_id: UUID) -> InvitationView:
        rows = await Invitation.raw(f"{_VIEW} AND i.id={{}}", workspace_id, invitation_id)
        return InvitationView(**rows[0])


async def _waiting(workspace_id: UUID) -> int:
    rows = await Invitation.raw(
        f"SELECT count(*) AS n FROM invitations WHERE workspace={{}} AND {_LIVE}",  # noqa: S608
        workspace_id,
    )
    return int(rows[0]["n"])


async def _refuse_known(workspace_id: UUID, email: str) -> None:
    known = await Membership.raw(
        'SELECT 1 FROM memberships m JOIN users u ON u.id=m."user"'
        " WHERE m.workspace={} AND u.email={}",
        workspace_id,
        email,
    )
    if known:
        raise AlreadyMemberError
    # One that has expired makes room for the new one.
    await Invitation.raw(
        f"UPDATE invitations SET closed_at=now() WHERE workspace={{}} AND email={{}} AND {_OPEN}"  # noqa: S608
        " AND expires_at <= now()",
        workspace_id,
        email,
    )
    asked = await Invitation.raw(
        f"SELECT 1 FROM invitations WHERE workspace={{}} AND email={{}} AND {_OPEN}",  # noqa: S608
        workspace_id,
        email,
    )
    if asked:
        raise ConflictError(
            "This address is invited already.",
            code="already_invited",
            action="Send that invitation again, or withdraw it.",
        )


async def _locked(workspace_id: UUID, invitation_id: UUID) -> dict[str, Any]:
    await lock_workspace(workspace_id)  # always before the invitation, or two could wait crosswise
    rows: list[dict[str, Any]] = await Invitation.raw(
        "SELECT role, mails, expires_at <= now() AS expired,"  # noqa: S608
        " mailed_at > now() - make_interval(secs => {}::float8) AS recent"
        f" FROM invitations WHERE workspace={{}} AND id={{}} AND {_OPEN} FOR NO KEY UPDATE",
        float(_RESEND_AFTER_S),
        workspace_id,
        invitation_id,
    )
    if not rows:
        raise NotFoundError("There is no such open invitation.", code="invitation_not_found")
    return rows[0]


async def _note(action: Action, workspace_id: UUID, invitation_id: UUID, role: str) -> None:
    await record(
        action,
        workspace_id=workspace_id,
        subject=("invitation", invitation_id),
        details={"role": role},
    )
