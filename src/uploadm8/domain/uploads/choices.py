"""What a user may choose about the renditions of an upload."""

from collections.abc import Mapping
from typing import Any, Literal

from msgspec import Struct, convert

from uploadm8.core.video.rendition import Fit, Quality
from uploadm8.core.video.specs import Aspect
from uploadm8.infra.db.json_columns import json_of

PlatformName = Literal["tiktok", "youtube", "instagram", "facebook"]


class PlatformChoice(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What differs for one platform; null is the choice for all.

    Attributes:
        aspect: shape of the frame; an upright one makes a short YouTube video a Short.
        fit: crop, fit or blur.
        cut: cut a video that is too long for the platform, instead of refusing it.
    """

    aspect: Aspect | None = None
    fit: Fit | None = None
    cut: bool | None = None


class RenditionChoice(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How the files for the platforms are made; everything may be left out.

    Attributes:
        aspects: shapes wanted besides those the platforms need.
        fit: what becomes of a picture of another shape: crop it, fit it in with black bars, or
            blur a copy of it beside it.
        short_side: pixels of the shorter side.
        max_fps: pictures a second, at most.
        quality: `quick` takes two thirds of the time and looks nearly the same.
        cut: cut a video that is too long for a platform, instead of refusing it.
        location: whether the files tell where they were filmed (never a place inside a privacy
            zone); null leaves it to the workspace's setting `share_location`.
        platforms: what differs for some platforms, by name.
    """

    aspects: tuple[Aspect, ...] = ()
    fit: Fit = Fit.BLUR
    short_side: Literal[720, 1080, 2160] = 1080
    max_fps: Literal[30, 60] = 60
    quality: Quality = Quality.STANDARD
    cut: bool = False
    location: bool | None = None
    platforms: dict[PlatformName, PlatformChoice] = {}


def choice_of(upload: Mapping[str, Any]) -> RenditionChoice:
    """What was chosen for an upload, given its row."""
    request = json_of(upload["request"]) or {}
    return convert(request.get("renditions") or {}, RenditionChoice)
