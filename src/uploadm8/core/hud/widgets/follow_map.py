"""The way around us, turned so that we always move upwards."""

from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from uploadm8.core.hud.frame import Plane
from uploadm8.core.hud.layer import Layer, times_plane
from uploadm8.core.hud.route import load_route
from uploadm8.core.hud.scene import Scene
from uploadm8.core.hud.shapes import blurred, coverage, disc, polygon, rounded_distance
from uploadm8.core.hud.spec import WidgetEntry
from uploadm8.core.hud.text import text_mask, write
from uploadm8.core.hud.widget import Size, Widget
from uploadm8.core.telemetry.track import Channel

_FINE = 2  # supersampling of the moving line: it is drawn anew for every frame
_AHEAD_S = 9.0  # what is seen ahead lasts about this long at a typical speed
_LEAST_M, _MOST_M = 60.0, 1200.0


class FollowState(NamedTuple):
    """Position in decimetres, heading in half degrees, and the last point passed."""

    east: int
    south: int
    heading: int
    passed: int


class FollowMap(Widget[FollowState]):
    """Centred on us; the way passed is lit."""

    channels = (Channel.LAT, Channel.LON)

    def __init__(self, scene: Scene, entry: WidgetEntry, width: int, height: int) -> None:
        super().__init__(scene, entry, width, height)
        route = load_route(scene)
        cell = np.floor(np.concatenate([[0], np.cumsum(np.hypot(*np.diff(route.xy, axis=0).T))]))
        keep = route.breaks | np.append(route.breaks[1:], True)
        keep[1:] |= cell[1:] // 2 != cell[:-1] // 2
        self._xy, self._breaks = route.xy[keep], route.breaks[keep]
        self._here = np.rint(route.here * 10).astype(np.int64)
        self._passed = np.searchsorted(route.t[keep], scene.samples.times, side="right")
        self._turned = scene.has(Channel.COURSE)
        course = scene.held(Channel.COURSE) if self._turned else np.zeros(len(route.here))
        self._heading = np.rint(_smoothed(course, scene) * 2).astype(np.int64) % 720
        speed = scene.samples.track.columns.get(Channel.SPEED)
        typical = float(np.median(speed.values[speed.valid])) if speed is not None else 5.0
        self._radius_m = float(np.clip(typical * _AHEAD_S, _LEAST_M, _MOST_M))
        self._centre = np.array([width / 2, height * 0.60])
        self._scale = (height * 0.5) / self._radius_m
        self._bold = scene.theme.way * self.unit
        inside = rounded_distance(width, height, 24 * self.unit) + 26 * self.unit
        self._fade = coverage(inside / max(14 * self.unit, 1.0))
        self._arrow = self._draw_arrow(width, height)
        cap = scene.sizes.label * self.unit
        side = round(cap * 1.6) * 2
        self._shade = blurred(disc(side, side, (side / 2, side / 2), cap), cap * 0.25)

    @classmethod
    def measure(cls, scene: Scene, entry: WidgetEntry) -> Size:
        side = scene.sizes.map * scene.unit_for(entry)
        return Size(side, side)

    def state(self, index: int) -> FollowState:
        east, south = self._here[index]
        return FollowState(
            int(east), int(south), int(self._heading[index]), int(self._passed[index])
        )

    def paint(self, layer: Layer, state: FollowState) -> None:
        scene = self.scene
        here = np.array([state.east, state.south]) / 10
        a = -np.deg2rad(state.heading / 2)
        turn = np.array([[np.cos(a), np.sin(a)], [-np.sin(a), np.cos(a)]]) * self._scale
        reach = self._radius_m * 1.8
        near = (np.abs(self._xy - here) < reach).all(axis=1)
        points = (self._xy - here) @ turn + self._centre
        index = np.flatnonzero(near)
        ahead = self._stroke(points, index[index >= state.passed - 1], tail=False)
        layer.paint(ahead, scene.ink("#ffffff"), strength=0.42)
        passed = index[index < state.passed]
        behind = self._stroke(points, passed, tail=state.passed - 1 in passed)
        layer.paint(behind, scene.ink(scene.accent))
        for mask, color, strength in self._arrow:
            layer.paint(mask, scene.ink(color), strength=strength)
        self._north(layer, state.heading / 2)

    def _stroke(
        self,
        points: NDArray[np.float64],
        index: NDArray[np.int64],
        *,
        tail: bool,
    ) -> Plane:
        """The line through the points of that index, and on to where we are."""
        h, w = self._fade.shape
        canvas = np.zeros((h * _FINE, w * _FINE), np.uint8)
        if len(index):
            split = np.flatnonzero((np.diff(index) > 1) | self._breaks[index[1:]]) + 1
            pieces = [points[part] for part in np.split(index, split)]
            if tail:
                pieces[-1] = np.vstack([pieces[-1], self._centre])
            fixed = [np.rint((p * _FINE - 0.5) * 16).astype(np.int32) for p in pieces]
            bold = max(1, round(self._bold * _FINE))
            cv2.polylines(canvas, fixed, False, (255,), bold, cv2.LINE_AA, 4)
        small = cv2.resize(canvas, (w, h), interpolation=cv2.INTER_AREA)
        return times_plane(np.asarray(small, np.uint8), self._fade)

    def _draw_arrow(self, width: int, height: int) -> list[tuple[Plane, str, float]]:
        x, y = self._centre
        k = 15 * self.unit

        def dart(k: float) -> Plane:
            points = [(x, y - 1.25 * k), (x + 0.85 * k, y + k), (x, y + 0.55 * k)]
            return polygon(width, height, [*points, (x - 0.85 * k, y + k)])

        return [(dart(k * 1.35), "#ffffff", 1.0), (dart(k * 0.92), self.scene.theme.hot, 1.0)]

    def _north(self, layer: Layer, heading: float) -> None:
        scene = self.scene
        reach = min(layer.width, layer.height) / 2 - 24 * self.unit
        a = -np.deg2rad(heading)
        x = layer.width / 2 + reach * float(np.sin(a))
        y = layer.height / 2 - reach * float(np.cos(a))
        cap = scene.sizes.label * self.unit
        corner = round(x) - self._shade.shape[1] // 2, round(y) - self._shade.shape[0] // 2
        layer.paint(self._shade, scene.ink("#000000"), *corner, strength=0.6)
        letter = text_mask(scene.theme.label, "N", cap)
        write(layer, letter, (x, y + cap / 2), scene.ink(scene.theme.text), "center")


def _smoothed(course: NDArray[np.float64], scene: Scene) -> NDArray[np.float64]:
    """The course without the jitter that would make a whole map tremble: a mean over half a second."""
    times = scene.samples.times
    if len(times) < 3:
        return course
    frames = max(1, round(0.25 / max(float(np.median(np.diff(times))), 1e-3)))
    kernel = np.ones(2 * frames + 1)
    vector = np.exp(1j * np.deg2rad(course))
    padded = np.pad(vector, frames, mode="edge")
    mean = np.convolve(padded, kernel, mode="valid")
    return np.asarray(np.degrees(np.angle(mean)) % 360)
