"""Sweep: anything that fills along a path (gauge arc, bar, route, profile), at constant cost.

Every pixel stores once how far along the path it lies. The part covered at `value` is then three
SIMD calls, exactly antialiased at its moving end, and depends on nothing but `value`.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from uploadm8.core.hud.frame import Plane

_STEPS = 64  # steps of one pixel of path, when the path is short enough for 16 bits
_FAR = 65535


class Sweep:
    """Coverage of the part of a path that has been passed.

    Args:
        position: pixels along the path per pixel, shape (h, w); NaN = not on the path.
        length: pixels of the whole path; values are 0 to this.
        softness: pixels over which the moving end fades.
    """

    def __init__(
        self, position: NDArray[np.floating], length: float, softness: float = 1.0
    ) -> None:
        self._scale = min(float(_STEPS), (_FAR - 2 * _STEPS) / max(length + softness, 1.0))
        self._edge = max(1.0, softness * self._scale)
        start = np.where(np.isnan(position), np.inf, position)
        scaled = np.clip((start - softness / 2 + 1) * self._scale, 0, _FAR)
        self._position = np.rint(scaled).astype(np.uint16)
        self._passed = np.empty_like(self._position)

    def mask(self, value: float) -> Plane:
        """Coverage at `value` pixels along the path."""
        if value <= 0:
            return np.zeros(self._position.shape, np.uint8)
        level = np.array([min((value + 1) * self._scale, _FAR - 1), 0, 0, 0])
        passed = cv2.subtract(level, self._position, dst=self._passed, dtype=cv2.CV_16U)
        # Saturation does the clipping to 255.
        return np.asarray(cv2.convertScaleAbs(passed, alpha=255 / self._edge), np.uint8)
