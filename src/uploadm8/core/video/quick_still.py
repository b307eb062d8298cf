"""Stills of a picture at hand, with the HUD drawn on request; some are kept at inspection."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
from av.video.frame import VideoFrame

from uploadm8.core.hud.spec import HudSpec
from uploadm8.core.telemetry.track import Track
from uploadm8.core.video.color import Color, Matrix, Primaries, Range, Transfer
from uploadm8.core.video.compose import Composer
from uploadm8.core.video.grab import encode_image, grabbing, to_bgr
from uploadm8.core.video.overlay import Overlay, settled
from uploadm8.core.video.rendition import RenditionSpec
from uploadm8.core.video.sharpness import sharpness
from uploadm8.errors import MediaError

KEPT_PICTURES = 24
_EDGE = 0.08  # of the duration: openings and endings are often black or shaky
_LONG_SIDE = 1280
_RATE = Fraction(30)
_COLOR = Color(Range.LIMITED, Matrix.BT709, Primaries.BT709, Transfer.BT709)


@dataclass(frozen=True, slots=True)
class KeptPicture:
    """A picture of the source as JPEG, with the seconds after the first picture it was taken at."""

    seconds: float
    jpeg: bytes
    sharpness: float


def keep_pictures(source: Path, count: int = KEPT_PICTURES) -> Iterator[KeptPicture]:
    """Pictures spread over the video, upright, with square pixels, at most 1280 on the long side.

    Raises:
        MediaError: the source cannot be used.
    """
    with grabbing(source) as grabber:
        duration = grabber.source.duration_s
        for number in range(count):
            seconds = duration * (number + 0.5) / count
            try:
                picture = grabber.at(seconds)
            except MediaError:
                continue  # a broken stretch costs its pictures, not the others
            score = sharpness(picture)
            yield KeptPicture(seconds, grabber.jpeg(picture, _LONG_SIDE, 85), score)


def sharpest(pictures: Sequence[KeptPicture], duration_s: float) -> float | None:
    """When the best picture for a thumbnail is shown; None when all are dark, bright or flat."""
    inner = [p for p in pictures if _EDGE <= p.seconds / duration_s <= 1 - _EDGE and p.sharpness]
    return max(inner, key=lambda picture: picture.sharpness).seconds if inner else None


def quick_still(
    jpeg: bytes,
    track: Track | None,
    hud: HudSpec | None,
    spec: RenditionSpec,
    *,
    seconds: float,
    offset_s: float,
    duration_s: float,
) -> bytes:
    """A JPEG of a rendition: the picture, with the HUD as it is at `seconds`, eased in.

    Args:
        jpeg: the picture, upright and with square pixels, as `Grabber.jpeg` gives it.
        track: telemetry; None for no HUD.
        hud: how the HUD looks; None for no HUD.
        spec: the rendition it is a still of.
        seconds: after the first picture.
        offset_s: the log's time at the first picture.
        duration_s: of the video.
    """
    pixels = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)
    if pixels is None:
        raise MediaError("The picture cannot be read.", code="media_undecodable")
    height, width = (side // 2 * 2 for side in pixels.shape[:2])
    picture = VideoFrame.from_ndarray(
        np.ascontiguousarray(pixels[:height, :width], np.uint8), format="bgr24"
    ).reformat(
        format="yuv420p", dst_colorspace=int(Matrix.BT709), dst_color_range=int(Range.LIMITED)
    )
    composer = Composer(width, height, Fraction(1), spec)
    frame = picture if composer.identity else composer.compose(picture)
    if track is not None and hud is not None and spec.hud:
        overlay = Overlay(
            settled(hud),
            track,
            spec,
            _COLOR,
            rate=_RATE,
            start_s=offset_s,
            length_s=max(duration_s, seconds),
        )
        overlay.draw((frame, int(seconds * _RATE)))
    return encode_image(to_bgr(frame, _COLOR), ".jpg", 88)
