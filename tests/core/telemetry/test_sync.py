"""Alignment by clocks: which error of which clock explains where the clip lies in the log."""

import numpy as np
import pytest

from samples import sample
from uploadm8.core.telemetry.clock import VideoClock, read_video_clock
from uploadm8.core.telemetry.local_time import zone_offsets
from uploadm8.core.telemetry.reader import read_track
from uploadm8.core.telemetry.sync import REVIEW_BELOW, synchronise
from uploadm8.core.telemetry.sync_candidates import SyncMethod
from uploadm8.core.telemetry.track import Channel, Clock, Column, Track

START = 1748772000.0  # 2025-06-01T10:00:00Z
MUNICH = (48.14, 11.58)  # summer time: +2 h
HOUR = 3600.0


def _log(
    seconds: float, *, start: float | None = START, clock: Clock = Clock.UTC, placed: bool = True
) -> Track:
    t = np.arange(0, seconds + 1)
    every = np.ones(len(t), dtype=np.bool_)
    columns = {}
    if placed:
        columns = {
            Channel.LAT: Column(np.full(len(t), MUNICH[0]), every),
            Channel.LON: Column(np.full(len(t), MUNICH[1]), every),
        }
    return Track("gpx", t, columns, clock=clock, start_utc=start)


def test_telemetry_from_the_video_itself_needs_no_offset() -> None:
    result = synchronise(_log(60, clock=Clock.VIDEO), VideoClock(60))
    assert (result.offset_s, result.method, result.needs_review) == (0, SyncMethod.EMBEDDED, False)


def test_the_users_word_ends_all_doubt() -> None:
    result = synchronise(_log(60), VideoClock(60), manual_offset_s=-3.25)
    assert (result.offset_s, result.confidence) == (-3.25, 1.0)
    assert result.method is SyncMethod.MANUAL


def test_a_true_utc_clock_places_the_clip() -> None:
    result = synchronise(_log(600), VideoClock(60, creation_utc=START + 100))
    assert result.offset_s == -100
    assert result.method is SyncMethod.CREATION_TIME
    assert not result.needs_review


def test_the_receiver_of_the_camera_is_surest() -> None:
    video = VideoClock(60, gps_utc=START + 100.25, creation_utc=START + 7300)
    result = synchronise(_log(9000), video)
    assert result.offset_s == pytest.approx(-100.25)
    assert result.method is SyncMethod.GPS_TIME
    assert result.confidence > 0.9


def test_a_creation_date_with_its_zone_beats_the_header() -> None:
    video = VideoClock(60, dated_utc=START + 50, creation_utc=START + 110, zone_s=7200)
    result = synchronise(_log(600), video)
    assert result.offset_s == -50
    assert result.method is SyncMethod.CREATION_DATE


@pytest.mark.parametrize("hours", [2.0, 1.0, 3.0, -8.0, 5.75, -3.5, 14.0])
def test_a_clock_set_to_any_local_time_is_seen_when_only_that_fits(hours: float) -> None:
    result = synchronise(_log(600), VideoClock(60, creation_utc=START + 100 + hours * HOUR))
    assert result.offset_s == pytest.approx(-100)
    assert "local time" in result.reason


def test_the_zone_of_the_place_is_likelier_than_others_in_a_long_log() -> None:
    # Neither is UTC possible here, nor is there only one zone that puts the clip into the log.
    video = VideoClock(60, creation_utc=START + 100 + 2 * HOUR)
    log = _log(100 * 60)
    result = synchronise(log, video)
    assert result.offset_s == pytest.approx(-100)
    nowhere = synchronise(_log(100 * 60, placed=False), video)
    assert nowhere.confidence < result.confidence
    assert nowhere.needs_review


def test_an_end_of_recording_stamp_is_taken_when_only_that_fits() -> None:
    result = synchronise(_log(590), VideoClock(600, creation_utc=START + 595))
    assert result.offset_s == pytest.approx(5)
    assert "end of the recording" in result.reason


def test_clocks_that_put_the_clip_outside_the_log_need_review() -> None:
    result = synchronise(_log(300), VideoClock(60, creation_utc=START + 400_000))
    assert result.needs_review
    assert result.method is SyncMethod.START
    assert "does not cover" in result.reason


def test_a_log_without_a_date_begins_with_the_video_and_needs_review() -> None:
    log = _log(60, start=None, clock=Clock.RELATIVE).shifted(5.0)
    result = synchronise(log, VideoClock(60, creation_utc=START))
    assert result.offset_s == -5
    assert result.method is SyncMethod.START
    assert result.needs_review


def test_a_log_without_times_cannot_be_placed() -> None:
    result = synchronise(_log(60, start=None, clock=Clock.NONE), VideoClock(60))
    assert result.confidence == 0
    assert result.needs_review


def test_applying_a_result_puts_the_log_on_the_clock_of_the_video() -> None:
    log = _log(600)
    placed = synchronise(log, VideoClock(60, creation_utc=START + 100)).apply(log)
    assert placed.clock is Clock.VIDEO
    assert placed.t[100] == 0
    assert placed.start_utc == START + 100


def test_the_zone_of_a_place_has_its_summer_time() -> None:
    assert zone_offsets(*MUNICH, START) == (7200.0, 3600.0)
    assert zone_offsets(*MUNICH, START + 180 * 86400) == (3600.0, 3600.0)


def test_a_gopro_has_the_time_of_its_receiver_and_its_local_zone() -> None:
    clock = read_video_clock(sample("gpmf/max-heromode.mp4"))
    assert clock.gps_utc == pytest.approx(1574120715.4, abs=0.5)
    assert clock.zone_s == -8 * HOUR
    assert clock.duration_s == pytest.approx(10.517, abs=0.001)


def test_an_iphone_has_a_creation_date_and_its_zone() -> None:
    clock = read_video_clock(sample("phone/iphone_mdta.mov"))
    assert (clock.dated_utc, clock.zone_s) == (START, -7 * HOUR)


def test_the_dash_cam_clip_and_the_log_of_the_same_drive_agree() -> None:
    clock = read_video_clock(sample("derived/drive_freegps.mp4"))
    result = synchronise(read_track(sample("derived/drive_10hz.gpx")), clock)
    assert result.offset_s == pytest.approx(0.0, abs=1.0)
    assert result.confidence > REVIEW_BELOW


def test_a_file_that_is_no_mp4_has_no_clock() -> None:
    assert read_video_clock(sample("gpx/sf_30km_h.gpx")) == VideoClock(0.0)
