"""The account's mail: recorded as jobs by the services, written and sent by the worker."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from uploadm8.domain.accounts.letters import LINK_OF, LetterKind, write
from uploadm8.domain.accounts.links import MailedLinks
from uploadm8.domain.accounts.tables import LinkPurpose, User
from uploadm8.infra.clock import now
from uploadm8.infra.jobs.catalog import ACCOUNT_MAIL
from uploadm8.infra.jobs.handlers import JobContext
from uploadm8.infra.jobs.queue import enqueue
from uploadm8.infra.mail.letter import render
from uploadm8.infra.mail.mailer import Mailer


@dataclass(frozen=True, slots=True)
class Post:
    """Writes to users.

    Attributes:
        mailer: None in a process that only records mail.
    """

    links: MailedLinks
    mailer: Mailer
    frontend_url: str

    async def notify(
        self, user_id: UUID, kind: LetterKind, facts: Mapping[str, str] | None = None
    ) -> None:
        """Record a letter to the user, in the current transaction."""
        told = {"Time": f"{now():%d %B %Y, %H:%M} UTC", **(facts or {})}
        await enqueue(ACCOUNT_MAIL, args={"kind": kind, "user": str(user_id), "facts": told})

    async def send_link(
        self, user_id: UUID, kind: LetterKind, email: str, *, to: str | None = None
    ) -> None:
        """Record a link and the letter that carries it, in the current transaction.

        Args:
            user_id: whose link.
            kind: a letter with a link.
            email: the address the link is about.
            to: where the letter goes; default `email`.
        """
        link_id = await self.links.issue(user_id, LINK_OF[kind], email)
        args: dict[str, Any] = {
            "kind": kind,
            "user": str(user_id),
            "link": str(link_id),
            "to": to or email,
        }
        await enqueue(ACCOUNT_MAIL, ref_id=link_id, args=args)

    async def deliver(self, context: JobContext) -> None:
        """The job: write the letter and send it."""
        args = context.job.args
        kind = LetterKind(args["kind"])
        to = args.get("to") or await _address(UUID(args["user"]))
        if to is None:
            return
        token = None
        if "link" in args:
            token = self.links.token(LinkPurpose(LINK_OF[kind]), UUID(args["link"]))
        letter = write(kind, self.frontend_url, token, args.get("facts", {}))
        await self.mailer.send(render(letter, to, kind.value.replace("_", "-")))


async def _address(user_id: UUID) -> str | None:
    rows = await User.raw("SELECT email FROM users WHERE id={}", user_id)
    return rows[0]["email"] if rows else None
