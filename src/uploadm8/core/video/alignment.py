"""Line telemetry up with a video: track time at the first picture, with a confidence."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from uploadm8.core.telemetry.clock import read_video_clock
from uploadm8.core.telemetry.sync import SyncResult, synchronise
from uploadm8.core.telemetry.track import Clock, Track
from uploadm8.core.video.motion import DEFAULT_BUDGET_S, extract_motion
from uploadm8.core.video.source import SourceInfo

_SURE = 0.9  # clocks as sure as this need not be checked against the picture


@dataclass(frozen=True, slots=True)
class Alignment:
    """How telemetry and video were lined up.

    Attributes:
        offset_s: track time at the first picture, in seconds.
        confidence: 0..1.
        method: what it rests on, such as ``embedded``, ``manual`` or ``gps_time``.
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


def align(
    track: Track,
    source: SourceInfo,
    video: Path,
    manual_s: float | None,
    *,
    budget_s: float = DEFAULT_BUDGET_S,
) -> Alignment:
    """Find the offset, best evidence first.

    Args:
        track: the telemetry.
        source: what the probe says of the video.
        video: the file itself.
        manual_s: track time at the first picture, when the user has set it.
        budget_s: seconds that may be spent on looking at the picture, where clocks leave doubts.
    """
    if manual_s is not None:
        return _told(synchronise(track, read_video_clock(video), manual_offset_s=-manual_s))
    clock = read_video_clock(video)
    by_clock = synchronise(track, clock)
    settled = track.clock in (Clock.VIDEO, Clock.NONE) or by_clock.confidence >= _SURE
    # Motion is measured on one clock; a video of joined parts has several.
    if settled or budget_s <= 0 or source.duration_s < 1 or source.splices:
        return _told(by_clock)
    motion = extract_motion(video, budget_s=budget_s)
    return _told(synchronise(track, clock, motion=motion))


def _told(result: SyncResult) -> Alignment:
    """The video's view: the log's offset is added to its clock, ours is the clock's value at 0."""
    return Alignment(
        offset_s=-result.offset_s + 0.0,
        confidence=result.confidence,
        method=result.method.value,
        reason=result.reason,
        needs_review=result.needs_review,
    )
