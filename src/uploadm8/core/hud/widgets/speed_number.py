"""Speed as a number, with a bar below it that fills."""

from abc import abstractmethod
from typing import NamedTuple

import numpy as np

from uploadm8.core.hud.box import Box, around
from uploadm8.core.hud.frame import Plane
from uploadm8.core.hud.layer import Layer
from uploadm8.core.hud.marker import STEPS
from uploadm8.core.hud.plates import side_pad
from uploadm8.core.hud.scene import Scene
from uploadm8.core.hud.shapes import bar, grid, polygon
from uploadm8.core.hud.spec import WidgetEntry
from uploadm8.core.hud.sweep import Sweep
from uploadm8.core.hud.text import TextMask, number_mask, number_width, text_mask, write
from uploadm8.core.hud.units import ABSENT, number
from uploadm8.core.hud.widget import Size, Widget
from uploadm8.core.hud.widgets.dial import gradient, scale_end
from uploadm8.core.telemetry.track import Channel

_GAUGE_GAP = 18.0


class NumberState(NamedTuple):
    """Half pixels of bar, and the number."""

    lit: int
    digits: str


class SpeedNumber(Widget[NumberState]):
    """A large number, its unit, and a gauge below."""

    channels = (Channel.SPEED,)
    gauge_height = 5.0

    def __init__(self, scene: Scene, entry: WidgetEntry, width: int, height: int) -> None:
        super().__init__(scene, entry, width, height)
        unit = self.unit
        self._cap = scene.sizes.digits * unit
        self._speeds = scene.held(Channel.SPEED) * scene.units.speed.factor
        self._known = scene.valid(Channel.SPEED)
        self._baseline = self.inset(scene).h * unit + self._cap
        left, right = self._edges(width)
        theme = scene.theme
        self._left = left
        self._symbol = _symbol(scene, self._cap)
        tall = self.gauge_height * unit
        top = self._baseline + _GAUGE_GAP * unit
        box = (left, top, right - left, tall)
        self._length = box[2]
        share = np.clip(self._speeds / _end(scene), 0, 1)
        self._lit_px = np.rint(share * self._length * STEPS).astype(np.int64)
        mask = self.gauge(width, height, box)
        self.base.paint(mask, scene.ink(theme.text), strength=0.28)
        self._lit = self.base.copy()
        x, _ = grid(width, height)
        colors = gradient((x - left) / self._length, (scene.accent, theme.warm, theme.hot))
        self._lit.paint_rgb(mask, colors, scene.coding)
        self._sweep = Sweep(
            self._lit, np.where(mask > 0, np.maximum(x - left, 0.01), np.nan), self._length
        )

    @classmethod
    def inset(cls, scene: Scene) -> Size:
        """Free space left of and above the number, design units."""
        pad = scene.sizes.pad
        return Size(pad + 2 + side_pad(scene) / scene.unit, pad + 2)

    @classmethod
    def measure(cls, scene: Scene, entry: WidgetEntry) -> Size:
        unit = scene.unit_for(entry)
        cap = scene.sizes.digits * unit
        digits = number_width(scene.theme.digits, _widest(scene), cap)
        symbol = _symbol(scene, cap)
        inset = cls.inset(scene)
        width = digits + cap * 0.18 + symbol.width + 2 * inset.w * unit
        height = cap + (2 * inset.h + _GAUGE_GAP + cls.gauge_height) * unit
        return Size(max(width, cls.least_width(scene) * unit), height)

    @classmethod
    def least_width(cls, scene: Scene) -> float:
        """Of the panel, design units."""
        return 0.0

    def state(self, index: int) -> NumberState:
        slot = int(self.scene.slots[index])
        digits = number(float(self._speeds[slot])) if self._known[slot] else ABSENT
        return NumberState(int(self._lit_px[index]) if self._known[index] else 0, digits)

    def paint(self, layer: Layer, state: NumberState) -> None:
        if state.lit > 0:
            self._sweep.uncover(layer, state.lit / STEPS)

    def changed(self, before: NumberState, now: NumberState) -> Box:
        return around(self._sweep.changed(before.lit / STEPS, now.lit / STEPS))

    def still(self, state: NumberState) -> str:
        return state.digits

    def paint_still(self, layer: Layer, state: NumberState) -> None:
        theme = self.scene.theme
        text = number_mask(theme.digits, state.digits, self._cap)
        ink = self.scene.ink(theme.text)
        end = write(layer, text, (self._left, self._baseline), ink)
        at = (end + self._cap * 0.18, self._baseline)
        write(layer, self._symbol, at, self.scene.text_ink(theme.dim))

    @abstractmethod
    def gauge(self, width: int, height: int, box: tuple[float, float, float, float]) -> Plane:
        """The bar's shape."""

    def _edges(self, width: int) -> tuple[float, float]:
        left = self.inset(self.scene).w * self.unit
        return left, width - left


class SpeedDigital(SpeedNumber):
    """The number over a hairline."""

    def gauge(self, width: int, height: int, box: tuple[float, float, float, float]) -> Plane:
        return bar(width, height, box)


class SpeedBar(SpeedNumber):
    """The number over a row of leaning blocks."""

    gauge_height = 22.0

    @classmethod
    def least_width(cls, scene: Scene) -> float:
        return scene.sizes.bar

    def gauge(self, width: int, height: int, box: tuple[float, float, float, float]) -> Plane:
        left, top, w, h = box
        lean, blocks = h * 0.25, 24
        step = w / blocks
        mask = np.zeros((height, width), np.uint8)
        for i in range(blocks):
            a, b = left + i * step, left + (i + 0.72) * step
            quad = [(a + lean, top), (b + lean, top), (b, top + h), (a, top + h)]
            mask = np.maximum(mask, polygon(width, height, quad))
        return mask


def _end(scene: Scene) -> int:
    speeds = scene.held(Channel.SPEED)[scene.valid(Channel.SPEED)] * scene.units.speed.factor
    return scale_end(float(speeds.max()) if len(speeds) else 1.0)


def _symbol(scene: Scene, cap: float) -> TextMask:
    return text_mask(scene.theme.label, scene.units.speed.symbol, cap * 0.31, 0.03)


def _widest(scene: Scene) -> str:
    """At least two digits, so that a slow ride's panel is not a sliver."""
    return "0" * max(2, len(str(_end(scene))))
