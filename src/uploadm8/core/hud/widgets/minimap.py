"""The whole way as a line, the part already covered lit, and a dot where we are."""

from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from uploadm8.core.hud.box import Box, around
from uploadm8.core.hud.frame import Plane
from uploadm8.core.hud.layer import Layer
from uploadm8.core.hud.marker import STEPS, Blob, Marker
from uploadm8.core.hud.plates import side_pad
from uploadm8.core.hud.route import Line, load_route, thin
from uploadm8.core.hud.scene import Scene
from uploadm8.core.hud.shapes import blurred, polygon
from uploadm8.core.hud.spec import WidgetEntry
from uploadm8.core.hud.sweep import Sweep
from uploadm8.core.hud.text import text_mask, write
from uploadm8.core.hud.widget import Size, Widget
from uploadm8.core.telemetry.track import Channel

_FINE = 4
_MOST_STROKES = 12_000


class MapState(NamedTuple):
    """Half pixels: of way covered, and of the dot's place."""

    along: int
    x: int
    y: int


class WholeMap(Widget[MapState]):
    """North up, true to scale."""

    channels = (Channel.LAT, Channel.LON)

    def __init__(self, scene: Scene, entry: WidgetEntry, width: int, height: int) -> None:
        super().__init__(scene, entry, width, height)
        route = load_route(scene)
        margin = 40 * self.unit + side_pad(scene) / 2
        scale = min(
            (width - 2 * margin) / max(route.extent[0], 20.0),
            (height - 2 * margin) / max(route.extent[1], 20.0),
        )
        middle = np.array([width / 2, height / 2])
        line = thin(route.xy * scale + middle, route.t, route.breaks)
        here = route.here * scale + middle
        edge = 14 * self.unit
        here = np.clip(here, edge, [width - edge, height - edge])
        self._here = np.rint(here * STEPS).astype(np.int64)
        along = np.interp(scene.samples.times, line.t, line.along)
        self._along = np.rint(along * STEPS).astype(np.int64)
        self._draw(line, width, height)
        self._dot = _position_dot(scene, self.unit)

    @classmethod
    def measure(cls, scene: Scene, entry: WidgetEntry) -> Size:
        side = scene.sizes.map * scene.unit_for(entry)
        return Size(side, side)

    def state(self, index: int) -> MapState:
        x, y = self._here[index]
        return MapState(int(self._along[index]), int(x), int(y))

    def paint(self, layer: Layer, state: MapState) -> None:
        self._sweep.uncover(layer, state.along / STEPS)
        self._dot.stamp(layer, state.x, state.y)

    def changed(self, before: MapState, now: MapState) -> Box:
        return around(
            self._sweep.changed(before.along / STEPS, now.along / STEPS),
            self._dot.box(self.base, before.x, before.y),
            self._dot.box(self.base, now.x, now.y),
        )

    def _draw(self, line: Line, width: int, height: int) -> None:
        scene, unit = self.scene, self.unit
        bold = scene.theme.way * unit
        way = stroke(width, height, line.pieces(), bold)
        casing = blurred(stroke(width, height, line.pieces(), bold * 1.9), 2.5 * unit)
        self.base.paint(casing, scene.ink("#000000"), strength=0.35)
        self.base.paint(way, scene.ink("#ffffff"), strength=0.42)
        _north_arrow(scene, self.base, casing, unit)
        self._lit = self.base.copy()
        if scene.theme.glow:
            glow = blurred(way, 6 * unit)
            self._lit.paint(glow, scene.ink(scene.accent), strength=scene.theme.glow)
        self._lit.paint(way, scene.ink(scene.accent))
        reach = bold / 2 + 12 * unit
        self._sweep = Sweep(self._lit, _first_pass(width, height, line, reach), line.length, bold)


def stroke(width: int, height: int, pieces: list[NDArray[np.float64]], thickness: float) -> Plane:
    """Several polylines as one mask."""
    canvas = np.zeros((height * _FINE, width * _FINE), np.uint8)
    fixed = [np.rint((p * _FINE - 0.5) * 16).astype(np.int32) for p in pieces]
    cv2.polylines(canvas, fixed, False, (255,), max(1, round(thickness * _FINE)), cv2.LINE_AA, 4)
    return np.asarray(cv2.resize(canvas, (width, height), interpolation=cv2.INTER_AREA), np.uint8)


def _first_pass(width: int, height: int, line: Line, reach: float) -> NDArray[np.float32]:
    """For every pixel near the way, how far along it is first passed; NaN elsewhere.

    Strokes are drawn from the last to the first, so that where the way crosses or repeats itself
    the earliest pass wins. Far from the middle line first, then nearer, so that two neighbouring
    parts of the way do not light each other's pixels.
    """
    far = 1.0e9
    canvas = np.full((height, width), far, np.float32)
    every = max(1, len(line.points) // _MOST_STROKES)
    points = np.rint(line.points * 16 - 8).astype(np.int32)
    for thickness in (2 * reach, reach, reach / 2):
        nearer = np.full((height, width), far, np.float32)
        for i in range(len(points) - 1, 0, -every):
            start = max(i - every, 0)
            if line.breaks[i]:
                continue
            a, b = points[start], points[i]
            cv2.line(
                nearer,
                (int(a[0]), int(a[1])),
                (int(b[0]), int(b[1])),
                (float(line.along[start]),),
                max(1, round(thickness)),
                cv2.LINE_8,
                4,
            )
        canvas = np.where(nearer < far, nearer, canvas)
    canvas[canvas >= far] = np.nan
    return canvas


def _position_dot(scene: Scene, unit: float) -> Marker:
    """Where we are."""
    return Marker(
        [
            Blob(26 * unit, scene.ink(scene.theme.hot), 0.55, soft=True),
            Blob(12.5 * unit, scene.ink("#000000"), 0.25),
            Blob(11 * unit, scene.ink("#ffffff")),
            Blob(7.2 * unit, scene.ink(scene.theme.hot)),
        ]
    )


def _north_arrow(scene: Scene, layer: Layer, way: Plane, unit: float) -> None:
    """An N under a small arrow, in the corner that the way leaves free, the upper right first."""
    w, h, half, cap = layer.width, layer.height, 6 * unit, scene.sizes.label * unit
    aside, above = 30 * unit + side_pad(scene), 24 * unit
    tall = half * 1.9 + 8 * unit + cap
    corners = [(x, y) for y in (above, h - above - tall) for x in (w - aside, aside)]
    x, y = min(corners, key=lambda at: int(_around(way, at, 2 * half, tall).sum(dtype=np.int64)))
    tip = [(x, y), (x + half, y + half * 1.9), (x, y + half * 1.5), (x - half, y + half * 1.9)]
    layer.paint(polygon(w, h, tip), scene.ink(scene.theme.hot))
    letter = text_mask(scene.theme.label, "N", cap)
    write(layer, letter, (x, y + tall), scene.ink(scene.theme.text), "center")


def _around(plane: Plane, at: tuple[float, float], reach: float, tall: float) -> Plane:
    x, y = at
    return plane[round(y) : round(y + tall), max(0, round(x - reach)) : round(x + reach)]
