"""The small print of panels: captions, units, and the line at a square panel's foot."""

from uploadm8.core.hud.layer import Layer
from uploadm8.core.hud.plates import side_pad
from uploadm8.core.hud.scene import Scene
from uploadm8.core.hud.shapes import ring
from uploadm8.core.hud.text import TextMask, number_mask, text_mask, write

_MARGIN = 20.0  # of the foot, from the panel's edges


def caption(scene: Scene, words: str, unit: float) -> TextMask:
    """What a number is, in capitals; `unit` is pixels per design unit."""
    theme = scene.theme
    return text_mask(theme.label, words, scene.sizes.label * unit, theme.tracking)


def symbol(scene: Scene, text: str, unit: float) -> TextMask:
    """A unit of measure, as small as a caption."""
    return text_mask(scene.theme.label, text, scene.sizes.label * unit)


def degree_sign(cap: float) -> TextMask:
    """A ring as high as digits of that cap height; the fonts' own ones are as small as a dot."""
    size, bold = round(cap * 0.42), cap * 0.1
    radius = cap * 0.15
    side = max(size, 4)
    mask = ring(side, side, (side / 2, radius + bold / 2 + 0.5), radius, bold)
    return TextMask(mask, 0, round(cap), float(side), lasting=True)


class Foot:
    """A caption at the left, a number at the right; where captions are left out, it is centred.

    Args:
        scene: where.
        base: the panel's static part; gets the caption.
        unit: pixels per design unit.
        words: the caption.
        sign: what follows the number.
        space: between the two, design units; where it is next to nothing, as before a degree
            sign, the digits alone are centred.
    """

    def __init__(
        self, scene: Scene, base: Layer, unit: float, words: str, sign: TextMask, space: float
    ) -> None:
        self._scene, self._sign, self._space = scene, sign, space * unit
        self._counts = space > 3
        self._cap = foot_cap(scene, unit)
        self._line = base.height - _MARGIN * unit
        self._right = base.width - _MARGIN * unit - side_pad(scene)
        if scene.sizes.captions:
            at = (_MARGIN * unit + side_pad(scene), self._line)
            write(base, caption(scene, words, unit), at, scene.text_ink(scene.theme.dim))

    def write(self, layer: Layer, digits: str) -> None:
        """Put the number there."""
        scene, theme = self._scene, self._scene.theme
        value = number_mask(theme.value, digits, self._cap)
        after = self._space + self._sign.width
        end = self._right - after
        if not scene.sizes.captions:
            beside = after if self._counts else 0.0
            end = (layer.width + value.width - beside) / 2
        write(layer, value, (end, self._line), scene.ink(theme.text), "right")
        write(layer, self._sign, (end + self._space, self._line), scene.text_ink(theme.dim))


def foot_cap(scene: Scene, unit: float) -> float:
    """Cap height of the number, px."""
    return scene.sizes.value * 0.82 * unit
