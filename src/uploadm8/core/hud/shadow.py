"""Shadow: the dark around light lines and letters that makes up for a panel that is see-through.

It is made from the drawn layer itself, whatever is on it: light ink is spread, softened, and what
comes out darkens the footage below the ink.
"""

import cv2
import numpy as np

from uploadm8.core.hud.box import Box
from uploadm8.core.hud.color import ColorCoding
from uploadm8.core.hud.frame import Plane
from uploadm8.core.hud.layer import Layer, half_size, times, times_plane

_SPREAD, _SOFT = 4.0, 5.0  # design units that ink grows, and is then softened twice
_BOOST = 2.4  # thin strokes, which never cover a pixel whole, cast a shadow like broad ones
_FULL = 52  # of 255, from which on it is darkest


class Shadow:
    """Puts a widget's layer, with its shadow below it, on another layer of its size.

    Args:
        drawn: what the widget draws on.
        shown: what gets its picture with the shadow.
        plate: luma of the panel alone, which casts none.
        depth: opacity of the darkest shadow.
        unit: pixels per design unit.
        coding: the frame's.
    """

    def __init__(
        self,
        drawn: Layer,
        shown: Layer,
        plate: Plane,
        depth: float,
        unit: float,
        coding: ColorCoding,
    ) -> None:
        self._drawn, self._shown, self._plate = drawn, shown, plate
        spread, soft = (max(1, round(size / 2 * unit)) for size in (_SPREAD, _SOFT))
        shape = (2 * spread + 1, 2 * spread + 1)
        self._brush = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, shape)
        self._blur = (2 * soft + 1, 2 * soft + 1)
        self._reach = 2 * (spread + 2 * soft + 1)
        rise = np.clip(np.arange(256) / _FULL, 0, 1)
        dark = depth * rise * rise * (3 - 2 * rise)
        self._dark: Plane = np.rint(dark * 255).astype(np.uint8)
        self._black = coding.black

    def cast(self, box: Box) -> None:
        """Bring what is shown up to date after a change inside this even box."""
        near = self._grown(box, self._reach)
        seen = self._grown(near, self._reach)
        small = self._shadow(seen)
        x, y = near.x0 - seen.x0, near.y0 - seen.y0
        w, h = near.x1 - near.x0, near.y1 - near.y0
        large = cv2.resize(small, None, fx=2, fy=2, interpolation=cv2.INTER_LINEAR)
        drawn, shown = self._drawn, self._shown
        dark = np.ascontiguousarray(large[y : y + h, x : x + w], np.uint8)
        below = times_plane(drawn.inv_y[near.luma], dark)
        cv2.subtract(drawn.inv_y[near.luma], below, dst=shown.inv_y[near.luma])
        black = times(below, self._black / 255)
        cv2.add(drawn.y[near.luma], black, dst=shown.y[near.luma])
        x, y, w, h = x // 2, y // 2, w // 2, h // 2
        dark = np.ascontiguousarray(small[y : y + h, x : x + w])
        below = times_plane(drawn.inv_c[near.chroma], dark)
        cv2.subtract(drawn.inv_c[near.chroma], below, dst=shown.inv_c[near.chroma])
        grey = times(below, 128 / 255)
        cv2.add(drawn.u[near.chroma], grey, dst=shown.u[near.chroma])
        cv2.add(drawn.v[near.chroma], grey, dst=shown.v[near.chroma])

    def _shadow(self, box: Box) -> Plane:
        """Opacity of the shadow in the box, at half the size: it is soft anyway."""
        over = cv2.subtract(self._drawn.y[box.luma], self._plate[box.luma])
        ink = times(half_size(np.asarray(over, np.uint8)), _BOOST)
        cv2.dilate(ink, self._brush, dst=ink)
        cv2.blur(ink, self._blur, dst=ink)
        cv2.blur(ink, self._blur, dst=ink)
        return np.asarray(cv2.LUT(ink, self._dark), np.uint8)

    def _grown(self, box: Box, reach: int) -> Box:
        """The even box, and this much around it, inside the layer."""
        whole, (x0, y0, x1, y1) = Box(0, 0, self._drawn.width, self._drawn.height), box
        return Box(x0 - reach, y0 - reach, x1 + reach, y1 + reach).even().common(whole)
