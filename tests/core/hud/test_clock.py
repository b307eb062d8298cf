"""Local time and laps."""

from dataclasses import replace

import numpy as np
import pytest

from hud_data import frame_times, full_track
from uploadm8.core.hud.clock import LocalClock
from uploadm8.core.hud.fields import FIELDS
from uploadm8.core.hud.frame import FrameFormat, Rect
from uploadm8.core.hud.laps import load_laps
from uploadm8.core.hud.scene import Scene
from uploadm8.core.hud.spec import HudSpec, StatField
from uploadm8.core.telemetry.resample import resample
from uploadm8.core.telemetry.track import Channel, Column, Track


def test_the_zone_is_that_of_the_first_position() -> None:
    assert f"{LocalClock(full_track(), None).at(0):%H:%M:%S %Z}" == "08:13:20 CEST"


def test_the_zone_the_user_names_wins() -> None:
    assert f"{LocalClock(full_track(), 'Asia/Tokyo').at(60):%H:%M:%S}" == "15:14:20"


def test_without_a_position_the_offset_of_the_file_counts_and_else_utc() -> None:
    track = full_track()
    bare = Track("made-up", track.t, {}, start_utc=track.start_utc)
    assert f"{LocalClock(bare, None).at(0):%H:%M}" == "06:13"
    assert f"{LocalClock(replace(bare, local_offset_s=-7200.0), None).at(0):%H:%M}" == "04:13"


def test_without_a_date_there_is_no_clock() -> None:
    assert not LocalClock(replace(full_track(), start_utc=None), None).known


@pytest.mark.parametrize("start", [0.0, -62_135_596_800.0, 253_402_300_799.0, 1e14])
def test_a_date_that_no_recording_has_is_no_date(start: float) -> None:
    assert not LocalClock(replace(full_track(), start_utc=start), "Pacific/Auckland").known


def scene_of(track: Track, starts_s: float = 0.0) -> Scene:
    samples = resample(track, frame_times() + starts_s)
    return Scene(HudSpec(), samples, FrameFormat(960, 540, 30), Rect(0, 0, 960, 540), 0.5)


@pytest.mark.parametrize(("starts_s", "told"), [(0.0, "0:10"), (15.0, "0:25"), (-5.0, "0:10")])
def test_the_elapsed_time_counts_from_the_log_or_from_a_clip_that_began_before_it(
    starts_s: float, told: str
) -> None:
    elapsed = FIELDS[StatField.ELAPSED].reader(scene_of(full_track(), starts_s))
    assert elapsed(10 * 30) == (told, "")


def test_laps_have_times_and_the_unfinished_ones_do_not_count() -> None:
    laps = load_laps(scene_of(full_track()))
    assert laps.number[10 * 30] == 1
    assert np.isnan(laps.last[10 * 30])
    assert np.isnan(laps.best[30 * 30])
    assert laps.number[50 * 30] == 3
    assert abs(laps.last[50 * 30] - 20) < 0.11
    assert abs(laps.running[50 * 30] - 10) < 0.11


def test_the_delta_says_how_much_later_the_same_place_was_reached() -> None:
    track = full_track()
    # The second lap at 20 m/s and the third at 25 m/s: at the same place a fifth of the time earlier.
    way = np.where(track.t < 40, track.t * 20, 800 + (track.t - 40) * 25)
    steady = Column(way, np.ones(len(way), np.bool_))
    laps = load_laps(scene_of(track.with_columns({Channel.DISTANCE: steady})))
    assert abs(laps.delta[50 * 30] - (10 - 12.5)) < 0.05
    assert np.isnan(laps.delta[30 * 30])
