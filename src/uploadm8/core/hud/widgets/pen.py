"""Pen: the static lines of a round instrument's face."""

import math
from collections.abc import Sequence

import numpy as np

from uploadm8.core.hud.frame import Plane
from uploadm8.core.hud.layer import Layer
from uploadm8.core.hud.scene import Scene
from uploadm8.core.hud.shapes import Point, lines, polyline, ring

Place = tuple[float, float, float]  # centre x and y and radius, px
Stroke = tuple[float, float, float, float]


class Pen:
    """Draws on a layer, in the colour of text unless another is named; thickness in design units.

    Args:
        scene: where.
        layer: what to draw on.
        unit: pixels per design unit.
    """

    def __init__(self, scene: Scene, layer: Layer, unit: float) -> None:
        self.scene, self.layer, self.unit = scene, layer, unit
        self._size = layer.width, layer.height

    def ring(self, place: Place, share: float, thickness: float, strength: float) -> None:
        """A circle at a share of the place's radius."""
        x, y, radius = place
        self.fill(ring(*self._size, (x, y), radius * share, self._bold(thickness)), strength)

    def strokes(
        self,
        strokes: Sequence[Stroke],
        thickness: float,
        strength: float,
        color: str | None = None,
    ) -> None:
        """Straight ones with flat ends."""
        self.fill(lines(*self._size, strokes, self._bold(thickness)), strength, color)

    def line(
        self,
        points: Sequence[Point],
        thickness: float,
        strength: float,
        color: str | None = None,
        *,
        closed: bool = False,
    ) -> None:
        """One line through the points."""
        mask = polyline(*self._size, points, self._bold(thickness), closed=closed)
        self.fill(mask, strength, color)

    def fill(self, mask: Plane, strength: float, color: str | None = None) -> None:
        """A shape of the layer's size."""
        scene = self.scene
        self.layer.paint(mask, scene.ink(color or scene.theme.text), strength=strength)

    def _bold(self, thickness: float) -> float:
        return max(1.0, thickness * self.unit)


def at_angle(place: Place, angle: float, share: float) -> Point:
    """The point at a share of the radius; 0 degrees is up, turning right."""
    x, y, radius = place
    a = math.radians(angle)
    return x + radius * share * math.sin(a), y - radius * share * math.cos(a)


def ray(place: Place, angle: float, inner: float, outer: float) -> Stroke:
    """From one share of the radius to another."""
    return (*at_angle(place, angle, inner), *at_angle(place, angle, outer))


def cross(place: Place, inner: float, outer: float) -> list[Stroke]:
    """A ray to each of the four sides."""
    return [ray(place, angle, inner, outer) for angle in (0, 90, 180, 270)]


def arc(place: Place, start: float, end: float, share: float) -> list[Point]:
    """Points along a part of a circle, from one angle to another."""
    x, y, radius = place
    a = np.deg2rad(np.linspace(start, end, 25))
    across, down = x + radius * share * np.sin(a), y - radius * share * np.cos(a)
    return list(zip(across.tolist(), down.tolist(), strict=True))
