"""One real lap in eight forms: each must tell the same drive as DRIVE.json."""

import json
from datetime import datetime
from typing import Any

import numpy as np
import pytest

from samples import sample
from uploadm8.core.telemetry.preview import summary
from uploadm8.core.telemetry.reader import read_track
from uploadm8.core.telemetry.resample import resample
from uploadm8.core.telemetry.track import Channel, Clock, Provenance, Track

# Form, its rate, its peak speed with tolerance (m/s), and seconds without a fix at the start.
_FORMS: dict[str, tuple[str, float, float, float]] = {
    "drive_10hz.gpx": ("10hz", 10.0, 0.01, 0.0),
    "drive.csv": ("10hz", 10.0, 0.01, 0.0),
    "drive.nmea": ("10hz", 10.0, 0.01, 0.0),
    "drive.trackaddict.csv": ("10hz", 10.0, 0.03, 0.0),
    "drive.map": ("1hz", 1.0, 0.01, 3.0),
    "drive_freegps.mp4": ("1hz", 1.0, 0.01, 0.0),
    "drive.gpx": ("1hz", 1.0, 1.0, 0.0),  # no speed in the file: derived from positions
}


def _truth() -> dict[str, Any]:
    facts: dict[str, Any] = json.loads(sample("derived/DRIVE.json").read_text())
    return facts


def _track(name: str) -> Track:
    return read_track(sample(f"derived/{name}"))


@pytest.mark.parametrize("name", _FORMS)
def test_points_and_peak_speed_agree(name: str) -> None:
    truth, facts = _truth(), summary(_track(name))
    rate, hz, tolerance, late = _FORMS[name]
    assert facts["points"] == truth[f"points_{rate}"]
    assert facts["valid_points"] == truth[f"points_{rate}"] - round(late * hz)
    assert facts["max_speed_mps"] == pytest.approx(truth[f"max_speed_mps_{rate}"], abs=tolerance)


@pytest.mark.parametrize("name", _FORMS)
def test_distance_agrees_within_two_percent(name: str) -> None:
    truth, facts = _truth(), summary(_track(name))
    # The rows without a fix at the start of the .map are 117 m of the lap.
    missing = 117.0 if _FORMS[name][3] else 0.0
    assert facts["distance_m"] == pytest.approx(truth["distance_m"] - missing, rel=0.02)


@pytest.mark.parametrize("name", _FORMS)
def test_the_clock_starts_and_ends_with_the_lap(name: str) -> None:
    truth, track = _truth(), _track(name)
    start = datetime.fromisoformat(truth["t_first"]).timestamp()
    end = datetime.fromisoformat(truth["t_last"]).timestamp()
    assert track.start_utc == pytest.approx(start, abs=0.001)
    assert track.duration_s == pytest.approx(end - start, abs=0.001)


def test_void_rows_of_the_map_have_no_position() -> None:
    facts = summary(_track("drive.map"))
    assert facts["dropped"] == {"no_fix": _truth()["map_void_rows"]}


def test_racechrono_keeps_every_fact_of_the_readme() -> None:
    track = read_track(sample("csv/racechrono_session_20251231_111318_tianma_lap9_v3.csv"))
    facts = summary(track)
    assert facts["points"] == 3850
    assert facts["dropped"] == {"duplicate_time": 89}
    assert facts["max_speed_mps"] == 45.078
    assert facts["distance_m"] == pytest.approx(2286.0, abs=0.5)
    assert set(track.columns[Channel.LAP].values) == {8.0, 9.0, 10.0}


def test_all_forms_show_the_same_speed_at_the_same_moment() -> None:
    times = np.arange(4.0, 83.0, 0.1)
    best = resample(_track("drive_10hz.gpx"), times).values[Channel.SPEED]
    for name, (rate, *_) in _FORMS.items():
        speed = resample(_track(name), times).values[Channel.SPEED]
        error = float(np.sqrt(np.mean((speed - best) ** 2)))
        assert error < (0.1 if rate == "10hz" else 1.5), name


def test_measured_forces_agree_with_those_derived_from_speed_and_course() -> None:
    measured = read_track(sample("csv/racechrono_session_20251231_111318_tianma_lap9_v3.csv"))
    derived = _track("drive_10hz.gpx")
    assert measured.start_utc is not None
    assert derived.start_utc is not None
    times = np.arange(2.0, 80.0, 0.1)
    shift = derived.start_utc - measured.start_utc
    for channel in (Channel.G_LAT, Channel.G_LONG):
        assert measured.columns[channel].provenance is Provenance.MEASURED
        assert derived.columns[channel].provenance is Provenance.DERIVED
        a = resample(measured, times + shift).values[channel]
        b = resample(derived, times).values[channel]
        assert np.corrcoef(a, b)[0, 1] > 0.95, channel


@pytest.mark.parametrize(
    ("name", "trackpoints", "heart_rate"),
    [("tcx/test.tcx", 384, 189.0), ("tcx/no_hr.tcx", 384, None)],
)
def test_tcx_agrees_with_the_independent_figures(
    name: str, trackpoints: int, heart_rate: float | None
) -> None:
    track = read_track(sample(name))
    facts = summary(track)
    assert facts["points"] == trackpoints
    assert facts["valid_points"] == 383
    assert facts["distance_m"] == pytest.approx(4686.31, abs=0.1)
    assert track.columns[Channel.LAP].values.max() == 3
    if heart_rate is None:
        assert Channel.HEART_RATE not in track
    else:
        column = track.columns[Channel.HEART_RATE]
        assert column.values[column.valid].max() == heart_rate


@pytest.mark.parametrize(
    ("name", "points", "valid"),
    [
        ("air2s.srt", 17, 17),
        ("m2zoom.SRT", 7113, 7113),
        ("mavic_2_style.SRT", 468, 463),  # five repeat a time
        ("mavic_air2.srt", 25, 25),
        ("mavic_mini.SRT", 117, 117),
        ("mavic_pro.SRT", 468, 468),
        ("mavic_pro_buggy.SRT", 546, 530),
        ("mix_p4rtk_mavic2pro.srt", 12, 12),
        ("old_format.SRT", 468, 468),
        ("p4p_sample.SRT", 5, 5),
        ("broken_incomplete.SRT", 20, 19),
    ],
)
def test_dji_subtitles_agree_with_the_independent_figures(
    name: str, points: int, valid: int
) -> None:
    facts: dict[str, Any] = json.loads(sample("FACTS.json").read_text())[f"dji-srt/{name}"]
    track = read_track(sample(f"dji-srt/{name}"))
    found = summary(track)
    assert track.clock is Clock.VIDEO
    assert (found["points"], found["valid_points"]) == (points, valid)
    if "GPS()" in facts and "bracket_latlon" not in facts:
        lon, lat, _ = (float(text) for text in facts["first_GPS()"])
        assert (found["first"]["lat"], found["first"]["lon"]) == (lat, lon)
    elif "GPS()" not in facts:
        assert [found["first"]["lat"], found["first"]["lon"]] == facts["first_ll"]
