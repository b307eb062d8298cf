"""Preflight of the media: what each platform would get of a video, and what it would say to that."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from uploadm8.core.video.footage import Footage
from uploadm8.core.video.platforms import PLATFORMS
from uploadm8.core.video.preflight import preflight
from uploadm8.core.video.rendition import RenditionSpec
from uploadm8.core.video.specs import native_shape
from uploadm8.domain.billing.gate import Tiers
from uploadm8.domain.billing.plans import Feature
from uploadm8.domain.renditions.wanted import assigned_renditions
from uploadm8.domain.uploads.choices import RenditionChoice
from uploadm8.findings import Finding
from uploadm8.infra.db.json_columns import json_of


@dataclass(frozen=True, slots=True)
class MediaVerdict:
    """What one platform gets.

    Attributes:
        spec: its rendition; None when that depends on a picture nobody has seen yet.
        findings: about the video on that platform.
    """

    spec: RenditionSpec | None
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class MediaCheck:
    """Judges videos by what is known of them."""

    tiers: Tiers

    async def verdicts(
        self,
        workspace_id: UUID,
        footage: Footage,
        platforms: Sequence[str],
        choice: RenditionChoice,
        *,
        hud: bool,
    ) -> dict[str, MediaVerdict]:
        """What each platform would get and say."""
        entitlement = await self.tiers.of(workspace_id)
        if Feature.AUTO_TRANSCODE not in entitlement.features:
            return {name: _as_it_is(name, footage, hud=hud) for name in platforms}
        assigned = assigned_renditions(platforms, choice, hud=hud, duration_s=footage.duration_s)
        return {
            name: MediaVerdict(one.spec, preflight(footage, one.media, one.spec))
            for name, one in assigned.items()
        }


def footage_of(upload: dict[str, Any]) -> Footage:
    """What is known of an upload's video by now."""
    source = json_of(upload["source"])
    if source is None:
        return Footage.announced(upload["content_type"], upload["size_bytes"])
    return Footage.from_facts(source)


def _as_it_is(platform: str, footage: Footage, *, hud: bool) -> MediaVerdict:
    """Tiers without auto-transcode publish the video in its own shape."""
    if footage.width is None or footage.height is None:
        return MediaVerdict(None, ())
    spec = native_shape(footage.width, footage.height, hud=hud)
    longest = PLATFORMS["facebook"].max_duration_s
    upright = footage.height >= footage.width
    reel = upright and (footage.duration_s is None or footage.duration_s <= longest)
    media = "facebook_video" if platform == "facebook" and not reel else platform
    return MediaVerdict(spec, preflight(footage, media, spec))
