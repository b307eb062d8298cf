"""A short flash whenever a new highest speed has been reached."""

from typing import NamedTuple

import numpy as np

from uploadm8.core.hud.layer import Layer
from uploadm8.core.hud.lettering import caption, symbol
from uploadm8.core.hud.plates import side_pad
from uploadm8.core.hud.scene import Scene
from uploadm8.core.hud.spec import WidgetEntry
from uploadm8.core.hud.text import number_mask, number_width, write
from uploadm8.core.hud.units import number
from uploadm8.core.hud.widget import Size, Widget
from uploadm8.core.telemetry.track import BoolArray, Channel, FloatArray

_SHOW_S = 2.6
_APART_S = 6.0
_NOT_BEFORE_S = 4.0
_SLOWEST = 3.0  # m/s: the maximum of a walk is no news
_CAPTION = "NEW MAX"
_CAP = 27.0


class FlashState(NamedTuple):
    """The number."""

    digits: str


class MaxSpeed(Widget[FlashState]):
    """Tells each peak that beats all before it, once the speed falls again."""

    channels = (Channel.SPEED,)

    def __init__(self, scene: Scene, entry: WidgetEntry, width: int, height: int) -> None:
        super().__init__(scene, entry, width, height)
        self._shown, self._peak = _flashes(scene)
        self._caption = caption(scene, _CAPTION, self.unit)
        self._symbol = symbol(scene, scene.units.speed.symbol, self.unit)

    @classmethod
    def available(cls, scene: Scene, entry: WidgetEntry) -> bool:
        """Never with a capped or hidden speed: its flash would tell of it."""
        if scene.spec.safe_driving.mode != "none" or not scene.has(Channel.SPEED):
            return False
        return bool(_flashes(scene)[0].any())

    @classmethod
    def measure(cls, scene: Scene, entry: WidgetEntry) -> Size:
        unit = scene.unit_for(entry)
        width = caption(scene, _CAPTION, unit).width
        width += number_width(scene.theme.value, "000", _CAP * unit)
        width += symbol(scene, scene.units.speed.symbol, unit).width
        return Size(width + 74 * unit + 2 * side_pad(scene), 72 * unit)

    def shown(self) -> BoolArray:
        return self._shown

    def state(self, index: int) -> FlashState:
        return FlashState(number(float(self._peak[index] * self.scene.units.speed.factor)))

    def paint(self, layer: Layer, state: FlashState) -> None:
        scene, unit, theme = self.scene, self.unit, self.scene.theme
        digits = number_mask(theme.value, state.digits, _CAP * unit)
        total = self._caption.width + digits.width + self._symbol.width + 22 * unit
        x, line = (layer.width - total) / 2, layer.height / 2 + _CAP / 2 * unit
        x = write(layer, self._caption, (x, line), scene.text_ink(theme.warm)) + 14 * unit
        x = write(layer, digits, (x, line), scene.ink(theme.text)) + 8 * unit
        write(layer, self._symbol, (x, line), scene.text_ink(theme.dim))


def _flashes(scene: Scene) -> tuple[BoolArray, FloatArray]:
    """Per frame, whether a flash is on, and the peak it tells."""
    times, speed = scene.samples.times, scene.held(Channel.SPEED)
    speed = np.where(scene.valid(Channel.SPEED), speed, 0.0)
    shown, peak = np.zeros(len(times), np.bool_), np.zeros(len(times))
    if len(times) < 3:
        return shown, peak
    running = np.maximum.accumulate(speed)
    tops = np.flatnonzero((speed[1:-1] >= running[1:-1]) & (speed[2:] < speed[1:-1])) + 1
    last = -np.inf
    for i in tops:
        fresh = times[i] - last >= _APART_S and times[i] - times[0] >= _NOT_BEFORE_S
        if fresh and speed[i] > _SLOWEST:
            on = (times >= times[i]) & (times < times[i] + _SHOW_S)
            shown |= on
            peak[on] = speed[i]
            last = times[i]
    return shown, peak
