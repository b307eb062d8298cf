"""What YouTube would refuse."""

from datetime import datetime

from uploadm8.core.video.platforms import platform_media
from uploadm8.domain.platforms.clients.findings import (
    Proposal,
    block,
    change,
    check_media,
    hashtags,
    limit_findings,
)
from uploadm8.domain.platforms.clients.options import YouTubeOptions
from uploadm8.domain.platforms.clients.text_units import utf16_units
from uploadm8.domain.platforms.clients.youtube_metadata import (
    TAG_PREFIX,
    TITLE_CHARACTERS,
    clean,
    is_short,
    tags_length,
    title_of,
)
from uploadm8.findings import Finding
from uploadm8.infra.clock import now

DESCRIPTION_BYTES = 5_000
TAGS_CHARACTERS = 500
MANY_HASHTAGS = 60
MANAGING = frozenset(
    f"https://www.googleapis.com/auth/youtube{ending}" for ending in ("", ".force-ssl")
)
MARKER_CHARACTERS = len(TAG_PREFIX) + 36 + 1
CATEGORIES = frozenset(
    ["1", "2", "10", "15", "17", "19", "20", "22", "23", "24", "25", "26", "27", "28", "29"]
)
MEDIA = platform_media("youtube")


def findings(proposal: Proposal) -> list[Finding]:
    """Check one proposed video."""
    found = check_media(MEDIA, proposal)
    found += limit_findings(proposal, "YouTube")
    if isinstance(proposal.options, YouTubeOptions):
        found += _choices(proposal.options, proposal.sent_at or now())
        found += _afterwards(proposal.options, proposal) + _texts(proposal.options, proposal)
    return found


def _choices(options: YouTubeOptions, sent_at: datetime) -> list[Finding]:
    found = []
    if options.privacy is None and options.publish_at is None:
        found.append(
            change(
                "privacy_not_chosen",
                "You have not chosen who can see the video.",
                "We upload it as private.",
            )
        )
    if options.made_for_kids is None:
        found.append(
            change(
                "audience_not_chosen",
                "You have not said whether the video is made for kids.",
                "We tell YouTube that it is not.",
            )
        )
    if options.category_id not in CATEGORIES:
        found.append(block("category_unknown", f"YouTube has no category {options.category_id}."))
    if options.publish_at is not None and options.privacy == "unlisted":
        found.append(block("scheduled_unlisted", "YouTube can only make a scheduled video public."))
    if options.publish_at is not None and options.publish_at <= sent_at:
        found.append(
            change(
                "publish_at_passed",
                "The time at which YouTube shall publish is over before the video is uploaded.",
                "It is public as soon as it is uploaded.",
            )
        )
    return found


def _afterwards(options: YouTubeOptions, proposal: Proposal) -> list[Finding]:
    found = []
    if options.first_comment and not options.first_words:
        what = "made for kids" if options.made_for_kids else "private"
        found.append(
            change(
                "first_comment_not_allowed",
                f"A video that is {what} cannot be commented on.",
                "We post it without the first comment.",
            )
        )
    wanted = options.first_words or options.playlist_ids
    if wanted and proposal.scopes and not proposal.scopes & MANAGING:
        found.append(
            change(
                "channel_not_managed",
                "The channel has not granted us playlists and comments.",
                "We post it without them; reconnect with every permission ticked to have them.",
            )
        )
    return found


def _texts(options: YouTubeOptions, proposal: Proposal) -> list[Finding]:
    found = []
    title = title_of(options, proposal.title, proposal.caption)
    asked = options.title or (proposal.title or "").strip()
    if not title:
        found.append(block("title_required", "YouTube wants a title."))
    if utf16_units(asked) > TITLE_CHARACTERS:
        found.append(
            change("title_cut", "YouTube takes titles of up to 100 characters.", "We cut it there.")
        )
    if clean(proposal.caption + asked) != proposal.caption + asked:
        found.append(
            change(
                "angle_brackets",
                "YouTube refuses the characters < and >.",
                "We replace them by similar ones.",
            )
        )
    if len(clean(proposal.caption).encode()) > DESCRIPTION_BYTES:
        found.append(
            block("description_too_long", f"YouTube takes up to {DESCRIPTION_BYTES} bytes of text.")
        )
    if tags_length(options.tags) + MARKER_CHARACTERS > TAGS_CHARACTERS:
        room = TAGS_CHARACTERS - MARKER_CHARACTERS
        found.append(block("tags_too_long", f"The tags may have {room} characters in all."))
    if hashtags(proposal.caption) > MANY_HASHTAGS:
        found.append(
            change(
                "hashtags_ignored",
                "With more than 60 hashtags YouTube ignores all of them.",
                "We post it as it is.",
            )
        )
    if options.thumbnail and _is_short(proposal):
        found.append(
            change(
                "thumbnail_later",
                "A Short takes its thumbnail only after YouTube has processed it.",
                "We set it as soon as YouTube allows.",
            )
        )
    return found


def _is_short(proposal: Proposal) -> bool:
    return proposal.media is not None and is_short(proposal.media)
