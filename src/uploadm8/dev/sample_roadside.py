"""What stands and grows beside the road of the sample drive, fixed to metres along it."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from uploadm8.dev import sample_palette as palette

FloatArray = NDArray[np.float64]

_TREE_EVERY_M = 11.0
_POST_EVERY_M = 25.0
_FIELD_EVERY_M = 70.0


@dataclass(frozen=True, slots=True)
class Shape:
    """An outline of a thing 1 m high, (right, up) from its foot, shape (n, 2), and its colour."""

    outline: FloatArray
    colour: FloatArray


@dataclass(frozen=True, slots=True)
class Thing:
    """A tree or post: metres along the road, metres right of its middle, height in metres."""

    kind: str
    s: float
    aside: float
    height: float

    @property
    def shapes(self) -> tuple[Shape, ...]:
        """Its shapes for a height of 1 m, back to front."""
        return _SHAPES[self.kind]


@dataclass(frozen=True, slots=True)
class Field:
    """A field: metres along the road, metres right of its middle, kind of crop."""

    start: float
    end: float
    near: float
    far: float
    kind: int


class Roadside:
    """Deterministic scenery: the same seed grows the same trees at the same metres."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._cells: dict[int, list[Thing]] = {}

    def things(self, start: float, end: float) -> list[Thing]:
        """Trees and posts between two distances along the road."""
        found = []
        for n in range(int(start // _TREE_EVERY_M), int(end // _TREE_EVERY_M) + 1):
            if n not in self._cells:
                self._cells[n] = self._trees(n)
            found += self._cells[n]
        for n in range(int(start // _POST_EVERY_M), int(end // _POST_EVERY_M) + 1):
            found += [Thing("post", n * _POST_EVERY_M, side * 5.2, 1.0) for side in (-1.0, 1.0)]
        return [thing for thing in found if start <= thing.s <= end]

    def _trees(self, n: int) -> list[Thing]:
        rng = np.random.default_rng((self._seed, 1, n & 0xFFFF))
        found = []
        for side in (-1.0, 1.0):
            if rng.random() < 0.35:
                continue
            aside = side * (9.5 + rng.gamma(1.7, 7.5))
            kind = "pine" if rng.random() < 0.62 else "broadleaf"
            height = rng.uniform(5.5, 10.5) if kind == "pine" else rng.uniform(4.5, 7.5)
            found.append(Thing(kind, (n + rng.random()) * _TREE_EVERY_M, aside, height))
        return found

    def fields(self, start: float, end: float) -> list[Field]:
        """Fields that reach into the stretch between two distances, far ones first."""
        found = []
        for n in range(int(start // _FIELD_EVERY_M) - 1, int(end // _FIELD_EVERY_M) + 1):
            rng = np.random.default_rng((self._seed, 2, n & 0xFFFF))
            for side in (-1.0, 1.0):
                if rng.random() < 0.45:
                    continue
                near = rng.uniform(16.0, 30.0)
                far = near + rng.uniform(40.0, 160.0)
                at = n * _FIELD_EVERY_M
                kind = int(rng.integers(0, len(palette.FIELDS)))
                length = _FIELD_EVERY_M * rng.uniform(0.6, 0.95)
                found.append(Field(at, at + length, side * near, side * far, kind))
        return [field for field in found[::-1] if field.end > start and field.start < end]


def _box(left: float, right: float, low: float, high: float) -> FloatArray:
    return np.array([[left, low], [left, high], [right, high], [right, low]])


def _blob(x: float, y: float, radius: float) -> FloatArray:
    a = np.linspace(0, 2 * np.pi, 24, endpoint=False)
    return np.stack((x + radius * np.cos(a), y + radius * np.sin(a)), axis=1)


def _pine() -> tuple[Shape, ...]:
    shapes = [Shape(_box(-0.03, 0.03, 0, 0.2), palette.TRUNK)]
    for low, high, half in ((0.14, 0.55, 0.24), (0.36, 0.78, 0.19), (0.58, 1.0, 0.135)):
        for side, tone in ((-1, palette.PINE[0]), (1, palette.PINE[1])):
            shapes.append(Shape(np.array([[side * half, low], [0, high], [0, low]]), tone))
    return tuple(shapes)


def _broadleaf() -> tuple[Shape, ...]:
    dark, light = palette.BROADLEAF
    shaded = ((-0.13, 0.55, 0.22), (0.13, 0.57, 0.22), (0.0, 0.74, 0.25))
    lit = ((0.17, 0.59, 0.16), (0.04, 0.77, 0.19))
    return (
        Shape(_box(-0.035, 0.035, 0, 0.45), palette.TRUNK),
        *(Shape(_blob(*leaf), dark) for leaf in shaded),
        *(Shape(_blob(*leaf), light) for leaf in lit),
    )


_SHAPES = {
    "pine": _pine(),
    "broadleaf": _broadleaf(),
    "post": (
        Shape(_box(-0.07, 0.07, 0, 1), palette.POST),
        Shape(_box(-0.07, 0.07, 0.68, 0.84), palette.POST_BAND),
    ),
}
