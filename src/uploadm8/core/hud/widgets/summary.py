"""The card of the last seconds: the way, and what the clip was worth in numbers."""

from typing import NamedTuple

import numpy as np

from uploadm8.core.hud.route import Route, load_route, thin
from uploadm8.core.hud.scene import Scene
from uploadm8.core.hud.shapes import blurred, disc
from uploadm8.core.hud.spec import WidgetEntry
from uploadm8.core.hud.text import TextMask, number_mask, text_mask, write
from uploadm8.core.hud.units import duration_text, number
from uploadm8.core.hud.widget import Size, StaticWidget
from uploadm8.core.hud.widgets.minimap import stroke
from uploadm8.core.telemetry.height import climbed
from uploadm8.core.telemetry.track import BoolArray, Channel, FloatArray

CARD_S = 4.0
_SHORTEST_CLIP_S = 8.0
_SPACE = 40.0  # between map and table
_COLUMNS_APART = 72.0
_RIM = 40.0  # of the map, for the thickness and the glow of the way


class _Card(NamedTuple):
    """Design units: the margin, the map's width and most of its height, a row, and cap heights."""

    pad: float
    map: tuple[float, float]
    row: float
    label: float
    value: float


_WIDE = _Card(pad=44, map=(400, 380), row=118, label=15, value=36)
_COMPACT = _Card(pad=48, map=(560, 400), row=124, label=20, value=42)


class Line(NamedTuple):
    """A caption, a number and its unit."""

    label: str
    digits: str
    symbol: str


class Summary(StaticWidget):
    """Two columns of numbers, beside the map or, on tall frames, below it."""

    def __init__(self, scene: Scene, entry: WidgetEntry, width: int, height: int) -> None:
        super().__init__(scene, entry, width, height)
        unit, card, lines = self.unit, _card(scene), highlights(scene)
        pad, (across, down), table = card.pad * unit, _map_size(scene), _table_size(scene, lines)
        left, top = (width - table.w) / 2, (height - table.h) / 2
        if across and scene.portrait:
            self._draw_map(width / 2, pad + down / 2)
            top = height - pad - table.h
        elif across:
            self._draw_map(pad + across / 2, height / 2)
            left = width - pad - table.w
        column = (table.w + _COLUMNS_APART * unit) / 2
        for i, line in enumerate(lines):
            self._draw_line(line, left + i % 2 * column, top + i // 2 * card.row * unit)

    @classmethod
    def available(cls, scene: Scene, entry: WidgetEntry) -> bool:
        """Whether there is more to tell than how long the clip was."""
        return len(highlights(scene)) > 1 and bool(card_frames(scene).any())

    @classmethod
    def measure(cls, scene: Scene, entry: WidgetEntry) -> Size:
        unit, card = scene.unit, _card(scene)
        table, (across, down) = _table_size(scene, highlights(scene)), _map_size(scene)
        width, height = table.w, table.h
        if across and scene.portrait:
            width, height = max(width, across), height + down + _SPACE * unit
        elif across:
            width, height = width + across + _SPACE * unit, max(height, down)
        return Size(width + 2 * card.pad * unit, height + 2 * card.pad * unit)

    def shown(self) -> BoolArray:
        return card_frames(self.scene)

    def _draw_line(self, line: Line, x: float, y: float) -> None:
        """A caption over a number, in the middle of the cell whose corner is at (x, y)."""
        scene, unit, theme, card = self.scene, self.unit, self.scene.theme, _card(self.scene)
        dim = scene.text_ink(theme.dim)
        leading = card.value * 0.62
        top = y + (card.row - card.label - leading - card.value) / 2 * unit
        label, digits, symbol = _texts(scene, line)
        write(self.base, label, (x, top + card.label * unit), dim)
        base = top + (card.label + leading + card.value) * unit
        end = write(self.base, digits, (x, base), scene.ink(theme.text))
        if symbol is not None:
            write(self.base, symbol, (end + card.label * 0.5 * unit, base), dim)

    def _draw_map(self, cx: float, cy: float) -> None:
        scene, unit = self.scene, self.unit
        route = load_route(scene)
        scale = _map_scale(scene, route)
        line = thin(route.xy * scale + (cx, cy), route.t, route.breaks)
        size = self.base.width, self.base.height
        way = stroke(*size, line.pieces(), 7 * unit)
        self.base.paint(blurred(way, 9 * unit), scene.ink(scene.accent), strength=0.5)
        self.base.paint(way, scene.ink(scene.accent))
        for point, color in ((line.points[0], "#ffffff"), (line.points[-1], scene.theme.hot)):
            at = float(point[0]), float(point[1])
            self.base.paint(disc(*size, at, 13 * unit), scene.ink("#ffffff"))
            self.base.paint(disc(*size, at, 8.5 * unit), scene.ink(color))


def _card(scene: Scene) -> _Card:
    return _COMPACT if scene.portrait else _WIDE


def _texts(scene: Scene, line: Line) -> tuple[TextMask, TextMask, TextMask | None]:
    """Caption, number and unit."""
    theme, unit, card = scene.theme, scene.unit, _card(scene)
    label = text_mask(theme.label, line.label, card.label * unit, theme.tracking)
    digits = number_mask(theme.value, line.digits, card.value * unit)
    symbol = text_mask(theme.label, line.symbol, card.label * 1.1 * unit) if line.symbol else None
    return label, digits, symbol


def _table_size(scene: Scene, lines: list[Line]) -> Size:
    """Two columns, each as wide as the widest line."""
    card, unit, widest = _card(scene), scene.unit, 0.0
    for line in lines:
        label, digits, symbol = _texts(scene, line)
        value = digits.width + (symbol.width + card.label * 0.5 * unit if symbol else 0)
        widest = max(widest, label.width, value)
    columns = min(2, len(lines))
    width = columns * widest + (columns - 1) * _COLUMNS_APART * unit
    return Size(width, (len(lines) + 1) // 2 * card.row * unit)


def _map_scale(scene: Scene, route: Route) -> float:
    """Px per metre."""
    width, height = _card(scene).map
    across, down = (max(side, 20.0) for side in route.extent)
    return min((width - _RIM) / across, (height - _RIM) / down) * scene.unit


def _map_size(scene: Scene) -> tuple[float, float]:
    """Px that the way takes; 0 where there is none."""
    if not scene.has(Channel.LAT, Channel.LON):
        return 0.0, 0.0
    route = load_route(scene)
    scale, rim = _map_scale(scene, route), _RIM * scene.unit
    return route.extent[0] * scale + rim, route.extent[1] * scale + rim


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
        climb = climbed(scene.samples.track, float(times[0]), float(times[-1])) or (0.0, 0.0)
        gain = units.height.of(climb[0])
        lines.append(Line("CLIMBED", number(gain), units.height.symbol))
    if scene.has(Channel.G_LAT, Channel.G_LONG):
        force = np.hypot(scene.held(Channel.G_LAT), scene.held(Channel.G_LONG))
        lines.append(Line("MAX G", f"{float(force.max()):.2f}", "g"))
    elif scene.has(Channel.HEART_RATE):
        heart = _known(scene, Channel.HEART_RATE)
        lines.append(Line("MAX HEART", number(float(heart.max())), "bpm"))
    return lines


def _known(scene: Scene, channel: Channel) -> FloatArray:
    return scene.held(channel)[scene.valid(channel)]
