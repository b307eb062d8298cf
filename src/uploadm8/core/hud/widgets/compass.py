"""A tape that runs under a fixed pointer."""

import numpy as np

from uploadm8.core.hud.frame import Plane
from uploadm8.core.hud.layer import Layer, times, times_plane
from uploadm8.core.hud.plates import fade_sides
from uploadm8.core.hud.scene import Scene
from uploadm8.core.hud.shapes import Point, bar, polygon
from uploadm8.core.hud.spec import WidgetEntry
from uploadm8.core.hud.text import text_mask
from uploadm8.core.hud.theme import Pointer
from uploadm8.core.hud.widget import Size, Widget
from uploadm8.core.telemetry.track import Channel

_POINTS = {0: "N", 45: "NE", 90: "E", 135: "SE", 180: "S", 225: "SW", 270: "W", 315: "NW"}
_STEPS = 2
_ARROW = 12.0
_LEAST_WIDTH = 288.0  # 60 degrees: two letters in view


class CompassTape(Widget[int]):
    """A part of the horizon; the state is the heading in half pixels of tape."""

    channels = (Channel.COURSE,)

    def __init__(self, scene: Scene, entry: WidgetEntry, width: int, height: int) -> None:
        super().__init__(scene, entry, width, height)
        self._turn = round(360 * 4.8 * self.unit)
        self._scale = self._turn / 360
        course = scene.held(Channel.COURSE) % 360
        self._heading = np.rint(course * self._scale * _STEPS).astype(np.int64)
        self._fade = fade_sides(width, height, min(120 * self.unit, width * 0.2))
        self._tapes = [self._draw_tape(width, height, phase / _STEPS) for phase in range(_STEPS)]
        self._draw_pointer(width, height)

    @classmethod
    def measure(cls, scene: Scene, entry: WidgetEntry) -> Size:
        unit = scene.unit_for(entry)
        sizes = scene.sizes
        least = _LEAST_WIDTH * unit if scene.compact else None
        return Size(sizes.tape_width * unit, sizes.row * unit, least)

    def state(self, index: int) -> int:
        return int(self._heading[index])

    def paint(self, layer: Layer, state: int) -> None:
        column, phase = divmod(state, _STEPS)
        scene = self.scene
        inks = (scene.ink("#ffffff"), scene.text_ink(scene.accent))
        for (top, tape), ink in zip(self._tapes[phase], inks, strict=True):
            seen = np.ascontiguousarray(tape[:, column : column + layer.width])
            fade = self._fade[: len(seen)]  # every row of it is alike
            layer.paint(times_plane(seen, fade), ink, 0, top)

    def _draw_tape(
        self, width: int, height: int, phase: float
    ) -> tuple[tuple[int, Plane], tuple[int, Plane]]:
        """The marks of a full turn and what is seen beside it, and the accented letters."""
        scene, unit = self.scene, self.unit
        total = self._turn + width + 2
        white = np.zeros((height, total), np.uint8)
        accent = np.zeros((height, total), np.uint8)
        theme = scene.theme
        small, large = scene.sizes.label * unit, scene.sizes.value * 0.85 * unit
        line = _ARROW * unit + 9 * unit + large
        bottom = height - (height - line) * 0.42
        first = int(-width / 2 / self._scale) // 5 * 5 - 5
        for degree in range(first, 366 + int(width / 2 / self._scale), 5):
            x = width / 2 + degree * self._scale - phase
            major = degree % 15 == 0
            tall, bold = (12, 2.4) if major else (7, 1.6)
            box = (3.5 + x % 1 - bold * unit / 2, bottom - tall * unit, bold * unit, tall * unit)
            mark = times(bar(7, height, box), 0.84 if major else 0.47)
            _merge(white, mark, int(x) - 3, 0)
            if not major:
                continue
            letter = _POINTS.get(degree % 360)
            if letter:
                text = text_mask(theme.value, letter, large)
            else:
                text = text_mask(theme.label, str(degree % 360), small)
            target = accent if letter in {"N", "E", "S", "W"} else white
            share = 1.0 if letter else 0.85
            left = round(x - text.width / 2) - text.left
            base = line if letter else line - (large - small) / 2
            _merge(target, times(text.mask, share), left, round(base) - text.rise)
        return _cropped(white), _cropped(accent)

    def _draw_pointer(self, width: int, height: int) -> None:
        theme = self.scene.theme
        color = theme.text if self.scene.accent == theme.hot else theme.hot
        for shape in _pointer(theme.pointer, width / 2, height, _ARROW * self.unit):
            self.base.paint(polygon(width, height, shape), self.scene.ink(color))


def _pointer(pointer: Pointer, x: float, height: float, size: float) -> list[list[Point]]:
    """The polygons of a pointer at column x; `size` is the height of an arrow, px."""
    above = [(x - 0.75 * size, 0.0), (x + 0.75 * size, 0.0), (x, size)]
    if pointer is Pointer.ARROW:
        return [above]
    if pointer is Pointer.STEM:
        return [_box(x - 0.12 * size, height - 2.7 * size, 0.24 * size, 2.0 * size)]
    if pointer is Pointer.NOTCH:
        return [[(x - size, height), (x + size, height), (x, height - 1.1 * size)]]
    if pointer is Pointer.PAIR:
        return [above, [(px, height - py) for px, py in above]]
    aside, arm, line = 2.6 * size, 0.7 * size, 0.22 * size
    top, bottom = 0.5 * size, height - 0.5 * size
    shapes = []
    for side in (-1, 1):
        edge = x + side * aside
        for y, leg in ((top, top), (bottom - line, bottom - arm)):
            shapes.append(_box(edge - line / 2, leg, line, arm))
            shapes.append(_box(min(edge, edge - side * arm), y, arm, line))
    return shapes


def _box(x: float, y: float, w: float, h: float) -> list[Point]:
    return [(x, y), (x + w, y), (x + w, y + h), (x, y + h)]


def _cropped(canvas: Plane) -> tuple[int, Plane]:
    """The rows that hold anything, whole chroma rows, and the first one's number."""
    rows = np.flatnonzero(canvas.any(axis=1))
    top, bottom = int(rows[0]) & ~1, int(rows[-1]) + 2 & ~1
    return top, np.ascontiguousarray(canvas[top:bottom])


def _merge(canvas: Plane, mask: Plane, x: int, y: int) -> None:
    """Add coverage; what is outside the canvas is cut off."""
    h, w = mask.shape
    left, top = max(0, -x), max(0, -y)
    right, bottom = min(w, canvas.shape[1] - x), min(h, canvas.shape[0] - y)
    if right > left and bottom > top:
        target = canvas[y + top : y + bottom, x + left : x + right]
        np.maximum(target, mask[top:bottom, left:right], out=target)
