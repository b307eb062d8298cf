"""Laps: when each began, how long it took, and how far ahead or behind the best one we are."""

from dataclasses import dataclass

import numpy as np

from uploadm8.core.hud.motion import IndexArray
from uploadm8.core.hud.scene import Scene
from uploadm8.core.telemetry.track import Channel, FloatArray


@dataclass(frozen=True)
class Laps:
    """Per frame; NaN where there is none.

    Attributes:
        number: the lap's number.
        running: seconds since it began.
        last: seconds that the lap before took.
        best: seconds of the best complete lap so far.
        delta: seconds behind (positive) or ahead of the best lap at the same distance.
    """

    number: FloatArray
    running: FloatArray
    last: FloatArray
    best: FloatArray
    delta: FloatArray


def load_laps(scene: Scene) -> Laps:
    """Read laps from the lap channel; the first and the last one of a track count as incomplete."""
    track, times = scene.samples.track, scene.samples.times
    column = track.columns[Channel.LAP]
    t, lap = track.t[column.valid], column.values[column.valid]
    starts = np.flatnonzero(np.diff(lap) != 0) + 1
    begins = np.concatenate([[t[0]], t[starts]])
    current = np.clip(np.searchsorted(begins, times, side="right") - 1, 0, None)
    took = np.append(np.diff(begins), np.nan)
    took[0] = np.nan  # where the recording began is not the line
    last = np.where(current > 0, took[current - 1], np.nan)
    best_index = _best_before(took)
    best_of = best_index[current]
    best = np.where(best_of >= 0, took[best_of], np.nan)
    running = times - begins[current]
    delta = _delta(scene, begins, current, best_index)
    return Laps(lap[np.searchsorted(t, begins)][current], running, last, best, delta)


def _best_before(took: FloatArray) -> IndexArray:
    """For each lap, which complete lap before it was the fastest; -1 = none."""
    best = np.full(len(took), -1, np.int64)
    for i in range(1, len(took)):
        best[i] = best[i - 1]
        if np.isfinite(took[i - 1]) and (best[i] < 0 or took[i - 1] < took[best[i]]):
            best[i] = i - 1
    return best


def _delta(
    scene: Scene,
    begins: FloatArray,
    current: IndexArray,
    best_index: IndexArray,
) -> FloatArray:
    """Compare with the best lap at equal distance from the line."""
    times = scene.samples.times
    delta = np.full(len(times), np.nan)
    column = scene.samples.track.columns.get(Channel.DISTANCE)
    if column is None or column.valid.sum() < 2:
        return delta
    t, way = scene.samples.track.t[column.valid], column.values[column.valid]
    for lap in np.unique(current):
        best = int(best_index[lap])
        if best < 0:
            continue
        frames = current == lap
        now = np.interp(times[frames], t, way) - np.interp(begins[lap], t, way)
        start, end = begins[best], begins[best + 1]
        inside = (t >= start) & (t <= end)
        reference = np.interp(now, way[inside] - np.interp(start, t, way), t[inside] - start)
        delta[frames] = times[frames] - begins[lap] - reference
    return delta
