"""Zero-lag smoothing: Savitzky-Golay by least squares, and a running median."""

import math
from collections.abc import Iterator, Sequence

import numpy as np

from uploadm8.core.telemetry.track import FloatArray

_BLOCK = 65_536


def savgol(
    y: FloatArray, seconds: float, dt: float, *, order: int = 2, derivative: int = 0
) -> FloatArray:
    """Fit a polynomial in a centred window around each sample of an even series.

    Being centred it has no lag. The ends take the polynomial of the first and last full window.

    Args:
        y: the samples.
        seconds: length of the window; at least order + 1 samples are used.
        dt: spacing of the samples in seconds.
        order: degree of the polynomial.
        derivative: 0 for the smoothed value, 1 for its slope per second.
    """
    half = max(round(seconds / dt / 2), (order + 1) // 2)
    half = min(half, (len(y) - 1) // 2)
    window = 2 * half + 1
    order = min(order, window - 1)
    if half < 1 or derivative > order:
        return y.copy() if derivative == 0 else np.zeros_like(y)
    offsets = np.arange(-half, half + 1, dtype=np.float64) * dt
    powers = np.vander(offsets, order + 1, increasing=True)
    fit = np.linalg.pinv(powers)
    out = np.empty_like(y)
    weights = fit[derivative] * math.factorial(derivative)
    out[half : len(y) - half] = np.convolve(y, weights[::-1], mode="valid")
    basis = _slopes(powers) if derivative else powers
    out[:half] = basis[:half] @ (fit @ y[:window])
    out[len(y) - half :] = basis[half + 1 :] @ (fit @ y[-window:])
    return out


def _slopes(powers: FloatArray) -> FloatArray:
    basis = np.zeros_like(powers)
    for degree in range(1, powers.shape[1]):
        basis[:, degree] = degree * powers[:, degree - 1]
    return basis


def running_median(y: FloatArray, width: int = 5) -> FloatArray:
    """Median of `width` samples (odd) around each; the ends repeat the outermost value."""
    half = width // 2
    if len(y) <= half:
        return y.copy()
    out = np.empty_like(y)
    padded = np.concatenate((np.full(half, y[0]), y, np.full(half, y[-1])))
    for start in range(0, len(y), _BLOCK):
        part = padded[start : start + _BLOCK + 2 * half]
        windows = np.lib.stride_tricks.sliding_window_view(part, width)
        out[start : start + len(windows)] = np.median(windows, axis=1)
    return out


def even_grid(t: FloatArray, finest: float = 0.0) -> tuple[FloatArray, float]:
    """Evenly spaced times over the same span, about as many as `t`, and their spacing.

    Args:
        t: increasing times, two at least.
        finest: smallest spacing wanted in seconds.
    """
    span = float(t[-1] - t[0])
    count = round(span / max(float(np.median(np.diff(t))), span / (4 * len(t)), finest)) + 1
    count = max(count, 2)
    return np.linspace(t[0], t[-1], count), span / (count - 1)


def pieces(
    t: FloatArray, spans: Sequence[tuple[int, int]], margin_s: float
) -> Iterator[tuple[slice, slice]]:
    """Cut spans into pieces small enough for the cache.

    Yields:
        The rows to look at, with up to `margin_s` more on both sides but never of another span,
        and the rows of it to fill.
    """
    for start, stop in spans:
        for a in range(start, stop, _BLOCK):
            b = min(a + _BLOCK, stop)
            low = int(np.searchsorted(t, t[a] - margin_s)) if a > start else start
            high = int(np.searchsorted(t, t[b - 1] + margin_s)) if b < stop else stop
            yield slice(max(low, start), min(high, stop)), slice(a, b)
