"""The faces that a g-force ball rolls on, one per style."""

from collections.abc import Callable

from uploadm8.core.hud.layer import Layer
from uploadm8.core.hud.scene import Scene
from uploadm8.core.hud.shapes import disc
from uploadm8.core.hud.theme import BallFace
from uploadm8.core.hud.widgets.pen import Pen, Place, Stroke, arc, cross, ray


def draw_face(scene: Scene, layer: Layer, place: Place, unit: float) -> None:
    """Draw the theme's face; at the radius is the scale's end, `unit` is pixels per design unit."""
    pen = Pen(scene, layer, unit)
    if scene.theme.ball is not BallFace.GRID:
        x, y, radius = place
        pen.fill(disc(layer.width, layer.height, (x, y), radius), 0.18, "#000000")
    _FACES[scene.theme.ball](pen, place)


def _rings(pen: Pen, place: Place) -> None:
    """Three rings and a cross."""
    for share, strength in ((1.0, 0.75), (2 / 3, 0.34), (1 / 3, 0.34)):
        pen.ring(place, share, 2, strength)
    pen.strokes(cross(place, 0.0, 1.0), 1.4, 0.26)


def _hairline(pen: Pen, place: Place) -> None:
    """A thin circle, a tick at each of its quarters, a small cross in the middle."""
    pen.ring(place, 1.0, 1.6, 0.8)
    pen.strokes(cross(place, 0.86, 1.0), 1.6, 0.8)
    pen.strokes(cross(place, 0.0, 0.12), 1.6, 0.6)


def _blocks(pen: Pen, place: Place) -> None:
    """A rim of blocks, those ahead and behind lit, and a ring of dashes."""
    rest = [ray(place, angle, 0.9, 1.0) for angle in range(0, 360, 10) if 20 < angle % 180 < 160]
    pen.strokes(rest, 11, 0.42)
    lit = [ray(place, side + at, 0.9, 1.0) for side in (0, 180) for at in (-20, -10, 0, 10, 20)]
    pen.strokes(lit, 11, 1.0, pen.scene.accent)
    for angle in range(0, 360, 18):
        pen.line(arc(place, angle - 4.5, angle + 4.5, 0.5), 1.8, 0.4)
    pen.strokes(cross(place, 0.0, 0.34), 1.6, 0.34)


def _gauge(pen: Pen, place: Place) -> None:
    """A rim with the ticks of an instrument, the quarters in the accent colour."""
    pen.ring(place, 1.0, 1.6, 0.5)
    pen.ring(place, 0.5, 1.4, 0.3)
    pen.strokes([ray(place, at, 0.92, 1.0) for at in range(0, 360, 10) if at % 30], 1.6, 0.5)
    pen.strokes([ray(place, at, 0.86, 1.0) for at in range(0, 360, 30) if at % 90], 2.4, 0.9)
    pen.strokes(cross(place, 0.82, 1.0), 3.4, 1.0, pen.scene.accent)
    pen.strokes(cross(place, 0.0, 0.5), 1.4, 0.24)


def _graticule(pen: Pen, place: Place) -> None:
    """Squared paper."""
    x, y, r = place
    edge = [(x - r, y - r), (x + r, y - r), (x + r, y + r), (x - r, y + r)]
    pen.line(edge, 1.8, 0.7, closed=True)
    for at in (-0.5 * r, 0.5 * r):
        pen.strokes([(x + at, y - r, x + at, y + r), (x - r, y + at, x + r, y + at)], 1.4, 0.24)
    pen.strokes(cross(place, 0.0, 1.0), 1.6, 0.5)


def _reticle(pen: Pen, place: Place) -> None:
    """Four arcs around an open cross, as in a sight."""
    for angle in (45, 135, 225, 315):
        pen.line(arc(place, angle - 28, angle + 28, 1.0), 2, 0.9, pen.scene.accent)
    pen.strokes(cross(place, 0.16, 1.0), 1.6, 0.5)
    x, y, r = place
    short, marks = 0.07 * r, list[Stroke]()
    for share in (-2 / 3, -1 / 3, 1 / 3, 2 / 3):
        right, low = x + share * r, y + share * r
        marks += [(right, y - short, right, y + short), (x - short, low, x + short, low)]
    pen.strokes(marks, 1.6, 0.5)


_FACES: dict[BallFace, Callable[[Pen, Place], None]] = {
    BallFace.RINGS: _rings,
    BallFace.HAIRLINE: _hairline,
    BallFace.BLOCKS: _blocks,
    BallFace.GAUGE: _gauge,
    BallFace.GRID: _graticule,
    BallFace.RETICLE: _reticle,
}
