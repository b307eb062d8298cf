"""Rides made by formula, and frames to draw on, for the tests of the HUD."""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from uploadm8.core.hud.frame import FrameFormat, Planes
from uploadm8.core.telemetry.resample import Samples, resample
from uploadm8.core.telemetry.track import Channel, Track
from uploadm8.dev.sample_ride import PHONE, circuit, only

SECONDS = 60.0
FPS = 30.0


def full_track(seconds: float = SECONDS) -> Track:
    """Every channel, by default for as long as the clip."""
    return circuit(seconds)


def frame_times(seconds: float = SECONDS) -> NDArray[np.float64]:
    """The times of the frames of a clip as long as the ride."""
    return np.arange(0, seconds, 1 / FPS)


@lru_cache(maxsize=1)
def full_ride() -> Samples:
    """Every channel."""
    return resample(full_track(), frame_times())


def ride_with(*channels: Channel) -> Samples:
    """Only these channels."""
    return resample(only(full_track(), channels), frame_times())


@lru_cache(maxsize=1)
def car_ride() -> Samples:
    """What a phone in a car records."""
    return ride_with(*PHONE)


def blank(frame: FrameFormat, seed: int | None = None, luma: int = 90) -> Planes:
    """A frame of one grey, or of noise; its rows are padded, as a decoder's are."""
    h, w = frame.height, frame.width
    y = np.full((h, w + 64), luma, np.uint8)
    u, v = (
        np.full((h // 2, w // 2 + 32), 128, np.uint8),
        np.full((h // 2, w // 2 + 32), 128, np.uint8),
    )
    if seed is not None:
        rng = np.random.default_rng(seed)
        for plane in (y, u, v):
            plane[:] = rng.integers(16, 236, plane.shape, np.uint8)
    return Planes(y[:, :w], u[:, : w // 2], v[:, : w // 2])


def same(a: Planes, b: Planes) -> bool:
    """Whether two frames are equal to the bit."""
    return all(np.array_equal(getattr(a, p), getattr(b, p)) for p in ("y", "u", "v"))
