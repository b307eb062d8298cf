"""What an arc gauge looks like, one function per style of dial."""

from abc import ABC, abstractmethod
from collections.abc import Callable

import numpy as np

from uploadm8.core.hud.layer import Layer
from uploadm8.core.hud.marker import STEPS, Blob, Marker
from uploadm8.core.hud.scene import Scene
from uploadm8.core.hud.shapes import lines
from uploadm8.core.hud.sweep import Sweep
from uploadm8.core.hud.text import text_mask, write
from uploadm8.core.hud.theme import Dial
from uploadm8.core.hud.widgets.dial import Arc, gradient


class Face(ABC):
    """A drawn dial.

    Attributes:
        inner_width: columns that the number in the middle may take.
    """

    inner_width: float

    @abstractmethod
    def paint(self, layer: Layer, lit: int) -> None:
        """Show the value, in 1 / STEPS pixels along the arc."""


class RingFace(Face):
    """A ring that lights up from the accent over warm to hot, with a bright knob at its end."""

    def __init__(self, scene: Scene, base: Layer, arc: Arc, end: int) -> None:
        theme, size = scene.theme, arc.size
        white = scene.ink("#ffffff")
        base.paint(arc.mask(), white, strength=0.17)
        _ticks(scene, base, arc)
        _end_labels(scene, base, arc, end)
        self._arc = arc
        self._lit = base.copy()
        colors = gradient(arc.shares(), (scene.accent, scene.accent, theme.warm, theme.hot))
        halo = arc.glow(size * 0.022)
        self._lit.paint_rgb((halo * 0.42).astype(np.uint8), colors, scene.coding)
        self._lit.paint_rgb(arc.mask(), colors, scene.coding)
        self._sweep = Sweep(arc.positions(size * 0.06), arc.length)
        knob = arc.thickness / 2
        self._knob = Marker(
            [
                Blob(knob * 1.9, scene.ink("#000000"), 0.45, soft=True),
                Blob(knob * 0.80, white),
            ]
        )
        self.inner_width = (arc.radius - arc.thickness / 2 - size * 0.06) * 2 * 0.93

    def paint(self, layer: Layer, lit: int) -> None:
        if lit <= 0:
            return
        along = lit / STEPS
        layer.reveal(self._lit, self._sweep.mask(along))
        x, y = self._arc.point(along / self._arc.length, self._arc.radius)
        self._knob.stamp(layer, round(x * STEPS), round(y * STEPS))


def _ticks(scene: Scene, base: Layer, arc: Arc) -> None:
    outer = arc.radius - arc.thickness / 2 - arc.size * 0.022
    major = [arc.tick(i / 10, outer - arc.size * 0.032, outer) for i in range(11)]
    minor = [arc.tick(i / 50, outer - arc.size * 0.016, outer) for i in range(51) if i % 5]
    ink = scene.ink("#ffffff")
    size = arc.size
    base.paint(lines(size, size, minor, max(1.0, size * 0.0042)), ink, strength=0.38)
    base.paint(lines(size, size, major, max(1.2, size * 0.0066)), ink, strength=0.8)


def _end_labels(scene: Scene, base: Layer, arc: Arc, end: int) -> None:
    """The two ends of the scale, in the opening at the bottom: nothing else ever stands there."""
    ink = scene.ink(scene.theme.dim)
    for share, text in ((0.0, "0"), (1.0, str(end))):
        x, y = arc.point(share, arc.radius)
        drawn = text_mask(scene.theme.label, text, arc.size * 0.034)
        write(base, drawn, (x, y + arc.thickness / 2 + arc.size * 0.062), ink, "center")


FACES: dict[Dial, Callable[[Scene, Layer, Arc, int], Face]] = dict.fromkeys(Dial, RingFace)


def draw_face(scene: Scene, base: Layer, arc: Arc, end: int) -> Face:
    """Draw the theme's dial on the base, for a scale from 0 to `end`."""
    return FACES[scene.theme.dial](scene, base, arc, end)
