"""What the faces of lean angles have in common."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from functools import lru_cache
from typing import ClassVar

import numpy as np

from uploadm8.core.hud.layer import Layer, Piece
from uploadm8.core.hud.lettering import Foot, degree_sign, foot_cap
from uploadm8.core.hud.plates import side_pad
from uploadm8.core.hud.scene import Scene
from uploadm8.core.hud.shapes import Placed, Point, placed_polygon
from uploadm8.core.hud.widgets.pen import Pen, Place, at_angle

SCALE_DEG = 60
HOT_DEG = 45
WORDS = "LEAN"
Ends = tuple[float, float]
Inked = tuple[Placed, str]


class Face(ABC):
    """A drawn scale.

    Attributes:
        tall: height of the panel, in sides of a g-force panel.
        above: space over a fan, design units.
        beside: space at its sides, design units.
    """

    tall: ClassVar[float] = 1.0
    above: ClassVar[float] = 26.0
    beside: ClassVar[float] = 16.0

    def __init__(self, scene: Scene, base: Layer, unit: float) -> None:
        """Draw what does not move on the base; `unit` is pixels per design unit."""
        self.scene, self.unit = scene, unit
        self.width, self.height = base.width, base.height
        self.place = self.locate()
        self._pieces = lru_cache(maxsize=200)(lambda degrees: self._ready(self.pieces(degrees)))
        self._marks = lru_cache(maxsize=8)(lambda degrees: self._ready(self.marks(degrees)))
        self.draw(Pen(scene, base, unit))
        self.draw_foot(base)

    def locate(self) -> Place:
        """The fan's pivot, and its radius."""
        y = self.height - (self.scene.sizes.label + 49) * self.unit
        return self.width / 2, y, min(y - self.above * self.unit, self.widest())

    def widest(self) -> float:
        """The radius of a fan as wide as the panel."""
        half = self.width / 2 - side_pad(self.scene) - self.beside * self.unit
        return half / float(np.sin(np.deg2rad(SCALE_DEG)))

    @abstractmethod
    def draw(self, pen: Pen) -> None:
        """Draw the static part."""

    @abstractmethod
    def pieces(self, degrees: float) -> list[Inked]:
        """What shows the angle."""

    def marks(self, degrees: float) -> list[Inked]:
        """What stays at the farthest angle so far to one side; most faces show none."""
        del degrees
        return []

    def paint(self, layer: Layer, degrees: float, ends: Ends) -> None:
        """Show the angle, and the farthest ones so far to the left and to the right."""
        marks = [mark for end in ends if end for mark in self._marks(end)]
        for piece, x, y in (*marks, *self._pieces(degrees)):
            layer.stamp(piece, x, y)

    def _ready(self, parts: list[Inked]) -> list[tuple[Piece, int, int]]:
        size = self.width, self.height
        pieces = (Piece.inked(size, part, self.scene.ink(color)) for part, color in parts)
        return [piece for piece in pieces if piece is not None]

    def draw_foot(self, base: Layer) -> None:
        """Draw the caption."""
        degree = degree_sign(foot_cap(self.scene, self.unit))
        self._number = Foot(self.scene, base, self.unit, WORDS, degree, 2)

    def write(self, layer: Layer, digits: str) -> None:
        """Write the number."""
        self._number.write(layer, digits)

    def arrow(self, degrees: float, share: float) -> Placed:
        """A small triangle that points from outside at a share of the radius."""
        x, y, radius = self.place
        outer = radius * share + 14 * self.unit
        wide = float(np.rad2deg(8.5 * self.unit / outer))
        there = (x, y, outer)
        sides = (at_angle(there, degrees + side, 1.0) for side in (-wide, wide))
        return placed([at_angle(self.place, degrees, share), *sides])


def placed(points: Sequence[Point]) -> Placed:
    """A filled polygon through the points."""
    return placed_polygon(np.array(points))
