"""What TikTok would refuse, and what its rules of use demand of the form."""

from uploadm8.core.video.platforms import platform_media
from uploadm8.domain.platforms.clients.findings import (
    Proposal,
    block,
    change,
    check_media,
    cover_outside,
    limit_findings,
)
from uploadm8.domain.platforms.clients.options import TikTokOptions
from uploadm8.domain.platforms.clients.text_units import utf16_units
from uploadm8.findings import Finding

CAPTION_UNITS = 2_200
DRAFT_SCOPE = "video.upload"
MEDIA = platform_media("tiktok")


def findings(proposal: Proposal) -> list[Finding]:
    """Check one proposed post."""
    found = check_media(MEDIA, proposal)
    found += limit_findings(proposal, "TikTok")
    if utf16_units(proposal.caption) > CAPTION_UNITS:
        found.append(
            block("caption_too_long", f"TikTok takes captions of up to {CAPTION_UNITS} characters.")
        )
    options = proposal.options
    if not isinstance(options, TikTokOptions):
        raise TypeError("a TikTok post has TikTokOptions")
    if options.mode == "direct":
        return found + _privacy(options, proposal) + _interactions(options, proposal)
    if proposal.scopes and DRAFT_SCOPE not in proposal.scopes:
        found.append(
            block(
                "drafts_not_allowed",
                "The account has not granted us to deliver drafts.",
                "Reconnect the account with every permission ticked, or post directly.",
            )
        )
    return found


def _privacy(options: TikTokOptions, proposal: Proposal) -> list[Finding]:
    limits = proposal.limits
    if options.privacy is None:
        return [block("privacy_required", "TikTok wants you to choose who can see the video.")]
    found = []
    if options.branded_content and options.privacy == "SELF_ONLY":
        found.append(block("branded_content_private", "Branded content cannot be private."))
    if limits is None:
        return found
    if limits.privacy is not None and options.privacy not in limits.privacy:
        offered = ", ".join(limits.privacy)
        found.append(
            block("privacy_not_offered", f"This account offers: {offered}; not {options.privacy}.")
        )
    return found


def _interactions(options: TikTokOptions, proposal: Proposal) -> list[Finding]:
    limits = proposal.limits
    found = []
    for asked, off, what in (
        (options.allow_comments, limits and limits.comments_off, "Comments"),
        (options.allow_duets, limits and limits.duets_off, "Duets"),
        (options.allow_stitches, limits and limits.stitches_off, "Stitches"),
    ):
        if asked and off:
            found.append(
                change(
                    f"{what.lower()}_off",
                    f"{what} are switched off in the TikTok account's settings.",
                    f"We post it without {what.lower()}.",
                )
            )
    if cover_outside(proposal, options.cover_at_ms):
        found.append(
            change(
                "cover_outside_video",
                "The cover frame lies after the end of the video.",
                "TikTok uses the first frame.",
            )
        )
    return found
