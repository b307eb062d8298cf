"""Accelerations of the vehicle from a camera that is mounted any way around."""

import struct
from pathlib import Path

import numpy as np
import pytest

from mp4_builder import klv, movie, nest
from uploadm8.core.telemetry.raw import RawTrack
from uploadm8.core.telemetry.readers import mp4
from uploadm8.core.telemetry.track import Channel, FloatArray

G = 9.80665
SECONDS = 40
_DIVISORS = (10**7, 10**7, 1000, 1000, 100)


def _pull(t: FloatArray) -> FloatArray:
    """Forward acceleration in m/s2."""
    return 2.5 * np.sin(2 * np.pi * t / 9.0)


def _speed(t: FloatArray) -> FloatArray:
    return 20 + 2.5 * 9.0 / (2 * np.pi) * (1 - np.cos(2 * np.pi * t / 9.0))


def _swing(t: FloatArray) -> FloatArray:
    """Acceleration to the right in m/s2."""
    return 3.0 * np.sin(2 * np.pi * t / 6.1)


def _payload(second: int, axes: FloatArray, orin: str, *, moving: bool) -> bytes:
    """One second: ACCL at 200 Hz through `axes` (camera from forward, right, up), GPS5 at 18 Hz."""
    t = second + np.arange(200) / 200
    share = 1.0 if moving else 0.0
    body = np.stack((share * _pull(t), share * _swing(t), np.full(len(t), G)), axis=1)
    camera = body @ axes.T
    columns = [(-1 if c.islower() else 1) * camera[:, "XYZ".index(c.upper())] for c in orin]
    counts = np.round(np.stack(columns, axis=1) * 418).astype(">i2")
    fixes = second + np.arange(18) / 18
    speed = _speed(fixes) if moving else np.full(18, 20.0)
    rows = b"".join(
        struct.pack(">5i", *(round(v * d) for v, d in zip(row, _DIVISORS, strict=True)))
        for row in ((48.0 + f * 1e-4, 11.0, 500.0, v, v) for f, v in zip(fixes, speed, strict=True))
    )
    return nest(
        b"DEVC",
        klv(b"DVID", b"L", 4, b"\0\0\0\1"),
        nest(
            b"STRM",
            klv(b"ORIN", b"c", 1, orin.encode()),
            klv(b"SCAL", b"s", 2, struct.pack(">h", 418)),
            klv(b"ACCL", b"s", 6, counts.tobytes()),
        ),
        nest(
            b"STRM",
            klv(b"GPSF", b"L", 4, struct.pack(">I", 3)),
            klv(b"GPSP", b"S", 2, struct.pack(">H", 150)),
            klv(b"SCAL", b"l", 4, struct.pack(">5i", *_DIVISORS)),
            klv(b"GPS5", b"l", 20, rows),
        ),
    )


def _filmed(tmp_path: Path, axes: FloatArray, orin: str, *, moving: bool = True) -> RawTrack:
    path = tmp_path / "ride.mp4"
    payloads = [_payload(second, axes, orin, moving=moving) for second in range(SECONDS)]
    path.write_bytes(movie(payloads, ticks=1000))
    return mp4.read(path)


def _mount(yaw: float, pitch: float) -> FloatArray:
    """Camera X (right), Y (ahead), Z (up) from forward, right, up, turned and tilted."""
    upright = np.array([[0.0, 1, 0], [1, 0, 0], [0, 0, 1]])
    c, s = np.cos(yaw), np.sin(yaw)
    turned = np.array([[c, -s, 0], [s, c, 0], [0, 0, 1]])
    c, s = np.cos(pitch), np.sin(pitch)
    axes: FloatArray = np.array([[1, 0, 0], [0, c, -s], [0, s, c]]) @ turned @ upright
    return axes


@pytest.mark.parametrize("orin", ["ZXY", "YxZ", "zxY", "XzY"])
@pytest.mark.parametrize(("yaw", "pitch"), [(0.0, 0.0), (0.6, 0.3), (np.pi, -0.4), (1.9, 0.2)])
def test_forces_are_those_of_the_vehicle_for_any_mount(
    tmp_path: Path, orin: str, yaw: float, pitch: float
) -> None:
    track = _filmed(tmp_path, _mount(yaw, pitch), orin)
    inner = (track.t > 2) & (track.t < SECONDS - 2)
    t = track.t[inner]
    assert np.allclose(track.columns[Channel.G_LONG][inner], _pull(t) / G, atol=0.03)
    assert np.allclose(track.columns[Channel.G_LAT][inner], _swing(t) / G, atol=0.03)
    assert np.allclose(track.columns[Channel.G_VERT][inner], 0.0, atol=0.03)


def test_at_steady_speed_no_direction_is_made_up(tmp_path: Path) -> None:
    track = _filmed(tmp_path, _mount(0.3, 0.1), "ZXY", moving=False)
    assert Channel.G_LONG not in track.columns
    assert Channel.G_LAT not in track.columns
    assert np.allclose(track.columns[Channel.G_VERT], 0.0, atol=0.01)
