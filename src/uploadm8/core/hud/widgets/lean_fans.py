"""Lean angles shown as fans: what leans moves about a pivot at its foot."""

import numpy as np

from uploadm8.core.hud.layer import Layer
from uploadm8.core.hud.lettering import caption, degree_sign
from uploadm8.core.hud.shapes import Placed, Point, bar, placed_polygon
from uploadm8.core.hud.text import number_mask, text_mask, write
from uploadm8.core.hud.widgets.lean_face import HOT_DEG, SCALE_DEG, WORDS, Face, Inked, placed
from uploadm8.core.hud.widgets.pen import Pen, Place, arc, at_angle, ray

# Half of the outline of rider and motorcycle from behind, x to the right, y up from the tyre's
# contact with the road, as shares of the height.
_OUTLINE = (
    (0.0, 0.0), (0.045, 0.01), (0.06, 0.05), (0.06, 0.30), (0.10, 0.33), (0.15, 0.40),
    (0.155, 0.47), (0.13, 0.52), (0.16, 0.555), (0.30, 0.50), (0.325, 0.53), (0.31, 0.57),
    (0.235, 0.67), (0.20, 0.735), (0.14, 0.775), (0.07, 0.79), (0.065, 0.80), (0.095, 0.83),
    (0.108, 0.875), (0.10, 0.92), (0.07, 0.965), (0.03, 0.985), (0.0, 0.99),
)  # fmt: skip


class RiderFace(Face):
    """A rider seen from behind, under a band that lights up to where he leans."""

    def draw(self, pen: Pen) -> None:
        pen.fill(bar(self.width, self.height, self._road()), 0.45)
        pen.line(arc(self.place, -SCALE_DEG, SCALE_DEG, 1.0), 9, 0.2)
        marks = [ray(self.place, at, 0.88, 0.94) for at in range(-SCALE_DEG, SCALE_DEG + 1, 15)]
        pen.strokes(marks, 2, 0.7)

    def pieces(self, degrees: float) -> list[Inked]:
        theme = self.scene.theme
        half = 4.5 * self.unit / self.place[2]
        outer, inner = (arc(self.place, 0.0, degrees, share) for share in (1 + half, 1 - half))
        knob = arc((*at_angle(self.place, degrees, 1.0), 7.5 * self.unit), 0, 360, 1.0)
        band = placed([*outer, *inner[::-1]])
        return [
            (self._rider(degrees), theme.text),
            (band, theme.hot if abs(degrees) > HOT_DEG else self.scene.accent),
            (placed(knob), "#ffffff"),
        ]

    def _road(self) -> tuple[float, float, float, float]:
        x, y, _ = self.place
        return x - 74 * self.unit, y - self.unit, 148 * self.unit, max(1.2, 2 * self.unit)

    def _rider(self, degrees: float) -> Placed:
        x, y, radius = self.place
        half = np.array(_OUTLINE)
        outline = np.concatenate([half, half[::-1] * (-1, 1)]) * radius * 0.8
        a = np.deg2rad(degrees)
        right = outline[:, 0] * np.cos(a) + outline[:, 1] * np.sin(a)
        down = outline[:, 0] * np.sin(a) - outline[:, 1] * np.cos(a)
        return placed_polygon(np.stack([right + x, down + y], axis=1))


class LineFace(Face):
    """A thin line that leans off a dashed upright one, to a dot on a thin arc."""

    beside = 34.0

    def draw(self, pen: Pen) -> None:
        pen.line(arc(self.place, -SCALE_DEG, SCALE_DEG, 1.0), 1.6, 0.6)
        marks = [ray(self.place, at, 1.0, 1.06) for at in range(-SCALE_DEG, SCALE_DEG + 1, 30)]
        pen.strokes(marks, 1.6, 0.8)
        dashes = [ray(self.place, 0.0, at, at + 0.04) for at in np.arange(0.08, 0.96, 0.09)]
        pen.strokes(dashes, 1.6, 0.5)

    def pieces(self, degrees: float) -> list[Inked]:
        theme, unit, foot = self.scene.theme, self.unit, self.place[:2]
        tip = at_angle(self.place, degrees, 1.0)
        return [
            (placed(_needle(self.place, degrees, 1.3 * unit)), theme.text),
            (placed(arc((*tip, 7.0 * unit), 0, 360, 1.0)), theme.hot),
            (placed(arc((*foot, 4.0 * unit), 0, 360, 1.0)), theme.text),
        ]


class BlocksFace(Face):
    """Blocks that light up to one side, around a large number."""

    _STEP = 10

    def locate(self) -> Place:
        y = self.height - (self.scene.sizes.label + 42 if self._captioned else 34) * self.unit
        return self.width / 2, y, min(y - 22 * self.unit, self.widest())

    @property
    def _captioned(self) -> bool:
        return self.scene.sizes.captions

    def draw(self, pen: Pen) -> None:
        theme = self.scene.theme
        self._cap = self.place[2] * 0.42
        self._degree = degree_sign(self._cap)
        self._lit: dict[int, Inked] = {}
        for at in range(-SCALE_DEG, SCALE_DEG + 1, self._STEP):
            inner, outer = (arc(self.place, at - 4, at + 4, share) for share in (0.8, 1.0))
            block = placed([*outer, *inner[::-1]])
            color = theme.hot if abs(at) > HOT_DEG else theme.warm if abs(at) > 30 else None
            self._lit[at] = block, color or self.scene.accent
            mask, x, y = block
            pen.layer.paint(mask, self.scene.ink(theme.text), x, y, 0.22)

    def pieces(self, degrees: float) -> list[Inked]:
        return [
            block
            for at, block in self._lit.items()
            if at * degrees >= 0 and abs(at) <= abs(degrees) + self._STEP / 2
        ]

    def draw_foot(self, base: Layer) -> None:
        if self._captioned:
            at = (self.width / 2, self.height - 20 * self.unit)
            words = caption(self.scene, WORDS, self.unit)
            write(base, words, at, self.scene.text_ink(self.scene.theme.dim), "center")

    def write(self, layer: Layer, digits: str) -> None:
        scene, (x, y, _) = self.scene, self.place
        number = number_mask(scene.theme.digits, digits, self._cap)
        write(layer, number, (x, y), scene.ink(scene.theme.text), "center")
        at = (x + number.width / 2 + self._cap * 0.09, y)
        write(layer, self._degree, at, scene.text_ink(scene.theme.dim))


class NeedleFace(Face):
    """A needle on a protractor, with marks at the farthest so far."""

    above, beside = 34.0, 32.0

    def draw(self, pen: Pen) -> None:
        scene, place = self.scene, self.place
        fine = [ray(place, at, 0.94, 1.0) for at in range(-SCALE_DEG, SCALE_DEG + 1, 5) if at % 10]
        pen.strokes(fine, 1.6, 0.6)
        for at in range(-SCALE_DEG, SCALE_DEG + 1, 10):
            hot = scene.theme.hot if abs(at) > HOT_DEG else None
            pen.strokes([ray(place, at, 0.88, 1.0)], 3, 1.0, hot)
        if scene.sizes.captions:
            cap = scene.sizes.label * 0.8 * self.unit
            for at in (-60, -30, 30, 60):  # the needle stands on 0 most of the time
                x, y = at_angle(place, at, 0.74)
                text = text_mask(scene.theme.label, str(abs(at)), cap)
                write(pen.layer, text, (x, y + cap / 2), scene.text_ink(scene.theme.dim), "center")
        pen.line(arc(place, -90, 90, 0.12), 2, 0.6)

    def pieces(self, degrees: float) -> list[Inked]:
        needle = placed(_needle(self.place, degrees, 5.5 * self.unit, 0.92))
        return [(needle, self.scene.accent)]

    def marks(self, degrees: float) -> list[Inked]:
        return [(self.arrow(degrees, 1.03), self.scene.theme.warm)]


def _needle(place: Place, degrees: float, half: float, end: float = 1.0) -> list[Point]:
    """A long thin triangle, or a line where it is thin, from the pivot to a share of the radius."""
    x, y, _ = place
    a = np.deg2rad(degrees)
    across = half * float(np.cos(a)), half * float(np.sin(a))
    tip, narrow = at_angle(place, degrees, end), min(1.0, 0.3 + 1 / half)
    return [
        (x - across[0], y - across[1]),
        (tip[0] - across[0] * narrow, tip[1] - across[1] * narrow),
        (tip[0] + across[0] * narrow, tip[1] + across[1] * narrow),
        (x + across[0], y + across[1]),
    ]
