"""Links in mails: signed, for one purpose, used once, only the latest of a purpose."""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from uploadm8.domain.accounts.tables import LinkPurpose, MailedLink, User
from uploadm8.infra.db.locks import lock_row
from uploadm8.infra.ids import new_id
from uploadm8.infra.security.signing import BadTicketError, Signer

_HOURS: Mapping[LinkPurpose, float] = {
    LinkPurpose.VERIFY: 24,
    LinkPurpose.RESET: 0.5,
    LinkPurpose.CHANGE_EMAIL: 24,
    LinkPurpose.UNDO_EMAIL: 72,
    LinkPurpose.CANCEL_DELETION: 7 * 24,
}


class LinkUsedError(BadTicketError):
    """The link has been used, replaced by a newer one, or has expired."""

    code = "link_expired"


@dataclass(frozen=True, slots=True)
class MailedLinks:
    """Issues and consumes links. The token is a MAC over the row's id, so it is stored nowhere."""

    signer: Signer

    async def issue(self, user_id: UUID, purpose: LinkPurpose, email: str) -> UUID:
        """Record a link in the current transaction; earlier ones of the purpose stop working.

        An undo link stays: each undoes its own change.
        """
        await lock_row(User, user_id)
        if purpose is not LinkPurpose.UNDO_EMAIL:
            await self.revoke(user_id, purpose)
        link_id = new_id()
        await MailedLink.raw(
            'INSERT INTO mailed_links (id, "user", purpose, email, expires_at)'
            " VALUES ({}, {}, {}, {}, now() + make_interval(secs => {}::float8))",
            link_id,
            user_id,
            purpose.value,
            email,
            _HOURS[purpose] * 3600,
        )
        return link_id

    async def revoke(self, user_id: UUID, *purposes: LinkPurpose) -> None:
        """Make the user's unused links of these purposes useless; the user is locked."""
        await MailedLink.raw(
            "UPDATE mailed_links SET used_at=now()"
            ' WHERE "user"={} AND purpose=ANY({}::text[]) AND used_at IS NULL',
            user_id,
            [purpose.value for purpose in purposes],
        )

    def token(self, purpose: LinkPurpose, link_id: UUID) -> str:
        """The token to mail."""
        return self.signer.sign(f"link {purpose.value}", link_id)

    async def user_of(self, purpose: LinkPurpose, token: str) -> UUID:
        """Whose link it is, whether or not it still works.

        Raises:
            BadTicketError: not ours, or for another purpose.
            LinkUsedError: forgotten.
        """
        return await _user_of(self.signer.read(f"link {purpose.value}", token))

    async def use(self, purpose: LinkPurpose, token: str) -> tuple[UUID, str]:
        """Lock the user and consume a link, in the current transaction; returns user and address.

        Raises:
            BadTicketError: not ours, or for another purpose.
            LinkUsedError: used, replaced or expired.
        """
        link_id = self.signer.read(f"link {purpose.value}", token)
        await lock_row(User, await _user_of(link_id))
        rows = await MailedLink.raw(
            "UPDATE mailed_links SET used_at=now() WHERE id={} AND purpose={} AND used_at IS NULL"
            ' AND expires_at > now() RETURNING "user", email',
            link_id,
            purpose.value,
        )
        if not rows:
            raise LinkUsedError(action="Ask for a new one.")
        return rows[0]["user"], rows[0]["email"]


async def _user_of(link_id: UUID) -> UUID:
    rows = await MailedLink.raw('SELECT "user" FROM mailed_links WHERE id={}', link_id)
    if not rows:
        raise LinkUsedError(action="Ask for a new one.")
    user_id: UUID = rows[0]["user"]
    return user_id
