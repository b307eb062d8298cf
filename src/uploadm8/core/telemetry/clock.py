"""What a video file knows of the time at which it was filmed."""

from dataclasses import dataclass
from pathlib import Path

from uploadm8.core.telemetry.mp4.boxes import is_mp4
from uploadm8.core.telemetry.mp4.metadata import CREATION_KEY, parse_creation
from uploadm8.core.telemetry.mp4.movie import read_movie
from uploadm8.core.telemetry.readers import mp4
from uploadm8.errors import TelemetryError


@dataclass(frozen=True, slots=True)
class VideoClock:
    """When a clip begins, by everything that says so; Unix seconds, None where unknown.

    Attributes:
        duration_s: of the clip, 0 when unknown.
        gps_utc: by a GPS receiver in the camera that had a fix.
        dated_utc: by a creation date that carries its zone, as Apple devices write.
        creation_utc: by the header of the container. Nominally UTC; many cameras write local
            time, and some phones the end of the recording.
        zone_s: local time of the camera minus UTC, where the file tells it.
    """

    duration_s: float
    gps_utc: float | None = None
    dated_utc: float | None = None
    creation_utc: float | None = None
    zone_s: float | None = None


def read_video_clock(path: Path) -> VideoClock:
    """Read the clock of an MP4 or QuickTime file; nothing is known of any other file."""
    with path.open("rb") as file:
        head = file.read(16)
    movie = read_movie(path) if is_mp4(head) else None
    if movie is None:
        return VideoClock(0.0)
    dated = parse_creation(movie.keys.get(CREATION_KEY, ""))
    gps_utc, zone_s = _camera_receiver(path)
    return VideoClock(
        duration_s=movie.duration_s,
        gps_utc=gps_utc,
        dated_utc=dated[0] if dated else None,
        creation_utc=movie.creation_utc,
        zone_s=dated[1] if dated else zone_s,
    )


def _camera_receiver(path: Path) -> tuple[float | None, float | None]:
    try:
        track = mp4.read(path)
    except TelemetryError:
        return None, None
    return track.start_utc, track.local_offset_s
