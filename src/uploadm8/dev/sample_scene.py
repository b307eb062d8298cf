"""Paint the view of the driver of a sample drive: every metre where the telemetry says it is."""

import cv2
import numpy as np
from numpy.typing import NDArray

from uploadm8.dev import sample_palette as palette
from uploadm8.dev.sample_camera import Camera, fill, shade
from uploadm8.dev.sample_drive import Drive
from uploadm8.dev.sample_panorama import SUN_AZIMUTH, Panorama
from uploadm8.dev.sample_roadside import Roadside, Thing

Image = NDArray[np.uint8]
FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]

_AHEAD = np.geomspace(2.2, 900.0, 120)  # metres ahead at which the road is cut
_THINGS_TO_M = 420.0
_EDGE_M = 4.3  # middle of the road to the end of the asphalt
_LINES = np.array([-5.6, -_EDGE_M, -3.95, -3.75, 3.75, 3.95, _EDGE_M, 5.6])
_SURFACES = (
    ((0, 7), palette.VERGE),
    ((1, 6), palette.ASPHALT),
    ((2, 3), palette.PAINT),
    ((4, 5), palette.PAINT),
)
_DASH_EVERY_M, _DASH_M = 12.0, 4.5
_SHADOW = np.array(
    (
        *((-0.04, 0.0), (-0.04, 0.5), (-0.2, 0.8), (-0.17, 1.5), (0.0, 2.8)),
        *((0.17, 1.5), (0.2, 0.8), (0.04, 0.5), (0.04, 0.0)),
    )
)


class Scene:
    """Frames of a drive as YCbCr 4:4:4 images (height, width, 3), BT.709 video range."""

    def __init__(self, drive: Drive, width: int, height: int, *, seed: int) -> None:
        self._drive = drive
        self._width, self._height = width, height
        self._focal = 0.70 * width
        self._panorama = Panorama(width, height, self._focal, seed=seed)
        self._roadside = Roadside(seed)
        self._canvas: Image = np.empty((height, width, 3), np.uint8)
        self._bonnet = _bonnet(width, height)

    def paint(self, t: float) -> Image:
        """The view at `t` seconds; the same array is painted again by the next call."""
        s = float(self._drive.distance(np.array([t]))[0])
        camera = Camera.on_road(self._drive, s, self._width, self._height, self._focal)
        image = self._canvas
        image[:] = self._panorama.view(camera.heading, camera.horizon_row)
        middle = camera.beside_road(s + _AHEAD, np.zeros(1))
        crest = np.minimum.accumulate(middle[:, 1])
        visible: BoolArray = middle[:, 1] <= crest
        self._paint_ground(image, middle[visible, 1], _AHEAD[visible], s)
        self._paint_fields(image, camera, s, crest)
        self._paint_road(image, camera, s, visible)
        self._paint_dashes(image, camera, s, crest)
        self._paint_roadside(image, camera, s, crest)
        for outline, colour in self._bonnet:
            fill(image, outline, colour)
        return image

    def _paint_ground(self, image: Image, rows: FloatArray, ahead: FloatArray, s: float) -> None:
        top = max(0, int(np.ceil(rows.min())))
        depth = np.interp(np.arange(top, self._height), rows[::-1], ahead[::-1])
        band = np.sin((s + depth) * (2 * np.pi / 16.0)) * 6 / (1 + depth / 25)
        soft = np.clip(band, -1, 1) * np.clip(1.2 - depth / 140, 0, 1)
        colour = palette.mix(palette.GRASS[0], palette.GRASS[1], 0.5 + 0.5 * soft)
        colour = palette.mix(colour, palette.HAZE, _fog(depth))
        column = np.rint(colour).astype(np.uint8)[:, None, :]
        target = image[top:]
        cv2.resize(column, (self._width, len(column)), dst=target, interpolation=cv2.INTER_NEAREST)

    def _paint_fields(self, image: Image, camera: Camera, s: float, crest: FloatArray) -> None:
        first, last = s + float(_AHEAD[0]), s + 700.0
        for field in self._roadside.fields(first, last):
            along = np.linspace(max(field.start, first), min(field.end, last), 16)
            edges = camera.beside_road(along, np.array([[field.near], [field.far]]))[..., :2]
            edges[..., 1] = np.minimum(edges[..., 1], np.interp(along - s, _AHEAD, crest))
            fill(image, _ribbon(edges), _hazy(palette.FIELDS[field.kind], float(along[8]) - s))

    def _paint_road(self, image: Image, camera: Camera, s: float, visible: BoolArray) -> None:
        lines = camera.beside_road(s + _AHEAD, _LINES[:, None])[..., :2]
        for start, stop in _runs(visible):
            for edges, colour in _SURFACES:
                for i in range(stop - 2, start - 1, -6):
                    part = slice(max(i - 6, start), i + 2)
                    ahead = float(_AHEAD[max(i - 3, start)])
                    fill(image, _ribbon(lines[edges, part]), _hazy(colour, ahead))

    def _paint_dashes(self, image: Image, camera: Camera, s: float, crest: FloatArray) -> None:
        nearest = s + float(_AHEAD[0])
        for k in range(17, -1, -1):
            start = (s // _DASH_EVERY_M + k) * _DASH_EVERY_M
            along = np.linspace(max(start, nearest), start + _DASH_M, 4)
            if along[-1] > nearest:
                edges = camera.beside_road(along, np.array([[-0.09], [0.09]]))[..., :2]
                edges[..., 1] = np.minimum(edges[..., 1], np.interp(along - s, _AHEAD, crest))
                fill(image, _ribbon(edges), _hazy(palette.PAINT, start - s))

    def _paint_roadside(self, image: Image, camera: Camera, s: float, crest: FloatArray) -> None:
        things = self._roadside.things(s + 3.0, s + _THINGS_TO_M)
        at = np.array([thing.s for thing in things])
        feet = camera.beside_road(at, np.array([thing.aside for thing in things]))
        over = np.interp(at - s, _AHEAD, crest) < feet[:, 1] - 0.004 * self._height
        keep = np.flatnonzero(~over | (feet[:, 2] < 60) & (feet[:, 2] > 1.5))
        order = keep[np.argsort(-feet[keep, 2])]
        for i in order:
            if things[i].kind != "post" and feet[i, 2] < 160:
                self._paint_shadow(image, camera, things[i])
        for i in order:
            self._paint_thing(image, things[i], feet[i])

    def _paint_shadow(self, image: Image, camera: Camera, thing: Thing) -> None:
        """The long evening shadow: away from the sun, flat on the ground."""
        at = np.array([thing.s])
        east, north = self._drive.plan(at)
        heading = self._drive.heading(at)
        east, north = east + thing.aside * np.cos(heading), north - thing.aside * np.sin(heading)
        along, wide = _SHADOW[:, 1] * thing.height, _SHADOW[:, 0] * thing.height
        sin, cos = np.sin(SUN_AZIMUTH + np.pi), np.cos(SUN_AZIMUTH + np.pi)
        up = np.broadcast_to(self._drive.altitude(at), along.shape)
        points = camera.project(
            east + along * sin + wide * cos, north + along * cos - wide * sin, up
        )
        if points[:, 2].min() > 1.6:
            shade(image, points[:, :2], palette.SHADOW, 0.33)

    def _paint_thing(self, image: Image, thing: Thing, foot: FloatArray) -> None:
        depth = float(foot[2])
        size = thing.height * self._focal / depth
        if depth < 1.5 or not -0.3 * size < foot[0] < self._width + 0.3 * size:
            return
        for shape in thing.shapes:
            points = foot[:2] + shape.outline * (size, -size)
            fill(image, points, _hazy(shape.colour, 0.9 * depth))


def _fog(ahead: FloatArray | float) -> FloatArray:
    return 0.88 * (1 - np.exp(-np.asarray(ahead, np.float64) / 330.0))


def _hazy(colour: FloatArray, ahead: float) -> FloatArray:
    return palette.mix(colour, palette.HAZE, _fog(ahead))


def _ribbon(edges: FloatArray) -> FloatArray:
    """The outline between two lines, shape (2, n, 2): out along the first, back on the second."""
    return np.concatenate((edges[0], edges[1, ::-1]))


def _runs(visible: BoolArray) -> list[tuple[int, int]]:
    """Start and stop of the visible stretches, far to near."""
    edge = np.flatnonzero(np.diff(np.concatenate(([0], visible.astype(np.int8), [0]))))
    return [(int(a), int(b)) for a, b in zip(edge[::2], edge[1::2], strict=True)][::-1]


def _bonnet(width: int, height: int) -> tuple[tuple[FloatArray, FloatArray], ...]:
    """Outlines of the bonnet with their colours: rim light, edge, body."""
    u = np.linspace(-1, 1, 80)
    layers = []
    for lower, colour in zip((0.0, 0.005, 0.028), palette.BONNET, strict=True):
        crown = 0.925 + 0.045 * np.abs(u) ** 2.4 + 0.11 * np.abs(u) ** 10 + lower
        top = np.stack((width * (0.5 + (0.58 - lower) * u), height * crown), axis=1)
        foot = np.array([[1.1 * width, 1.3 * height], [-0.1 * width, 1.3 * height]])
        layers.append((np.concatenate((top, foot)), colour))
    return tuple(layers)
