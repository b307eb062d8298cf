"""When the pictures of a video are shown: how many there are, how fast, and how evenly."""

from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import dropwhile

import numpy as np
from av.container import InputContainer
from av.video.stream import VideoStream
from numpy.typing import NDArray

from uploadm8.core.video.containers import Container, kind_of
from uploadm8.core.video.faults import fault
from uploadm8.core.video.groups import from_key
from uploadm8.core.video.splices import Splice, SpliceFinder

_STANDARD = tuple(
    Fraction(n) for n in (15, 24, 25, 30, 48, 50, 60, 90, 100, 120, 200, 240)
) + tuple(Fraction(n * 1000, 1001) for n in (24, 30, 48, 60, 120, 240))
_SNAP = 5e-4  # 29.97 and 30 lie 1e-3 apart
_MOST = 0.9  # of the pictures that the header counts: fewer in the index are not the whole story
_EARLIER = 10_000_000  # microseconds: more than a picture is decoded before it is shown
_MOST_SPLICES = 500
_EVEN = 0.3  # of a picture's time: pictures closer than this to an even grid are taken as even


@dataclass(frozen=True, slots=True)
class Cadence:
    """Counts and rates of the pictures.

    Attributes:
        frames: pictures whose bytes are all in the file.
        promised: pictures that the container's index speaks of, less those that its edit list hides.
        average: pictures a second over the whole video.
        nominal: the steady rate they lie on, or the commonest when `variable`.
        variable: whether they come at uneven intervals.
        duration_s: from the first picture to the end of the last.
        splices: where parts with clocks of their own were joined.
    """

    frames: int
    promised: int
    average: Fraction
    nominal: Fraction
    variable: bool
    duration_s: float
    splices: tuple[Splice, ...] = ()


def read_cadence(
    container: InputContainer, stream: VideoStream, size: int, *, fields: bool = False
) -> Cadence | None:
    """From the container's index, else from every packet; None when there is no picture.

    `fields` says that a picture may be stored as two halves.
    """
    kind = kind_of(container.format.name)
    stamps, lost = _from_index(stream, size)
    promised = len(stamps) + lost
    if len(stamps) and promised >= stream.frames * _MOST:
        indexed = _measure(np.sort(stamps), stream, lost)
        if not indexed.variable:
            return indexed
    # The index holds decoding times, which tell the exact duration of even pictures only; that of
    # a file in fragments is not known yet, and that of a trimmed one has the hidden pictures too.
    rewind(container)
    splices: tuple[Splice, ...] = ()
    if kind.one_clock:
        stamps = _from_packets(container, stream, kind)
    else:
        stamps, splices = _from_parts(container, stream, fields=fields)
    if not len(stamps):
        return None
    found = _measure(np.sort(stamps), stream, max(0, promised - len(stamps)))
    return replace(found, splices=splices)


def rewind(container: InputContainer) -> None:
    """Go to the first packet; times that begin anew in the middle are negative before that."""
    start = container.start_time or 0
    container.seek(start - _EARLIER if start < 0 else 0)


def _from_index(stream: VideoStream, size: int) -> tuple[NDArray[np.int64], int]:
    if not stream.frames:
        return np.empty(0, np.int64), 0
    # What comes before the first key picture cannot be decoded.
    rows = [
        (e.timestamp, e.pos + e.size)
        for e in dropwhile(lambda e: not e.is_keyframe, stream.index_entries)
        if e.size and not e.is_discard  # AVI notes a picture that was dropped as an empty one
    ]
    if not rows:
        return np.empty(0, np.int64), 0
    table = np.asarray(rows, np.int64)
    whole = table[:, 1] <= size
    return table[whole, 0], int((~whole).sum())


def _from_packets(
    container: InputContainer, stream: VideoStream, kind: Container
) -> NDArray[np.int64]:
    decodable = dropwhile(lambda p: not p.is_keyframe, container.demux(stream))
    shown = (p for p in decodable if p.size and not p.is_discard)
    stamps = [p.pts if kind.tells_times and p.pts is not None else p.dts for p in shown]
    return np.asarray([s for s in stamps if s is not None], np.int64)


def _from_parts(
    container: InputContainer, stream: VideoStream, *, fields: bool
) -> tuple[NDArray[np.int64], tuple[Splice, ...]]:
    """Of a stream that may begin anywhere, and go on by another clock."""
    base = Fraction(stream.time_base or Fraction(1, 90_000))
    finder, stamps = SpliceFinder(base), []
    for packet in from_key(p for p in container.demux(stream) if p.size):
        # The second half of a picture has no time of its own.
        stamp = packet.pts if fields or packet.pts is not None else packet.dts
        if stamp is not None:
            stamps.append(round(finder.time_of(stamp, packet.pos, packet.dts) / base))
        if len(finder.splices) > _MOST_SPLICES:
            raise fault("media_undecodable", what="its clock starts over again and again")
    return np.asarray(stamps, np.int64), tuple(finder.splices)


def _measure(stamps: NDArray[np.int64], stream: VideoStream, lost: int) -> Cadence:
    base = Fraction(stream.time_base or Fraction(1, 1000))
    count = len(stamps)
    steps = np.diff(stamps)
    steps = steps[steps > 0]
    if not len(steps):
        rate = Fraction(stream.average_rate or 25)
        return Cadence(count, count + lost, rate, rate, False, float(count / rate))
    span = int(stamps[-1] - stamps[0])
    average = (Fraction(count - 1, span) / base).limit_denominator(1_000_000)
    usual = (1 / (int(np.median(steps)) * base)).limit_denominator(1_000_000)
    even = next((r for r in (_snapped(average), average) if _lies_on(stamps, base, r)), None)
    nominal = even if even is not None else _snapped(usual)
    duration = float(span * base) + float(1 / nominal)
    return Cadence(count, count + lost, average, nominal, even is None, duration)


def _snapped(rate: Fraction) -> Fraction:
    nearest = min(_STANDARD, key=lambda r: abs(r / rate - 1))
    return nearest if abs(nearest / rate - 1) <= _SNAP else rate


def _lies_on(stamps: NDArray[np.int64], base: Fraction, rate: Fraction) -> bool:
    """Whether the k-th picture is shown at k / rate, give or take; so none is missing or double."""
    shown = (stamps - stamps[0]) * float(base * rate)
    return bool(np.abs(shown - np.arange(len(stamps))).max() <= _EVEN)
