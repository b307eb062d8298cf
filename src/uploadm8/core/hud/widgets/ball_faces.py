"""The faces that a g-force ball rolls on, one per style."""

from collections.abc import Callable

import numpy as np

from uploadm8.core.hud.frame import Plane
from uploadm8.core.hud.layer import Layer
from uploadm8.core.hud.scene import Scene
from uploadm8.core.hud.shapes import disc, lines, polyline, ring
from uploadm8.core.hud.theme import BallFace

Place = tuple[float, float, float]  # centre x and y and radius, px
Stroke = tuple[float, float, float, float]


def draw_face(scene: Scene, layer: Layer, place: Place, unit: float) -> None:
    """Draw the theme's face; at the radius is the scale's end, `unit` is pixels per design unit."""
    if scene.theme.ball is not BallFace.GRID:
        cx, cy, radius = place
        inside = disc(layer.width, layer.height, (cx, cy), radius)
        layer.paint(inside, scene.ink("#000000"), strength=0.18)
    _FACES[scene.theme.ball](scene, layer, place, unit)


def _rings(scene: Scene, layer: Layer, place: Place, unit: float) -> None:
    """Three rings and a cross."""
    for share, strength in ((1.0, 0.75), (2 / 3, 0.34), (1 / 3, 0.34)):
        _ring(scene, layer, place, share, 2 * unit, strength)
    _strokes(scene, layer, _cross(place, 0.0, 1.0), 1.4 * unit, 0.26)


def _hairline(scene: Scene, layer: Layer, place: Place, unit: float) -> None:
    """A thin circle, a tick at each of its quarters, a small cross in the middle."""
    _ring(scene, layer, place, 1.0, 1.6 * unit, 0.8)
    _strokes(scene, layer, _cross(place, 0.86, 1.0), 1.6 * unit, 0.8)
    _strokes(scene, layer, _cross(place, 0.0, 0.12), 1.6 * unit, 0.6)


def _blocks(scene: Scene, layer: Layer, place: Place, unit: float) -> None:
    """A rim of blocks, those ahead and behind lit, and a ring of dashes."""
    rest = [_ray(place, angle, 0.9, 1.0) for angle in range(0, 360, 10) if 20 < angle % 180 < 160]
    _strokes(scene, layer, rest, 11 * unit, 0.42)
    lit = [_ray(place, side + at, 0.9, 1.0) for side in (0, 180) for at in (-20, -10, 0, 10, 20)]
    _strokes(scene, layer, lit, 11 * unit, 1.0, scene.accent)
    for angle in range(0, 360, 18):
        _line(scene, layer, _arc(place, angle, 9, 0.5), 1.8 * unit, 0.4)
    _strokes(scene, layer, _cross(place, 0.0, 0.34), 1.6 * unit, 0.34)


def _gauge(scene: Scene, layer: Layer, place: Place, unit: float) -> None:
    """A rim with the ticks of an instrument, the quarters in the accent colour."""
    _ring(scene, layer, place, 1.0, 1.6 * unit, 0.5)
    _ring(scene, layer, place, 0.5, 1.4 * unit, 0.3)
    fine = [_ray(place, angle, 0.92, 1.0) for angle in range(0, 360, 10) if angle % 30]
    _strokes(scene, layer, fine, 1.6 * unit, 0.5)
    bold = [_ray(place, angle, 0.86, 1.0) for angle in range(0, 360, 30) if angle % 90]
    _strokes(scene, layer, bold, 2.4 * unit, 0.9)
    _strokes(scene, layer, _cross(place, 0.82, 1.0), 3.4 * unit, 1.0, scene.accent)
    _strokes(scene, layer, _cross(place, 0.0, 0.5), 1.4 * unit, 0.24)


def _graticule(scene: Scene, layer: Layer, place: Place, unit: float) -> None:
    """Squared paper."""
    cx, cy, r = place
    edge = [(cx - r, cy - r), (cx + r, cy - r), (cx + r, cy + r), (cx - r, cy + r)]
    mask = polyline(layer.width, layer.height, edge, 1.8 * unit, closed=True)
    _paint(scene, layer, mask, 0.7)
    for share in (-0.5, 0.5):
        at = share * r
        fine = [(cx + at, cy - r, cx + at, cy + r), (cx - r, cy + at, cx + r, cy + at)]
        _strokes(scene, layer, fine, 1.4 * unit, 0.24)
    _strokes(scene, layer, _cross(place, 0.0, 1.0), 1.6 * unit, 0.5)


def _reticle(scene: Scene, layer: Layer, place: Place, unit: float) -> None:
    """Four arcs around an open cross, as in a sight."""
    for angle in (45, 135, 225, 315):
        _line(scene, layer, _arc(place, angle, 56, 1.0), 2 * unit, 0.9, scene.accent)
    _strokes(scene, layer, _cross(place, 0.16, 1.0), 1.6 * unit, 0.5)
    cx, cy, r = place
    short, marks = 0.07 * r, list[Stroke]()
    for share in (-2 / 3, -1 / 3, 1 / 3, 2 / 3):
        x, y = cx + share * r, cy + share * r
        marks += [(x, cy - short, x, cy + short), (cx - short, y, cx + short, y)]
    _strokes(scene, layer, marks, 1.6 * unit, 0.5)


_FACES: dict[BallFace, Callable[[Scene, Layer, Place, float], None]] = {
    BallFace.RINGS: _rings,
    BallFace.HAIRLINE: _hairline,
    BallFace.BLOCKS: _blocks,
    BallFace.GAUGE: _gauge,
    BallFace.GRID: _graticule,
    BallFace.RETICLE: _reticle,
}


def _ring(
    scene: Scene, layer: Layer, place: Place, share: float, thickness: float, strength: float
) -> None:
    cx, cy, radius = place
    mask = ring(layer.width, layer.height, (cx, cy), radius * share, max(1.0, thickness))
    _paint(scene, layer, mask, strength)


def _strokes(
    scene: Scene,
    layer: Layer,
    strokes: list[Stroke],
    thickness: float,
    strength: float,
    color: str | None = None,
) -> None:
    mask = lines(layer.width, layer.height, strokes, max(1.0, thickness))
    _paint(scene, layer, mask, strength, color)


def _line(
    scene: Scene,
    layer: Layer,
    points: list[tuple[float, float]],
    thickness: float,
    strength: float,
    color: str | None = None,
) -> None:
    mask = polyline(layer.width, layer.height, points, max(1.0, thickness))
    _paint(scene, layer, mask, strength, color)


def _paint(
    scene: Scene, layer: Layer, mask: Plane, strength: float, color: str | None = None
) -> None:
    """In the colour of text, unless another is named."""
    layer.paint(mask, scene.ink(color or scene.theme.text), strength=strength)


def _ray(place: Place, angle: float, inner: float, outer: float) -> Stroke:
    """From one share of the radius to another; 0 degrees is up, turning right."""
    cx, cy, r = place
    dx, dy = np.sin(np.deg2rad(angle)) * r, -np.cos(np.deg2rad(angle)) * r
    return (cx + inner * dx, cy + inner * dy, cx + outer * dx, cy + outer * dy)


def _cross(place: Place, inner: float, outer: float) -> list[Stroke]:
    return [_ray(place, angle, inner, outer) for angle in (0, 90, 180, 270)]


def _arc(place: Place, middle: float, degrees: float, share: float) -> list[tuple[float, float]]:
    """Points along a part of a circle, around its middle angle."""
    cx, cy, r = place
    angles = np.deg2rad(np.linspace(middle - degrees / 2, middle + degrees / 2, 25))
    xs, ys = cx + np.sin(angles) * r * share, cy - np.cos(angles) * r * share
    return list(zip(xs.tolist(), ys.tolist(), strict=True))
