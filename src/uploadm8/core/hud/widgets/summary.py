"""The card of the last seconds: the way, and what the clip was worth in numbers."""

from typing import NamedTuple

import numpy as np

from uploadm8.core.hud.layer import Layer
from uploadm8.core.hud.route import load_route, thin
from uploadm8.core.hud.scene import Scene
from uploadm8.core.hud.shapes import blurred
from uploadm8.core.hud.spec import WidgetEntry
from uploadm8.core.hud.text import number_mask, text_mask, write
from uploadm8.core.hud.units import duration_text, number
from uploadm8.core.hud.widget import Size, Widget
from uploadm8.core.hud.widgets.minimap import stroke
from uploadm8.core.telemetry.track import BoolArray, Channel, FloatArray

CARD_S = 4.0
_SHORTEST_CLIP_S = 8.0
_CELL_W, _CELL_H = 210.0, 92.0
_MAP_SIDE = 300.0
_PAD = 36.0


class Line(NamedTuple):
    """A caption, a number and its unit."""

    label: str
    digits: str
    symbol: str


class Summary(Widget[int]):
    """Two columns of numbers, beside the map or, on tall frames, below it."""

    def __init__(self, scene: Scene, entry: WidgetEntry, width: int, height: int) -> None:
        super().__init__(scene, entry, width, height)
        self._unit = unit = scene.px(1)
        has_map = scene.has(Channel.LAT, Channel.LON)
        left, top = _PAD * unit, _PAD * unit
        if has_map and scene.portrait:
            self._draw_map(width / 2, top + _MAP_SIDE * unit / 2)
            top += (_MAP_SIDE + _PAD) * unit
        elif has_map:
            self._draw_map(left + _MAP_SIDE * unit / 2, height / 2)
            left += (_MAP_SIDE + _PAD) * unit
        lines = highlights(scene)
        column = (width - _PAD * unit - left) / 2
        rows = (len(lines) + 1) // 2
        if not scene.portrait:
            top = (height - rows * _CELL_H * unit) / 2
        for i, line in enumerate(lines):
            x, y = left + (i % 2) * column, top + (i // 2) * _CELL_H * unit
            self._draw_line(line, x, y)

    @classmethod
    def available(cls, scene: Scene, entry: WidgetEntry) -> bool:
        return bool(highlights(scene)) and bool(card_frames(scene).any())

    @classmethod
    def measure(cls, scene: Scene, entry: WidgetEntry) -> Size:
        unit = scene.px(1)
        rows = (len(highlights(scene)) + 1) // 2
        table = Size(2 * _CELL_W + 2 * _PAD, rows * _CELL_H + 2 * _PAD)
        if not scene.has(Channel.LAT, Channel.LON):
            return Size(table.w * unit, table.h * unit)
        if scene.portrait:
            return Size(table.w * unit, (table.h + _MAP_SIDE + _PAD) * unit)
        height = max(table.h, _MAP_SIDE + 2 * _PAD)
        return Size((table.w + _MAP_SIDE + _PAD) * unit, height * unit)

    def shown(self) -> BoolArray:
        return card_frames(self.scene)

    def state(self, index: int) -> int:
        return 0

    def paint(self, layer: Layer, state: int) -> None:
        """Nothing moves."""

    def _draw_line(self, line: Line, x: float, y: float) -> None:
        scene, unit, theme = self.scene, self._unit, self.scene.theme
        dim = scene.ink(theme.dim)
        label = text_mask(theme.label, line.label, 13 * unit, theme.tracking)
        write(self.base, label, (x, y + 26 * unit), dim)
        digits = number_mask(theme.value, line.digits, 30 * unit)
        end = write(self.base, digits, (x, y + 68 * unit), scene.ink(theme.text))
        if line.symbol:
            symbol = text_mask(theme.label, line.symbol, 15 * unit)
            write(self.base, symbol, (end + 8 * unit, y + 68 * unit), dim)

    def _draw_map(self, cx: float, cy: float) -> None:
        scene, unit = self.scene, self._unit
        route = load_route(scene)
        scale = (_MAP_SIDE - 40) * unit / max(*route.extent, 20.0)
        line = thin(route.xy * scale + (cx, cy), route.t, route.breaks)
        way = stroke(self.base.width, self.base.height, line.pieces(), 6 * unit)
        self.base.paint(blurred(way, 8 * unit), scene.ink(scene.accent), strength=0.5)
        self.base.paint(way, scene.ink(scene.accent))


def card_frames(scene: Scene) -> BoolArray:
    """Per frame, whether the card is on; never in a clip too short for it."""
    times = scene.samples.times
    if not len(times) or times[-1] - times[0] < _SHORTEST_CLIP_S:
        return np.zeros(len(times), np.bool_)
    return np.asarray(times > times[-1] - CARD_S, np.bool_)


def highlights(scene: Scene) -> list[Line]:
    """What can be said about the clip; speeds only as safe driving lets them be seen."""
    units, times = scene.units, scene.samples.times
    lines = []
    if scene.has(Channel.SPEED) and scene.spec.safe_driving.mode != "hide":
        speed = _known(scene, Channel.SPEED) * units.speed.factor
        lines.append(Line("MAX SPEED", number(float(speed.max())), units.speed.symbol))
        lines.append(Line("AVERAGE", number(float(speed.mean())), units.speed.symbol))
    if scene.has(Channel.DISTANCE):
        way = _known(scene, Channel.DISTANCE)
        lines.append(Line("DISTANCE", *units.distance_text(float(way[-1] - way[0]))))
    if len(times):
        lines.append(Line("TIME", duration_text(float(times[-1] - times[0])), ""))
    if scene.has(Channel.ALTITUDE):
        rise = np.diff(_known(scene, Channel.ALTITUDE))
        climb = float(rise[rise > 0].sum()) * units.height.factor
        lines.append(Line("CLIMBED", number(climb), units.height.symbol))
    if scene.has(Channel.G_LAT, Channel.G_LONG):
        force = np.hypot(scene.held(Channel.G_LAT), scene.held(Channel.G_LONG))
        lines.append(Line("MAX G", f"{float(force.max()):.2f}", "g"))
    elif scene.has(Channel.HEART_RATE):
        heart = _known(scene, Channel.HEART_RATE)
        lines.append(Line("MAX HEART", number(float(heart.max())), "bpm"))
    return lines


def _known(scene: Scene, channel: Channel) -> FloatArray:
    return scene.held(channel)[scene.valid(channel)]
