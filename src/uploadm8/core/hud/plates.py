"""What stands behind a widget, in every style."""

import numpy as np

from uploadm8.core.hud.frame import Plane
from uploadm8.core.hud.layer import Layer
from uploadm8.core.hud.scene import Scene
from uploadm8.core.hud.shapes import (
    bar,
    blurred,
    coverage,
    grid,
    lines,
    polygon,
    rounded_distance,
)
from uploadm8.core.hud.theme import Plate

_SLOPE, _MOST_LEAN, _LEAN_PAD = 0.08, 30.0, 14.0  # of leaning plates; the last two design units


def draw_plate(scene: Scene, layer: Layer, *, round_plate: bool = False) -> Plane | None:
    """Draw the theme's plate over the whole layer; the shape to frost when it is glass."""
    shape = _draw(scene, layer, round_plate=round_plate)
    if scene.spec.opacity < 1:
        layer.fade(scene.spec.opacity)
    return shape


def shadow_depth(scene: Scene) -> float:
    """How dark the shadow of ink must be, where a plate is too see-through for it."""
    theme, opacity = scene.theme, scene.spec.opacity
    return 1 - (1 - theme.darkness_around_text(opacity)) / (1 - theme.darkness * opacity)


def _draw(scene: Scene, layer: Layer, *, round_plate: bool) -> Plane | None:
    plate = scene.theme.plate
    if plate is Plate.GLASS:
        return _glass(scene, layer, round_plate=round_plate)
    if plate is Plate.SCRIM:
        _scrim(scene, layer)
    elif plate is Plate.SLANT:
        _slant(scene, layer)
    elif plate is Plate.CUT:
        _cut(scene, layer)
    elif plate is Plate.STRIP:
        _fill(scene, layer, np.full(layer.y.shape, 255, np.uint8))
    else:
        _brackets(scene, layer)
    return None


def _fill(scene: Scene, layer: Layer, mask: Plane) -> None:
    theme = scene.theme
    layer.paint(mask, scene.ink(theme.plate_color), strength=theme.plate_alpha)


def _glass(scene: Scene, layer: Layer, *, round_plate: bool) -> Plane:
    """A bright rim that fades downwards, and a sheen on the upper part."""
    w, h = layer.width, layer.height
    radius = min(w, h) / 2 if round_plate else min(scene.px(scene.theme.radius), min(w, h) / 2)
    distance = rounded_distance(w, h, radius)
    shape = coverage(distance)
    down = np.linspace(0, 1, h, dtype=np.float32)[:, None]
    width = max(1.0, scene.px(1.6))
    rim = coverage(np.abs(distance + width / 2) - width / 2) * (0.42 - 0.30 * down)
    sheen = shape * np.clip(0.06 - 0.14 * down, 0, 1)
    white = scene.ink("#ffffff")
    layer.paint(np.rint(sheen).astype(np.uint8), white)
    layer.paint(np.rint(rim).astype(np.uint8), white)
    return shape


def _scrim(scene: Scene, layer: Layer) -> None:
    w, h = layer.width, layer.height
    inner = coverage(rounded_distance(w, h, scene.px(24)) + scene.px(6))
    _fill(scene, layer, blurred(inner, scene.px(4)))


def _slant(scene: Scene, layer: Layer) -> None:
    w, h = layer.width, layer.height
    lean, edge = min(h * _SLOPE, scene.px(_MOST_LEAN)), scene.px(7)
    _fill(scene, layer, polygon(w, h, [(lean, 0), (w, 0), (w - lean, h), (0, h)]))
    stripe = [(lean, 0), (lean + edge, 0), (edge, h), (0, h)]
    layer.paint(polygon(w, h, stripe), scene.ink(scene.accent))


def _cut(scene: Scene, layer: Layer) -> None:
    w, h = layer.width, layer.height
    c = min(scene.px(scene.theme.radius), h / 3)
    points = [(c, 0), (w, 0), (w, h - c), (w - c, h), (0, h), (0, c)]
    _fill(scene, layer, polygon(w, h, points))
    line = max(2.0, scene.px(4))
    top = [(c, 0), (w, 0), (w, line), (c + line * 0.4, line)]
    layer.paint(polygon(w, h, top), scene.ink(scene.accent))


def _brackets(scene: Scene, layer: Layer) -> None:
    w, h = layer.width, layer.height
    shade = coverage(rounded_distance(w, h, scene.px(8)) + scene.px(2))
    _fill(scene, layer, shade)
    arm, line = min(scene.px(20), w / 4, h / 4), max(1.5, scene.px(2.5))
    k = line / 2
    corners = []
    for x, dx in ((k, arm), (w - k, -arm)):
        for y, dy in ((k, arm), (h - k, -arm)):
            corners += [(x - np.sign(dx) * k, y, x + dx, y), (x, y, x, y + dy)]
    layer.paint(lines(w, h, corners, line), scene.ink(scene.accent), strength=0.9)


def side_pad(scene: Scene) -> float:
    """Extra free space, px, that contents keep from the left and right edge of the plate."""
    return scene.px(_LEAN_PAD) if scene.theme.plate is Plate.SLANT else 0.0


def hairline(layer: Layer, scene: Scene, box: tuple[float, float, float, float]) -> None:
    """A thin separating line (x, y, w, h) in the label colour."""
    mask = bar(layer.width, layer.height, box)
    layer.paint(mask, scene.ink(scene.theme.dim), strength=0.3)


def fade_sides(width: int, height: int, margin: float) -> Plane:
    """A mask that fades to nothing towards the left and right ends, where numbers are cut off."""
    x, _ = grid(width, height)
    inside = np.clip(np.minimum(x, width - x) / margin, 0, 1)
    return np.asarray(np.rint(inside**2 * 255), np.uint8)
