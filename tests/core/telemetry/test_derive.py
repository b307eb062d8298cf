"""Derivation on tracks whose truth is known by construction."""

import math

import numpy as np
import pytest

from uploadm8.core.telemetry.clean import clean
from uploadm8.core.telemetry.derive import derive
from uploadm8.core.telemetry.height import climbed
from uploadm8.core.telemetry.preview import summary
from uploadm8.core.telemetry.raw import RawTrack
from uploadm8.core.telemetry.track import Channel, Clock, FloatArray, Provenance, Track

_UTC = 1_700_000_000.0
_DEGREE_M = 6_371_008.8 * math.pi / 180


def _drive(
    north_m: FloatArray, hz: float, east_m: FloatArray | None = None, **channels: FloatArray
) -> RawTrack:
    t = _UTC + np.arange(len(north_m)) / hz
    east_m = np.zeros(len(north_m)) if east_m is None else east_m
    columns = {
        Channel.LAT: 45.0 + north_m / _DEGREE_M,
        Channel.LON: 7.0 + east_m / _DEGREE_M / math.cos(math.radians(45.0)),
    }
    columns.update({Channel(name): values for name, values in channels.items()})
    return RawTrack("test", t, columns, Clock.UTC)


def _track(raw: RawTrack) -> Track:
    return derive(clean(raw))


def _steady(mps: float, seconds: int, hz: float) -> FloatArray:
    return np.arange(round(seconds * hz), dtype=np.float64) * (mps / hz)


@pytest.mark.parametrize("hz", [0.2, 1.0, 5.0, 18.0])
def test_speed_from_positions_is_right_at_any_rate(hz: float) -> None:
    track = _track(_drive(_steady(20.0, 120, hz), hz))
    speed = track.columns[Channel.SPEED]
    assert speed.provenance is Provenance.DERIVED
    assert np.allclose(speed.values, 20.0, rtol=1e-3)


def test_a_measured_speed_is_preferred() -> None:
    track = _track(_drive(_steady(20.0, 60, 1.0), 1.0, speed=np.full(60, 20.4)))
    assert track.columns[Channel.SPEED].provenance is Provenance.MEASURED
    assert set(track.columns[Channel.SPEED].values) == {20.4}


@pytest.mark.parametrize(
    ("stated", "true"),
    [(1 / 3.6, 0.44704), (0.44704, 1 / 3.6), (1.0, 1 / 3.6), (1 / 3.6, 1.0), (1 / 3.6, 0.514444)],
)
def test_a_wrong_speed_unit_is_found_and_corrected(stated: float, true: float) -> None:
    metres = _steady(20.0, 60, 1.0)
    track = _track(_drive(metres, 1.0, speed=np.full(60, 20.0 / true * stated)))
    assert np.allclose(track.columns[Channel.SPEED].values, 20.0, rtol=0.01)
    assert any("corrected" in warning for warning in track.quality.warnings)


def test_a_speed_of_unknown_unit_is_decided_by_the_positions() -> None:
    raw = _drive(_steady(20.0, 60, 1.0), 1.0, speed=np.full(60, 20.0 * 3.6))
    raw.speed_unit_certain = False
    track = _track(raw)
    assert np.allclose(track.columns[Channel.SPEED].values, 20.0, rtol=0.01)
    assert any("km/h" in warning for warning in track.quality.warnings)


def test_a_speed_that_fits_no_unit_gives_way_to_positions() -> None:
    raw = _drive(_steady(20.0, 60, 1.0), 1.0, speed=np.full(60, 45.0 * 0.3))
    raw.speed_unit_certain = False
    raw.columns[Channel.SPEED] *= 0.2
    track = _track(raw)
    assert track.columns[Channel.SPEED].provenance is Provenance.DERIVED
    assert np.allclose(track.columns[Channel.SPEED].values, 20.0, rtol=0.01)


@pytest.mark.parametrize("with_speed", [True, False])
def test_distance_does_not_grow_while_standing(with_speed: bool) -> None:
    noise = np.random.default_rng(7)
    wander = np.cumsum(noise.normal(0, 0.25, 600)) * 0.2
    north = np.concatenate((_steady(15.0, 60, 1.0), 900.0 + wander))
    moving = np.concatenate((np.full(60, 15.0), np.abs(noise.normal(0.15, 0.1, 600))))
    raw = _drive(north, 1.0, **({"speed": moving} if with_speed else {}))
    assert summary(_track(raw))["distance_m"] == pytest.approx(900.0, rel=0.01)


def test_a_slow_walk_is_not_taken_for_standing() -> None:
    assert summary(_track(_drive(_steady(0.8, 600, 1.0), 1.0)))["distance_m"] == pytest.approx(
        480.0, rel=0.01
    )


def test_positions_rounded_to_eleven_metres_give_a_smooth_speed() -> None:
    raw = _drive(_steady(10.0, 120, 1.0), 1.0)
    raw.columns[Channel.LAT] = np.round(raw.columns[Channel.LAT], 4)
    raw.columns[Channel.LON] = np.round(raw.columns[Channel.LON], 4)
    speed = _track(raw).columns[Channel.SPEED].values[5:-5]
    assert np.all(np.abs(speed - 10.0) < 2.5)
    assert speed.mean() == pytest.approx(10.0, rel=0.02)


def test_smoothing_has_no_lag() -> None:
    t = np.arange(0, 60, 0.1)
    v = 20.0 + 5.0 * np.sin(t / 3)
    north = 20.0 * t + 15.0 * (1 - np.cos(t / 3))
    track = _track(_drive(north, 10.0, speed=v))
    expected = 5.0 / 3 * np.cos(t / 3) / 9.80665
    forward = track.columns[Channel.G_LONG].values
    assert np.abs(forward - expected)[10:-10].max() < 0.005
    lags = [
        np.corrcoef(forward[50:-50], expected[50 + s : len(t) - 50 + s])[0, 1]
        for s in range(-9, 10)
    ]
    assert int(np.argmax(lags)) - 9 == 0


def test_a_mirrored_accelerometer_is_turned_around() -> None:
    angle = np.arange(0, 400) / 10 * 0.15
    north, east = 100 * np.cos(angle), 100 * np.sin(angle)
    lateral = np.full(400, -0.229)
    track = _track(_drive(north, 10.0, east, g_lat=lateral, speed=np.full(400, 15.0)))
    assert track.columns[Channel.G_LAT].values.mean() == pytest.approx(0.229)
    assert track.columns[Channel.G_LAT].provenance is Provenance.MEASURED


def test_course_is_held_while_standing() -> None:
    north = np.concatenate((_steady(10.0, 30, 1.0), np.full(30, 300.0)))
    track = _track(_drive(north, 1.0))
    assert np.allclose(track.columns[Channel.COURSE].values, 0.0, atol=1e-6)


def test_course_over_north_is_not_averaged_to_south() -> None:
    east = 2.0 * np.sin(np.arange(60) / 4)
    course = _track(_drive(_steady(10.0, 60, 1.0), 1.0, east)).columns[Channel.COURSE].values
    assert ((course < 20) | (course > 340)).all()


def test_grade_gain_and_vertical_speed_of_a_steady_climb() -> None:
    metres = _steady(10.0, 200, 1.0)
    noise = np.random.default_rng(3).normal(0, 0.4, 200)
    track = _track(_drive(metres, 1.0, altitude=500 + metres * 0.06 + noise))
    grade = track.columns[Channel.GRADE].values[20:-20]
    assert grade.mean() == pytest.approx(6.0, abs=0.2)
    assert track.columns[Channel.VERTICAL_SPEED].values.mean() == pytest.approx(0.6, abs=0.05)
    climb = climbed(track)
    assert climb is not None
    assert climb[0] == pytest.approx(119.4, abs=5.0)
    assert climb[1] == 0.0
    half = climbed(track, 50.0, 150.0)
    assert half is not None
    assert half[0] == pytest.approx(60.0, abs=4.0)


def test_grade_is_blank_when_almost_standing() -> None:
    metres = np.concatenate((_steady(10.0, 60, 1.0), np.full(30, 600.0)))
    track = _track(_drive(metres, 1.0, altitude=500 + metres * 0.06))
    assert not track.columns[Channel.GRADE].valid[70:].any()


def test_noise_of_a_flat_road_is_no_climbing() -> None:
    altitude = 100 + np.random.default_rng(5).normal(0, 0.8, 600)
    climb = climbed(_track(_drive(_steady(10.0, 600, 1.0), 1.0, altitude=altitude)))
    assert climb is not None
    assert climb[0] < 4.0


def test_an_odometer_far_from_the_positions_is_ignored() -> None:
    metres = _steady(10.0, 60, 1.0)
    track = _track(_drive(metres, 1.0, distance=metres * 3))
    assert track.columns[Channel.DISTANCE].provenance is Provenance.DERIVED
    assert summary(track)["distance_m"] == pytest.approx(590.0, rel=0.01)


def test_rows_far_apart_say_nothing_about_forces() -> None:
    track = _track(_drive(_steady(20.0, 600, 0.2), 0.2))
    assert Channel.G_LONG not in track
    assert Channel.LEAN not in track
