"""What Instagram would refuse."""

from uploadm8.core.video.platforms import platform_media
from uploadm8.domain.platforms.clients.findings import (
    Proposal,
    block,
    change,
    check_media,
    cover_outside,
    hashtags,
    limit_findings,
    mentions,
)
from uploadm8.domain.platforms.clients.options import InstagramOptions
from uploadm8.findings import Finding

CAPTION_CHARACTERS = 2_200
HASHTAGS = 30
MENTIONS = 20
COMMENT_SCOPE = "instagram_manage_comments"
MEDIA = platform_media("instagram")


def findings(proposal: Proposal) -> list[Finding]:
    """Check one proposed reel."""
    found = check_media(MEDIA, proposal)
    found += limit_findings(proposal, "Instagram")
    for count, most, code, what in (
        (len(proposal.caption), CAPTION_CHARACTERS, "caption_too_long", "characters"),
        (hashtags(proposal.caption), HASHTAGS, "too_many_hashtags", "hashtags"),
        (mentions(proposal.caption), MENTIONS, "too_many_mentions", "mentions"),
    ):
        if count > most:
            found.append(
                block(code, f"Instagram takes up to {most} {what}; the caption has {count}.")
            )
    if isinstance(proposal.options, InstagramOptions):
        found += _choices(proposal.options, proposal)
    return found


def _choices(options: InstagramOptions, proposal: Proposal) -> list[Finding]:
    found = []
    if not options.cover and cover_outside(proposal, options.cover_at_ms):
        found.append(
            block("cover_outside_video", "The cover frame lies after the end of the video.")
        )
    if options.sponsor_ids and not options.paid_partnership:
        found.append(
            block("partnership_not_disclosed", "Sponsors can be named only in a paid partnership.")
        )
    if options.audio_id is None and (options.audio_volume, options.video_volume) != (None, None):
        found.append(block("audio_not_chosen", "The volumes belong to an audio_id."))
    if options.audio_id and options.audio_name:
        found.append(block("audio_not_original", "Only a reel's own sound can be named."))
    if options.first_comment and COMMENT_SCOPE not in proposal.scopes:
        found.append(
            change(
                "first_comment_not_allowed",
                "The account has not granted us to comment.",
                "We post the reel without the first comment.",
            )
        )
    return found
