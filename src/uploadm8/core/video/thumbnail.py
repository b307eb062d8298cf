"""A thumbnail: the picture of a chosen time, or the sharpest of a few spread over the video."""

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
from av.video.frame import VideoFrame

from uploadm8.core.video.compose import Composer
from uploadm8.core.video.grab import encode_image, grabbing, to_bgr
from uploadm8.core.video.limits import DEFAULT_LIMITS, MediaLimits
from uploadm8.core.video.planes import planes_of
from uploadm8.core.video.rendition import RenditionSpec

_CANDIDATES = 7
EDGE = 0.08  # of the duration: openings and endings are often black or shaky
_WIDTH = 480  # pixels at which sharpness is judged, so that grain does not count as detail
_DARK, _BRIGHT = 32.0, 224.0  # mean luma outside of this is no picture to show


@dataclass(frozen=True, slots=True)
class Thumbnail:
    """A JPEG and the second of the video that it shows."""

    jpeg: bytes
    seconds: float
    sharpness: float


def thumbnail(
    source: Path,
    spec: RenditionSpec,
    *,
    seconds: float | None = None,
    limits: MediaLimits = DEFAULT_LIMITS,
) -> Thumbnail:
    """Make a thumbnail of a rendition's shape; `seconds` None picks the sharpest candidate.

    Raises:
        MediaError: the source cannot be used.
    """
    with grabbing(source, limits) as grabber:
        composer = Composer(*grabber.size, grabber.pixel_aspect, spec)
        times = [seconds] if seconds is not None else _candidates(grabber.source.duration_s)
        best: tuple[float, float, bytes] | None = None
        for time in times:
            picture = grabber.at(time)
            score = sharpness(picture)
            if best is None or score > best[0]:
                frame = picture if composer.identity else composer.compose(picture)
                best = (score, time, encode_image(to_bgr(frame, grabber.color), ".jpg"))
    if best is None:
        raise ValueError("there is always a candidate")
    return Thumbnail(best[2], best[1], best[0])


def sharpness(picture: VideoFrame) -> float:
    """Variance of the luma's Laplacian at a fixed width; all dark or bright pictures get 0."""
    luma = planes_of(picture).y
    height = max(2, round(luma.shape[0] * _WIDTH / luma.shape[1]))
    small = cv2.resize(luma, (_WIDTH, height), interpolation=cv2.INTER_AREA)
    if not _DARK <= float(small.mean()) <= _BRIGHT:
        return 0.0
    return float(np.var(cv2.Laplacian(small, cv2.CV_32F)))


def _candidates(duration_s: float) -> list[float]:
    inner = np.linspace(EDGE, 1 - EDGE, _CANDIDATES) * duration_s
    return [float(Fraction(t).limit_denominator(1000)) for t in inner]
