"""Preflight of the four platforms: media, text, options and live limits of one proposed post."""

from collections.abc import Callable, Mapping

from uploadm8.domain.platforms.clients import (
    facebook_preflight,
    instagram_preflight,
    tiktok_preflight,
    youtube_preflight,
)
from uploadm8.domain.platforms.clients.base import Platform
from uploadm8.domain.platforms.clients.findings import Proposal
from uploadm8.findings import Finding

_CHECKS: Mapping[Platform, Callable[[Proposal], list[Finding]]] = {
    Platform.TIKTOK: tiktok_preflight.findings,
    Platform.YOUTUBE: youtube_preflight.findings,
    Platform.INSTAGRAM: instagram_preflight.findings,
    Platform.FACEBOOK: facebook_preflight.findings,
}


def preflight(platform: Platform, proposal: Proposal) -> list[Finding]:
    """Say everything that would go wrong or differently; an empty list means ready to post."""
    return _CHECKS[platform](proposal)
