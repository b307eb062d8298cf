"""Line a log up with a clip by what both know: how fast it went, and how it turned.

Both are brought to one grid and correlated at every lag at once by FFT, counting at each lag only
the moments that both saw. Correlations become evidence by how many independent moments they rest
on; the best lag is believed as far as it beats every lag that is not its neighbour.
"""

import math
from dataclasses import dataclass

import numpy as np

from uploadm8.core.telemetry.track import BoolArray, Channel, FloatArray, Track

STEP_S = 0.05
_LONGEST_LOG_S = 12 * 3600.0
_LONGEST_CLIP_S = 3 * 3600.0
_SMOOTH_S = 0.4  # sigma, of the noisy measure of forward motion
_MEMORY_FORWARD_S, _MEMORY_TURN_S = 5.0, 2.0  # how long a value tells of the next
_LEAST_OVERLAP_S = 6.0
_TRUST = 0.98  # even a perfect correlation leaves a doubt
_NEIGHBOUR_S = 2.5
_SHARP_R, _FINE_S = 0.7, 1.0
_STILL_RAD_S = 0.01  # less turning than this over the whole clip is none
_SLOW_MPS = 1.5  # no course is known below
_MARGIN_EVEN, _MARGIN_SCALE = 7.5, 0.9  # evidence at which the best lag is as likely as not
_EVIDENCE_EVEN, _EVIDENCE_SCALE = 13.5, 1.0


@dataclass(frozen=True, slots=True)
class Motion:
    """What the picture shows, at the times of pairs of frames.

    Attributes:
        t: seconds on the clock of the video, ascending, not evenly spaced.
        forward: how fast the picture flows outward; any unit.
        turn: radians per second to the right, times an unknown factor; NaN where not seen.
    """

    t: FloatArray
    forward: FloatArray
    turn: FloatArray


@dataclass(frozen=True, slots=True)
class PictureMatch:
    """Where the log fits the picture best.

    Attributes:
        offset_s: seconds to add to the clock of the log to get the clock of the video.
        confidence: 0..1, how likely that is right within a fraction of a second.
        forward_r: correlation of forward motion and speed there.
        turn_r: correlation of the turning of both there.
        margin: evidence by which it beats every other lag, in nats.
        evidence: for any relation at all, in nats.
    """

    offset_s: float
    confidence: float
    forward_r: float
    turn_r: float
    margin: float
    evidence: float


@dataclass(frozen=True, slots=True)
class _Signal:
    """Values on the grid and where they are known."""

    values: FloatArray
    known: BoolArray


def match_picture(
    motion: Motion, track: Track, windows: list[tuple[float, float]] | None = None
) -> PictureMatch | None:
    """Find the offset of a log from the motion in a clip.

    Args:
        motion: of the clip.
        track: the log, any clock that counts seconds.
        windows: ranges of offsets in seconds to search; everywhere when None.

    Returns:
        The best match, however bad; None when there is nothing to compare.
    """
    if len(motion.t) < 2 or len(track) < 2:
        return None
    start, stop = float(motion.t[0]), float(motion.t[-1])
    if track.duration_s > _LONGEST_LOG_S or stop - start > _LONGEST_CLIP_S:
        return None
    clip_grid = np.arange(start, stop + STEP_S, STEP_S)
    log_start = float(track.t[0])
    log_grid = np.arange(log_start, float(track.t[-1]) + STEP_S, STEP_S)
    seen_forward = _smoothed(_binned(motion.t, motion.forward, clip_grid))
    seen_turn = _smoothed(_clipped(_binned(motion.t, motion.turn, clip_grid)))
    speed, turn = _speed(track, log_grid), _turn(track, log_grid)
    forward_r, forward_n = _correlate(seen_forward, speed)
    turn_r, turn_n = _correlate(seen_turn, turn)
    turning = _turns(turn)
    shares = max(seen_forward.known.mean(), 1e-9), max(seen_turn.known.mean(), 1e-9)
    forward_s, turn_s = forward_n / shares[0] * STEP_S, turn_n / shares[1] * STEP_S
    evidence = _evidence(forward_r, forward_n * _moments_each(seen_forward, _MEMORY_FORWARD_S))
    if turning:
        moments = turn_n * _moments_each(seen_turn, _MEMORY_TURN_S)
        evidence = evidence + _evidence(turn_r, moments)
    seconds = len(clip_grid) * STEP_S
    enough = min(max(_LEAST_OVERLAP_S, 0.5 * seconds), 0.9 * seconds)
    usable = np.maximum(forward_s, turn_s) >= enough
    # Index k stands for the clip starting k - (clip - 1) steps after the log.
    lags = (np.arange(len(evidence)) - (len(clip_grid) - 1)) * STEP_S
    offsets = start - log_start - lags
    if windows is not None:
        inside = np.zeros(len(offsets), dtype=np.bool_)
        for low, high in windows:
            inside |= (offsets >= low) & (offsets <= high)
        usable &= inside
    if not usable.any():
        return None
    evidence = np.where(usable, evidence, -np.inf)
    best = int(np.argmax(evidence))
    others = evidence[np.abs(offsets - offsets[best]) > _NEIGHBOUR_S]
    second = float(others.max(initial=0.0))
    peak = float(evidence[best])
    margin = peak - max(second, 0.0)
    sharp = turn_r if turning and turn_r[best] >= _SHARP_R else evidence
    return PictureMatch(
        offset_s=float(offsets[best]) - _summit(sharp, best) * STEP_S,
        confidence=_confidence(peak, margin),
        forward_r=float(forward_r[best]),
        turn_r=float(turn_r[best]),
        margin=margin,
        evidence=peak,
    )


def _confidence(evidence: float, margin: float) -> float:
    """Calibrated on drives that belong to their clip, and on drives that do not."""
    beats_others = 1 / (1 + math.exp(-(margin - _MARGIN_EVEN) / _MARGIN_SCALE))
    related = 1 / (1 + math.exp(-(evidence - _EVIDENCE_EVEN) / _EVIDENCE_SCALE))
    return 0.99 * beats_others * related


def _binned(t: FloatArray, values: FloatArray, grid: FloatArray) -> _Signal:
    """Mean of the values that fall to each place of the grid."""
    good = np.isfinite(values)
    at = np.rint((t[good] - grid[0]) / STEP_S).astype(np.int64).clip(0, len(grid) - 1)
    count = np.bincount(at, minlength=len(grid))
    total = np.bincount(at, weights=values[good], minlength=len(grid))
    known = count > 0
    return _Signal(np.where(known, total / np.maximum(count, 1), 0.0), known)


def _smoothed(signal: _Signal) -> _Signal:
    """Gaussian mean of what is known nearby; the mask stays."""
    reach = round(3 * _SMOOTH_S / STEP_S)
    kernel = np.exp(-0.5 * (np.arange(-reach, reach + 1) * STEP_S / _SMOOTH_S) ** 2)
    if len(signal.values) < len(kernel):
        return signal
    weight = np.convolve(signal.known.astype(np.float64), kernel, mode="same")
    total = np.convolve(np.where(signal.known, signal.values, 0.0), kernel, mode="same")
    return _Signal(np.where(signal.known, total / np.maximum(weight, 1e-9), 0.0), signal.known)


def _clipped(signal: _Signal) -> _Signal:
    """Wrong matches of single frames cut down to what is usual."""
    if not signal.known.any():
        return signal
    limit = 1.5 * float(np.quantile(np.abs(signal.values[signal.known]), 0.98))
    return _Signal(np.clip(signal.values, -limit, limit), signal.known)


def _speed(track: Track, grid: FloatArray) -> _Signal:
    return _on_grid(track, Channel.SPEED, grid)


def _turn(track: Track, grid: FloatArray) -> _Signal:
    """Radians per second to the right, where the log moves fast enough to have a course."""
    column = track.columns.get(Channel.COURSE)
    empty = _Signal(np.zeros(len(grid)), np.zeros(len(grid), dtype=np.bool_))
    if column is None or int(column.valid.sum()) < 3:
        return empty
    t = track.t[column.valid]
    course = np.unwrap(np.radians(column.values[column.valid]))
    heading = np.interp(grid, t, course)
    speed = _speed(track, grid)
    near = _near(t, grid)
    rate = _smoothed(_Signal(np.gradient(heading, STEP_S), near))
    known = near & (~speed.known | (speed.values > _SLOW_MPS))
    return _Signal(np.where(known, rate.values, 0.0), known)


def _on_grid(track: Track, channel: Channel, grid: FloatArray) -> _Signal:
    column = track.columns.get(channel)
    if column is None or int(column.valid.sum()) < 2:
        return _Signal(np.zeros(len(grid)), np.zeros(len(grid), dtype=np.bool_))
    t = track.t[column.valid]
    known = _near(t, grid)
    return _Signal(np.where(known, np.interp(grid, t, column.values[column.valid]), 0.0), known)


def _near(t: FloatArray, grid: FloatArray) -> BoolArray:
    """Where the grid lies between two rows that are no gap apart."""
    usual = float(np.median(np.diff(t)))
    after = np.searchsorted(t, grid).clip(1, len(t) - 1)
    near: BoolArray = t[after] - t[after - 1] <= max(5.0, 5 * usual)
    near &= (grid >= t[0]) & (grid <= t[-1])
    return near


def _turns(signal: _Signal) -> bool:
    return bool(signal.known.any()) and float(np.std(signal.values[signal.known])) > _STILL_RAD_S


def _correlate(clip: _Signal, log: _Signal) -> tuple[FloatArray, FloatArray]:
    """Pearson's r at every lag over what both know, and how many places that is."""
    length = len(clip.values) + len(log.values) - 1
    size = 1 << (length - 1).bit_length()

    def spectrum(values: FloatArray) -> "np.ndarray[tuple[int], np.dtype[np.complex128]]":
        return np.fft.rfft(values, size)

    def lagged(
        a: "np.ndarray[tuple[int], np.dtype[np.complex128]]",
        b: "np.ndarray[tuple[int], np.dtype[np.complex128]]",
    ) -> FloatArray:
        product: FloatArray = np.fft.irfft(np.conj(a) * b, size)
        return np.concatenate((product[size - len(clip.values) + 1 :], product[: len(log.values)]))

    # Means are taken off first so that sums of squares keep their digits.
    c = _centred(clip)
    g = _centred(log)
    clip_known, log_known = (spectrum(s.known.astype(np.float64)) for s in (clip, log))
    clip_1, clip_2, log_1, log_2 = spectrum(c), spectrum(c * c), spectrum(g), spectrum(g * g)
    n = np.rint(lagged(clip_known, log_known))
    safe = np.maximum(n, 1.0)
    clip_sum, log_sum = lagged(clip_1, log_known), lagged(clip_known, log_1)
    covariance = lagged(clip_1, log_1) - clip_sum * log_sum / safe
    clip_var = lagged(clip_2, log_known) - clip_sum**2 / safe
    log_var = lagged(clip_known, log_2) - log_sum**2 / safe
    floor = 1e-6 * max(float(np.sum(c * c)), 1e-12), 1e-9 * max(float(np.sum(g * g)), 1e-12)
    fine = (clip_var > floor[0]) & (log_var > floor[1])
    scale = np.sqrt(np.where(fine, clip_var * log_var, 1.0))
    return np.where(fine, covariance / scale, 0.0).clip(-1.0, 1.0), n


def _centred(signal: _Signal) -> FloatArray:
    if not signal.known.any():
        return signal.values
    mean = float(signal.values[signal.known].mean())
    return np.where(signal.known, signal.values - mean, 0.0)


def _moments_each(signal: _Signal, memory_s: float) -> float:
    """How many independent moments each known place stands for: a burst of frames is but one."""
    places = np.flatnonzero(signal.known)
    moments = len(np.unique(places // round(memory_s / STEP_S)))
    return moments / max(len(places), 1)


def _evidence(r: FloatArray, independent: FloatArray) -> FloatArray:
    """Log likelihood ratio of a relation of strength r > 0 to none, over independent moments."""
    gain: FloatArray = -0.5 * independent * np.log1p(-((_TRUST * r.clip(0.0, 1.0)) ** 2))
    return gain


def _summit(curve: FloatArray, best: int) -> float:
    """How many places after `best` the curve is highest nearby, by the parabola through its top.

    Turning is sharp in time and tells the fine offset alone; forward motion is seen through
    scenery that comes and goes, which drags the common peak by tenths of a second.
    """
    reach = round(_FINE_S / STEP_S)
    start = max(best - reach, 0)
    top = start + int(np.argmax(curve[start : best + reach + 1]))
    if not 0 < top < len(curve) - 1:
        return float(top - best)
    left, middle, right = curve[top - 1 : top + 2].tolist()
    bend = left - 2 * middle + right
    if not math.isfinite(bend) or bend >= 0:
        return float(top - best)
    return top - best + float(np.clip(0.5 * (left - right) / bend, -0.5, 0.5))
