"""Sweep: anything that fills along a path (gauge arc, bar, route, profile), at constant cost.

Every pixel stores once how far along the path it lies. The part covered at `value` is then three
SIMD calls, exactly antialiased at its moving end, and depends on nothing but `value`.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from uploadm8.core.hud.box import Box, around
from uploadm8.core.hud.frame import Plane
from uploadm8.core.hud.layer import Layer, pairs, triples

_STEPS = 64  # steps of one pixel of path, when the path is short enough for 16 bits
_FAR = 65535
_BUCKET = 32  # positions whose pixels are found together
_Positions = NDArray[np.uint16]
_Edges = NDArray[np.uint16]  # x0, y0, x1, y1 of boxes, one a row


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
        luma = self._scaled(start, softness)
        chroma = self._scaled(_coarse(position), softness)
        # Rows as often as the layer has them.
        self._luma, self._chroma = np.repeat(luma, 2, axis=0), np.repeat(chroma, 3, axis=0)
        boxes = _joined(_bucket_boxes(luma, 1), _bucket_boxes(chroma, 2))
        self._until = [Box(*box) for box in _running(boxes).tolist()]
        self._boxes = [Box(*box) for box in boxes.tolist()]

    def uncover(self, layer: Layer, value: float) -> None:
        """Show the lit layer on `layer`, inside its box, up to `value` pixels along the path."""
        if value <= 0:
            return
        level = self._level(value)
        box = self._until[level // _BUCKET].even()
        if layer.box is not None:
            box = box.common(layer.box)
        if box.empty:
            return
        luma = self._shares(self._luma[pairs(box)], level)
        chroma = self._shares(self._chroma[triples(box)], level)
        layer.reveal(self._lit, luma, chroma, box)

    def _scaled(self, start: NDArray[np.floating], softness: float) -> _Positions:
        """Where pixels begin to light up, in steps."""
        steps = np.clip((start - softness / 2 + 1) * self._scale, 0, _FAR)
        return np.asarray(np.rint(steps), np.uint16)

    def _shares(self, position: _Positions, level: int) -> Plane:
        """How much of each pixel is passed, of 255."""
        ahead = cv2.subtract(level, position)  # type: ignore[call-overload]
        return np.asarray(cv2.convertScaleAbs(ahead, alpha=255 / self._edge), np.uint8)

    def changed(self, before: float, now: float) -> Box:
        """The box of all pixels that differ between two values."""
        low, high = sorted((self._level(max(before, 0.0)), self._level(max(now, 0.0))))
        first, last = max(low - self._edge, 0) // _BUCKET, high // _BUCKET
        return around(*self._boxes[first : last + 1])

    def _level(self, value: float) -> int:
        """Positions from this on are not passed; those `_edge` below it are fully."""
        return min(round((value + 1) * self._scale), _FAR - 1)


def _coarse(position: NDArray[np.floating]) -> NDArray[np.float64]:
    """The mean of those of every 2 x 2 pixels that are on the path; infinite where none is."""
    h, w = position.shape
    cells = position.reshape(h // 2, 2, w // 2, 2)
    count = (~np.isnan(cells)).sum(axis=(1, 3))
    total = np.nansum(cells, axis=(1, 3), dtype=np.float64)
    return np.where(count > 0, total / np.maximum(count, 1), np.inf)


def _bucket_boxes(position: _Positions, size: int) -> _Edges:
    """For every `_BUCKET` positions, the box of their pixels, `size` wide; empty: x1 = 0."""
    ys, xs = np.nonzero(position < _FAR)
    index = position[ys, xs] // _BUCKET
    boxes = np.zeros((_FAR // _BUCKET + 1, 4), np.uint16)
    boxes[:, :2] = _FAR
    for column, places in ((0, xs), (1, ys)):
        edges = (places * size).astype(np.uint16)
        np.minimum.at(boxes[:, column], index, edges)
        np.maximum.at(boxes[:, column + 2], index, edges + size)
    return boxes


def _joined(one: _Edges, other: _Edges) -> _Edges:
    """The box around both, for each pair of boxes."""
    low = np.minimum(one[:, :2], other[:, :2])
    return np.hstack([low, np.maximum(one[:, 2:], other[:, 2:])])


def _running(boxes: _Edges) -> _Edges:
    """The box around each one and all before it."""
    low = np.minimum.accumulate(boxes[:, :2])
    high = np.maximum.accumulate(boxes[:, 2:])
    return np.hstack([low, high])
