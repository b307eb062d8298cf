"""Times of transport streams that were joined end to end, each part by a clock of its own.

Cameras and tools that record in parts, and ``copy /b``, put such files together. A part's times
are moved so that its pictures follow those of the part before.
"""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from av.packet import Packet

_BACK_S = Fraction(1, 2)  # decoding times never go back; damage may make them seem to, a little
_AHEAD_S = Fraction(10)  # FFmpeg's `dts_delta_threshold`: a longer pause is another clock


@dataclass(frozen=True, slots=True)
class Splice:
    """From a byte of the file on, times are later by so many seconds than they say.

    Attributes:
        pos: the byte.
        from_s: the first moved time.
        shift_s: by how much they are moved.
    """

    pos: int
    from_s: Fraction
    shift_s: Fraction


class SpliceFinder:
    """Looks at the packets of one stream, in their order, for jumps of its clock."""

    def __init__(self, base: Fraction) -> None:
        self.splices: list[Splice] = []
        self._base = base
        self._last: Fraction | None = None
        self._step = Fraction(1, 30)

    def time_of(self, stamp: int, pos: int | None, decoded: int | None) -> Fraction:
        """When a packet with this stamp is due, in seconds of the first part's clock."""
        now = (stamp if decoded is None else decoded) * self._base + self._shift
        last = self._last
        if last is not None and not last - _BACK_S < now < last + _AHEAD_S:
            shift, now = self._shift + last + self._step - now, last + self._step
            self.splices.append(Splice(pos or 0, now, shift))
        elif last is not None and last < now < last + 1:
            self._step = now - last
        self._last = now
        return stamp * self._base + self._shift

    @property
    def _shift(self) -> Fraction:
        return self.splices[-1].shift_s if self.splices else Fraction(0)


class Mender:
    """Moves the times of packets as their file's splices want it."""

    def __init__(self, splices: Sequence[Splice], base: Fraction) -> None:
        """`base` is the unit of the packets' times, in seconds."""
        self._splices = splices
        self._places = [splice.pos for splice in splices]
        self._ticks = [0, *(round(splice.shift_s / base) for splice in splices)]
        self._part = 0
        self._expected: int | None = None

    def mend(self, packet: "Packet[Any]") -> None:
        """Move one packet; they come in the order of the file.

        Sound and pictures of two parts are interleaved, so near a splice the part is taken to be
        the one that goes on best.
        """
        if not self._splices or packet.pts is None:
            return
        if packet.pos is not None:
            self._part = bisect_right(self._places, packet.pos)
        near = range(max(0, self._part - 1), min(len(self._ticks), self._part + 2))
        part = self._part
        if self._expected is not None:
            expected, stamp = self._expected, packet.pts
            part = min(near, key=lambda n: abs(stamp + self._ticks[n] - expected))
        packet.pts += self._ticks[part]
        if packet.dts is not None:
            packet.dts += self._ticks[part]
        self._expected = packet.pts + (packet.duration or 0)

    def begin_part(self, seconds: Fraction) -> int:
        """Where the part begins that is on at a moved time, as a byte; reading goes on from there."""
        self._expected = None
        before = bisect_right([splice.from_s for splice in self._splices], seconds)
        self._part = before
        return self._places[before - 1] if before else 0
