"""Lean angles shown as levels: a bar beside its middle, and the horizon."""

import numpy as np

from uploadm8.core.hud.shapes import Point, placed_polygon
from uploadm8.core.hud.widgets.lean_face import HOT_DEG, SCALE_DEG, Face, Inked, placed
from uploadm8.core.hud.widgets.pen import Pen, Place, arc, ray


class LevelFace(Face):
    """A bar to the left or right of its middle."""

    tall = 0.62

    def locate(self) -> Place:
        scene, unit = self.scene, self.unit
        free = self.height - (scene.sizes.label + 20) * unit
        return self.width / 2, free / 2 + 3 * unit, self.width / 2 - 20 * unit

    def draw(self, pen: Pen) -> None:
        x, y, half = self.place
        tall = self._half_height
        edge = _rectangle(x - half, x + half, y - tall, y + tall)
        pen.line(edge, 1.8, 0.7, closed=True)
        for at in range(-SCALE_DEG, SCALE_DEG + 1, 15):
            column, long = x + at / SCALE_DEG * half, 0.5 if at % 30 else 1.0
            pen.strokes([(column, y + tall * (1 - long), column, y + tall)], 1.6, 0.5)

    def pieces(self, degrees: float) -> list[Inked]:
        scene, (x, y, half) = self.scene, self.place
        tip = x + degrees / SCALE_DEG * half
        low, near = self._half_height - 5 * self.unit, 2 * self.unit
        high = self._half_height + 5 * self.unit
        color = scene.theme.hot if abs(degrees) > HOT_DEG else scene.accent
        return [
            (placed(_rectangle(x, tip, y - low, y + low)), color),
            (placed(_rectangle(tip - near, tip + near, y - high, y + high)), scene.theme.text),
        ]

    @property
    def _half_height(self) -> float:
        return 22 * self.unit


class HorizonFace(Face):
    """The horizon as the rider sees it: it falls to the side that he leans away from."""

    def locate(self) -> Place:
        top, low = 30 * self.unit, self.height - (self.scene.sizes.label + 32) * self.unit
        return self.width / 2, (top + low) / 2 + 4 * self.unit, (low - top) / 2 + 4 * self.unit

    def draw(self, pen: Pen) -> None:
        accent = self.scene.accent
        pen.line(arc(self.place, -SCALE_DEG, SCALE_DEG, 1.0), 2, 0.9, accent)
        for at in (-60, -45, -30, -20, -10, 0, 10, 20, 30, 45, 60):
            pen.strokes([ray(self.place, at, 0.84 if at % 30 == 0 else 0.9, 1.0)], 2, 0.9, accent)
        x, y, r = self.place
        wing, drop = 0.5 * r, 0.16 * r
        shape = [(x - wing, y), (x - drop, y), (x, y + drop), (x + drop, y), (x + wing, y)]
        pen.line(shape, 4, 1.0)

    def pieces(self, degrees: float) -> list[Inked]:
        theme, (x, y, r) = self.scene.theme, self.place
        a = np.deg2rad(-degrees)
        along = np.array([np.cos(a), np.sin(a)])
        up = np.array([along[1], -along[0]]) * 1.2 * self.unit
        lines = []
        for inner, outer in ((-0.86, -0.58), (0.58, 0.86)):
            ends_of = np.array([x, y]) + along * r * np.array([[inner], [outer]])
            quad = np.concatenate([ends_of + up, ends_of[::-1] - up])
            lines.append((placed_polygon(quad), theme.text))
        return [*lines, (self.arrow(degrees, 1.03), theme.hot)]


def _rectangle(left: float, right: float, top: float, bottom: float) -> list[Point]:
    return [(left, top), (right, top), (right, bottom), (left, bottom)]
