"""The colours of the sample drive at golden hour, kept as BT.709 video-range YCbCr."""

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]


def ycbcr(colour: str | FloatArray) -> FloatArray:
    """BT.709 limited-range Y, Cb, Cr of "#rrggbb" or of an array of RGB 0..255, shape (..., 3)."""
    if isinstance(colour, str):
        rgb = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)], dtype=np.float64)
    else:
        rgb = colour
    red, green, blue = (rgb[..., i] / 255 for i in range(3))
    luma = 0.2126 * red + 0.7152 * green + 0.0722 * blue
    return np.stack(
        (16 + 219 * luma, 128 + 224 * (blue - luma) / 1.8556, 128 + 224 * (red - luma) / 1.5748),
        axis=-1,
    )


def mix(a: FloatArray, b: FloatArray, share: float | FloatArray) -> FloatArray:
    """`a` with `share` of `b`; a share of shape (n,) gives (n, 3)."""
    part = np.asarray(share, dtype=np.float64)[..., None]
    return a + (b - a) * part


SKY = tuple(
    (height, ycbcr(colour))
    for height, colour in (
        (0.00, "#3b4f8f"),
        (0.35, "#7f7fb8"),
        (0.62, "#e0a3a0"),
        (0.84, "#ffc98f"),
        (1.00, "#ffe3b0"),
    )
)
SUN = ycbcr("#fff6d8")
GLOW = ycbcr("#ffdf9e")
CLOUD = ycbcr("#ffd2b8")
CLOUD_SHADE = ycbcr("#c994a8")
RIDGES = tuple(ycbcr(c) for c in ("#b08aa6", "#8a6f96", "#5d5a7e", "#45586a"))
SNOW = ycbcr("#f6dcd2")
HAZE = ycbcr("#e9b48c")

GRASS = (ycbcr("#8e9a4a"), ycbcr("#84914a"))
VERGE = ycbcr("#b7a25c")
FIELDS = tuple(ycbcr(c) for c in ("#d9b44f", "#a08bb8", "#6f8543", "#c98f4e"))
ASPHALT = ycbcr("#57525c")
PAINT = ycbcr("#fbf1dd")
SHADOW = ycbcr("#2f2a4a")
TRUNK = ycbcr("#5a4038")
PINE = (ycbcr("#33594a"), ycbcr("#4c7a53"))
BROADLEAF = (ycbcr("#7a6b2f"), ycbcr("#d58f3a"))
POST = ycbcr("#f4ede4")
POST_BAND = ycbcr("#d2452f")
BONNET = tuple(ycbcr(c) for c in ("#f2b482", "#3d4563", "#1d2233"))
