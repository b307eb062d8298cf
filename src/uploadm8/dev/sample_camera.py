"""The eye of the sample drive: world metres to pixels, and polygons with sub-pixel corners."""

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from uploadm8.dev.sample_drive import Drive

Image = NDArray[np.uint8]
FloatArray = NDArray[np.float64]

EYE_M = 1.45  # above the road
LANE_M = 3.6
_SHIFT = 4  # cv2 draws with 1/16 pixel
_NEAREST_M = 0.5


@dataclass(frozen=True, slots=True)
class Camera:
    """Where the eye is and looks; angles in radians, lengths in metres, screen in pixels."""

    drive: Drive
    east: float
    north: float
    up: float
    heading: float
    pitch: float
    focal: float
    centre_x: float
    centre_y: float

    @classmethod
    def on_road(cls, drive: Drive, s: float, width: int, height: int, focal: float) -> "Camera":
        """The eye in the right-hand lane, `s` metres along the road, looking along it."""
        at = np.array([s, s - 4.0, s + 14.0])
        east, north = drive.plan(at)
        z = drive.altitude(at)
        heading = float(drive.heading(at)[0])
        return cls(
            drive=drive,
            east=float(east[0]) + LANE_M / 2 * np.cos(heading),
            north=float(north[0]) - LANE_M / 2 * np.sin(heading),
            up=float(z[0]) + EYE_M,
            heading=heading,
            pitch=float(np.arctan((z[2] - z[1]) / (at[2] - at[1]))),
            focal=focal,
            centre_x=width / 2,
            centre_y=height * 0.47,
        )

    @property
    def horizon_row(self) -> int:
        """The row of what is level and infinitely far."""
        return round(self.centre_y + self.focal * math.tan(self.pitch))

    def project(self, east: FloatArray, north: FloatArray, up: FloatArray) -> FloatArray:
        """Column, row and depth in metres of points in the world, shape (..., 3)."""
        de, dn, rise = east - self.east, north - self.north, up - self.up
        sin, cos = np.sin(self.heading), np.cos(self.heading)
        forward, right = de * sin + dn * cos, de * cos - dn * sin
        depth = forward * np.cos(self.pitch) + rise * np.sin(self.pitch)
        depth = np.maximum(depth, _NEAREST_M)
        lift = rise * np.cos(self.pitch) - forward * np.sin(self.pitch)
        x = self.centre_x + self.focal * right / depth
        return np.stack((x, self.centre_y - self.focal * lift / depth, depth), axis=-1)

    def beside_road(self, s: FloatArray, aside: FloatArray) -> FloatArray:
        """Project points on the ground `aside` metres right of the middle of the road at `s`.

        `s` and `aside` broadcast against each other; the result has shape (..., 3).
        """
        east, north = self.drive.plan(s)
        heading = self.drive.heading(s)
        up = np.broadcast_to(self.drive.altitude(s), np.broadcast_shapes(s.shape, aside.shape))
        return self.project(east + aside * np.cos(heading), north - aside * np.sin(heading), up)


def fill(image: Image, points: FloatArray, colour: FloatArray) -> None:
    """Fill a polygon of screen points, shape (n, 2), with smooth edges, in place."""
    fixed = np.rint(points * (1 << _SHIFT)).clip(-2e5, 2e5).astype(np.int32)
    cv2.fillPoly(image, [fixed], colour.tolist(), cv2.LINE_AA, _SHIFT)


def shade(image: Image, points: FloatArray, colour: FloatArray, share: float) -> None:
    """Blend `share` of a colour into a polygon of screen points, in place."""
    height, width = image.shape[:2]
    low = np.floor(points.min(axis=0)).clip(0, (width, height)).astype(int)
    high = np.ceil(points.max(axis=0) + 1).clip(0, (width, height)).astype(int)
    if (high - low).min() < 1:
        return
    part = image[low[1] : high[1], low[0] : high[0]]
    filled = part.copy()
    fill(filled, points - low, colour)
    cv2.addWeighted(filled, share, part, 1 - share, 0, dst=part)
