"""Preflight of a publication: when it is accepted, and again right before it is sent."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import msgspec

from uploadm8.domain.platforms.clients import errors as e
from uploadm8.domain.platforms.clients.base import Draft, LiveLimits, Platform
from uploadm8.domain.platforms.clients.errors import PlatformError
from uploadm8.domain.platforms.clients.findings import Proposal, block, change, needs_reconnect
from uploadm8.domain.platforms.clients.options import Options
from uploadm8.domain.platforms.clients.preflight import preflight
from uploadm8.domain.platforms.clients.protocol import Publisher
from uploadm8.domain.platforms.tables import AccountState
from uploadm8.domain.publishing.pace import Room
from uploadm8.errors import FieldError, InvalidRequestError, Retry
from uploadm8.findings import Finding, Severity
from uploadm8.infra.clock import now

SAME_DAY = timedelta(hours=1)
LIMIT_CODE = "daily_limit_reached"
_FRESH_S = {Platform.INSTAGRAM: 0.0, Platform.TIKTOK: 60.0}
"""How old the platform's word may be at the commit; the others' would not be of use there."""


class PreflightError(InvalidRequestError):
    """The platform would refuse this post."""

    code = "preflight_blocked"


@dataclass(frozen=True, slots=True)
class Wish:
    """A post as it is asked for, before there is a file for it."""

    platform: Platform
    caption: str
    options: Options
    title: str | None
    scopes: frozenset[str]
    publish_at: datetime | None = None
    access_ends: datetime | None = None
    account_state: AccountState = AccountState.ACTIVE
    limits: LiveLimits | None = None


def accept(wish: Wish, field: str) -> list[Finding]:
    """Check what can be checked without the file.

    Args:
        wish: the post.
        field: where in the request it stands.

    Raises:
        PreflightError: naming everything that must be changed.
    """
    found = look_at(wish)
    _refuse(found, field)
    return found


def look_at(wish: Wish) -> list[Finding]:
    """Say everything that can be said without the file, of the platform and of the account."""
    found = preflight(
        wish.platform,
        Proposal(
            None,
            wish.caption,
            wish.options,
            title=wish.title,
            scopes=wish.scopes,
            limits=_then(wish),
            sent_at=wish.publish_at,
        ),
    )
    if wish.options.public_at is not None and wish.options.public_at <= now():
        found.append(block("publish_at_past", "The platform's publication time is in the past."))
    return found + _access(wish)


def _access(wish: Wish) -> list[Finding]:
    if wish.account_state is AccountState.NEEDS_RECONNECT:
        return [needs_reconnect()]
    if not wish.publish_at or not wish.access_ends or wish.access_ends > wish.publish_at:
        return []
    return [
        change(
            "access_ends_before",
            f"The account's access ends on {wish.access_ends:%d %B %Y}, before this post.",
            "Reconnect the account in time; otherwise the post waits until you do.",
        )
    ]


def _then(wish: Wish) -> LiveLimits | None:
    """What today's limits say about the day of the post: a full day is over by then."""
    if wish.account_state is AccountState.NEEDS_RECONNECT:
        return None  # said by _access already
    if wish.limits is None or wish.publish_at is None or wish.publish_at - now() < SAME_DAY:
        return wish.limits
    return replace(wish.limits, can_post=True, refusal=None, posts_used=None)


async def before_sending(publisher: Publisher, draft: Draft) -> list[Finding]:
    """Check the finished file against what the platform allows the account at this moment.

    Raises:
        PreflightError: something must be changed first.
        PlatformError: the account cannot post now; its class says whether waiting helps.
    """
    limits = await publisher.limits(draft.access)
    if limits.refusal is not None:
        raise limits.refusal
    found = _judged(publisher, draft, limits)
    if any(finding.code == LIMIT_CODE for finding in found):
        raise PlatformError(e.DAILY_LIMIT, platform=publisher.platform, retry_after=3_600.0)
    return found


async def at_commit(publisher: Publisher, draft: Draft, prepared: datetime | None) -> Room | None:
    """Ask the platform once more what the account may do, right before the irreversible call.

    Returns:
        How many posts are left, where the platform says so.

    Raises:
        PreflightError: what was chosen is not on offer any more.
        PlatformError: the account cannot post at all.
    """
    fresh_s = _FRESH_S.get(publisher.platform)
    asked_at = now()
    if fresh_s is None or (prepared and (asked_at - prepared).total_seconds() < fresh_s):
        return None
    limits = await publisher.limits(draft.access)
    if limits.refusal is not None:
        # A limit that this very post has used up when it was announced does not stop it.
        if limits.refusal.retry is Retry.RATE_LIMITED:
            return None
        raise limits.refusal
    _judged(publisher, draft, limits)
    if limits.posts_total is None or limits.posts_used is None:
        return None
    return Room(limits.posts_total - limits.posts_used, asked_at)


def written(findings: Sequence[Finding]) -> str:
    """Findings as they are stored."""
    return msgspec.json.encode(list(findings)).decode()


def _judged(publisher: Publisher, draft: Draft, limits: LiveLimits) -> list[Finding]:
    proposal = Proposal(
        draft.facts,
        draft.caption,
        draft.options,
        title=draft.title,
        limits=limits,
        scopes=draft.access.scopes,
        can_transcode=False,
    )
    found = preflight(publisher.platform, proposal)
    _refuse(found, "options")
    return found


def _refuse(found: Sequence[Finding], field: str) -> None:
    blocks = [finding for finding in found if finding.severity is Severity.BLOCK]
    if blocks:
        raise PreflightError(
            " ".join(finding.sentence for finding in blocks),
            action="Change the caption, the options or the video, then post again.",
            fields=[FieldError(field, finding.sentence) for finding in blocks],
            extra={"findings": msgspec.to_builtins(blocks)},
        )
