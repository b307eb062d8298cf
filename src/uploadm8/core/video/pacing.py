"""Which source picture is shown when: slots of a steady grid, filled by time."""

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import Protocol

from uploadm8.core.video.rendition import Pace, RenditionSpec

_HUD_GRID = 120  # slots a second for telemetry when pictures come unevenly: 4 ms off at most
EARLY = Fraction(7, 20)  # of a source picture's time: it may be shown this much before its time


class Paced(Protocol):
    """What has pictures at a rate, such as a SourceInfo."""

    @property
    def nominal_fps(self) -> Fraction: ...

    @property
    def variable(self) -> bool: ...


@dataclass(frozen=True, slots=True)
class Pacing:
    """The grid of one rendition; times are seconds after its first picture.

    Attributes:
        rate: slots a second, the rendition's frame rate unless `keep`.
        keep: pictures keep their own times; slots only index the telemetry.
        early: how many slots before its own time a picture may be shown.
        min_step_s: with `keep`, pictures closer than this to the one before are left out.
    """

    rate: Fraction
    keep: bool
    early: Fraction
    min_step_s: Fraction

    def first_slot(self, time: Fraction) -> int:
        """The first slot that a picture of this time may fill."""
        if self.keep:
            return max(0, round(time * self.rate))
        return math.ceil(time * self.rate - self.early)

    def slots(self, time: Fraction, following: Fraction) -> range:
        """The slots a picture fills, given the time of the picture after it; may be empty."""
        first = self.first_slot(time)
        return range(first, first + 1) if self.keep else range(first, self.first_slot(following))

    def slot_at(self, seconds: Fraction) -> int:
        """The first slot at or after a time."""
        return math.ceil(seconds * self.rate)


def pacing_for(source: Paced, spec: RenditionSpec) -> Pacing:
    """The pacing of a rendition: an even multiple or part of the source's rate, so no judder."""
    nominal = source.nominal_fps
    step = Fraction(9, 10) / spec.max_fps
    if source.variable and spec.pace is Pace.KEEP:
        return Pacing(Fraction(_HUD_GRID), True, Fraction(0), step)
    rate = nominal
    if rate > spec.max_fps:
        rate = nominal / math.ceil(nominal / spec.max_fps)
    elif rate < spec.min_fps:
        more = nominal * math.ceil(spec.min_fps / nominal)
        rate = more if more <= spec.max_fps else nominal
    return Pacing(rate, False, EARLY * rate / nominal, step)
