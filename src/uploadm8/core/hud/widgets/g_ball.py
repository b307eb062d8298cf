"""G-force as a ball that rolls where the driver is pushed, with a trail of the last moment."""

from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from uploadm8.core.hud.box import Box, around
from uploadm8.core.hud.layer import Layer, times
from uploadm8.core.hud.lettering import Foot, symbol
from uploadm8.core.hud.marker import STEPS, Blob, Marker
from uploadm8.core.hud.plates import side_pad
from uploadm8.core.hud.scene import Scene
from uploadm8.core.hud.shapes import grid
from uploadm8.core.hud.spec import WidgetEntry
from uploadm8.core.hud.units import ABSENT
from uploadm8.core.hud.widget import Size, Widget
from uploadm8.core.hud.widgets.ball_faces import draw_face
from uploadm8.core.telemetry.track import Channel

_TRAIL_S = 0.9
_TRAIL_DOTS = 14
_SCALES = (0.5, 1.0, 1.5, 2.0, 3.0, 5.0)


class BallState(NamedTuple):
    """Half pixels of the ball, pixels of its trail (newest first) and around it, and the number."""

    x: int
    y: int
    trail: bytes
    around: tuple[int, int, int, int]
    digits: str


class GBall(Widget[BallState]):
    """Right is right, up is accelerating."""

    channels = (Channel.G_LAT, Channel.G_LONG)

    def __init__(self, scene: Scene, entry: WidgetEntry, width: int, height: int) -> None:
        super().__init__(scene, entry, width, height)
        self._centre = width / 2
        self._radius = width / 2 - 20 * self.unit - side_pad(scene)
        self._row = self._radius + 20 * self.unit
        lateral, forward = scene.held(Channel.G_LAT), scene.held(Channel.G_LONG)
        self._valid = scene.valid(Channel.G_LAT) & scene.valid(Channel.G_LONG)
        self._force = np.hypot(lateral, forward)
        strong = float(np.percentile(self._force[self._valid], 99)) if self._valid.any() else 1.0
        self._full = next((g for g in _SCALES if g >= strong), _SCALES[-1])
        share = np.minimum(self._force / self._full, 1.0) / np.maximum(self._force, 1e-9)
        x = self._centre + lateral * share * self._radius
        y = self._row - forward * share * self._radius
        self._x = np.rint(x * STEPS).astype(np.int64)
        self._y = np.rint(y * STEPS).astype(np.int64)
        self._draw()
        self._trail, self._around = self._trails()

    @classmethod
    def measure(cls, scene: Scene, entry: WidgetEntry) -> Size:
        unit, sizes = scene.unit_for(entry), scene.sizes
        side = sizes.ball * unit
        return Size(side + 2 * side_pad(scene), side + (sizes.label + 21) * unit)

    def state(self, index: int) -> BallState:
        slot = int(self.scene.slots[index])
        digits = f"{self._force[slot]:.2f}" if self._valid[slot] else ABSENT
        x0, y0, x1, y1 = self._around[index].tolist()
        trail = self._trail[index].tobytes()
        return BallState(int(self._x[index]), int(self._y[index]), trail, (x0, y0, x1, y1), digits)

    def changed(self, before: BallState, now: BallState) -> Box:
        return around(
            Box(*before.around),
            Box(*now.around),
            self._ball.box(self.base, before.x, before.y),
            self._ball.box(self.base, now.x, now.y),
        )

    def paint(self, layer: Layer, state: BallState) -> None:
        reach, (left, top, right, bottom) = self._reach, state.around
        if layer.box is None or not Box(*state.around).common(layer.box).empty:
            smear = np.zeros((bottom - top, right - left), np.uint8)
            places = np.frombuffer(state.trail, np.int16).reshape(-1, 2).tolist()
            for (x, y), dot in zip(places, self._dots, strict=True):
                column, row = x - reach - left, y - reach - top
                target = smear[row : row + 2 * reach, column : column + 2 * reach]
                cv2.max(target, dot, dst=target)
            layer.paint(smear, self.scene.ink(self.scene.accent), left, top)
        self._ball.stamp(layer, state.x, state.y)

    def still(self, state: BallState) -> str:
        return state.digits

    def paint_still(self, layer: Layer, state: BallState) -> None:
        self._number.write(layer, state.digits)

    def _trails(self) -> tuple[NDArray[np.int16], NDArray[np.int16]]:
        """Per frame, where the ball was 1/14, 2/14 ... of the trail's time ago, and the box."""
        times_s = self.scene.samples.times
        ago = np.arange(1, _TRAIL_DOTS + 1) * (_TRAIL_S / _TRAIL_DOTS)
        past = np.searchsorted(times_s, times_s[:, None] - ago[None, :] + 1e-6, side="right") - 1
        places = np.stack([self._x, self._y], axis=1) // STEPS
        trail = places[np.clip(past, 0, None)].astype(np.int16)
        box = np.hstack([trail.min(axis=1) - self._reach, trail.max(axis=1) + self._reach])
        return trail, box.astype(np.int16)

    def _draw(self) -> None:
        scene, unit, c, row = self.scene, self.unit, self._centre, self._row
        draw_face(scene, self.base, (c, row, self._radius), unit)
        theme = scene.theme
        self._number = Foot(scene, self.base, unit, "G-FORCE", symbol(scene, "g", unit), 6)
        reach = self._reach = int(np.ceil(9 * unit)) + 1
        x, y = grid(2 * reach, 2 * reach)
        near = np.clip(1 - np.hypot(x - reach, y - reach) / (9 * unit), 0, 1)
        dot = np.rint(np.sqrt(near) * 255).astype(np.uint8)
        fade = np.linspace(0.9, 0.06, _TRAIL_DOTS)
        self._dots = [times(dot, float(f)) for f in fade]
        self._ball = Marker(
            [
                Blob(24 * unit, scene.ink(theme.hot), 0.6, soft=True),
                Blob(11 * unit, scene.ink("#ffffff")),
                Blob(8.6 * unit, scene.ink(theme.hot)),
            ]
        )
