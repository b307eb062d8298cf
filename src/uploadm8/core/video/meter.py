"""Progress of a render: frames a second and the time that is left."""

import time
from collections.abc import Callable
from fractions import Fraction

from uploadm8.core.video.job import Emit, Progress

_EVERY_S = 0.25


class Meter:
    """Turns pictures into progress events, a few a second."""

    def __init__(self, total: int, emit: Emit, before: int = 0) -> None:
        """`before` pictures were done earlier and count for the share, not for the speed."""
        self._total, self._emit, self._before = total, emit, before
        self._began = self._last = time.monotonic()

    def after(self, earlier: int) -> Callable[[int, Fraction], None]:
        """A `watch` for those who count anew, after so many earlier pictures."""
        return lambda pictures, moment: self.watch(earlier + pictures, moment)

    def watch(self, pictures: int, moment: Fraction) -> None:
        """Note that so many pictures are done."""
        now = time.monotonic()
        if (
            now - self._last < _EVERY_S or not pictures
        ):  # on the way to the first, there is no speed
            return
        self._last = now
        fps = pictures / max(now - self._began, 1e-9)
        done = min(self._total, self._before + pictures)
        self._emit(Progress(done, self._total, fps, (self._total - done) / fps))
