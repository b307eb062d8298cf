"""Lean angle: a rider seen from behind, tilting inside a scale."""

from functools import lru_cache
from typing import NamedTuple

import numpy as np

from uploadm8.core.hud.frame import Plane
from uploadm8.core.hud.layer import Layer
from uploadm8.core.hud.lettering import Foot, foot_cap
from uploadm8.core.hud.plates import side_pad
from uploadm8.core.hud.scene import Scene
from uploadm8.core.hud.shapes import lines, polygon
from uploadm8.core.hud.spec import WidgetEntry
from uploadm8.core.hud.text import text_mask
from uploadm8.core.hud.units import ABSENT
from uploadm8.core.hud.widget import Size, Widget
from uploadm8.core.telemetry.track import Channel

_STEP_DEG = 0.5
_SCALE_DEG = 60
# Half of the outline of rider and motorcycle from behind, x to the right, y up from the tyre's
# contact with the road, as shares of the height.
_OUTLINE = (
    (0.0, 0.0), (0.045, 0.01), (0.06, 0.05), (0.06, 0.30), (0.10, 0.33), (0.15, 0.40),
    (0.155, 0.47), (0.13, 0.52), (0.16, 0.555), (0.30, 0.50), (0.325, 0.53), (0.31, 0.57),
    (0.235, 0.67), (0.20, 0.735), (0.14, 0.775), (0.07, 0.79), (0.065, 0.80), (0.095, 0.83),
    (0.108, 0.875), (0.10, 0.92), (0.07, 0.965), (0.03, 0.985), (0.0, 0.99),
)  # fmt: skip


class LeanState(NamedTuple):
    """Half degrees to the right, and the number."""

    tilt: int
    digits: str


class LeanAngle(Widget[LeanState]):
    """To the right is positive, as the track has it."""

    channels = (Channel.LEAN,)

    def __init__(self, scene: Scene, entry: WidgetEntry, width: int, height: int) -> None:
        super().__init__(scene, entry, width, height)
        self._lean = scene.held(Channel.LEAN)
        self._known = scene.valid(Channel.LEAN)
        limited = np.clip(self._lean, -_SCALE_DEG, _SCALE_DEG)
        self._tilt = np.rint(limited / _STEP_DEG).astype(np.int64)
        self._foot = (width / 2, height - (scene.sizes.label + 49) * self.unit)
        self._radius = self._foot[1] - 34 * self.unit
        self._draw(width, height)
        self._rider = lru_cache(maxsize=256)(self._draw_rider)

    @classmethod
    def measure(cls, scene: Scene, entry: WidgetEntry) -> Size:
        side = scene.sizes.ball * scene.unit_for(entry)
        return Size(side * 1.15 + 2 * side_pad(scene), side)

    def state(self, index: int) -> LeanState:
        slot = int(self.scene.slots[index])
        digits = f"{abs(self._lean[slot]):.0f}" if self._known[slot] else ABSENT
        return LeanState(int(self._tilt[index]), digits)

    def paint(self, layer: Layer, state: LeanState) -> None:
        scene, theme = self.scene, self.scene.theme
        rider, x, y = self._rider(state.tilt)
        layer.paint(rider, scene.ink(theme.text), x, y)
        pointer, x, y = self._pointer(state.tilt * _STEP_DEG)
        layer.paint(pointer, scene.ink(theme.hot), x, y)

    def still(self, state: LeanState) -> str:
        return state.digits

    def paint_still(self, layer: Layer, state: LeanState) -> None:
        self._number.write(layer, state.digits)

    def _at(self, degrees: float, radius: float) -> tuple[float, float]:
        a = np.deg2rad(degrees)
        x, y = self._foot
        return x + radius * float(np.sin(a)), y - radius * float(np.cos(a))

    def _draw(self, width: int, height: int) -> None:
        scene, unit, r = self.scene, self.unit, self._radius
        white = scene.ink(scene.theme.text)
        degrees = range(-_SCALE_DEG, _SCALE_DEG + 1, 10)
        strokes = [
            (*self._at(d, r - (16 if d % 30 == 0 else 9) * unit), *self._at(d, r)) for d in degrees
        ]
        self.base.paint(lines(width, height, strokes, max(1.2, 2.2 * unit)), white, strength=0.75)
        x, y = self._foot
        road = [(x - 74 * unit, y, x + 74 * unit, y)]
        self.base.paint(lines(width, height, road, max(1.2, 2 * unit)), white, strength=0.45)
        degree = text_mask(scene.theme.label, "\u00b0", foot_cap(scene, unit))
        self._number = Foot(scene, self.base, unit, "LEAN", degree, 2)

    def _draw_rider(self, tilt: int) -> tuple[Plane, int, int]:
        tall = self._radius * 0.74
        half = np.array(_OUTLINE)
        outline = np.concatenate([half, half[::-1] * (-1, 1)]) * tall
        a = np.deg2rad(tilt * _STEP_DEG)
        turned = np.stack(
            [
                outline[:, 0] * np.cos(a) + outline[:, 1] * np.sin(a),
                outline[:, 0] * np.sin(a) - outline[:, 1] * np.cos(a),
            ],
            axis=1,
        )
        return _cropped(turned + self._foot)

    def _pointer(self, degrees: float) -> tuple[Plane, int, int]:
        unit = self.unit
        tip = self._at(degrees, self._radius - 2 * unit)
        left = self._at(degrees - 3.4, self._radius + 12 * unit)
        right = self._at(degrees + 3.4, self._radius + 12 * unit)
        return _cropped(np.array([tip, left, right]))


def _cropped(points: np.ndarray[tuple[int, int], np.dtype[np.float64]]) -> tuple[Plane, int, int]:
    """The mask of a polygon no larger than it, and where its corner is."""
    corner = np.floor(points.min(axis=0)).astype(int) - 1
    w, h = (np.ceil(points.max(axis=0)).astype(int) + 1 - corner).tolist()
    return polygon(w, h, points - corner), int(corner[0]), int(corner[1])
