"""Line telemetry up with a video: track time at the first picture, with a confidence."""

from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from uploadm8.core.telemetry.track import Clock, Track
from uploadm8.core.video.source import SourceInfo


@dataclass(frozen=True, slots=True)
class Alignment:
    """How telemetry and video were lined up.

    Attributes:
        offset_s: track time at the first picture, in seconds.
        confidence: 0..1.
        method: embedded, manual, clock or start.
        reason: a sentence for the user.
        needs_review: whether a person should look before it is published.
    """

    offset_s: float
    confidence: float
    method: str
    reason: str
    needs_review: bool = False

    def as_json(self) -> dict[str, Any]:
        """Plain JSON."""
        return {**asdict(self), "offset_s": round(self.offset_s, 3)}


def align(track: Track, source: SourceInfo, video: Path, manual_s: float | None) -> Alignment:
    """Find the offset, best evidence first."""
    del video
    if manual_s is not None:
        return Alignment(manual_s, 1.0, "manual", "Set by hand.")
    if track.clock is Clock.VIDEO:
        return Alignment(0.0, 1.0, "embedded", "The telemetry runs on the video's own clock.")
    start = _start_of(source)
    if track.start_utc is not None and start is not None:
        offset = start - track.start_utc
        if -source.duration_s < offset < track.duration_s:
            return Alignment(offset, 0.8, "clock", "Both files tell the time of day.")
    return Alignment(
        0.0,
        0.2,
        "start",
        "The files share no clock; the log is assumed to begin with the video.",
        needs_review=True,
    )


def _start_of(source: SourceInfo) -> float | None:
    text = source.creation_date or source.creation_time
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
