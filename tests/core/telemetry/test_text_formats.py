"""The same circular drive in every text format reads as the same drive."""

from pathlib import Path

import pytest

from telemetry_files import DISTANCE_M, FILES, LAT, LATERAL_G, LON, SECONDS, SPEED_MPS, START
from uploadm8.core.telemetry.preview import summary
from uploadm8.core.telemetry.reader import read_track
from uploadm8.core.telemetry.track import Channel, Clock, Track

_WITHOUT_FIX_AT_FIRST = {"lap-timer": 0.6}  # seconds


def _read(tmp_path: Path, name: str) -> Track:
    path = tmp_path / "recording.dat"
    path.write_text(FILES[name][1](), encoding="utf-8", newline="")
    return read_track(path)


@pytest.mark.parametrize("name", FILES)
def test_the_format_is_recognised_by_content(tmp_path: Path, name: str) -> None:
    assert _read(tmp_path, name).format == FILES[name][0]


@pytest.mark.parametrize("name", FILES)
def test_speed_distance_and_place_are_those_of_the_drive(tmp_path: Path, name: str) -> None:
    track = _read(tmp_path, name)
    facts = summary(track)
    late = _WITHOUT_FIX_AT_FIRST.get(name, 0.0)
    speed = track.columns[Channel.SPEED]
    assert speed.values[speed.valid].mean() == pytest.approx(SPEED_MPS, rel=0.01)
    assert facts["max_speed_mps"] == pytest.approx(SPEED_MPS, rel=0.03)
    assert facts["distance_m"] == pytest.approx(DISTANCE_M - late * SPEED_MPS, rel=0.015)
    assert facts["duration_s"] == pytest.approx(SECONDS, abs=0.25)
    if not late:
        assert facts["first"]["lat"] == pytest.approx(LAT + 0.00089932, abs=2e-6)
        assert facts["first"]["lon"] == pytest.approx(LON, abs=2e-6)


@pytest.mark.parametrize("name", FILES)
def test_turning_right_pushes_and_leans_to_the_right(tmp_path: Path, name: str) -> None:
    track = _read(tmp_path, name)
    for channel, expected in ((Channel.G_LAT, LATERAL_G), (Channel.LEAN, 12.92)):
        column = track.columns[channel]
        middle = column.values[column.valid][3:-3]
        assert middle.mean() == pytest.approx(expected, rel=0.05), channel


@pytest.mark.parametrize("name", [n for n in FILES if not n.startswith("dji")])
def test_the_start_is_on_the_utc_clock(tmp_path: Path, name: str) -> None:
    track = _read(tmp_path, name)
    assert track.clock is Clock.UTC
    assert track.start_utc == pytest.approx(START, abs=1e-3)


@pytest.mark.parametrize("name", [n for n in FILES if n.startswith("dji")])
def test_subtitles_are_on_the_clock_of_the_video(tmp_path: Path, name: str) -> None:
    track = _read(tmp_path, name)
    assert track.clock is Clock.VIDEO
    assert track.t[0] == 0.0
    assert track.t[-1] == pytest.approx(SECONDS)


@pytest.mark.parametrize(
    "name",
    ["gpx", "tcx", "dji-mavic-3", "nmea", "trackaddict", "vbox", "headed-map", "positional-map"],
)
def test_altitude_is_in_metres(tmp_path: Path, name: str) -> None:
    facts = summary(_read(tmp_path, name))
    assert facts["altitude_min_m"] == pytest.approx(120.5, abs=0.05)
    assert facts["altitude_max_m"] == pytest.approx(120.5, abs=0.05)


def test_racechrono_prefers_the_receiver_over_obd_for_speed(tmp_path: Path) -> None:
    track = _read(tmp_path, "racechrono-v3")
    assert set(track.columns[Channel.SPEED].values) == {15.0}


def test_trackaddict_keeps_positions_of_fresh_fixes_only(tmp_path: Path) -> None:
    track = _read(tmp_path, "trackaddict")
    assert len(track) == 402
    assert track.columns[Channel.LAT].valid.sum() == 201
    assert track.columns[Channel.G_LAT].valid.all()


def test_rows_without_a_fix_have_no_position(tmp_path: Path) -> None:
    track = _read(tmp_path, "lap-timer")
    assert track.quality.dropped == {"no_fix": 3}
    assert track.columns[Channel.LAT].valid.sum() == len(track) - 3
    assert not track.columns[Channel.LAT].valid[:3].any()
