"""Put rows on one strictly increasing clock: impossible dates, disorder, duplicates, outliers."""

import time
from bisect import bisect_right
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from uploadm8.core.telemetry.report import Report
from uploadm8.core.telemetry.track import Clock, FloatArray

EARLIEST_UTC = 631_152_000.0  # 1990-01-01: nothing recorded before is telemetry of a video
LONGEST_S = 1e11  # no clock counts three thousand years
LATEST_AHEAD_S = 48 * 3600.0
DISORDER_SORTED = 0.01  # more disorder than this is not repaired by sorting
FASTEST_HZ = 2_000.0  # more rows per second than any logger: the times mean nothing
OUTLIER_GAP_S = 12 * 3600.0
OUTLIER_SHARE = 0.05
_LEAST_TURNED = 3  # backward steps that show a file written newest first

IntArray = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Timeline:
    """Which rows to keep, in which order (None: all as they are), at which times.

    Times may still be equal.
    """

    rows: IntArray | None
    t: FloatArray
    clock: Clock


def order_rows(t: FloatArray, clock: Clock, report: Report) -> Timeline:
    """Choose the clock and a non-decreasing order of the rows.

    A file whose rows mostly lack a time, or that gives all of them the same time, has no clock:
    its points stay in file order with Clock.NONE.
    """
    with np.errstate(invalid="ignore"):
        usable = np.abs(t) < LONGEST_S
    if clock is Clock.UTC:
        clock, usable = _plausible(t, usable, report)
    known = int(usable.sum())
    if 2 * known < len(t) or (len(t) > 1 and np.ptp(t[usable]) < (known - 1) / FASTEST_HZ):
        report.warn(_no_clock_reason(known, len(t)))
        return Timeline(None, np.arange(len(t), dtype=np.float64), Clock.NONE)
    report.drop("no_time", len(t) - known)
    if known == len(t) and _in_good_order(t):
        return Timeline(None, t, clock)
    rows = np.flatnonzero(usable)
    rows = _in_order(t, rows, report)
    rows = _without_far_rows(t, rows, report)
    return Timeline(rows, t[rows], clock)


def segments_in_time(t: FloatArray, segment: NDArray[np.int32]) -> IntArray | None:
    """The rows with whole segments put in order of time; None if they are, or if they overlap.

    Some devices write their newest track first, each of them in good order.

    Args:
        t: seconds, NaN where unknown.
        segment: number of the segment of each row, rising.
    """
    with np.errstate(invalid="ignore"):
        if not (np.diff(t) < 0).any() or segment[0] == segment[-1]:
            return None
    starts = np.flatnonzero(np.diff(segment, prepend=segment[0] - 1))
    known = np.isfinite(t)
    first = np.minimum.reduceat(np.where(known, t, np.inf), starts)
    last = np.maximum.reduceat(np.where(known, t, -np.inf), starts)
    order = np.argsort(first, kind="stable")
    if (first[order][1:] < last[order][:-1]).any() or not np.isfinite(first).all():
        return None
    ends = np.append(starts[1:], len(t))
    return np.concatenate([np.arange(starts[i], ends[i]) for i in order.tolist()])


def _in_good_order(t: FloatArray) -> bool:
    steps = np.diff(t)
    return not len(steps) or bool(steps.min() >= 0.0 and steps.max() <= OUTLIER_GAP_S)


def _plausible(
    t: FloatArray, usable: NDArray[np.bool_], report: Report
) -> tuple[Clock, NDArray[np.bool_]]:
    with np.errstate(invalid="ignore"):
        possible = (t >= EARLIEST_UTC) & (t <= time.time() + LATEST_AHEAD_S)
    if possible.any() or not usable.any():
        report.drop("impossible_date", int((usable & ~possible).sum()))
        return Clock.UTC, possible
    report.warn("The dates are impossible, so only the time between the points is used.")
    return Clock.RELATIVE, usable


def _no_clock_reason(known: int, total: int) -> str:
    if not known:
        return "No point has a time, so this cannot be lined up with a video."
    if 2 * known < total:
        return f"Only {known} of {total} points have a time, so times are ignored."
    return "All points have (almost) the same time, so times are ignored."


def _in_order(t: FloatArray, rows: IntArray, report: Report) -> IntArray:
    steps = np.diff(t[rows])
    backward = int((steps < 0).sum())
    if not backward:
        return rows
    if backward >= max(_LEAST_TURNED, 0.9 * len(steps)):
        report.warn("The newest point came first; the order was turned around.")
        rows = rows[::-1]
        if not (np.diff(t[rows]) < 0).any():
            return rows
    kept = _longest_ordered(t[rows])
    stray = rows[~kept]
    if len(stray) > max(1, DISORDER_SORTED * len(rows)):
        report.drop("out_of_order", len(stray))
        report.warn("The clock runs backwards in places; the rows that do not fit were dropped.")
        return rows[kept]
    times = t[rows[kept]]
    inside = (t[stray] >= times[0]) & (t[stray] <= times[-1])
    report.drop("out_of_order", int((~inside).sum()))
    rows = np.sort(np.concatenate((rows[kept], stray[inside])))
    return rows[np.argsort(t[rows], kind="stable")]


def _longest_ordered(t: FloatArray) -> NDArray[np.bool_]:
    """Mask of a longest non-decreasing subsequence (patience sorting, O(n log n))."""
    tails: list[float] = []
    tail_rows: list[int] = []
    before = np.full(len(t), -1, dtype=np.int64)
    for row, value in enumerate(t.tolist()):
        place = bisect_right(tails, value)
        if place:
            before[row] = tail_rows[place - 1]
        if place == len(tails):
            tails.append(value)
            tail_rows.append(row)
        else:
            tails[place] = value
            tail_rows[place] = row
    kept = np.zeros(len(t), dtype=np.bool_)
    row = tail_rows[-1]
    while row >= 0:
        kept[row] = True
        row = int(before[row])
    return kept


def _without_far_rows(t: FloatArray, rows: IntArray, report: Report) -> IntArray:
    """Drop the few rows that lie half a day or more away from nearly all others."""
    breaks = np.flatnonzero(np.diff(t[rows]) > OUTLIER_GAP_S) + 1
    if not len(breaks):
        return rows
    parts = np.split(rows, breaks)
    longest = max(parts, key=len)
    far = len(rows) - len(longest)
    if far > OUTLIER_SHARE * len(rows):
        return rows
    report.drop("time_outlier", far)
    return longest


def spread_whole_seconds(t: FloatArray, report: Report) -> FloatArray:
    """Give rows of a fast logger that wrote whole seconds only their places within the second."""
    if len(t) < 10 or not bool((t == np.floor(t)).all()):
        return t
    starts = np.flatnonzero(np.concatenate(([True], np.diff(t) > 0)))
    sizes = np.diff(np.concatenate((starts, [len(t)])))
    if len(starts) < 3 or np.median(sizes[1:-1]) < 2:
        return t
    report.warn("Times are whole seconds; the rows of each second were spread evenly over it.")
    place = np.arange(len(t)) - np.repeat(starts, sizes)
    spread: FloatArray = t + place / np.repeat(sizes, sizes)
    return spread
