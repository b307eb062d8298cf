"""Antialiased coverage masks (uint8, 255 = covered) of the shapes a HUD is made of."""

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from uploadm8.core.hud.frame import Plane

Points = Sequence[tuple[float, float]] | NDArray[np.float64]
Point = tuple[float, float]
Placed = tuple[Plane, int, int]  # a mask, and the column and row of its corner
SUPERSAMPLING = 4
_SHIFT = 4  # cv2 fixed-point bits: 1/16 of a supersampled pixel


def coverage(distance: NDArray[np.floating]) -> Plane:
    """The mask of a signed distance in pixels (negative inside), one pixel of soft edge."""
    return np.asarray(np.rint(np.clip(0.5 - distance, 0, 1) * 255), np.uint8)


def grid(width: int, height: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """X and y of every pixel centre, with (0, 0) the corner of the first pixel."""
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    return x + 0.5, y + 0.5


def disc(width: int, height: int, centre: Point, radius: float) -> Plane:
    """A filled circle."""
    x, y = grid(width, height)
    cx, cy = centre
    return coverage(np.hypot(x - cx, y - cy) - radius)


def ring(width: int, height: int, centre: Point, radius: float, thickness: float) -> Plane:
    """A circle's line of that thickness, centred on the radius."""
    x, y = grid(width, height)
    cx, cy = centre
    return coverage(np.abs(np.hypot(x - cx, y - cy) - radius) - thickness / 2)


def rounded_distance(width: int, height: int, radius: float) -> NDArray[np.float32]:
    """Signed distance from the edge of a rounded rectangle that fills width x height."""
    x, y = grid(width, height)
    dx = np.abs(x - width / 2) - (width / 2 - radius)
    dy = np.abs(y - height / 2) - (height / 2 - radius)
    outside = np.hypot(np.maximum(dx, 0), np.maximum(dy, 0))
    return np.asarray(outside + np.minimum(np.maximum(dx, dy), 0) - radius, np.float32)


def rounded_rect(width: int, height: int, radius: float) -> Plane:
    """A rounded rectangle that fills width x height."""
    return coverage(rounded_distance(width, height, radius))


def bar(width: int, height: int, box: tuple[float, float, float, float]) -> Plane:
    """An axis-parallel rectangle (x, y, w, h) with exact coverage of partly covered pixels."""
    x, y, w, h = box

    def cover(n: int, start: float, size: float) -> NDArray[np.float64]:
        cells = np.arange(n)
        covered = np.minimum(cells + 1, start + size) - np.maximum(cells, start)
        return np.asarray(np.clip(covered, 0, 1), np.float64)

    return np.asarray(np.rint(np.outer(cover(height, y, h), cover(width, x, w)) * 255), np.uint8)


def polygon(width: int, height: int, points: Points) -> Plane:
    """A filled polygon."""
    canvas = np.zeros((height * SUPERSAMPLING, width * SUPERSAMPLING), np.uint8)
    cv2.fillPoly(canvas, [_fixed(points)], (255,), cv2.LINE_AA, _SHIFT)
    return _reduce(canvas)


def placed_polygon(points: NDArray[np.float64]) -> Placed:
    """A filled polygon, no larger than it, and where its corner is."""
    corner = np.floor(points.min(axis=0)).astype(int) - 1
    w, h = (np.ceil(points.max(axis=0)).astype(int) + 1 - corner).tolist()
    return polygon(w, h, points - corner), int(corner[0]), int(corner[1])


def polyline(
    width: int, height: int, points: Points, thickness: float, *, closed: bool = False
) -> Plane:
    """A line through the points with round joints."""
    canvas = np.zeros((height * SUPERSAMPLING, width * SUPERSAMPLING), np.uint8)
    bold = max(1, round(thickness * SUPERSAMPLING))
    cv2.polylines(canvas, [_fixed(points)], closed, (255,), bold, cv2.LINE_AA, _SHIFT)
    return _reduce(canvas)


def lines(
    width: int, height: int, segments: Sequence[tuple[float, float, float, float]], thickness: float
) -> Plane:
    """Separate straight strokes (x0, y0, x1, y1) with flat ends."""
    mask = np.zeros((height, width), np.uint8)
    canvas = np.zeros((height * SUPERSAMPLING, width * SUPERSAMPLING), np.uint8)
    for x0, y0, x1, y1 in segments:
        length = float(np.hypot(x1 - x0, y1 - y0)) or 1.0
        ox, oy = (y1 - y0) / length * thickness / 2, -(x1 - x0) / length * thickness / 2
        quad = [(x0 + ox, y0 + oy), (x1 + ox, y1 + oy), (x1 - ox, y1 - oy), (x0 - ox, y0 - oy)]
        cv2.fillConvexPoly(canvas, _fixed(quad), (255,), cv2.LINE_AA, _SHIFT)
    return np.maximum(mask, _reduce(canvas))


def blurred(mask: Plane, sigma: float) -> Plane:
    """The mask with soft edges."""
    return np.asarray(cv2.GaussianBlur(mask, (0, 0), max(sigma, 0.1)), np.uint8)


def _fixed(points: Points) -> NDArray[np.int32]:
    # Pixel centres are integers for cv2, while our (0, 0) is the corner of the first pixel.
    scaled = np.asarray(points, np.float64) * SUPERSAMPLING - 0.5
    return np.asarray(np.rint(scaled * (1 << _SHIFT)), np.int32)


def _reduce(canvas: Plane) -> Plane:
    h, w = canvas.shape
    size = (w // SUPERSAMPLING, h // SUPERSAMPLING)
    return np.asarray(cv2.resize(canvas, size, interpolation=cv2.INTER_AREA), np.uint8)
