"""Generate the sample drive: a clip, and the telemetry that belongs to it."""

from dataclasses import dataclass
from pathlib import Path

from uploadm8.dev.sample_drive import Drive
from uploadm8.dev.sample_gpx import write_gpx
from uploadm8.dev.sample_video import encode_drive

START_UTC = 1757869500.0  # 2025-09-14T17:05:00Z, the evening sun low in the west
DEFAULT_SEED = 3


@dataclass(frozen=True, slots=True)
class SamplePaths:
    """Where the clip and its telemetry were written."""

    video: Path
    telemetry: Path


def write_sample(
    folder: Path,
    *,
    seconds: float = 20,
    width: int = 1920,
    height: int = 1080,
    fps: int = 30,
    planted_offset_s: float = 0.0,
    margin_s: float = 0.0,
    seed: int = DEFAULT_SEED,
) -> SamplePaths:
    """Write `drive.mp4` and `drive.gpx` into a folder, which is made if absent.

    The picture moves exactly as the telemetry says: lane dashes by the true distance, bends by
    the true curvature, mountains by the true heading.

    Args:
        folder: where to write.
        seconds: length of the clip.
        width: of the picture, even.
        height: of the picture, even.
        fps: frames per second.
        planted_offset_s: how far the clock of the log is ahead of the clock of the camera.
        margin_s: how long the log runs before and after the clip.
        seed: another seed is another drive in another landscape.
    """
    folder.mkdir(parents=True, exist_ok=True)
    paths = SamplePaths(folder / "drive.mp4", folder / "drive.gpx")
    drive = Drive(seconds, seed=seed, margin_s=margin_s)
    write_gpx(
        paths.telemetry, drive, START_UTC, seconds, margin_s=margin_s, offset_s=planted_offset_s
    )
    encode_drive(
        paths.video, drive, START_UTC, seconds, width=width, height=height, fps=fps, seed=seed
    )
    return paths
