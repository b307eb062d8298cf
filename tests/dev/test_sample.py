"""The sample drive is worth the name only if its picture and its log tell the same story."""

from datetime import datetime
from pathlib import Path

import av
import cv2
import gpxpy
import numpy as np
import pytest
from click.testing import CliRunner

from uploadm8.cli.sample import sample as sample_command
from uploadm8.dev.sample import START_UTC, SamplePaths, write_sample
from uploadm8.dev.sample_drive import TOP_SPEED_MPS, Drive
from uploadm8.dev.sample_scene import Scene


@pytest.fixture(scope="module")
def paths(tmp_path_factory: pytest.TempPathFactory) -> SamplePaths:
    folder = tmp_path_factory.mktemp("sample")
    return write_sample(
        folder, seconds=2, width=320, height=180, planted_offset_s=1.25, margin_s=1.0
    )


def test_the_clip_has_the_promised_streams_and_creation_time(paths: SamplePaths) -> None:
    with av.open(str(paths.video), format="mov") as clip:
        video, audio = clip.streams.video[0], clip.streams.audio[0]
        assert (video.codec_context.name, audio.codec_context.name) == ("h264", "aac")
        assert (video.width, video.height, video.frames) == (320, 180, 60)
        assert audio.codec_context.layout.name == "stereo"
        created = datetime.fromisoformat(clip.metadata["creation_time"])
        assert created.timestamp() == START_UTC


def test_the_log_runs_at_10_hz_with_its_clock_ahead_by_the_planted_offset(
    paths: SamplePaths,
) -> None:
    points = gpxpy.parse(paths.telemetry.read_text()).tracks[0].segments[0].points
    times = np.array([point.time.timestamp() for point in points if point.time is not None])
    assert np.allclose(np.diff(times), 0.1, atol=1e-3)
    assert times[0] == pytest.approx(START_UTC - 1.0 + 1.25, abs=1e-3)
    assert times[-1] == pytest.approx(START_UTC + 3.0 + 1.25, abs=1e-3)


def test_distance_is_the_integral_of_speed_and_positions_agree_with_both() -> None:
    drive = Drive(20, seed=3)
    t = np.arange(0, 20, 0.01)
    s = drive.distance(t)
    assert np.allclose(np.gradient(s, t)[1:-1], drive.speed(t)[1:-1], atol=0.01)
    latitude, longitude = drive.coordinates(s)
    north = np.diff(latitude) * 111194.93
    east = np.diff(longitude) * 111194.93 * np.cos(np.radians(latitude[0]))
    assert np.hypot(north, east).sum() == pytest.approx(s[-1], rel=0.002)


def test_the_drive_reaches_130_kmh_and_corners_below_one_g() -> None:
    drive = Drive(60, seed=3)
    t = np.arange(0, 60, 0.02)
    speed, heading = drive.speed(t), drive.heading(drive.distance(t))
    assert speed.max() == pytest.approx(TOP_SPEED_MPS, abs=0.01)
    assert np.abs(np.gradient(heading, t) * speed).max() < 9.81
    assert np.ptp(np.degrees(heading)) > 20


def test_far_scenery_slides_sideways_by_the_turn_of_the_road() -> None:
    drive = Drive(20, seed=3)
    scene = Scene(drive, 640, 360, seed=3)
    before, after = (scene.paint(t)[60:130, :, 0].astype(np.float32) for t in (16.6, 16.8))
    (shift, _), _ = cv2.phaseCorrelate(
        before, after, cv2.createHanningWindow((640, 70), cv2.CV_32F)
    )
    headings = drive.heading(drive.distance(np.array([16.6, 16.8])))
    expected = -float(np.diff(headings)[0]) * 0.70 * 640
    assert abs(expected) > 5
    assert shift == pytest.approx(expected, abs=1.5)


def test_another_seed_is_another_drive() -> None:
    t = np.arange(0, 60, 0.1)
    one, other = (Drive(60, seed=seed).speed(t) for seed in (3, 4))
    assert np.corrcoef(one, other)[0, 1] < 0.7


def test_the_command_writes_both_files_and_names_them(tmp_path: Path) -> None:
    done = CliRunner().invoke(
        sample_command, [str(tmp_path / "new"), "--seconds", "1", "--size", "128x72"]
    )
    assert done.exit_code == 0, done.output
    assert [Path(line).exists() for line in done.output.split()] == [True, True]


@pytest.mark.parametrize("size", ["1920", "axb", "63x64", "1921x1080", "99999x2"])
def test_the_command_refuses_an_impossible_size(tmp_path: Path, size: str) -> None:
    done = CliRunner().invoke(sample_command, [str(tmp_path), "--size", size])
    assert done.exit_code == 2
    assert "--size" in done.output
