"""The engine of the sample drive: pitch follows speed through five gears, wind grows with it."""

import numpy as np
from numpy.typing import NDArray

from uploadm8.dev.sample_drive import Drive

FloatArray = NDArray[np.float64]

RATE = 48000
_REVS_PER_METRE = (4.0, 2.65, 2.0, 1.62, 1.36)  # engine turns per metre in each gear
_SHIFT_UP_REVS = 76.0  # turns per second
_SHIFT_DOWN_REVS = 33.0
_CONTROL_HZ = 100
_HARMONICS = ((0.5, 0.22), (1.0, 0.5), (1.5, 0.16), (2.0, 1.0), (3.0, 0.3), (4.0, 0.42), (6.0, 0.2))


def engine_sound(drive: Drive, seconds: float, *, seed: int) -> NDArray[np.float32]:
    """Stereo samples in -1..1 at 48 kHz, shape (2, n)."""
    rng = np.random.default_rng(seed)
    control = np.arange(0, seconds + 0.02, 1 / _CONTROL_HZ)
    speed = drive.speed(control)
    push = np.gradient(speed, control)
    t = np.arange(round(seconds * RATE)) / RATE
    revs = np.interp(t, control, _smooth(_revolutions(speed), 9))
    phase = 2 * np.pi * np.cumsum(revs) / RATE
    load = np.interp(t, control, _smooth(np.clip(0.45 + push / 7, 0.15, 1.0), 15))
    engine = np.zeros_like(t)
    for order, level in _HARMONICS:
        engine += level * (0.6 + 0.4 * load) * np.sin(order * phase + 0.7 * order * order)
    engine = np.tanh(engine * (0.5 + 0.7 * load)) * (0.25 + 0.75 * load)
    gust = np.interp(t, control, (speed / 36.0) ** 2)
    sides = []
    for ear in (-1.0, 1.0):
        wind = _smooth(rng.standard_normal(len(t)), 24) * gust
        drift = 1.0 + 0.08 * ear * np.sin(2 * np.pi * 0.21 * t)
        sides.append(0.24 * drift * engine + 0.28 * wind)
    fade = np.clip(np.minimum(t, seconds - t) / 0.25, 0.0, 1.0)
    return (np.stack(sides) * fade).astype(np.float32)


def _revolutions(speed: FloatArray) -> FloatArray:
    """Turns per second; a gear is held until the engine is too fast or too slow for it."""
    gear = 1
    turns = np.empty_like(speed)
    for i, v in enumerate(speed.tolist()):
        now = v * _REVS_PER_METRE[gear]
        if now > _SHIFT_UP_REVS and gear < len(_REVS_PER_METRE) - 1:
            gear += 1
        elif now < _SHIFT_DOWN_REVS and gear > 0:
            gear -= 1
        turns[i] = v * _REVS_PER_METRE[gear]
    return turns


def _smooth(values: FloatArray, width: int) -> FloatArray:
    padded = np.pad(values, (width // 2, width - 1 - width // 2), mode="edge")
    total = np.cumsum(np.concatenate(([0.0], padded)))
    mean: FloatArray = (total[width:] - total[:-width]) / width
    return mean
