"""Altitude over the way, the part already covered lit, with height and grade as numbers."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from uploadm8.core.hud.box import Box, around
from uploadm8.core.hud.layer import Layer
from uploadm8.core.hud.lettering import caption, symbol
from uploadm8.core.hud.marker import STEPS, Blob, Marker
from uploadm8.core.hud.plates import side_pad
from uploadm8.core.hud.scene import Scene
from uploadm8.core.hud.shapes import grid, polygon, polyline
from uploadm8.core.hud.spec import WidgetEntry
from uploadm8.core.hud.sweep import Sweep
from uploadm8.core.hud.text import number_mask, number_width, write
from uploadm8.core.hud.units import ABSENT, number
from uploadm8.core.hud.widget import Size, Widget
from uploadm8.core.telemetry.track import Channel, FloatArray


class ProfileState(NamedTuple):
    """Half pixels of way, and the two numbers."""

    x: int
    altitude: str
    grade: str


class AltitudeProfile(Widget[ProfileState]):
    """A filled curve under two numbers."""

    channels = (Channel.ALTITUDE,)

    def __init__(self, scene: Scene, entry: WidgetEntry, width: int, height: int) -> None:
        super().__init__(scene, entry, width, height)
        self._pad = scene.sizes.pad * self.unit
        self._side = self._pad + side_pad(scene)
        self._cap = scene.sizes.value * 0.92 * self.unit
        self._base_line = self._pad + self._cap
        self._heights = scene.held(Channel.ALTITUDE) * scene.units.height.factor
        room = scene.sizes.captions or width >= _numbers_width(scene, self.unit, grade=True)
        self._grades = scene.held(Channel.GRADE) if scene.has(Channel.GRADE) and room else None
        ways, levels = self._curve()
        self._x, self._y = self._place(ways, levels, width, height)
        self._draw(width, height)
        here = np.interp(scene.samples.times, self._t, self._x)
        self._here = np.rint(here * STEPS).astype(np.int64)

    @classmethod
    def measure(cls, scene: Scene, entry: WidgetEntry) -> Size:
        unit = scene.unit_for(entry)
        sizes = scene.sizes
        least = _numbers_width(scene, unit, grade=False) if scene.compact else None
        return Size(sizes.tape_width * unit, sizes.profile * unit, least)

    def state(self, index: int) -> ProfileState:
        slot = int(self.scene.slots[index])
        known = self.scene.valid(Channel.ALTITUDE)[slot]
        altitude = number(float(self._heights[slot])) if known else ABSENT
        grade = ""
        if self._grades is not None:
            known = self.scene.valid(Channel.GRADE)[slot]
            grade = number(float(self._grades[slot]), 1, signed=True) if known else ABSENT
        return ProfileState(int(self._here[index]), altitude, grade)

    def paint(self, layer: Layer, state: ProfileState) -> None:
        self._sweep.uncover(layer, state.x / STEPS)
        self._dot.stamp(layer, state.x, self._dot_row(state.x))

    def changed(self, before: ProfileState, now: ProfileState) -> Box:
        return around(
            self._sweep.changed(before.x / STEPS, now.x / STEPS),
            self._dot.box(self.base, before.x, self._dot_row(before.x)),
            self._dot.box(self.base, now.x, self._dot_row(now.x)),
        )

    def _dot_row(self, x: int) -> int:
        return self._dot_rows[min(x, len(self._dot_rows) - 1)]

    def still(self, state: ProfileState) -> tuple[str, str]:
        return state.altitude, state.grade

    def paint_still(self, layer: Layer, state: ProfileState) -> None:
        scene = self.scene
        ink = scene.ink(scene.theme.text)
        value = number_mask(scene.theme.value, state.altitude, self._cap)
        end = write(layer, value, (self._value_x, self._base_line), ink)
        dim = scene.text_ink(scene.theme.dim)
        write(layer, self._symbol, (end + self._cap * 0.32, self._base_line), dim)
        if state.grade:
            end = layer.width - self._side
            write(layer, self._percent, (end, self._base_line), dim, "right")
            value = number_mask(scene.theme.value, state.grade, self._cap)
            end -= self._percent.width + self._cap * 0.3
            write(layer, value, (end, self._base_line), ink, "right")

    def _curve(self) -> tuple[FloatArray, FloatArray]:
        """Way (metres, else seconds) and height of the part inside the window."""
        track, (start, end) = self.scene.samples.track, self.scene.window
        column = track.columns[Channel.ALTITUDE]
        keep = column.valid & (track.t >= start) & (track.t <= end)
        keep = keep if keep.sum() > 1 else column.valid
        self._t = track.t[keep]
        distance = track.columns.get(Channel.DISTANCE)
        way = self._t
        if distance is not None and distance.valid[keep].all():
            covered = distance.values[keep]
            if covered[-1] - covered[0] > 20:
                # A hair of time keeps the way rising through a stop.
                way = covered + (self._t - self._t[0]) * 1e-6
        return way, column.values[keep] * self.scene.units.height.factor

    def _place(
        self, ways: FloatArray, levels: FloatArray, width: int, height: int
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        top = self._base_line + 26 * self.unit
        bottom = height - self._pad * 0.9
        low = bottom - 8 * self.unit
        span = max(float(levels.max() - levels.min()), 12.0 * self.scene.units.height.factor)
        middle = float(levels.max() + levels.min()) / 2
        room = width - 2 * self._side
        x = self._side + (ways - ways[0]) / max(ways[-1] - ways[0], 1e-9) * room
        y = (top + low) / 2 - (levels - middle) / span * (low - top)
        self._floor = bottom
        return x, y

    def _draw(self, width: int, height: int) -> None:
        scene = self.scene
        columns = np.arange(self._side, width - self._side + 0.5, 1.0)
        rows = _smooth(np.interp(columns, self._x, self._y), round(9 * self.unit))
        halves = np.arange(width * STEPS + 1) / STEPS
        dots = np.rint(np.interp(halves, columns, rows) * STEPS)
        self._dot_rows = [int(row) for row in dots]
        curve = np.stack([columns, rows], axis=1)
        floor = [(columns[-1], self._floor), (columns[0], self._floor)]
        area = polygon(width, height, np.concatenate([curve, np.array(floor)]))
        _, y = grid(width, height)
        top = float(rows.min())
        fall = np.clip(1 - (y - top) / (self._floor - top + 1), 0, 1)
        edge = polyline(width, height, curve, 0.58 * scene.theme.way * self.unit)
        shade = np.rint(area * (0.10 + 0.16 * fall)).astype(np.uint8)
        self._labels(width)
        self._lit = self.base.copy()
        self.base.paint(shade, scene.ink("#ffffff"))
        self.base.paint(edge, scene.ink("#ffffff"), strength=0.5)
        lit = np.rint(area * (0.16 + 0.5 * fall)).astype(np.uint8)
        self._lit.paint(lit, scene.ink(scene.accent))
        self._lit.paint(edge, scene.ink(scene.accent))
        x, _ = grid(width, height)
        x = np.where(y < self._base_line + 16 * self.unit, np.nan, x)
        self._sweep = Sweep(self._lit, x, width)
        self._dot = Marker(
            [
                Blob(20 * self.unit, scene.ink(scene.accent), 0.5, soft=True),
                Blob(9 * self.unit, scene.ink("#ffffff")),
                Blob(5.6 * self.unit, scene.ink(scene.accent)),
            ]
        )

    def _labels(self, width: int) -> None:
        scene = self.scene
        theme, dim, unit = scene.theme, scene.text_ink(scene.theme.dim), self.unit
        self._symbol = symbol(scene, scene.units.height.symbol, unit)
        self._percent = symbol(scene, "%", unit)
        self._value_x = self._side
        if not scene.sizes.captions:
            return
        end = write(self.base, caption(scene, "ALTITUDE", unit), (self._side, self._base_line), dim)
        self._value_x = end + self._cap * 0.7
        if self._grades is not None:
            room = number_width(theme.value, "+00.0", self._cap) + self._percent.width
            right = width - self._side - room - self._cap
            write(self.base, caption(scene, "GRADE", unit), (right, self._base_line), dim, "right")


def _numbers_width(scene: Scene, unit: float, *, grade: bool) -> float:
    """What the numbers need beside each other, px."""
    theme, heights = scene.theme, scene.held(Channel.ALTITUDE) * scene.units.height.factor
    cap = scene.sizes.value * 0.92 * unit

    def widest(values: FloatArray, decimals: int, *, signed: bool, sign: str) -> float:
        ends = (number(float(v), decimals, signed=signed) for v in (values.min(), values.max()))
        digits = max(number_width(theme.value, text, cap) for text in ends)
        return digits + symbol(scene, sign, unit).width + cap * 0.3

    width = widest(heights, 0, signed=False, sign=scene.units.height.symbol)
    if grade:
        width += cap + widest(scene.held(Channel.GRADE), 1, signed=True, sign="%")
    return width + 2 * (scene.sizes.pad * unit + side_pad(scene))


def _smooth(rows: NDArray[np.float64], width: int) -> NDArray[np.float64]:
    """A curve without the steps of coarsely rounded heights: a mean over `width` columns."""
    width = max(1, min(width, len(rows))) | 1
    padded = np.pad(rows, width // 2, mode="edge")
    kernel = np.hanning(width + 2)[1:-1]
    return np.convolve(padded, kernel / kernel.sum(), mode="valid")
