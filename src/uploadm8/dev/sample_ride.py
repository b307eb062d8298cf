"""A ride by formula with every channel there is: for tests, benchmarks and pictures of the HUD."""

from collections.abc import Collection

import numpy as np

from uploadm8.core.telemetry.track import Channel, Clock, Column, Track

PHONE = (
    Channel.LAT,
    Channel.LON,
    Channel.ALTITUDE,
    Channel.SPEED,
    Channel.COURSE,
    Channel.DISTANCE,
    Channel.G_LONG,
    Channel.G_LAT,
    Channel.GRADE,
)
"""What a phone in a car records, and what is derived from it."""

START_UTC = 1_718_000_000.0  # 2024-06-10 06:13:20 UTC


def circuit(seconds: float) -> Track:
    """Laps of a closed circuit near Martigny at 10 Hz."""
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


def only(track: Track, channels: Collection[Channel]) -> Track:
    """The same ride as a device with only these channels records it."""
    columns = {c: v for c, v in track.columns.items() if c in channels}
    return Track(track.format, track.t, columns, clock=track.clock, start_utc=track.start_utc)
