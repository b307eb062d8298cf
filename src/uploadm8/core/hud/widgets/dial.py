"""The geometry and the faces of arc gauges."""

from colorsys import rgb_to_hsv
from dataclasses import dataclass
from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

from uploadm8.core.hud.color import FloatImage, parse_hex
from uploadm8.core.hud.frame import Plane
from uploadm8.core.hud.shapes import blurred, coverage, grid

START_DEG = 135.0  # lower left, clockwise from the right
SPAN_DEG = 270.0
_SCALES = (10, 20, 30, 40, 50, 60, 80, 100, 120, 160, 200, 240, 280, 320, 400, 600, 800, 1000, 1200)


def scale_end(highest: float) -> int:
    """A round end of scale a little above the highest value."""
    return next((end for end in _SCALES if end >= highest * 1.04), int(highest * 1.1) + 1)


@dataclass(frozen=True, slots=True)
class Arc:
    """A ring open at the bottom.

    Attributes:
        size: width and height of the picture it lies in.
        radius: of the ring's middle line, px.
        thickness: of the ring, px.
    """

    size: int
    radius: float
    thickness: float

    @property
    def centre(self) -> float:
        """X and y of the centre."""
        return self.size / 2

    @property
    def length(self) -> float:
        """Length of the middle line, px."""
        return float(self.radius * np.deg2rad(SPAN_DEG))

    def angle(self, share: float) -> float:
        """Direction of a share of the scale, radians clockwise from the right."""
        return float(np.deg2rad(START_DEG + SPAN_DEG * share))

    def point(self, share: float, radius: float) -> tuple[float, float]:
        """Where a share of the scale lies at a radius."""
        a = self.angle(share)
        return self.centre + radius * float(np.cos(a)), self.centre + radius * float(np.sin(a))

    def tick(self, share: float, inner: float, outer: float) -> tuple[float, float, float, float]:
        """A radial stroke between two radii."""
        return (*self.point(share, inner), *self.point(share, outer))

    def shares(self) -> NDArray[np.float32]:
        """Share of the scale of every pixel's direction; below 0 and above 1 in the opening."""
        x, y = grid(self.size, self.size)
        turned = np.degrees(np.arctan2(y - self.centre, x - self.centre)) - START_DEG
        middle = (SPAN_DEG - 360) / 2
        return np.asarray(((turned - middle) % 360 + middle) / SPAN_DEG, np.float32)

    def distance(self) -> NDArray[np.float32]:
        """Signed distance from the ring's edge, with round ends."""
        x, y = grid(self.size, self.size)
        share = self.shares()
        across = np.abs(np.hypot(x - self.centre, y - self.centre) - self.radius)
        for end in (0.0, 1.0):
            ex, ey = self.point(end, self.radius)
            beyond = share < 0 if end == 0 else share > 1
            across = np.where(beyond, np.hypot(x - ex, y - ey), across)
        return np.asarray(across - self.thickness / 2, np.float32)

    def mask(self) -> Plane:
        """The whole ring."""
        return coverage(self.distance())

    def glow(self, sigma: float) -> Plane:
        """A halo of the ring."""
        return blurred(self.mask(), sigma)

    def positions(self, margin: float) -> NDArray[np.float32]:
        """Pixels along the ring, for a sweep; NaN farther than `margin` from it."""
        along = self.shares() * self.length
        along = np.maximum(along, 0.01)
        return np.where(self.distance() > margin, np.float32(np.nan), along).astype(np.float32)


def gradient(shares: NDArray[np.float32], colors: tuple[str, ...]) -> FloatImage:
    """RGB of each share between evenly spaced colours, the short way round the colour wheel.

    Mixing red, green and blue would pass through grey between colours that face each other.
    """
    stops = [list(rgb_to_hsv(*(c / 255 for c in parse_hex(color)))) for color in colors]
    for before, stop in pairwise(stops):
        if stop[1] == 0:
            stop[0] = before[0]
        if before[1] == 0:
            before[0] = stop[0]
        stop[0] -= round(stop[0] - before[0])
    at = np.clip(shares, 0, 1) * (len(colors) - 1)
    places = np.arange(len(colors))
    hsv = [np.interp(at, places, [stop[i] for stop in stops]) for i in range(3)]
    image = np.stack([hsv[0] % 1 * 360, hsv[1], hsv[2]], axis=-1).astype(np.float32)
    return np.asarray(cv2.cvtColor(image, cv2.COLOR_HSV2RGB) * 255, np.float32)
