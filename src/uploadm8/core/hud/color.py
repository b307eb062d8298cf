"""Colours as the frame codes them: sRGB in, luma and colour differences out."""

from functools import lru_cache
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from uploadm8.core.hud.frame import FrameFormat, Matrix

FloatImage = NDArray[np.float32]
_LEAST_LUMINANCE = 0.2  # 3 : 1 over a panel of luminance 0.033, the lightest that black footage has
_RED_BLUE: dict[Matrix, tuple[float, float]] = {
    "bt709": (0.2126, 0.0722),
    "bt601": (0.299, 0.114),
}


class Ink(NamedTuple):
    """One opaque colour as 8-bit luma and colour differences."""

    y: float
    u: float
    v: float


def parse_hex(color: str) -> tuple[int, int, int]:
    """`#rrggbb` as three numbers from 0 to 255."""
    return int(color[1:3], 16), int(color[3:5], 16), int(color[5:7], 16)


def mix_hex(a: str, b: str, share: float) -> str:
    """The colour `share` of the way from a to b."""
    mixed = [round(p + (q - p) * share) for p, q in zip(parse_hex(a), parse_hex(b), strict=True)]
    return "#{:02x}{:02x}{:02x}".format(*mixed)


def relative_luminance(color: str) -> float:
    """WCAG 2 relative luminance, 0 for black to 1 for white."""
    linear = [
        c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4
        for c in (v / 255 for v in parse_hex(color))
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def on_dark(color: str) -> str:
    """The colour, light enough for lines and areas on a dark panel."""
    return lightened(color, _LEAST_LUMINANCE)


@lru_cache(maxsize=128)
def lightened(color: str, least: float) -> str:
    """The colour, mixed with as little white as gives it this luminance, at most 1."""
    shares = (share / 40 for share in range(40))
    mixed = (mix_hex(color, "#ffffff", share) for share in shares)
    return next((c for c in mixed if relative_luminance(c) >= least), "#ffffff")


class ColorCoding:
    """RGB to YUV for one matrix and range."""

    def __init__(self, frame: FrameFormat) -> None:
        kr, kb = _RED_BLUE[frame.matrix]
        luma = np.array([kr, 1 - kr - kb, kb])
        blue = (np.array([0, 0, 1.0]) - luma) / (2 * (1 - kb))
        red = (np.array([1.0, 0, 0]) - luma) / (2 * (1 - kr))
        y_span, c_span = (255, 255) if frame.full_range else (219, 224)
        self.black = 0 if frame.full_range else 16
        self.white = self.black + y_span
        self._matrix = np.stack([luma * y_span, blue * c_span, red * c_span]) / 255
        self._offset = np.array([self.black, 128, 128])

    def ink(self, color: str) -> Ink:
        """The colour `#rrggbb` as this coding writes it."""
        return self._inks(color)

    @lru_cache(maxsize=64)  # noqa: B019 - a coding lives as long as its HUD
    def _inks(self, color: str) -> Ink:
        y, u, v = self._matrix @ np.array(parse_hex(color)) + self._offset
        return Ink(float(y), float(u), float(v))

    def planes(self, rgb: FloatImage) -> tuple[FloatImage, FloatImage, FloatImage]:
        """Y, U, V of an RGB image with values from 0 to 255, shape (h, w, 3); all full size."""
        yuv = cv2.transform(rgb.astype(np.float32), self._matrix.astype(np.float32))
        yuv = np.asarray(yuv, np.float32) + self._offset.astype(np.float32)
        return yuv[..., 0], yuv[..., 1], yuv[..., 2]
