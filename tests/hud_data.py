"""Rides made by formula, and frames to draw on, for the tests of the HUD."""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from uploadm8.core.hud.frame import FrameFormat, Planes
from uploadm8.core.telemetry.resample import Samples, resample
from uploadm8.core.telemetry.track import Channel, Clock, Column, Track

SECONDS = 60.0
FPS = 30.0
START_UTC = 1_718_000_000.0  # 2024-06-10 06:13:20 UTC
CAR = (
    Channel.LAT,
    Channel.LON,
    Channel.ALTITUDE,
    Channel.SPEED,
    Channel.COURSE,
    Channel.DISTANCE,
    Channel.G_LONG,
    Channel.G_LAT,
)


def full_track(seconds: float = SECONDS) -> Track:
    """A closed circuit near Martigny with every channel there is, at 10 Hz."""
    t = np.arange(0, seconds + 0.05, 0.1)
    a = 2 * np.pi * t / 55
    x = 420 * np.cos(a) + 130 * np.cos(2 * a + 0.7) + 60 * np.sin(3 * a)
    y = 260 * np.sin(a) + 110 * np.sin(2 * a) + 40 * np.cos(4 * a)
    speed = 30 + 18 * np.sin(2 * a) + 9 * np.sin(5 * a + 1)
    values = {
        Channel.LAT: 46.05 + y / 111_320,
        Channel.LON: 7.1 + x / (111_320 * np.cos(np.deg2rad(46))),
        Channel.ALTITUDE: 820 + 60 * np.sin(1.5 * a) + 18 * np.sin(6 * a) + 9 * np.sin(11 * a),
        Channel.SPEED: speed,
        Channel.COURSE: np.degrees(np.arctan2(np.gradient(x), np.gradient(y))) % 360,
        Channel.DISTANCE: np.cumsum(speed) * 0.1,
        Channel.G_LONG: 0.5 * np.cos(7 * a),
        Channel.G_LAT: 0.7 * np.sin(4 * a),
        Channel.LEAN: 38 * np.sin(4 * a),
        Channel.GRADE: 6 * np.cos(2 * a),
        Channel.VERTICAL_SPEED: 3 * np.sin(3 * a),
        Channel.HEART_RATE: 148 + 15 * np.sin(a),
        Channel.CADENCE: 88 + 6 * np.sin(3 * a),
        Channel.POWER: 240 + 80 * np.sin(4 * a),
        Channel.TEMPERATURE: np.full(len(t), 21.0),
        Channel.RPM: 4500 + 3000 * np.sin(9 * a),
        Channel.THROTTLE: 50 + 50 * np.sin(9 * a),
        Channel.BRAKE: np.clip(-90 * np.sin(9 * a), 0, 100),
        Channel.GEAR: np.clip(np.round(speed / 11), 1, 6),
        Channel.LAP: 1 + np.floor(t / 20),
        Channel.SATELLITES: np.full(len(t), 17.0),
    }
    everywhere = np.ones(len(t), np.bool_)
    columns = {channel: Column(v, everywhere) for channel, v in values.items()}
    return Track("made-up", t, columns, clock=Clock.UTC, start_utc=START_UTC)


def frame_times(seconds: float = SECONDS) -> NDArray[np.float64]:
    """The times of the frames of a clip as long as the ride."""
    return np.arange(0, seconds, 1 / FPS)


@lru_cache(maxsize=1)
def full_ride() -> Samples:
    """Every channel."""
    return resample(full_track(), frame_times())


def ride_with(*channels: Channel) -> Samples:
    """Only these channels."""
    track = full_track()
    chosen = {channel: track.columns[channel] for channel in channels}
    cut = Track("made-up", track.t, chosen, clock=Clock.UTC, start_utc=START_UTC)
    return resample(cut, frame_times())


@lru_cache(maxsize=1)
def car_ride() -> Samples:
    """What a phone in a car records."""
    return ride_with(*CAR, Channel.GRADE)


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
