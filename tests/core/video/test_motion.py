"""Fine alignment by picture: from decoded frames to an offset, on drives with planted errors."""

from pathlib import Path

import av
import numpy as np
import pytest

from uploadm8.core.telemetry.clock import read_video_clock
from uploadm8.core.telemetry.picture_sync import Motion, match_picture
from uploadm8.core.telemetry.reader import read_track
from uploadm8.core.telemetry.sync import synchronise
from uploadm8.core.telemetry.sync_candidates import SyncMethod
from uploadm8.core.video.motion import extract_motion
from uploadm8.dev.sample import START_UTC, SamplePaths, write_sample
from uploadm8.dev.sample_drive import Drive
from uploadm8.dev.sample_gpx import write_gpx
from uploadm8.errors import MediaError

SECONDS, PLANTED, MARGIN = 24.0, 1.37, 10.0


@pytest.fixture(scope="module")
def drive(tmp_path_factory: pytest.TempPathFactory) -> SamplePaths:
    return write_sample(
        tmp_path_factory.mktemp("drive"),
        seconds=SECONDS,
        width=512,
        height=288,
        planted_offset_s=PLANTED,
        margin_s=MARGIN,
    )


@pytest.fixture(scope="module")
def motion(drive: SamplePaths) -> Motion:
    return extract_motion(drive.video)


def test_turning_in_the_picture_is_the_turning_of_the_drive(motion: Motion) -> None:
    drive = Drive(SECONDS, seed=3, margin_s=MARGIN)
    heading = drive.heading(drive.distance(motion.t))
    rate = np.gradient(heading, motion.t)
    seen = np.isfinite(motion.turn)
    assert seen.mean() > 0.9
    assert np.corrcoef(motion.turn[seen], rate[seen])[0, 1] > 0.95


def test_a_planted_offset_is_found_within_a_tenth_of_a_second(
    drive: SamplePaths, motion: Motion
) -> None:
    track = read_track(drive.telemetry)
    result = synchronise(track, read_video_clock(drive.video), motion=motion)
    # The log begins MARGIN before the clip, and its clock is PLANTED ahead.
    assert result.offset_s == pytest.approx(-MARGIN, abs=0.1)
    assert result.method is SyncMethod.PICTURE
    assert not result.needs_review
    assert result.confidence > 0.6


def test_a_planted_offset_is_found_in_a_long_log_without_any_clock(
    tmp_path: Path, motion: Motion
) -> None:
    log = tmp_path / "long.gpx"
    drive = Drive(SECONDS, seed=3, margin_s=MARGIN)
    write_gpx(log, drive, START_UTC, SECONDS, margin_s=MARGIN, offset_s=0.0)
    match = match_picture(motion, read_track(log))
    assert match is not None
    assert match.offset_s == pytest.approx(-MARGIN, abs=0.1)


def test_the_log_of_another_drive_is_reported_as_unsure(
    tmp_path: Path, drive: SamplePaths, motion: Motion
) -> None:
    log = tmp_path / "other.gpx"
    write_gpx(log, Drive(SECONDS, seed=8, margin_s=60), START_UTC, SECONDS, margin_s=60, offset_s=0)
    result = synchronise(read_track(log), read_video_clock(drive.video), motion=motion)
    assert result.needs_review
    assert result.method is not SyncMethod.PICTURE


def test_a_clip_that_stands_still_confirms_nothing(drive: SamplePaths) -> None:
    t = np.arange(0, 30, 1 / 30)
    rng = np.random.default_rng(1)
    still = Motion(t, rng.normal(0, 0.01, len(t)), rng.normal(0, 1e-4, len(t)))
    match = match_picture(still, read_track(drive.telemetry))
    assert match is None or match.confidence < 0.3


def test_a_small_budget_still_looks_at_the_whole_clip(drive: SamplePaths) -> None:
    motion = extract_motion(drive.video, budget_s=0.05)
    assert 2 <= len(motion.t) < SECONDS * 30 - 1
    assert (np.diff(motion.t) > 0).all()


def test_a_clip_with_a_single_key_frame_is_measured_frame_by_frame(tmp_path: Path) -> None:
    path = tmp_path / "endless.mp4"
    rows, columns = np.mgrid[0:72, 0:128]
    with av.open(str(path), "w") as out:
        options = {"preset": "ultrafast", "x264-params": "keyint=10000:scenecut=0"}
        stream = out.add_stream("libx264", rate=30, options=options)
        stream.width, stream.height, stream.pix_fmt = 128, 72, "yuv420p"
        for n in range(300):
            # The scenery slides to the left by 0.6 pixels a frame: a turn to the right.
            x = columns + 0.6 * n
            picture = 128 + 60 * np.sin(x / 5) * np.cos(rows / 7) + 30 * np.sin(x / 13)
            out.mux(stream.encode(av.VideoFrame.from_ndarray(picture.astype(np.uint8), "gray")))
        out.mux(stream.encode(None))
    motion = extract_motion(path)
    assert len(motion.t) == 299
    assert np.nanmedian(motion.turn) == pytest.approx(0.6 / 128 * 30, rel=0.1)


def test_a_file_that_is_no_video_is_a_clear_error(tmp_path: Path) -> None:
    path = tmp_path / "list.mp4"
    path.write_text("#EXTM3U\nfile:///etc/passwd\n")
    with pytest.raises(MediaError) as caught:
        extract_motion(path)
    assert caught.value.code.startswith("media_")
