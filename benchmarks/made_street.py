"""A made-up ride along a street, for an encoder as much work as what an action camera films.

Every surface is a textured rectangle in space, seen in true perspective by a camera that drives,
sways and shakes: all things flow from a vanishing point, near ones faster, by parts of pixels.
Cars come, and one goes ahead. The sensor adds grain, and the exposure drifts.

Speed, roughness and grain are chosen so that x264 needs the same time as for the filmed clip, with
as many B pictures: asphalt that is rougher, or flows faster, makes it give them up.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import count

import av
import cv2
import numpy as np
from numpy.typing import NDArray

import made_surfaces
from made_surfaces import Texture
from uploadm8.core.video.planes import planes_of

Vector = NDArray[np.float64]  # metres to the right, up, ahead

_EYE_M = 1.4
_HALF_STREET_M = 8.0
_WALL_M = 7.0
_PERIOD_M = 40.0
_SPEED = 5.0  # metres a second
_SLABS = tuple((1.3 * 1.6**n, 1.3 * 1.6 ** (n + 1)) for n in range(10))  # metres ahead


@dataclass(frozen=True, slots=True)
class Surface:
    """A band along the street, as one texture for each stretch ahead: far ones need few pixels."""

    edge: Vector
    across: Vector
    slabs: tuple[Texture, ...]


@dataclass(frozen=True, slots=True)
class Thing:
    """Something that stands upright and looks at the camera, in halving sizes."""

    width: float
    height: float
    sizes: tuple[Texture, ...]


@dataclass(frozen=True, slots=True)
class Camera:
    """Where it is, and how it projects."""

    place: Vector
    view: NDArray[np.float64]


class Street:
    """The scene, and its pictures."""

    def __init__(self, size: tuple[int, int], grain: Sequence[NDArray[np.float32]]) -> None:
        rng = np.random.default_rng(8)
        self.size, self.grain = size, grain
        self.focal = size[0] * 0.5  # 90 degrees wide
        left, right = _metres(-_HALF_STREET_M, 0, 0), _metres(_HALF_STREET_M, 0, 0)
        wide, high = right - left, _metres(0, _WALL_M, 0)
        ground = made_surfaces.ground(rng, _HALF_STREET_M, _PERIOD_M)
        self.surfaces = [
            self._surface(ground, left, wide, _EYE_M),
            self._surface(made_surfaces.houses(rng, _WALL_M, _PERIOD_M), left, high, 8),
            self._surface(made_surfaces.hedge(rng, _WALL_M, _PERIOD_M), right, high, 8),
        ]
        self.sky, self.hills = made_surfaces.sky(rng), made_surfaces.hills(rng)
        self.trees = [_thing(made_surfaces.tree(rng), 5.0, 7.0) for _ in range(4)]
        self.lamps = [_thing(made_surfaces.lamp(rng), 1.0, 5.0) for _ in range(3)]
        self.ahead = [_thing(made_surfaces.car(rng, coming=False), 1.9, 1.5) for _ in range(5)]
        self.coming = [_thing(made_surfaces.car(rng, coming=True), 1.9, 1.5) for _ in range(5)]
        self.places = rng.uniform(-1, 1, 997)

    def picture(self, number: int, t: float) -> av.VideoFrame:
        """The picture at that second."""
        camera = self._camera(t)
        image = np.zeros((self.size[1], self.size[0], 3), np.uint8)
        for backdrop, top in ((self.sky, 1000.0), (self.hills, 170.0)):
            corner = camera.place + _metres(-1700, top, 1000)
            _draw(image, camera, backdrop, corner, _metres(3400, 0, 0), _metres(0, -top - 20, 0))
        for surface in self.surfaces:
            _draw_surface(image, camera, surface)
        for distance, x, thing in sorted(self._things(camera.place[2], t), key=lambda it: -it[0]):
            _draw_thing(image, camera, thing, x, distance, self.focal)
        return self._developed(image, number, t)

    def _camera(self, t: float) -> Camera:
        yaw, pitch, roll = (_shake(t, phase) for phase in (0.0, 2.1, 4.4))
        yaw = 0.007 * yaw + 0.08 * np.sin(t / 2.3)
        pitch = 0.006 * pitch + 0.06
        turn = cv2.Rodrigues(np.array([0, -yaw, 0]))[0]
        nod = cv2.Rodrigues(np.array([-pitch, 0, 0]))[0]
        lean = cv2.Rodrigues(np.array([0, 0, 0.008 * roll + 0.03 * np.sin(t / 1.7)]))[0]
        lens = np.array(
            [[self.focal, 0, self.size[0] / 2], [0, -self.focal, self.size[1] / 2], [0, 0, 1]]
        )
        place = np.array([1.6 + 0.5 * np.sin(t / 1.9), _EYE_M, _SPEED * t + 3 * np.sin(t / 2.7)])
        return Camera(place, lens @ lean @ nod @ turn)

    def _surface(self, texture: Texture, edge: Vector, across: Vector, away: float) -> Surface:
        slabs = []
        for near, _ in _SLABS:
            middle = near * 1.2
            columns = min(texture.shape[1], np.linalg.norm(across) * self.focal / middle)
            rows = min(texture.shape[0], _PERIOD_M * self.focal * away / middle**2)
            slabs.append(_resized(texture, int(columns), int(rows)))
        return Surface(edge, across, tuple(slabs))

    def _things(self, z: float, t: float) -> Iterator[tuple[float, float, Thing]]:
        """What stands and drives ahead: how far, how far to the right, and what."""
        for k in range(int(z / 6), int(z / 6) + 16):
            chance = self.places[k % 997]
            yield 6 * k + 2 * chance - z, (-6.7, 6.4)[k % 2], self.trees[k % 4]
            if k % 3 == 0:
                yield 6 * k + 3 - z, 4.9, self.lamps[k // 3 % 3]
            if chance > 0:
                yield 6 * k + 4 - z, -3.7, self.coming[k % 5]
        met, gap = divmod(z + 8 * t, 28)
        for k in range(5):
            yield 28 * k - gap, -1.5, self.coming[(int(met) + k) % 5]
        yield 11 + 4 * np.sin(t / 1.4), 1.6 + 0.4 * np.sin(t / 2.2), self.ahead[2]

    def _developed(self, image: Texture, number: int, t: float) -> av.VideoFrame:
        width, height = self.size
        planar = cv2.cvtColor(image, cv2.COLOR_BGR2YUV_I420)
        frame = av.VideoFrame(width, height, "yuv420p")
        planes = planes_of(frame)
        luma = planar[:height] * np.float32(1 + 0.03 * np.sin(t / 1.3))
        luma += self.grain[number * 7 % len(self.grain)]
        planes.y[:] = np.clip(luma, 16, 235).astype(np.uint8)
        half = (2, height // 2, width // 2)
        planes.u[:], planes.v[:] = planar[height:].reshape(half)
        return frame


def pictures(
    size: tuple[int, int], fps: int, grain: Sequence[NDArray[np.float32]]
) -> Iterator[av.VideoFrame]:
    """The ride, without end."""
    street = Street(size, grain)
    for number in count():
        yield street.picture(number, number / fps)


def _shake(t: float, phase: float) -> float:
    hertz = np.array([0.9, 1.7, 3.1, 5.3, 8.7])
    return float((np.sin((2 * np.pi * t + phase) * hertz) / hertz**0.7).sum())


def _metres(right: float, up: float, ahead: float) -> Vector:
    return np.array([right, up, ahead], np.float64)


def _resized(texture: Texture, columns: int, rows: int) -> Texture:
    small = cv2.resize(texture, (columns, rows), interpolation=cv2.INTER_AREA)
    return np.asarray(small, np.uint8)


def _thing(texture: Texture, width: float, height: float) -> Thing:
    sizes = [texture]
    while min(sizes[-1].shape[:2]) > 16:
        rows, columns = sizes[-1].shape[:2]
        sizes.append(_resized(sizes[-1], columns // 2, rows // 2))
    return Thing(width, height, tuple(sizes))


def _draw_surface(image: Texture, camera: Camera, surface: Surface) -> None:
    ahead = camera.place[2]
    for (near, beyond), slab in reversed(list(zip(_SLABS, surface.slabs, strict=True))):
        per_metre = len(slab) / _PERIOD_M
        rows = np.arange(int((ahead + near) * per_metre), int((ahead + beyond) * per_metre) + 3)
        part = slab.take(rows, axis=0, mode="wrap")
        corner = surface.edge + _metres(0, 0, rows[0] / per_metre)
        along = _metres(0, 0, len(rows) / per_metre)
        _draw(image, camera, part, corner, surface.across, along)


def _draw_thing(
    image: Texture, camera: Camera, thing: Thing, x: float, distance: float, focal: float
) -> None:
    if distance < 1.5:
        return
    level = int(np.log2(max(1.0, len(thing.sizes[0]) * distance / (thing.height * focal))))
    texture = thing.sizes[min(level, len(thing.sizes) - 1)]
    corner = _metres(x - thing.width / 2, thing.height, camera.place[2] + distance)
    _draw(image, camera, texture, corner, _metres(thing.width, 0, 0), _metres(0, -thing.height, 0))


def _draw(
    image: Texture, camera: Camera, texture: Texture, corner: Vector, across: Vector, down: Vector
) -> None:
    """Lay a texture over the picture, as a rectangle in space that starts at `corner`."""
    rows, columns = texture.shape[:2]
    seen = camera.view @ np.column_stack([across / columns, down / rows, corner - camera.place])
    corners = seen @ np.array([(0, columns, columns, 0), (0, 0, rows, rows), (1, 1, 1, 1)])
    if corners[2].min() < 0.1:  # beside or behind the lens
        return
    points = corners[:2] / corners[2]
    left, top = np.clip(np.floor(points.min(axis=1)), 0, image.shape[1::-1]).astype(int)
    right, bottom = np.clip(np.ceil(points.max(axis=1)), 0, image.shape[1::-1]).astype(int)
    if left >= right or top >= bottom:
        return
    shift = np.array([(1, 0, -left), (0, 1, -top), (0, 0, 1)], np.float64)
    laid = cv2.warpPerspective(texture, shift @ seen, (right - left, bottom - top))
    below = image[top:bottom, left:right]
    through = cv2.cvtColor(255 - laid[..., 3], cv2.COLOR_GRAY2BGR)
    cv2.add(cv2.multiply(below, through, scale=1 / 255), laid[..., :3], dst=below)
