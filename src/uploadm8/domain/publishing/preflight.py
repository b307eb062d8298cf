"""Preflight of a publication: when it is accepted, and again right before it is sent."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import msgspec

from uploadm8.domain.platforms.clients import errors as e
from uploadm8.domain.platforms.clients.base import Draft, Platform
from uploadm8.domain.platforms.clients.errors import PlatformError
from uploadm8.domain.platforms.clients.findings import Proposal, change
from uploadm8.domain.platforms.clients.options import Options
from uploadm8.domain.platforms.clients.preflight import preflight
from uploadm8.domain.platforms.clients.protocol import Publisher
from uploadm8.errors import FieldError, InvalidRequestError
from uploadm8.findings import Finding, Severity

LIMIT_CODE = "daily_limit_reached"


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


def accept(wish: Wish, field: str) -> list[Finding]:
    """Check what can be checked without the file.

    Args:
        wish: the post.
        field: where in the request it stands.

    Raises:
        PreflightError: naming everything that must be changed.
    """
    found = preflight(
        wish.platform,
        Proposal(None, wish.caption, wish.options, title=wish.title, scopes=wish.scopes),
    )
    _refuse(found, field)
    if wish.publish_at and wish.access_ends and wish.access_ends <= wish.publish_at:
        found.append(
            change(
                "access_ends_before",
                f"The account's access ends on {wish.access_ends:%d %B %Y}, before this post.",
                "Reconnect the account in time; otherwise the post waits until you do.",
            )
        )
    return found


async def before_sending(publisher: Publisher, draft: Draft) -> list[Finding]:
    """Check the finished file against what the platform allows the account at this moment.

    Raises:
        PreflightError: something must be changed first.
        PlatformError: the account cannot post now; its class says whether waiting helps.
    """
    limits = await publisher.limits(draft.access)
    if limits.refusal is not None:
        raise limits.refusal
    found = preflight(
        publisher.platform,
        Proposal(
            draft.facts,
            draft.caption,
            draft.options,
            title=draft.title,
            limits=limits,
            scopes=draft.access.scopes,
            can_transcode=False,
        ),
    )
    _refuse(found, "options")
    if any(finding.code == LIMIT_CODE for finding in found):
        raise PlatformError(e.DAILY_LIMIT, platform=publisher.platform, retry_after=3_600.0)
    return found


def written(findings: Sequence[Finding]) -> str:
    """Findings as they are stored."""
    return msgspec.json.encode(list(findings)).decode()


def _refuse(found: Sequence[Finding], field: str) -> None:
    blocks = [finding for finding in found if finding.severity is Severity.BLOCK]
    if blocks:
        raise PreflightError(
            " ".join(finding.sentence for finding in blocks),
            action="Change the caption, the options or the video, then post again.",
            fields=[FieldError(field, finding.sentence) for finding in blocks],
            extra={"findings": msgspec.to_builtins(blocks)},
        )
