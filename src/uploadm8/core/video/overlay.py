"""The HUD of one rendition: telemetry resampled once to its frame times, then drawn by index."""

import math
import time
from fractions import Fraction

import msgspec
import numpy as np
from av.video.frame import VideoFrame

from uploadm8.core.hud.frame import FrameFormat
from uploadm8.core.hud.hud import Hud
from uploadm8.core.hud.spec import HudSpec
from uploadm8.core.telemetry.resample import resample
from uploadm8.core.telemetry.track import Track
from uploadm8.core.video.color import Color, Matrix, Range
from uploadm8.core.video.planes import planes_of
from uploadm8.core.video.rendition import RenditionSpec


class Overlay:
    """Draws the HUD on frames of one rendition and keeps the time it takes.

    Attributes:
        seconds: thread time spent drawing.
        drawn: frames drawn on.
    """

    def __init__(
        self,
        hud: HudSpec,
        track: Track,
        spec: RenditionSpec,
        color: Color,
        *,
        rate: Fraction,
        start_s: float,
        length_s: float,
    ) -> None:
        """`start_s` is the track's time at slot 0; `length_s` the seconds that are rendered."""
        slots = math.ceil(length_s * rate) + 1
        times = start_s + np.arange(slots, dtype=np.float64) / float(rate)
        self._last = slots - 1
        self._hud = Hud(hud, resample(track, times), frame_format(spec, color, rate), spec.margins)
        self.seconds = 0.0
        self.drawn = 0

    def draw(self, *frames: tuple[VideoFrame, int]) -> None:
        """Draw in place on frames and for their slots; the frames must be writable."""
        before = time.thread_time()
        self._hud.draw_all([(planes_of(frame), min(slot, self._last)) for frame, slot in frames])
        self.seconds += time.thread_time() - before
        self.drawn += len(frames)


def settled(hud: HudSpec) -> HudSpec:
    """The HUD of a still: without the easing, which would show half a panel or, at time 0, none."""
    return msgspec.structs.replace(hud, animate=False)


def frame_format(spec: RenditionSpec, color: Color, rate: Fraction) -> FrameFormat:
    """The format of a rendition's frames, as the HUD wants it."""
    return FrameFormat(
        spec.width,
        spec.height,
        float(rate),
        "bt709" if color.matrix == Matrix.BT709 else "bt601",
        full_range=color.range == Range.FULL,
    )
