"""Scene: everything a widget may know: the user's wishes, the data, the frame, the look."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from uploadm8.core.hud.clock import LocalClock
from uploadm8.core.hud.color import ColorCoding, Ink, lightened, on_dark
from uploadm8.core.hud.frame import FrameFormat, Rect
from uploadm8.core.hud.motion import IndexArray, bridge_gaps, digit_slots
from uploadm8.core.hud.sizes import COMPACT, WIDE, Sizes
from uploadm8.core.hud.spec import HudSpec, WidgetEntry
from uploadm8.core.hud.theme import Theme
from uploadm8.core.hud.themes import THEMES
from uploadm8.core.hud.units import UNIT_SYSTEMS, UnitSystem
from uploadm8.core.telemetry.resample import Samples
from uploadm8.core.telemetry.track import BoolArray, Channel, FloatArray

DESIGN_SIDE = 1080  # the short side that sizes are designed for
WHOLE_TRACK_CLIPS = 8  # a map shows a track whole when it is at most this many clips long


@dataclass(frozen=True)
class Scene:
    """What a HUD is made from.

    Attributes:
        spec: the user's wishes.
        samples: the data at the frame times.
        frame: the frame's format.
        area: where widgets may stand.
        unit: pixels per design unit.
        known: what was worked out from the data; shared by the same scene at other sizes.
    """

    spec: HudSpec
    samples: Samples
    frame: FrameFormat
    area: Rect
    unit: float
    known: dict[Channel, FloatArray] = field(default_factory=dict, compare=False, repr=False)

    @cached_property
    def theme(self) -> Theme:
        """The look."""
        return THEMES[self.spec.theme]

    @cached_property
    def coding(self) -> ColorCoding:
        """The frame's colour coding."""
        return ColorCoding(self.frame)

    @cached_property
    def units(self) -> UnitSystem:
        """The units to show."""
        return UNIT_SYSTEMS[self.spec.units]

    @cached_property
    def clock(self) -> LocalClock:
        """Local time."""
        return LocalClock(self.samples.track, self.spec.time_zone)

    @cached_property
    def window(self) -> tuple[float, float]:
        """Start and end, on the track's clock, of what maps and profiles show.

        The whole track, unless the clip is only a small part of it: then the clip and as much
        again before and after.
        """
        track, times = self.samples.track, self.samples.times
        if not len(times) or not len(track):
            return 0.0, 0.0
        length = max(float(times[-1] - times[0]), 20.0)
        if track.duration_s <= WHOLE_TRACK_CLIPS * length:
            return float(track.t[0]), float(track.t[-1])
        return float(times[0]) - length, float(times[-1]) + length

    @cached_property
    def slots(self) -> IndexArray:
        """The frame whose digits each frame shows."""
        return digit_slots(self.samples.times)

    @property
    def portrait(self) -> bool:
        """Whether the frame is clearly taller than wide."""
        return self.frame.height > self.frame.width * 1.1

    @property
    def compact(self) -> bool:
        """Whether the frame is one to be seen across the width of a phone."""
        return self.frame.width < self.frame.height * 1.2

    @property
    def sizes(self) -> Sizes:
        """How large things are."""
        return COMPACT if self.compact else WIDE

    @cached_property
    def accent(self) -> str:
        """The colour of what is lit: the user's, lighter where it would be lost on a panel."""
        return on_dark(self.spec.accent) if self.spec.accent else self.theme.accent

    def px(self, design: float) -> float:
        """Design units in pixels."""
        return design * self.unit

    def unit_for(self, entry: WidgetEntry) -> float:
        """Pixels per design unit in an entry of that scale."""
        return self.unit * entry.scale

    def ink(self, color: str) -> Ink:
        """A colour as the frame codes it."""
        return self.coding.ink(color)

    def text_ink(self, color: str) -> Ink:
        """A colour for letters and digits: as light as panels over white footage ask for."""
        return self.ink(lightened(color, self.theme.light_of_text(self.spec.opacity)))

    def has(self, *channels: Channel) -> bool:
        """Whether each channel is valid at some frame."""
        return all(self.samples.has(channel) for channel in channels)

    def shown(self, channels: Iterable[Channel]) -> BoolArray:
        """Per frame, whether all channels are there or in a short gap."""
        shown = np.ones(len(self.samples.times), np.bool_)
        for channel in channels:
            shown &= bridge_gaps(self.valid(channel), self.samples.times)
        return shown

    def valid(self, channel: Channel) -> BoolArray:
        """Per frame, whether the channel has a value; all False when it is absent."""
        found = self.samples.valid.get(channel)
        return np.zeros(len(self.samples.times), np.bool_) if found is None else found

    def held(self, channel: Channel) -> FloatArray:
        """Per frame, the channel's value, with the last one kept through gaps; safe speed only."""
        if channel not in self.known:
            self.known[channel] = self._held(channel)
        return self.known[channel]

    def _held(self, channel: Channel) -> FloatArray:
        valid = self.valid(channel)
        if not valid.any():
            return np.zeros(len(valid))
        known = np.where(valid, np.arange(len(valid)), -1)
        last = np.maximum.accumulate(known)
        last[last < 0] = int(np.argmax(valid))
        values = self.samples.values[channel].astype(np.float64)[last]
        return self.safe_speed(values) if channel is Channel.SPEED else values

    def safe_speed(self, speed: NDArray[np.float64]) -> NDArray[np.float64]:
        """Speeds in m/s as safe driving lets them be seen."""
        safe = self.spec.safe_driving
        return np.minimum(speed, safe.limit_kmh / 3.6) if safe.mode == "cap" else speed
