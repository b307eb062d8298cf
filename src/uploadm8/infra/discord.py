"""Messages to a Discord webhook: one embed each, with Discord's limits and answers respected."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

import msgspec

from uploadm8.errors import Retry, UnavailableError, UploadM8Error
from uploadm8.infra.http import Answer, Http

_HOST = re.compile(r"(ptb\.|canary\.)?(discord|discordapp)\.com")
_PATH = re.compile(r"/api/(v\d{1,2}/)?webhooks/\d{1,24}/[\w-]{1,120}")
# Within Discord's limits of each part, and together within its 6,000 characters of a message.
_TITLE, _TEXT, _FIELD_NAME, _FIELD_VALUE, _FIELDS = 256, 2000, 60, 300, 10


class DiscordRefusedError(UploadM8Error):
    """Discord refused the message."""

    code = "discord_refused"
    retry = Retry.PERMANENT_REQUEST


class DiscordWebhookGoneError(DiscordRefusedError):
    """The Discord webhook no longer exists."""

    code = "discord_webhook_gone"


class DiscordUnavailableError(UnavailableError):
    """Discord is unavailable."""

    code = "discord_unavailable"


@dataclass(frozen=True, slots=True)
class Embed:
    """What is shown; longer texts are cut.

    Attributes:
        color: of the bar at its left, 0xRRGGBB.
        fields: name and value pairs, shown side by side.
    """

    title: str
    text: str
    color: int
    url: str | None = None
    fields: Sequence[tuple[str, str]] = ()
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Discord:
    """Executes webhooks.

    Attributes:
        base_url: DISCORD_BASE_URL; every message goes there, whatever host its webhook names.
    """

    http: Http
    base_url: str

    async def send(self, webhook_url: str, embed: Embed) -> None:
        """Post one message.

        Raises:
            DiscordWebhookGoneError: it was deleted; Discord asks never to try it again.
            DiscordRefusedError: the message will never be accepted.
            DiscordUnavailableError: it may be accepted later.
        """
        path = webhook_path(webhook_url, self.base_url)
        if path is None:
            raise DiscordRefusedError("This is not the address of a Discord webhook.")
        url = self.base_url.rstrip("/") + path
        _check(await self.http.send("POST", url, json=_message(embed)))


def webhook_path(url: str, base_url: str) -> str | None:
    """The path of a webhook on Discord, or below `base_url`; None if the URL is no such thing."""
    parts = urlsplit(url)
    # netloc and not hostname: user info and ports have no place in it.
    official = parts.scheme == "https" and _HOST.fullmatch(parts.netloc)
    base = urlsplit(base_url)
    ours = (parts.scheme, parts.netloc) == (base.scheme, base.netloc)
    path = parts.path if official else parts.path.removeprefix(base.path.rstrip("/"))
    plain = not (parts.query or parts.fragment)
    return path if (official or ours) and plain and _PATH.fullmatch(path) else None


def _message(embed: Embed) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "title": embed.title[:_TITLE],
        "description": embed.text[:_TEXT],
        "color": embed.color,
        "fields": [
            {"name": name[:_FIELD_NAME], "value": value[:_FIELD_VALUE], "inline": True}
            for name, value in embed.fields[:_FIELDS]
            if name.strip() and value.strip()  # Discord refuses what shows nothing
        ],
    }
    if embed.url is not None:
        shown["url"] = embed.url
    if embed.at is not None:
        shown["timestamp"] = embed.at.isoformat()
    # A title or caption that says @everyone must not ring a whole server.
    return {"username": "UploadM8", "embeds": [shown], "allowed_mentions": {"parse": []}}


def _check(answer: Answer) -> None:
    if answer.ok:
        return
    if answer.status == 429:
        raise DiscordUnavailableError(retry=Retry.RATE_LIMITED, retry_after=_wait(answer))
    if answer.status >= 500 or answer.status < 400:  # a redirect is not Discord's
        raise DiscordUnavailableError
    if answer.status in (401, 404):
        raise DiscordWebhookGoneError
    raise DiscordRefusedError(f"Discord answered {answer.status}.")


def _wait(answer: Answer) -> float:
    """Seconds to wait: `retry_after` of the body, else the header (a ban by Cloudflare is HTML)."""
    try:
        body = msgspec.json.decode(answer.body)
        wait = float(body["retry_after"])
    except (msgspec.DecodeError, KeyError, TypeError, ValueError):
        header = answer.headers.get("retry-after", "")
        wait = float(header) if header.isdigit() else 60.0
    return min(max(wait, 0.5), 3_600.0)
