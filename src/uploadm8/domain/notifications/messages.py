"""The words of each event, for mail and Discord alike. Pure."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum
from typing import Any

from uploadm8.domain.workspaces.events import EventKind
from uploadm8.infra.discord import Embed
from uploadm8.infra.mail.letter import Button, Letter

K = EventKind
Facts = Mapping[str, Any]


class Tone(IntEnum):
    """The colour a message is shown in, 0xRRGGBB."""

    GOOD = 0x2BB673
    NEWS = 0x3B82F6
    WARNING = 0xF5A524
    BAD = 0xE5484D


@dataclass(frozen=True, slots=True)
class Message:
    """What is said.

    Attributes:
        url: where to look, when it is not the dashboard.
        action: what the reader may do, as the label of a button.
    """

    title: str
    text: str
    tone: Tone
    facts: Sequence[tuple[str, str]] = ()
    url: str | None = None
    action: str = "Open the dashboard"


PLATFORMS = {
    "tiktok": "TikTok",
    "youtube": "YouTube",
    "instagram": "Instagram",
    "facebook": "Facebook",
}


def message_of(kind: EventKind, facts: Facts) -> Message:
    """What an event is told as."""
    return _WORDS[kind](facts)


def letter_of(message: Message, frontend_url: str) -> Letter:
    """The message as mail."""
    return Letter(
        subject=message.title,
        heading=message.title,
        preview=message.text,
        paragraphs=(message.text,),
        button=Button(message.action, message.url or f"{frontend_url}/dashboard.html"),
        facts=message.facts,
        footnote="You choose what you are told in the settings of your workspace.",
    )


def embed_of(message: Message, at: datetime) -> Embed:
    """The message for Discord."""
    return Embed(
        title=message.title,
        text=message.text,
        color=message.tone.value,
        url=message.url,
        fields=message.facts,
        at=at,
    )


def _where(facts: Facts) -> str:
    return PLATFORMS[facts["platform"]]


def _post_facts(facts: Facts) -> tuple[tuple[str, str], ...]:
    pairs = (("Account", facts.get("account_name")), ("Video", facts.get("title")))
    return tuple((name, str(value)) for name, value in pairs if value)


def _published(facts: Facts) -> Message:
    return Message(
        f"Posted to {_where(facts)}",
        f"“{facts['title']}” is live.",
        Tone.GOOD,
        _post_facts(facts),
        facts.get("public_url"),
        "See the post" if facts.get("public_url") else "Open the dashboard",
    )


def _failed(facts: Facts) -> Message:
    return Message(f"A post to {_where(facts)} failed", _said(facts), Tone.BAD, _post_facts(facts))


def _unknown(facts: Facts) -> Message:
    return Message(
        f"{_where(facts)} does not say whether a post went out",
        "Look on the platform, then mark it as posted or post it again; nothing is sent twice"
        " without your word.",
        Tone.WARNING,
        _post_facts(facts),
    )


def _held(facts: Facts) -> Message:
    return Message(
        f"A post to {_where(facts)} missed its time",
        "It was not sent late without asking: publish it now, give it a new time, or cancel it.",
        Tone.WARNING,
        _post_facts(facts),
    )


def _rejected(facts: Facts) -> Message:
    return Message("A video cannot be used", _said(facts), Tone.BAD, (("Video", facts["title"]),))


def _ready(facts: Facts) -> Message:
    return Message("A video is ready", f"“{facts['title']}” is rendered.", Tone.NEWS)


def _reconnect(facts: Facts) -> Message:
    return Message(
        f"{_where(facts)} no longer lets us post as {facts['account_name']}",
        "Scheduled posts wait for seven days, and go out once you reconnect the account.",
        Tone.WARNING,
        action="Reconnect",
    )


def _quota(facts: Facts) -> Message:
    resets = f"{datetime.fromisoformat(facts['resets_at']):%-d %B %Y}"
    if facts["used"] >= facts["limit"]:
        return Message(
            f"All {facts['limit']} uploads used",
            f"The count starts again on {resets}; a higher tier has more at once.",
            Tone.WARNING,
        )
    return Message(
        f"{facts['used']} of {facts['limit']} uploads used",
        f"That is {facts['percent']} % of this period; the count starts again on {resets}.",
        Tone.NEWS,
    )


def _digest(facts: Facts) -> Message:
    names = ("views", "likes", "comments", "shares")
    counted = [(name.capitalize(), f"{facts[name]:,}") for name in names]
    failed = f", {facts['failed']} failed" if facts["failed"] else ""
    best = facts.get("best")
    tail = f" Most watched: “{best['title']}” on {_where(best)}." if best else ""
    return Message(
        f"Your week: {facts['published']} posts",
        f"{facts['published']} posts went out{failed} between {facts['from']} and {facts['to']}.{tail}",
        Tone.NEWS,
        counted,
        best.get("public_url") if best else None,
    )


def _webhook_stopped(facts: Facts) -> Message:
    return Message(
        "A webhook was stopped",
        f"We no longer call {facts['url']}, since {facts['reason']}. Start it again once it works;"
        " what it missed can be replayed.",
        Tone.WARNING,
    )


def _discord_gone(facts: Facts) -> Message:
    del facts
    return Message(
        "Your Discord webhook is gone",
        "Discord says that it was deleted, so it was removed from your settings. Add another one"
        " to go on.",
        Tone.WARNING,
    )


def _test(facts: Facts) -> Message:
    return Message("A test", str(facts.get("says", "")), Tone.NEWS)


def _said(facts: Facts) -> str:
    error = facts.get("error") or {}
    return " ".join(part for part in (error.get("detail"), error.get("action")) if part)


_WORDS: Mapping[EventKind, Callable[[Facts], Message]] = {
    K.UPLOAD_READY: _ready,
    K.UPLOAD_REJECTED: _rejected,
    K.PUBLICATION_PUBLISHED: _published,
    K.PUBLICATION_FAILED: _failed,
    K.PUBLICATION_UNKNOWN: _unknown,
    K.PUBLICATION_HELD: _held,
    K.ACCOUNT_NEEDS_RECONNECT: _reconnect,
    K.QUOTA_USED: _quota,
    K.WEEKLY_DIGEST: _digest,
    K.WEBHOOK_TEST: _test,
    K.WEBHOOK_STOPPED: _webhook_stopped,
    K.DISCORD_WEBHOOK_REMOVED: _discord_gone,
}
