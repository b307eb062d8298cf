"""What moves when: digit slots, gaps, and eased appearance, all computed once per frame index."""

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from uploadm8.core.telemetry.track import BoolArray, FloatArray

DIGITS_HZ = 8.0  # digits that change faster cannot be read
GAP_S = 3.0  # a shorter gap shows a dash, a longer one hides the widget
EASE_S = 0.35

IndexArray = NDArray[np.int64]


def digit_slots(times: FloatArray, hz: float = DIGITS_HZ) -> IndexArray:
    """For every frame, the first frame of its slot; digits are taken from there."""
    if not len(times):
        return np.zeros(0, np.int64)
    slots = np.floor((times - times[0]) * hz + 1e-6).astype(np.int64)
    starts = np.flatnonzero(np.concatenate([[True], slots[1:] != slots[:-1]]))
    return starts[np.searchsorted(starts, np.arange(len(times)), side="right") - 1]


def bridge_gaps(valid: BoolArray, times: FloatArray, longest_s: float = GAP_S) -> BoolArray:
    """True also in gaps inside the data of at most `longest_s`."""
    shown = valid.copy()
    edges = np.flatnonzero(np.diff(valid.astype(np.int8)))
    for gap_start, gap_end in pairwise(edges):
        lost = valid[gap_start] and not valid[gap_start + 1]
        if lost and times[gap_end + 1] - times[gap_start] <= longest_s:
            shown[gap_start + 1 : gap_end + 1] = True
    return shown


def presence(shown: BoolArray, times: FloatArray, *, animate: bool) -> FloatArray:
    """Opacity from 0 to 1 that eases in and out where `shown` changes, and in at the start.

    The last frame is not an end: a HUD does not fade out with the clip. Frames in a place where
    something is not shown are always 0.
    """
    amount = shown.astype(np.float64)
    if not animate or not len(times):
        return amount
    for start, end in _runs(shown):
        run = slice(start, end)
        since = times[run] - times[start] + _frame_time(times)
        ease = _smooth(since / EASE_S)
        if end < len(times):
            ease = np.minimum(ease, _smooth((times[end] - times[run]) / EASE_S))
        amount[run] = ease
    return amount


def _runs(shown: BoolArray) -> list[tuple[int, int]]:
    padded = np.concatenate([[False], shown, [False]]).astype(np.int8)
    change = np.diff(padded)
    starts, ends = np.flatnonzero(change == 1), np.flatnonzero(change == -1)
    return [(int(a), int(b)) for a, b in zip(starts, ends, strict=True)]


def _frame_time(times: FloatArray) -> float:
    return float(np.median(np.diff(times))) if len(times) > 1 else 1.0


def _smooth(u: FloatArray) -> FloatArray:
    u = np.clip(u, 0.0, 1.0)
    return np.asarray(u * u * (3 - 2 * u))
