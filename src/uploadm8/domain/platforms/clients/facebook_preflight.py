"""What Facebook would refuse, as a reel or as a page video."""

from datetime import datetime, timedelta

from uploadm8.core.video.platforms import platform_media
from uploadm8.domain.platforms.clients.facebook import REEL, as_reel
from uploadm8.domain.platforms.clients.findings import (
    Proposal,
    block,
    change,
    check_media,
    limit_findings,
)
from uploadm8.domain.platforms.clients.options import FacebookOptions
from uploadm8.findings import Finding
from uploadm8.infra.clock import now

TEXT_CHARACTERS = 63_206
COMMENT_SCOPE = "pages_manage_engagement"
VIDEO = platform_media("facebook_video")
_SOONEST = timedelta(minutes=10)
_REEL_LATEST = timedelta(days=29)
_VIDEO_LATEST = timedelta(days=180)


def findings(proposal: Proposal) -> list[Finding]:
    """Check one proposed reel or video."""
    options = proposal.options
    if not isinstance(options, FacebookOptions):
        raise TypeError("a Facebook post has FacebookOptions")
    media = proposal.media
    reel = as_reel(options, media) if media else options.kind != "video"
    found = check_media(REEL if reel else VIDEO, proposal)
    found += limit_findings(proposal, "Facebook")
    if len(proposal.caption) > TEXT_CHARACTERS:
        found.append(
            block("caption_too_long", f"Facebook takes up to {TEXT_CHARACTERS} characters.")
        )
    found += _schedule(options, proposal.sent_at or now(), reel=reel) + _reel_only(
        options, reel=reel
    )
    return found + _comment(options, proposal)


def _comment(options: FacebookOptions, proposal: Proposal) -> list[Finding]:
    if not options.first_comment:
        return []
    without = "We post it without the first comment."
    if options.draft:
        return [change("first_comment_on_draft", "A draft cannot be commented on.", without)]
    if COMMENT_SCOPE in proposal.scopes:
        return []
    return [change("first_comment_not_allowed", "The page has not granted us to comment.", without)]


def _schedule(options: FacebookOptions, sent_at: datetime, *, reel: bool) -> list[Finding]:
    if options.publish_at is None:
        return []
    latest = _REEL_LATEST if reel else _VIDEO_LATEST
    ahead = options.publish_at - sent_at
    if options.draft:
        return [block("draft_scheduled", "A draft has no publication time.")]
    if _SOONEST < ahead <= latest:
        return []
    return [
        block(
            "schedule_out_of_range",
            f"Facebook schedules from 10 minutes to {latest.days} days ahead.",
            "Use our own schedule, which has no such limit.",
        )
    ]


def _reel_only(options: FacebookOptions, *, reel: bool) -> list[Finding]:
    if reel or not (options.collaborators or options.place_id):
        return []
    return [
        change(
            "reel_only_options",
            "Collaborators and places exist on reels, and this goes out as a page video.",
            "We post it without them.",
        )
    ]
