"""Telemetry lined up with videos."""

import json

import pytest

from samples import sample
from uploadm8.core.telemetry.reader import read_track
from uploadm8.core.video.alignment import align
from uploadm8.core.video.probe import probe


def test_telemetry_inside_the_video_needs_no_search() -> None:
    video = sample("gpmf/max-heromode.mp4")
    found = align(read_track(video), probe(video), video, None)
    assert (found.offset_s, found.method) == (0.0, "embedded")
    assert not found.needs_review


def test_the_users_word_is_final() -> None:
    video = sample("derived/drive_freegps.mp4")
    found = align(read_track(sample("derived/drive.gpx")), probe(video), video, 12.5)
    assert (found.offset_s, found.confidence, found.method) == (12.5, 1.0, "manual")


def test_a_log_of_the_same_day_is_found_by_its_clock() -> None:
    video = sample("derived/drive_freegps.mp4")
    track = read_track(sample("derived/drive_10hz.gpx"))
    found = align(track, probe(video), video, None, budget_s=0)
    assert found.offset_s == pytest.approx(0, abs=2)
    assert found.confidence > 0.5
    assert json.dumps(found.as_json())


def test_a_log_without_times_begins_with_the_video_and_asks_for_a_look() -> None:
    video = sample("phone/iphone_mdta.mov")
    found = align(read_track(sample("gpx/Mojstrovka.gpx")), probe(video), video, None)
    assert found.offset_s == 0
    assert found.needs_review
