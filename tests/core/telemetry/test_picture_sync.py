"""Matching motion and log: exact numbers where the answer is known, doubt where there is none."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from uploadm8.core.telemetry.clock import VideoClock
from uploadm8.core.telemetry.picture_sync import Motion, match_picture
from uploadm8.core.telemetry.sync import synchronise
from uploadm8.core.telemetry.sync_candidates import SyncMethod
from uploadm8.core.telemetry.track import Channel, Clock, Column, FloatArray, Track

RNG = np.random.default_rng(5)
DRIVE_S = 900.0
_T = np.arange(0, DRIVE_S, 0.1)


def _wander(seed: int, smooth_s: float) -> FloatArray:
    """A random signal that changes within `smooth_s`, mean 0 and deviation 1."""
    noise = np.random.default_rng(seed).normal(size=len(_T) + 400)
    kernel = np.exp(-0.5 * (np.arange(-200, 201) * 0.1 / smooth_s) ** 2)
    values = np.convolve(noise, kernel, mode="valid")[: len(_T)]
    normal: FloatArray = (values - values.mean()) / values.std()
    return normal


SPEED = np.maximum(20 + 8 * _wander(1, 6.0), 2.0)
TURN = 0.08 * _wander(2, 2.0)


def _log(hz: float = 10.0, *, speed: FloatArray = SPEED, turn: FloatArray = TURN) -> Track:
    every = round(10 / hz)
    course = np.degrees(np.cumsum(turn) * 0.1) % 360
    columns = {
        channel: Column(values[::every], np.ones(len(values[::every]), dtype=np.bool_))
        for channel, values in ((Channel.SPEED, speed), (Channel.COURSE, course))
    }
    return Track("test", _T[::every], columns)


def _clip(begin: float, seconds: float, *, noise: float = 0.1) -> Motion:
    t = np.arange(0, seconds, 1 / 30)
    forward = np.interp(t + begin, _T, SPEED) * (3 + noise * RNG.normal(size=len(t)))
    turn = 0.7 * np.interp(t + begin, _T, TURN) + 0.03 * noise * RNG.normal(size=len(t))
    return Motion(t, forward, turn)


@pytest.mark.parametrize("begin", [0.0, 123.4, 600.07])
@pytest.mark.parametrize("hz", [1.0, 10.0])
def test_a_clip_is_found_anywhere_in_a_log(begin: float, hz: float) -> None:
    match = match_picture(_clip(begin, 90), _log(hz))
    assert match is not None
    assert match.offset_s == pytest.approx(-begin, abs=0.1)
    assert match.confidence > 0.9


def test_two_neighbouring_frames_a_second_are_enough() -> None:
    whole = _clip(300.0, 240)
    sparse = np.flatnonzero(np.arange(len(whole.t)) % 30 < 2)
    match = match_picture(
        Motion(whole.t[sparse], whole.forward[sparse], whole.turn[sparse]), _log()
    )
    assert match is not None
    assert match.offset_s == pytest.approx(-300.0, abs=0.1)
    assert match.confidence > 0.9


@pytest.mark.parametrize("seed", range(20, 30))
def test_unrelated_motion_is_never_believed(seed: int) -> None:
    other = _log(
        speed=np.maximum(20 + 8 * _wander(seed, 6.0), 2.0), turn=0.08 * _wander(-seed % 97, 2.0)
    )
    match = match_picture(_clip(200.0, 60), other)
    assert match is None or match.confidence < 0.5


def test_windows_bound_the_search() -> None:
    match = match_picture(_clip(300.0, 60), _log(), [(-120.0, -60.0), (-20.0, 0.0)])
    assert match is not None
    assert -120.0 <= match.offset_s <= 0.0
    assert match.confidence < 0.5
    found = match_picture(_clip(300.0, 60), _log(), [(-320.0, -290.0)])
    assert found is not None
    assert found.offset_s == pytest.approx(-300.0, abs=0.1)


def test_nothing_to_compare_is_none() -> None:
    empty = Motion(np.empty(0), np.empty(0), np.empty(0))
    assert match_picture(empty, _log()) is None
    assert match_picture(_clip(0, 30), Track("test", np.array([0.0]), {})) is None


def test_a_log_without_speed_and_course_gives_no_confidence() -> None:
    match = match_picture(_clip(0, 30), Track("test", _T, {}))
    assert match is None or match.confidence < 0.1


@settings(max_examples=40, deadline=None)
@given(st.integers(2, 400), st.integers(2, 50), st.integers(0, 2**31))
def test_any_motion_and_any_log_give_a_finite_answer(clip: int, log: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    t = np.sort(rng.uniform(0, 40, clip))
    holes = np.where(rng.random(clip) < 0.3, np.nan, rng.normal(size=clip))
    motion = Motion(t, rng.normal(size=clip), holes)
    times = np.cumsum(rng.uniform(0.1, 5.0, log))
    known = rng.random(log) < 0.7
    columns = {
        Channel.SPEED: Column(rng.uniform(0, 40, log), known),
        Channel.COURSE: Column(rng.uniform(0, 360, log), known),
    }
    match = match_picture(motion, Track("test", times, columns))
    if match is not None:
        assert np.isfinite([match.offset_s, match.confidence, match.margin, match.evidence]).all()
        assert 0 <= match.confidence <= 1


def _dated(log: Track, utc: float) -> Track:
    return replace(log, clock=Clock.UTC, start_utc=utc)


@pytest.mark.parametrize("ahead_s", [18.0, -18.0])
def test_leap_seconds_between_log_and_camera_are_found_by_the_picture(ahead_s: float) -> None:
    utc = 1748772000.0
    video = VideoClock(90.0, gps_utc=utc + 300.0 + ahead_s)
    result = synchronise(_dated(_log(), utc), video, motion=_clip(300.0, 90))
    assert result.offset_s == pytest.approx(-300.0, abs=0.1)
    assert result.method is SyncMethod.PICTURE
    assert "leap seconds" in result.reason
    assert not result.needs_review


@pytest.mark.parametrize("zone_h", [2.0, -3.5, 5.75, 1.0])
def test_a_camera_on_local_time_a_few_seconds_off_is_found_by_the_picture(zone_h: float) -> None:
    utc = 1748772000.0
    video = VideoClock(90.0, creation_utc=utc + 300.0 + zone_h * 3600.0 + 7.3)
    result = synchronise(_dated(_log(), utc), video, motion=_clip(300.0, 90))
    assert result.offset_s == pytest.approx(-300.0, abs=0.1)
    assert not result.needs_review


def test_the_clip_of_another_drive_keeps_the_clock_but_wants_a_look() -> None:
    utc = 1748772000.0
    other = _log(speed=np.maximum(20 + 8 * _wander(40, 6.0), 2.0), turn=0.08 * _wander(41, 2.0))
    video = VideoClock(90.0, creation_utc=utc + 300.0)
    result = synchronise(_dated(other, utc), video, motion=_clip(300.0, 90))
    assert result.needs_review
    assert "does not confirm" in result.reason
