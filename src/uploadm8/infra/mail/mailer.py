"""Sending mail: through Mailgun, or without it to the log and a folder on this machine."""

import base64
import re
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path
from typing import Protocol

import structlog

from uploadm8.errors import Retry, UnavailableError, UploadM8Error
from uploadm8.infra.clock import now
from uploadm8.infra.http import Http
from uploadm8.infra.ids import new_id
from uploadm8.infra.mail.letter import Mail

log = structlog.get_logger(__name__)

_AGAIN_S, _MENDED_S = 60.0, 600.0
# Key, payment, access, domain: what Mailgun says of these concerns no single mail. A domain is not
# found either while a new one has not reached all of Mailgun's servers.
_OF_THE_ACCOUNT = frozenset({401, 402, 403, 404})
_LINK = re.compile(r"https?://\S+")


class MailRefusedError(UploadM8Error):
    """The mail service refused the mail."""

    code = "mail_refused"
    retry = Retry.PERMANENT_REQUEST


class MailUnavailableError(UnavailableError):
    """The mail service is unavailable."""

    code = "mail_unavailable"


class MailAccountError(UploadM8Error):
    """The mail service refuses our account; operators have to see to the key or the domain."""

    code = "mail_account_refused"
    retry = Retry.TRANSIENT  # no mail is lost while the account is put right


class Mailer(Protocol):
    """Something that sends mail."""

    async def send(self, mail: Mail) -> None:
        """Send it, or raise."""


@dataclass(frozen=True, slots=True)
class Mailgun:
    """Mailgun's HTTP API.

    After a lost connection the job tries again: a second copy of a mail is better than none.
    """

    http: Http
    base_url: str
    domain: str
    key: str
    sender: str

    async def send(self, mail: Mail) -> None:
        """Hand the mail to Mailgun.

        Raises:
            MailRefusedError: this mail will never be accepted.
            MailAccountError: no mail of ours will be until somebody acts.
            MailUnavailableError: it may be accepted later.
        """
        credential = base64.b64encode(f"api:{self.key}".encode()).decode()
        answer = await self.http.send(
            "POST",
            f"{self.base_url}/v3/{self.domain}/messages",
            headers={"Authorization": f"Basic {credential}"},
            form={
                "from": self.sender,
                "to": mail.to,
                "subject": mail.subject,
                "text": mail.text,
                "html": mail.html,
                "o:tag": mail.tag,
                # A rewritten link would send the token in it through a tracking host.
                "o:tracking": "no",
            },
        )
        if answer.ok:
            return
        # Mailgun does not redirect: whoever does, does not speak for it.
        if answer.status in (408, 429) or answer.status < 400 or answer.status >= 500:
            raise MailUnavailableError(retry_after=_AGAIN_S)
        told = f"Mailgun answered {answer.status}."
        if answer.status in _OF_THE_ACCOUNT:
            raise MailAccountError(told, retry_after=_MENDED_S)
        raise MailRefusedError(told)


@dataclass(frozen=True, slots=True)
class Outbox:
    """A folder of .eml files, which every mail program opens."""

    folder: Path
    sender: str

    async def send(self, mail: Mail) -> None:
        """Write the mail, and say in the log where it is."""
        message = EmailMessage()
        message["From"] = self.sender
        message["To"] = mail.to
        message["Subject"] = mail.subject
        message["Date"] = now()
        message.set_content(mail.text)
        message.add_alternative(mail.html, subtype="html")
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        path = self.folder / f"{new_id()}-{mail.tag}.eml"
        partial = path.with_suffix(".part")
        partial.write_bytes(message.as_bytes())
        partial.rename(path)
        log.info(
            "mail_in_outbox", tag=mail.tag, file=str(path), links=len(_LINK.findall(mail.text))
        )
