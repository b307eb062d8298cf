"""A still of any moment of a rendition, HUD and all, as the render shows it once eased in."""

from fractions import Fraction
from pathlib import Path
from typing import Literal

from uploadm8.core.hud.spec import HudSpec
from uploadm8.core.telemetry.track import Track
from uploadm8.core.video.compose import Composer
from uploadm8.core.video.grab import encode_image, grabbing, to_bgr
from uploadm8.core.video.limits import DEFAULT_LIMITS, MediaLimits
from uploadm8.core.video.overlay import Overlay, settled
from uploadm8.core.video.pacing import pacing_for
from uploadm8.core.video.rendition import RenditionSpec


def still(
    source: Path,
    track: Track | None,
    hud: HudSpec | None,
    seconds: float,
    spec: RenditionSpec,
    *,
    offset_s: float = 0.0,
    image: Literal["png", "jpg"] = "png",
    limits: MediaLimits = DEFAULT_LIMITS,
) -> bytes:
    """Render one frame.

    Args:
        source: local video.
        track: telemetry; None for no HUD.
        hud: how the HUD looks; None for no HUD.
        seconds: after the source's first picture.
        spec: the rendition it is a still of.
        offset_s: track time at the source's first picture.
        image: format of the bytes.
        limits: what sources are accepted.

    Raises:
        MediaError: the source cannot be used.
    """
    with grabbing(source, limits) as grabber:
        picture = grabber.at(seconds)
        composer = Composer(*grabber.size, grabber.pixel_aspect, spec)
        frame = picture if composer.identity else composer.compose(picture)
        if track is not None and hud is not None and spec.hud:
            pacing = pacing_for(grabber.source, spec)
            overlay = Overlay(
                settled(hud),
                track,
                spec,
                grabber.color,
                rate=pacing.rate,
                start_s=offset_s,
                length_s=grabber.source.duration_s,
            )
            overlay.draw((frame, pacing.slot_at(Fraction(seconds).limit_denominator(1000))))
        return encode_image(to_bgr(frame, grabber.color), f".{image}")
