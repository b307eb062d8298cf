"""Positions between fixes: on the way that was driven, anywhere on the sphere."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from uploadm8.core.telemetry.geo import distance_m
from uploadm8.core.telemetry.resample import resample
from uploadm8.core.telemetry.track import Channel, Clock, Column, FloatArray, Track

_DEGREE_M = 111_195.0


def _track(
    t: FloatArray, lat: FloatArray, lon: FloatArray, segments: tuple[int, ...] = (0,)
) -> Track:
    everywhere = np.ones(len(t), np.bool_)
    columns = {Channel.LAT: Column(lat, everywhere), Channel.LON: Column(lon, everywhere)}
    return Track("test", t, columns, segments=segments, clock=Clock.RELATIVE)


def _at(track: Track, times: FloatArray) -> tuple[FloatArray, FloatArray]:
    samples = resample(track, times)
    assert samples.valid[Channel.LAT].all()
    return samples.values[Channel.LAT], samples.values[Channel.LON]


def _circle(t: FloatArray, lat: float, lon: float) -> tuple[FloatArray, FloatArray]:
    """A roundabout of 30 m at 10 m/s."""
    angle = t / 3.0
    north, east = 30.0 * np.cos(angle), 30.0 * np.sin(angle)
    longitude = lon + east / _DEGREE_M / np.cos(np.radians(lat))
    return lat + north / _DEGREE_M, (longitude + 180.0) % 360.0 - 180.0


@pytest.mark.parametrize("lon", [11.4, 180.0, -179.9999])
@pytest.mark.parametrize("lat", [0.0, -47.2, 89.5])
def test_a_roundabout_at_one_fix_a_second_stays_round(lat: float, lon: float) -> None:
    t = np.arange(0.0, 30.0)
    track = _track(t, *_circle(t, lat, lon))
    times = np.arange(1.0, 28.0, 0.05)
    got, want = _at(track, times), _circle(times, lat, lon)
    error = [distance_m(a, b, c, d) for a, b, c, d in zip(*got, *want, strict=True)]
    straight = 30.0 * (1 - np.cos(1 / 6))  # how far the chord cuts the corner: 0.42 m
    assert max(error) < straight / 5


def test_a_way_over_the_pole_goes_straight_on() -> None:
    t = np.arange(0.0, 11.0)
    north = 89.9995 + t * 1e-4
    lat = np.where(north > 90, 180 - north, north)
    lon = np.where(north > 90, -100.0, 80.0)
    got_lat, got_lon = _at(_track(t, lat, lon), np.array([4.75, 5.25]))
    assert got_lat == pytest.approx([89.999975, 89.999975], abs=1e-9)
    assert got_lon == pytest.approx([80.0, -100.0], abs=1e-6)


def test_braking_to_a_stop_never_overshoots_and_the_stop_stays() -> None:
    north = np.array([0.0, 15, 30, 45, 52, 52, 52, 52, 60, 75])
    track = _track(np.arange(10.0), 47.0 + north / _DEGREE_M, np.full(10, 11.0))
    times = np.arange(0.0, 9.0, 0.02)
    lat, lon = _at(track, times)
    metres = (lat - 47.0) * _DEGREE_M
    assert (np.diff(metres) >= -1e-6).all()
    assert metres[(times >= 4) & (times <= 7)] == pytest.approx(52.0, abs=1e-6)
    assert lon == pytest.approx(11.0, abs=1e-12)


def test_fixes_are_met_exactly() -> None:
    t = np.array([0.0, 0.9, 2.3, 3.0, 4.6])
    lat, lon = 47.0 + np.array([0, 1, 3, 3, 2]) * 1e-4, 11.0 + np.array([0, 2, 2, 5, 9]) * 1e-4
    got = _at(_track(t, lat, lon), t)
    assert got[0] == pytest.approx(lat, abs=1e-11)
    assert got[1] == pytest.approx(lon, abs=1e-11)


def test_nothing_leads_over_the_border_of_a_segment() -> None:
    t = np.arange(0.0, 8.0)
    lat = 47.0 + np.array([0, 1, 2, 3, 50, 51, 52, 53]) * 1e-4
    samples = resample(_track(t, lat, np.full(8, 11.0), (0, 4)), np.arange(0.0, 7.0, 0.1))
    shown = samples.values[Channel.LAT][samples.valid[Channel.LAT]]
    apart = (shown - 47.0) * 1e4
    assert not ((apart > 3.0 + 1e-6) & (apart < 50.0 - 1e-6)).any()


def test_two_fixes_are_joined_by_an_even_straight_line() -> None:
    track = _track(np.array([0.0, 2.0]), np.array([47.0, 47.001]), np.array([11.0, 11.0]))
    lat, _ = _at(track, np.array([0.5, 1.0, 1.5]))
    assert lat == pytest.approx([47.00025, 47.0005, 47.00075], abs=1e-9)


def test_a_slow_receiver_in_a_fast_log_moves_on_evenly() -> None:
    t = np.arange(0.0, 20.0, 0.05)
    lat = 47.0 + np.floor(t) * 1e-4  # 50 Hz rows that repeat a 1 Hz fix
    times = np.arange(2.0, 17.0, 0.1)
    got, _ = _at(_track(t, lat, np.full(len(t), 11.0)), times)
    assert got == pytest.approx(47.0 + times * 1e-4, abs=1e-8)


def test_a_stop_in_a_fast_log_with_a_slow_receiver_stays_a_stop() -> None:
    t = np.arange(0.0, 20.0, 0.05)
    lat = 47.0 + np.clip(np.floor(t), 5, 15) * 1e-4
    got, _ = _at(_track(t, lat, np.full(len(t), 11.0)), np.arange(0.0, 4.9, 0.1))
    assert got == pytest.approx(47.0005, abs=1e-12)


@given(
    st.lists(
        st.tuples(st.floats(0.01, 9.0), st.floats(-90, 90), st.floats(-180, 180)),
        min_size=1,
        max_size=12,
    ),
    st.lists(st.floats(-5, 120), min_size=1, max_size=12),
)
def test_any_fixes_give_positions_on_the_globe(
    fixes: list[tuple[float, float, float]], times: list[float]
) -> None:
    steps, lat, lon = (np.array(column) for column in zip(*fixes, strict=True))
    samples = resample(_track(np.cumsum(steps), lat, lon), np.array(times))
    assert np.isfinite(samples.values[Channel.LAT]).all()
    assert (np.abs(samples.values[Channel.LAT]) <= 90.0).all()
    assert (np.abs(samples.values[Channel.LON]) <= 180.0).all()
