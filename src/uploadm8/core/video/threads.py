"""Threads of decoders and encoders: the cores that this process may use, shared out."""

import math
import os
from collections.abc import Sequence
from contextlib import suppress
from fractions import Fraction
from pathlib import Path

import cv2

_QUOTA = "cpu.max"  # of a control group, version 2: microseconds in a period, or "max"
_GROUPS = Path("/sys/fs/cgroup")
_OWN_GROUP = Path("/proc/self/cgroup")
_MOST_DECODING = 8  # each holds a picture of its own
_HD_PIXELS = 1920 * 1088


def settle() -> None:
    """Make this thread, and those that it starts, ready to fill the cores for long.

    OpenCV starts no threads beside the decoder's and the encoders'. Linux interrupts a thread of a
    batch less often for one that wakes up (sched(7)), so that its caches are not emptied as often.
    """
    cv2.setNumThreads(1)
    if not hasattr(os, "sched_setscheduler"):
        return
    with suppress(OSError):  # some sandboxes forbid the calls, and all works without them
        if os.sched_getscheduler(0) == os.SCHED_OTHER:
            os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))


def cores() -> int:
    """Cores this process may use: by its affinity and the quotas of its control groups.

    A container with one processor's time on a machine of 64 cores sees all 64 of them otherwise.
    """
    if hasattr(os, "sched_getaffinity"):
        seen = len(os.sched_getaffinity(0))
    else:
        seen = os.cpu_count() or 1
    return max(1, min([seen, *(math.ceil(quota) for quota in _quotas())]))


def decoder_threads(pixels: int, cores: int, *, encodes: bool = False) -> int:
    """For pictures of so many pixels, beside an encoder or not.

    Up to 1080 lines encoding takes three times as long as decoding, so half of the cores keep up.
    """
    some = min(cores, _MOST_DECODING)
    return max(1, some // 2) if encodes and pixels <= _HD_PIXELS else some


def encoder_threads(cores: int, share: Fraction) -> int:
    """For an encoder with that share of the work of all that run beside each other.

    Between them they need no more than the cores: with two threads libx264 takes 8 % more CPU than
    with one.
    """
    return max(1, math.ceil(cores * share))


def shares(work: Sequence[tuple[int, Fraction]]) -> list[Fraction]:
    """What part each encoder has of all that is encoded while it is at work.

    Args:
        work: of each, pixels in a picture and seconds of pictures; none means it has nothing to do.
    """
    return [
        Fraction(pixels * seconds, sum(p * min(s, seconds) for p, s in work))
        if seconds > 0
        else Fraction(1)
        for pixels, seconds in work
    ]


def _quotas() -> list[float]:
    """Processors that each control group around this process allows, of those that say so."""
    try:
        own = next(
            line[3:] for line in _OWN_GROUP.read_text().splitlines() if line.startswith("0::")
        )
    except (OSError, StopIteration):
        return []
    group = _GROUPS / own.strip("/")
    return [
        quota
        for folder in (group, *group.parents)
        if folder.is_relative_to(_GROUPS) and (quota := _quota(folder / _QUOTA)) is not None
    ]


def _quota(path: Path) -> float | None:
    try:
        allowed, period = path.read_text().split()
        return int(allowed) / int(period)
    except (OSError, ValueError, ZeroDivisionError):  # "max" is no number
        return None
