"""What an arc gauge looks like, one class per style of dial."""

from abc import ABC, abstractmethod

import numpy as np

from uploadm8.core.hud.box import Box, around
from uploadm8.core.hud.layer import Layer
from uploadm8.core.hud.marker import STEPS, Blob, Marker
from uploadm8.core.hud.scene import Scene
from uploadm8.core.hud.shapes import blurred, lines, placed_polygon
from uploadm8.core.hud.sweep import Sweep
from uploadm8.core.hud.text import text_mask, write
from uploadm8.core.hud.theme import Dial
from uploadm8.core.hud.widgets.dial import Arc, gradient

_BLOCKS = 30
_RED_FROM = 0.8  # share of the scale where a racing dial turns hot


class Face(ABC):
    """A drawn dial.

    Attributes:
        arc: its geometry.
        inner_width: columns that the number in the middle may take.
    """

    inner_width: float

    def __init__(self, scene: Scene, base: Layer, size: int, end: int) -> None:
        """Draw what does not move on the base, for a scale from 0 to `end`."""
        self.arc = self.geometry(size)
        self.draw(scene, base, end)

    @abstractmethod
    def geometry(self, size: int) -> Arc:
        """Where the arc lies."""

    @abstractmethod
    def draw(self, scene: Scene, base: Layer, end: int) -> None:
        """Draw the static part and prepare the moving one."""

    @abstractmethod
    def paint(self, layer: Layer, lit: int) -> None:
        """Show the value, in 1 / STEPS pixels along the arc."""

    def changed(self, base: Layer, before: int, now: int) -> Box | None:
        """Where two values look different; None: anywhere."""
        return None


class RingFace(Face):
    """A ring that lights up from the accent over warm to hot, with a bright knob at its end."""

    def geometry(self, size: int) -> Arc:
        return Arc(size, size * 0.425, size * 0.072)

    def draw(self, scene: Scene, base: Layer, end: int) -> None:
        arc, size = self.arc, self.arc.size
        mask = self._mask()
        base.paint(mask, scene.ink("#ffffff"), strength=0.17)
        self._marks(scene, base)
        if scene.sizes.captions:
            _end_labels(scene, base, size, end)
        self._lit = base.copy()
        theme = scene.theme
        colors = gradient(arc.shares(), (scene.accent, scene.accent, theme.warm, theme.hot))
        halo = blurred(mask, size * 0.022)
        self._lit.paint_rgb((halo * 0.42).astype(np.uint8), colors, scene.coding)
        self._lit.paint_rgb(mask, colors, scene.coding)
        self._sweep = Sweep(self._lit, arc.positions(size * 0.06), arc.length, size * 0.02)
        self._knob = self._make_knob(scene)
        self.inner_width = (arc.radius - arc.thickness / 2 - size * 0.06) * 2 * 0.93

    def paint(self, layer: Layer, lit: int) -> None:
        if lit <= 0:
            return
        self._sweep.uncover(layer, lit / STEPS)
        if self._knob is not None:
            self._knob.stamp(layer, *self._knob_at(lit))

    def changed(self, base: Layer, before: int, now: int) -> Box | None:
        moved = self._sweep.changed(before / STEPS, now / STEPS)
        if self._knob is None:
            return around(moved)
        knobs = [self._knob.box(base, *self._knob_at(lit)) for lit in (before, now) if lit > 0]
        return around(moved, *knobs)

    def _knob_at(self, lit: int) -> tuple[int, int]:
        x, y = self.arc.point(lit / STEPS / self.arc.length, self.arc.radius)
        return round(x * STEPS), round(y * STEPS)

    def _mask(self) -> np.ndarray[tuple[int, int], np.dtype[np.uint8]]:
        return self.arc.mask()

    def _marks(self, scene: Scene, base: Layer) -> None:
        arc, size = self.arc, self.arc.size
        outer = arc.radius - arc.thickness / 2 - size * 0.022
        major = [arc.tick(i / 10, outer - size * 0.032, outer) for i in range(11)]
        ink = scene.ink("#ffffff")
        if scene.sizes.captions:
            minor = [arc.tick(i / 50, outer - size * 0.016, outer) for i in range(51) if i % 5]
            base.paint(lines(size, size, minor, max(1.0, size * 0.0042)), ink, strength=0.38)
        base.paint(lines(size, size, major, max(1.2, size * 0.0066)), ink, strength=0.8)

    def _make_knob(self, scene: Scene) -> Marker | None:
        knob = self.arc.thickness / 2
        return Marker(
            [
                Blob(knob * 1.9, scene.ink("#000000"), 0.45, soft=True),
                Blob(knob * 0.80, scene.ink("#ffffff")),
            ]
        )


class HairlineFace(RingFace):
    """A thin line and a dot."""

    def geometry(self, size: int) -> Arc:
        return Arc(size, size * 0.40, max(2.0, size * 0.014))

    def _marks(self, scene: Scene, base: Layer) -> None:
        """None: the line is all there is."""

    def _make_knob(self, scene: Scene) -> Marker | None:
        size = self.arc.size
        return Marker(
            [
                Blob(size * 0.05, scene.ink("#000000"), 0.4, soft=True),
                Blob(size * 0.026, scene.ink(scene.accent)),
            ]
        )


class SegmentFace(RingFace):
    """Blocks that light up one after the other."""

    def geometry(self, size: int) -> Arc:
        return Arc(size, size * 0.415, size * 0.085)

    def _mask(self) -> np.ndarray[tuple[int, int], np.dtype[np.uint8]]:
        arc = self.arc
        gaps = [
            arc.tick(i / _BLOCKS, arc.radius - arc.thickness, arc.radius + arc.thickness)
            for i in range(1, _BLOCKS)
        ]
        cut = lines(arc.size, arc.size, gaps, arc.size * 0.012)
        return np.asarray(
            np.where(cut > arc.mask(), 0, arc.mask() - np.minimum(cut, arc.mask())), np.uint8
        )

    def _marks(self, scene: Scene, base: Layer) -> None:
        """None: the blocks are the scale."""

    def _make_knob(self, scene: Scene) -> Marker | None:
        return None


class NeedleFace(Face):
    """Ticks and numbers around, and a pointer that runs outside of them."""

    def geometry(self, size: int) -> Arc:
        return Arc(size, size * 0.43, size * 0.05)

    def draw(self, scene: Scene, base: Layer, end: int) -> None:
        arc, size = self.arc, self.arc.size
        theme = scene.theme
        white = scene.ink(theme.text)
        outer = size * 0.405
        majors = _major_steps(end)
        shares = np.linspace(0, 1, majors * 5 + 1)
        ticks = {
            (hot, major): [
                arc.tick(float(s), outer - size * (0.040 if major else 0.024), outer)
                for i, s in enumerate(shares)
                if (s >= _RED_FROM) == hot and (i % 5 == 0) == major
            ]
            for hot in (False, True)
            for major in (False, True)
        }
        for (hot, major), strokes in ticks.items():
            bold = size * (0.012 if major else 0.006)
            ink = scene.ink(theme.hot) if hot else white
            base.paint(lines(size, size, strokes, bold), ink, strength=1.0 if major else 0.6)
        edge = Arc(size, size * 0.47, size * 0.008)
        base.paint(edge.mask(), white, strength=0.35)
        self._ink = scene.ink(scene.accent)
        self.inner_width = (outer - size * 0.09) * 2 * 0.84
        if scene.sizes.captions:
            radius, cap = size * 0.302, size * 0.035
            self.inner_width = (radius - cap * 1.6) * 2 * 0.84
            for i in range(majors + 1):
                x, y = arc.point(i / majors, radius)
                text = text_mask(theme.label, str(round(end * i / majors)), cap)
                write(base, text, (x, y + cap / 2), scene.text_ink(theme.dim), "center")

    def paint(self, layer: Layer, lit: int) -> None:
        arc, size = self.arc, self.arc.size
        share = lit / STEPS / arc.length
        tip = arc.point(share, size * 0.385)
        back = arc.point(share, size * 0.472)
        a = arc.angle(share)
        across = (-float(np.sin(a)) * size * 0.017, float(np.cos(a)) * size * 0.017)
        wedge = np.array(
            [
                tip,
                (back[0] + across[0], back[1] + across[1]),
                (back[0] - across[0], back[1] - across[1]),
            ]
        )
        mask, x, y = placed_polygon(wedge)
        layer.paint(mask, self._ink, x, y)


def _major_steps(end: int) -> int:
    """How many numbered steps a scale has: the first of these that divides it into round ones."""
    return next((n for n in (8, 10, 6, 5) if end % n == 0 and end // n % 5 == 0), 5)


def _end_labels(scene: Scene, base: Layer, size: int, end: int) -> None:
    """The two ends of the scale, in the opening at the bottom: nothing else ever stands there."""
    ink = scene.text_ink(scene.theme.dim)
    for side, text in ((-1, "0"), (1, str(end))):
        drawn = text_mask(scene.theme.label, text, size * 0.034)
        at = (size * (0.5 + side * 0.205), size * 0.825)
        write(base, drawn, at, ink, "center")


FACES: dict[Dial, type[Face]] = {
    Dial.RING: RingFace,
    Dial.HAIRLINE: HairlineFace,
    Dial.SEGMENTS: SegmentFace,
    Dial.NEEDLE: NeedleFace,
}
