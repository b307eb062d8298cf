"""Shadow: the dark around light lines and letters that makes up for a panel that is see-through.

It is made from the drawn layer itself, whatever is on it: light ink is spread, softened, and what
comes out darkens the footage below the ink.
"""

import cv2
import numpy as np

from uploadm8.core.hud.box import Box
from uploadm8.core.hud.color import ColorCoding
from uploadm8.core.hud.frame import Plane
from uploadm8.core.hud.layer import Layer, half_size, times_plane

_SPREAD, _SOFT = 3.0, 6.0  # design units that ink grows, and is then softened twice
_FULL = 40  # luma, above the plate's, of ink that casts the whole shadow


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
        spread, soft = max(1, round(_SPREAD * unit)), max(1, round(_SOFT * unit))
        shape = (2 * spread + 1, 2 * spread + 1)
        self._brush = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, shape)
        self._blur = (2 * soft + 1, 2 * soft + 1)
        self._reach = spread + 2 * soft
        rise = np.clip(np.arange(256) / _FULL, 0, 1)
        dark = depth * rise * rise * (3 - 2 * rise)
        self._dark: Plane = np.rint(dark * 255).astype(np.uint8)
        self._black = coding.black / 255

    def cast(self, box: Box) -> None:
        """Bring what is shown up to date after a change inside this even box."""
        near = self._grown(box)
        seen = self._grown(near)
        ink = cv2.subtract(self._drawn.y[seen.luma], self._plate[seen.luma])
        cv2.dilate(ink, self._brush, dst=ink)
        cv2.blur(ink, self._blur, dst=ink)
        cv2.blur(ink, self._blur, dst=ink)
        cv2.LUT(ink, self._dark, dst=ink)
        rows = slice(near.y0 - seen.y0, near.y1 - seen.y0)
        columns = slice(near.x0 - seen.x0, near.x1 - seen.x0)
        dark = np.ascontiguousarray(ink[rows, columns], np.uint8)
        self._shown.load(self._drawn, near)
        shown = self._shown
        below = times_plane(shown.inv_y[near.luma], dark)
        _darken(shown.inv_y[near.luma], below)
        if self._black:
            cv2.scaleAdd(below, self._black, shown.y[near.luma], dst=shown.y[near.luma])
        below = times_plane(shown.inv_c[near.chroma], half_size(dark))
        _darken(shown.inv_c[near.chroma], below)
        grey = cv2.convertScaleAbs(below, alpha=128 / 255)
        for plane in (shown.u[near.chroma], shown.v[near.chroma]):
            cv2.add(plane, grey, dst=plane)

    def _grown(self, box: Box) -> Box:
        """The even box, and all around it that its ink reaches."""
        reach, whole = self._reach, Box(0, 0, self._drawn.width, self._drawn.height)
        x0, y0, x1, y1 = box
        return Box(x0 - reach, y0 - reach, x1 + reach, y1 + reach).even().common(whole)


def _darken(inverse: Plane, below: Plane) -> None:
    """Take the shadow's share from what is seen through the layer."""
    cv2.subtract(inverse, below, dst=inverse)
