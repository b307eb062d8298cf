"""Progress of a render: frames a second and the time that is left."""

import time
from fractions import Fraction

from uploadm8.core.video.job import Emit, Progress

_EVERY_S = 0.25


class Meter:
    """Turns pictures into progress events, a few a second."""

    def __init__(self, total: int, emit: Emit, before: int = 0) -> None:
        """`before` pictures were done earlier and count for the share, not for the speed."""
        self._total, self._emit, self._before = total, emit, before
        self._began = self._last = time.monotonic()

    def watch(self, pictures: int, moment: Fraction) -> None:
        """Note that so many pictures are done."""
        now = time.monotonic()
        if now - self._last < _EVERY_S:
            return
        self._last = now
        fps = pictures / max(now - self._began, 1e-9)
        done = min(self._total, self._before + pictures)
        left = (self._total - done) / fps if fps else float("inf")
        self._emit(Progress(done, self._total, fps, left))
