"""Sweep: anything that fills along a path (gauge arc, bar, route, profile), at constant cost.

Every pixel stores once how far along the path it lies. The part covered at `value` is then three
SIMD calls, exactly antialiased at its moving end, and depends on nothing but `value`.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from uploadm8.core.hud.box import Box
from uploadm8.core.hud.layer import Layer

_STEPS = 64  # steps of one pixel of path, when the path is short enough for 16 bits
_FAR = 65535
_BUCKET = 32  # positions whose pixels are found together
_Positions = NDArray[np.uint16]


class Sweep:
    """A lit version of a layer that is uncovered along a path.

    Args:
        lit: the layer with the whole path lit; equal to the unlit one where there is no path.
        position: pixels along the path per pixel, shape (h, w); NaN = not on the path.
        length: pixels of the whole path; values are 0 to this.
        softness: pixels over which the moving end fades.
    """

    def __init__(
        self, lit: Layer, position: NDArray[np.floating], length: float, softness: float = 1.0
    ) -> None:
        self._lit = lit
        self._scale = min(float(_STEPS), (_FAR - 2 * _STEPS) / max(length + softness + 2, 1.0))
        self._edge = max(1, round(softness * self._scale))
        start = np.where(np.isnan(position), np.inf, position)
        scaled = np.clip((start - softness / 2 + 1) * self._scale, 0, _FAR)
        self._position: _Positions = np.rint(scaled).astype(np.uint16)
        h, w = position.shape
        # A chroma pixel is fully passed when the last of its four luma pixels is.
        self._last: _Positions = self._position.reshape(h // 2, 2, w // 2, 2).max(axis=(1, 3))
        self._boxes = _bucket_boxes(self._position)

    def uncover(self, layer: Layer, value: float) -> None:
        """Show the lit layer on `layer` up to `value` pixels along the path.

        What is fully passed is copied; only the few pixels at the moving end are mixed.
        """
        if value <= 0 or (layer.box is not None and layer.box.x1 <= layer.box.x0):
            return
        passed, level = self._levels(value)
        box = layer.box or Box(0, 0, layer.width, layer.height)
        for area, position, names in (
            (box.luma, self._position, ("inv_y", "y")),
            (box.chroma, self._last, ("inv_c", "u", "v")),
        ):
            full = (position[area] <= np.uint16(passed)).view(np.uint8)
            for name in names:
                cv2.copyTo(getattr(self._lit, name)[area], full, getattr(layer, name)[area])
        moving = self._box(passed, level)
        if moving.x1 > moving.x0:
            self._mix(layer, moving.even(), level)

    def changed(self, before: float, now: float) -> Box:
        """The box of all pixels that differ between two values."""
        low, high = sorted((max(before, 0.0), max(now, 0.0)))
        passed, _ = self._levels(low)
        return self._box(passed, self._levels(high)[1])

    def _levels(self, value: float) -> tuple[int, int]:
        """Below the first, positions are fully passed; from the second on, not at all."""
        level = min(round((value + 1) * self._scale), _FAR - 1)
        return max(level - self._edge, 0), level

    def _box(self, first: int, last: int) -> Box:
        boxes = self._boxes[first // _BUCKET : last // _BUCKET + 1]
        x0, y0 = boxes[:, :2].min(axis=0).tolist()
        x1, y1 = boxes[:, 2:].max(axis=0).tolist()
        return Box(x0, y0, x1, y1)

    def _mix(self, layer: Layer, box: Box, level: int) -> None:
        """Mix both layers inside an even box by how far each pixel was passed."""
        position = self._position[box.luma].astype(np.int32)
        share = np.clip((level - position) * (255 / self._edge), 0, 255)
        layer.reveal(self._lit, np.rint(share).astype(np.uint8), box.x0, box.y0)


def _bucket_boxes(position: _Positions) -> NDArray[np.int64]:
    """For every `_BUCKET` positions, the box (x0, y0, x1, y1) of their pixels; empty: x1 = 0."""
    bucket = (position // _BUCKET).astype(np.int64)
    ys, xs = np.nonzero(position < _FAR)
    index = bucket[ys, xs]
    boxes = np.zeros((_FAR // _BUCKET + 1, 4), np.int64)
    boxes[:, :2] = _FAR
    np.minimum.at(boxes[:, 0], index, xs)
    np.minimum.at(boxes[:, 1], index, ys)
    np.maximum.at(boxes[:, 2], index, xs + 1)
    np.maximum.at(boxes[:, 3], index, ys + 1)
    return boxes
