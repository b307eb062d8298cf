"""GPMF: facts of real cameras, times, locks, and any damage."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mp4_builder import gps5, klv, movie, nest
from outcome import assert_sound, outcome
from samples import sample
from uploadm8.core.telemetry.clean import clean
from uploadm8.core.telemetry.gpmf.klv import Item, items
from uploadm8.core.telemetry.gpmf.streams import Stream, read_streams, split_payloads
from uploadm8.core.telemetry.mp4.movie import read_movie
from uploadm8.core.telemetry.raw import RawTrack
from uploadm8.core.telemetry.readers import gpmf, mp4
from uploadm8.core.telemetry.track import Channel, Clock
from uploadm8.errors import TelemetryError

NAMES = [
    "Fusion.raw",
    "consecutive1.raw",
    "hero11.raw",
    "hero5-trimmed.mp4",
    "hero5.raw",
    "hero6+ble.raw",
    "hero8-trimmed.mp4",
    "max-heromode.mp4",
]


def _streams(path: Path) -> list[Stream]:
    if path.suffix == ".raw":
        return read_streams(split_payloads(path.read_bytes()))
    found = read_movie(path)
    assert found is not None
    track = next(track for track in found.tracks if track.codec == "gpmd")
    return read_streams(found.read(track.samples()))


def _read(path: Path) -> RawTrack:
    return gpmf.read(path) if path.suffix == ".raw" else mp4.read(path)


def _facts(name: str) -> dict[str, Any]:
    facts = json.loads(sample("FACTS.json").read_text())
    found: dict[str, Any] = facts[f"gpmf/{name}"]
    return found


@pytest.mark.parametrize("name", NAMES)
def test_every_stream_has_as_many_samples_as_measured(name: str) -> None:
    counts: dict[str, int] = {}
    for stream in _streams(sample(f"gpmf/{name}")):
        counts[stream.key] = counts.get(stream.key, 0) + int(stream.counts.sum())
    for key, count in _facts(name)["counts"].items():
        assert counts[key] == count, key


@pytest.mark.parametrize("name", NAMES)
def test_positions_altitude_and_speed_are_as_measured(name: str) -> None:
    facts = _facts(name)
    expected = facts.get("GPS9") or facts["GPS5"]
    track = _read(sample(f"gpmf/{name}"))
    assert len(track.t) == expected["n"]
    for at, row in ((0, expected["first"]), (-1, expected["last"])):
        for channel, value in zip(
            (Channel.LAT, Channel.LON, Channel.ALTITUDE, Channel.SPEED), row[:4], strict=True
        ):
            assert track.columns[channel][at] == pytest.approx(value, abs=1e-6)
    assert track.columns[Channel.SPEED].max() == pytest.approx(expected["max_2d_mps"])
    assert track.clock is Clock.VIDEO


def test_the_datum_is_the_ellipsoid_unless_the_camera_says_sea_level() -> None:
    assert _read(sample("gpmf/max-heromode.mp4")).altitude_datum == "wgs84"
    assert _read(sample("gpmf/hero11.raw")).altitude_datum == "msl"


@pytest.mark.parametrize("name", ["hero8-trimmed.mp4", "consecutive1.raw", "hero6+ble.raw"])
def test_samples_without_a_lock_are_all_flagged_and_give_no_date(name: str) -> None:
    track = _read(sample(f"gpmf/{name}"))
    assert track.no_fix is not None
    assert track.no_fix.all()
    assert track.start_utc is None
    assert clean(track).quality.warnings == (
        "The receiver never had a position fix while this was recorded.",
    )


def test_utc_is_the_median_and_not_the_first_stamp_that_jumps() -> None:
    track = _read(sample("gpmf/max-heromode.mp4"))
    assert track.start_utc is not None
    # The last stamp, 23:45:25.435, belongs to the payload that starts 10.01 s into the clip.
    assert track.start_utc + 10.01 == pytest.approx(1574120725.435, abs=0.2)


def test_the_zone_is_seen_in_a_creation_time_that_is_local() -> None:
    assert _read(sample("gpmf/max-heromode.mp4")).local_offset_s == -8 * 3600


def test_samples_are_spread_over_the_whole_clip_in_order() -> None:
    track = _read(sample("gpmf/max-heromode.mp4"))
    steps = np.diff(track.t)
    assert steps.min() > 0.05
    assert steps.max() < 0.06
    assert -0.1 < track.t[0] < 0.1
    assert 10.4 < track.t[-1] < 10.6


def _rows(count: int, speed: float = 10.0) -> list[tuple[float, float, float, float, float]]:
    return [(48.0 + i * 1e-5, 11.0, 500.0, speed, speed) for i in range(count)]


def test_without_stamps_a_steady_rate_is_fitted_through_the_payloads(tmp_path: Path) -> None:
    # 18.169 Hz delivered in whole samples: 18, 18, 18, 18, 18, 19, ...
    totals = np.floor(np.arange(1, 21) * 1.001 * 18.169).astype(int)
    counts = np.diff(totals, prepend=0)
    path = tmp_path / "hero5.mp4"
    path.write_bytes(movie([gps5(_rows(int(n))) for n in counts]))
    steps = np.diff(mp4.read(path).t)
    assert np.allclose(steps, 1 / 18.169, rtol=2e-3)


def test_stamps_place_samples_relative_to_the_first_frame(tmp_path: Path) -> None:
    payloads = []
    for i in range(5):
        shutter = nest(
            b"DEVC",
            klv(b"DVID", b"L", 4, b"\0\0\0\1"),
            nest(
                b"STRM",
                klv(b"STMP", b"J", 8, (5_000_000 + i * 1_001_000).to_bytes(8, "big")),
                klv(b"SHUT", b"f", 4, bytes(120)),
            ),
        )
        payloads.append(shutter + gps5(_rows(10), stamp_us=5_250_000 + i * 1_001_000))
    path = tmp_path / "hero8.mp4"
    path.write_bytes(movie(payloads))
    track = mp4.read(path)
    assert track.t[0] == pytest.approx(0.25)
    assert track.t[10] == pytest.approx(1.251)


def test_stray_clock_stamps_do_not_move_the_date(tmp_path: Path) -> None:
    stamps = [b"250601100400.000"] + [b"2506011000%02d.000" % i for i in range(1, 9)]
    path = tmp_path / "max.mp4"
    path.write_bytes(movie([gps5(_rows(18), utc=stamp) for stamp in stamps], ticks=1000))
    assert mp4.read(path).start_utc == pytest.approx(1748772000.0, abs=0.1)


def test_a_lock_with_unknown_dop_keeps_its_points_and_has_no_dop(tmp_path: Path) -> None:
    path = tmp_path / "hero6.mp4"
    path.write_bytes(movie([gps5(_rows(18), dop=9999)]))
    track = mp4.read(path)
    assert track.no_fix is not None
    assert not track.no_fix.any()
    assert Channel.HDOP not in track.columns


def test_a_camera_without_gps_is_a_clear_error(tmp_path: Path) -> None:
    payload = nest(b"DEVC", nest(b"STRM", klv(b"ACCL", b"s", 6, bytes(600))))
    path = tmp_path / "hero12.mp4"
    path.write_bytes(movie([payload]))
    with pytest.raises(TelemetryError) as caught:
        mp4.read(path)
    assert caught.value.code == "telemetry_no_position"
    assert "HERO12" in caught.value.detail


def test_a_raw_dump_and_the_video_it_came_from_agree(tmp_path: Path) -> None:
    payloads = [gps5(_rows(18)) for _ in range(4)]
    video, dump = tmp_path / "a.mp4", tmp_path / "a.raw"
    video.write_bytes(movie(payloads))
    dump.write_bytes(b"".join(payloads))
    one, other = mp4.read(video), gpmf.read(dump)
    assert np.allclose(one.t, other.t)
    assert np.array_equal(one.columns[Channel.LAT], other.columns[Channel.LAT])


def test_structured_rows_follow_their_type_description() -> None:
    item = Item("GPS9", "?", 8, 2, bytes([0, 0, 0, 1, 0, 2, 0, 3, 255, 255, 255, 255, 0, 5, 0, 6]))
    assert item.numbers("lSS").tolist() == [[1, 2, 3], [-1, 5, 6]]
    assert item.numbers("lS[2]").tolist() == [[1, 2, 3], [-1, 5, 6]]
    assert item.numbers("lS").size == 0
    assert item.numbers("l[999999999]").size == 0


_DAMAGED = movie([gps5(_rows(6), stamp_us=10**6 * i) for i in range(5)])


@settings(max_examples=400, deadline=None)
@given(st.data())
def test_a_mutated_video_gives_a_track_or_a_telemetry_error(data: st.DataObject) -> None:
    damaged = bytearray(_DAMAGED)
    places = st.tuples(st.integers(0, len(damaged) - 1), st.integers(0, 255))
    for at, value in data.draw(st.lists(places, max_size=10)):
        damaged[at] = value
    damaged = damaged[: data.draw(st.integers(0, len(damaged)))]
    assert_sound(outcome(mp4.read, bytes(damaged)))


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=300))
def test_any_bytes_in_a_dump_give_a_track_or_a_telemetry_error(data: bytes) -> None:
    assert_sound(outcome(gpmf.read, gps5(_rows(3)) + nest(b"DEVC", nest(b"STRM", data))))
    assert_sound(outcome(gpmf.read, data))
    assert sum(1 for _ in items(data)) <= len(data) // 8
