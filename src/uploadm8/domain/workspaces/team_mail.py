"""The team's mail: recorded as jobs by the services, written and sent by the worker."""

import re
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from uploadm8.domain.workspaces.invitation_letters import invitation, news
from uploadm8.domain.workspaces.tables import Invitation, Membership
from uploadm8.infra.jobs.catalog import TEAM_MAIL
from uploadm8.infra.jobs.handlers import JobContext
from uploadm8.infra.jobs.queue import enqueue
from uploadm8.infra.mail.letter import Letter, render
from uploadm8.infra.mail.mailer import Mailer
from uploadm8.infra.security.signing import Signer

PURPOSE = "invitation"
# A name that holds an address would make our mail carry anybody's advertisement.
_ADDRESS = re.compile(r"(?i)https?:|www\.|[\w-]+\.[a-z]{2,}(/|\b)|@")
_OPEN = (
    "SELECT i.email, i.role, i.token_id, i.expires_at, w.name, u.display_name FROM invitations i"
    " JOIN workspaces w ON w.id=i.workspace LEFT JOIN users u ON u.id=i.invited_by"
    " WHERE i.id={} AND i.accepted_at IS NULL AND i.closed_at IS NULL AND i.expires_at > now()"
)


async def send_invitation(invitation_id: UUID, workspace_id: UUID) -> None:
    """Record the mail with the link, in the current transaction."""
    await enqueue(
        TEAM_MAIL, ref_id=invitation_id, workspace_id=workspace_id, args={"kind": "invitation"}
    )


async def tell_member(user_id: UUID, workspace_id: UUID, kind: str, role: str = "") -> None:
    """Record a mail to a member about what happened to the member."""
    args = {"kind": kind, "user": str(user_id), "role": role}
    await enqueue(TEAM_MAIL, workspace_id=workspace_id, args=args)


async def tell_managers(user_id: UUID, workspace_id: UUID, role: str) -> None:
    """Record mails to the owners and admins about someone who joined."""
    rows = await Membership.raw(
        "SELECT \"user\" FROM memberships WHERE workspace={} AND role IN ('owner', 'admin')"
        ' AND "user"<>{}',
        workspace_id,
        user_id,
    )
    for row in rows:
        args = {
            "kind": "joined",
            "user": str(row["user"]),
            "person": str(user_id),
            "role": role,
        }
        await enqueue(TEAM_MAIL, workspace_id=workspace_id, args=args)


@dataclass(frozen=True, slots=True)
class TeamMail:
    """Writes and sends what was recorded."""

    signer: Signer
    mailer: Mailer
    frontend_url: str

    async def deliver(self, context: JobContext) -> None:
        """The job: nothing is sent about an invitation that is no longer open."""
        args = context.job.args
        if args["kind"] == "invitation":
            rows = await Invitation.raw(_OPEN, context.subject)
            for row in rows:
                letter = self._invitation(row)
                await self.mailer.send(render(letter, row["email"], "invitation"))
            return
        facts = await _facts(args, context.job.workspace_id)
        if facts is not None:
            letter = news(args["kind"], facts)
            await self.mailer.send(render(letter, facts["to"], f"team-{args['kind']}"))

    def _invitation(self, row: dict[str, Any]) -> Letter:
        return invitation(
            self.frontend_url,
            self.signer.sign(PURPOSE, row["token_id"]),
            workspace=_plain(row["name"]) or "a workspace",
            inviter=_plain(row["display_name"] or ""),
            role=row["role"],
            ends=f"{row['expires_at']:%d %B %Y}",
        )


async def _facts(args: dict[str, Any], workspace_id: UUID | None) -> dict[str, str] | None:
    rows = await Membership.raw(
        "SELECT u.email, w.name, p.email AS person FROM users u"
        " JOIN workspaces w ON w.id={} LEFT JOIN users p ON p.id={}::uuid"
        " WHERE u.id={} AND u.disabled_at IS NULL",
        workspace_id,
        args.get("person"),
        UUID(args["user"]),
    )
    if not rows:
        return None
    row = rows[0]
    return {
        "to": row["email"],
        "workspace": row["name"],
        "person": row["person"] or "Someone",
        "role": args.get("role", ""),
    }


def _plain(name: str) -> str:
    return "" if _ADDRESS.search(name) else name.strip()
