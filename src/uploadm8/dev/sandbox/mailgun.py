"""Mailgun's message endpoint: a mail is queued, and shown in the inbox page."""

import base64
import binascii
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parseaddr, parsedate_to_datetime

from uploadm8.dev.sandbox.config import MAILGUN_DOMAIN, MAILGUN_KEY
from uploadm8.dev.sandbox.kit.forms import FORM, MULTIPART, Fields, MalformedBodyError, read_fields
from uploadm8.dev.sandbox.kit.runtime import Runtime
from uploadm8.dev.sandbox.kit.tokens import same
from uploadm8.dev.sandbox.kit.wire import Call, Party, RefusedError, Reply, Route, json_reply

_FIELDS = frozenset(
    {
        *("from", "to", "cc", "bcc", "subject", "text", "html", "amp-html", "template"),
        *("t:version", "t:text", "t:variables", "o:tag", "o:dkim", "o:deliverytime", "o:testmode"),
        *("o:tracking", "o:tracking-clicks", "o:tracking-opens", "o:require-tls"),
        *("o:skip-verification", "recipient-variables"),
    }
)
_FREE = ("h:", "v:")
_CANNED = {
    "429": json_reply({"message": "Too many requests"}, 429),
    "5xx": json_reply({"message": "Internal Server Error"}, 500),
    "quota": json_reply({"message": "Domain is not allowed to send: limit reached"}, 402),
}


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail as it was accepted."""

    id: str
    at: float
    sender: str
    to: list[str]
    subject: str
    text: str
    html: str
    tags: list[str]
    headers: dict[str, str]
    attachments: list[str]


class Mailgun:
    """The routes of a sending domain, and the inbox as JSON."""

    def __init__(self, runtime: Runtime) -> None:
        self.runtime = runtime
        self.mails = runtime.state.table("mailgun.mails", Mail)

    async def send(self, call: Call) -> Reply:
        self._authenticate(call)
        if call.params["domain"] != MAILGUN_DOMAIN:
            raise _refuse(404, f"Domain not found: {call.params['domain']}")
        fields = await self._fields(call)
        mail = self._mail(fields)
        if "yes" not in _values(fields, "o:testmode"):
            self.mails[mail.id] = mail
        return json_reply({"id": mail.id, "message": "Queued. Thank you."})

    async def inbox(self, call: Call) -> Reply:
        """The mails as JSON, for tests: ?to= keeps those for one address."""
        wanted = call.query.get("to")
        rows = [m for m in self.mails.values() if wanted is None or wanted in m.to]
        return json_reply(
            {
                "items": [
                    {
                        "id": mail.id,
                        "at": mail.at,
                        "from": mail.sender,
                        "to": mail.to,
                        "subject": mail.subject,
                        "text": mail.text,
                        "html": mail.html,
                        "tags": mail.tags,
                        "headers": mail.headers,
                        "attachments": mail.attachments,
                    }
                    for mail in rows
                ]
            }
        )

    async def domain(self, call: Call) -> Reply:
        self._authenticate(call)
        name = call.params["domain"]
        if name != MAILGUN_DOMAIN:
            raise _refuse(404, "Domain not found")
        domain = {"name": name, "state": "active", "type": "custom", "wildcard": False}
        return json_reply(
            {"domain": domain, "receiving_dns_records": [], "sending_dns_records": []}
        )

    def _authenticate(self, call: Call) -> None:
        try:
            pair = base64.b64decode(call.bearer("Basic") or "", validate=True).decode()
        except (binascii.Error, ValueError):
            pair = ""
        if not same(pair, f"api:{MAILGUN_KEY}"):
            raise RefusedError(Reply(401, b"Forbidden", (("content-type", "text/plain"),)))

    async def _fields(self, call: Call) -> Fields:
        if call.content_type not in (FORM, MULTIPART):
            return Fields()  # of a body in any other form nothing is seen
        try:
            fields = await read_fields(call, self.runtime.media.uploads)
        except MalformedBodyError as error:
            raise _refuse(400, str(error)) from error
        for file in fields.files.values():
            file.path.unlink()
        names = {name for name, _ in fields.pairs}
        unknown = {n for n in names if n not in _FIELDS and not n.startswith(_FREE)}
        if unknown or not set(fields.files) <= {"attachment", "inline"}:
            raise _refuse(400, f"unknown parameter: {', '.join(sorted(unknown))}")
        return fields

    def _mail(self, fields: Fields) -> Mail:
        for name in ("from", "to"):
            if not _values(fields, name):
                raise _refuse(400, f"{name} parameter is missing")
        to = [a.strip() for value in _values(fields, "to") for a in value.split(",") if a.strip()]
        for name, addresses in (("from", _values(fields, "from")), ("to", to)):
            if not addresses or not all(_is_address(address) for address in addresses):
                raise _refuse(
                    400, f"{name} parameter is not a valid address. please check documentation"
                )
        bodies = ("text", "html", "amp-html", "template")
        if not any(value.strip() for name in bodies for value in _values(fields, name)):
            raise _refuse(
                400,
                "Need at least one of 'text', 'html', 'amp-html' or 'template' parameters specified",
            )
        for when in _values(fields, "o:deliverytime"):
            if not _is_date(when):
                raise _refuse(400, "o:deliverytime is not a valid date")
        number, now = self.runtime.state.next_number(), self.runtime.state.now()
        moment = datetime.fromtimestamp(now, UTC)
        return Mail(
            id=f"<{moment:%Y%m%d%H%M%S}.{number:016x}@{MAILGUN_DOMAIN}>",
            at=now,
            sender=_values(fields, "from")[0],
            to=[parseaddr(address)[1] for address in to],
            subject="".join(_values(fields, "subject")[:1]),
            text="".join(_values(fields, "text")[:1]),
            html="".join(_values(fields, "html")[:1]),
            tags=_values(fields, "o:tag"),
            headers={k[2:]: v for k, v in fields.pairs if k.startswith("h:")},
            attachments=[file.filename for file in fields.files.values()],
        )


def mailgun_parties(runtime: Runtime) -> list[Party]:
    """Mailgun's one host."""
    mailgun = Mailgun(runtime)
    routes = [
        Route("POST", "/v3/{domain}/messages", "messages", mailgun.send),
        Route("GET", "/v4/domains/{domain}", "domain", mailgun.domain),
        Route("GET", "/inbox", "inbox", mailgun.inbox),
    ]
    unknown = json_reply({"message": "Not Found"}, 404)
    return [Party("mailgun", "/mailgun", routes, lambda _call: unknown, _CANNED)]


def _refuse(status: int, message: str) -> RefusedError:
    return RefusedError(json_reply({"message": message}, status))


def _values(fields: Fields, name: str) -> list[str]:
    return [value for key, value in fields.pairs if key == name]


def _is_address(value: str) -> bool:
    local, at, domain = parseaddr(value)[1].partition("@")
    return bool(local and at and domain and " " not in domain)


def _is_date(value: str) -> bool:
    try:
        parsedate_to_datetime(value)
    except ValueError:
        return False
    return True
