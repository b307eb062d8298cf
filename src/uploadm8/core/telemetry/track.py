"""Track: what a telemetry file says, as numpy columns in SI units over one float64 clock."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]


class Channel(StrEnum):
    """Every quantity a track may hold; the comment is its unit."""

    LAT = "lat"  # degrees, WGS84
    LON = "lon"  # degrees, WGS84, unwrapped never: always -180..180
    ALTITUDE = "altitude"  # m; datum in Quality.altitude_datum
    SPEED = "speed"  # m/s over ground
    COURSE = "course"  # degrees true, 0..360
    DISTANCE = "distance"  # m since the first point, never falling
    G_LONG = "g_long"  # g, + accelerating
    G_LAT = "g_lat"  # g, + to the right
    G_VERT = "g_vert"  # g, + up, gravity removed
    LEAN = "lean"  # degrees, + to the right
    GRADE = "grade"  # percent
    VERTICAL_SPEED = "vertical_speed"  # m/s
    HEART_RATE = "heart_rate"  # bpm
    CADENCE = "cadence"  # rpm
    POWER = "power"  # W
    TEMPERATURE = "temperature"  # degrees C
    RPM = "rpm"  # 1/min
    THROTTLE = "throttle"  # percent
    BRAKE = "brake"  # percent
    GEAR = "gear"  # -1 reverse, 0 neutral, 1..
    LAP = "lap"  # lap number
    SATELLITES = "satellites"
    HDOP = "hdop"
    FIX = "fix"  # 0 none, 2, 3


class Provenance(StrEnum):
    """Where the values of a channel come from; a channel not in the track is absent."""

    MEASURED = "measured"
    DERIVED = "derived"


class Clock(StrEnum):
    """What t = 0 means."""

    VIDEO = "video"  # t is already on the clock of the video the data was found in
    UTC = "utc"  # t is seconds after Track.start_utc
    RELATIVE = "relative"  # t is seconds after the first row; no date is known
    NONE = "none"  # the file has no times: t only counts the points, and means no seconds


@dataclass(frozen=True, slots=True)
class Column:
    """Values of one channel; where `valid` is False the value is meaningless and never shown.

    A mask that is True throughout is kept in one byte.
    """

    values: FloatArray
    valid: BoolArray
    provenance: Provenance = Provenance.MEASURED

    def __post_init__(self) -> None:
        if self.values.shape != self.valid.shape:
            raise ValueError("values and valid differ in length")
        if self.valid.strides != (0,) and self.valid.all():
            object.__setattr__(self, "valid", np.broadcast_to(np.True_, self.valid.shape))


@dataclass(frozen=True, slots=True)
class Quality:
    """What was read, what was dropped and why."""

    points_read: int = 0
    dropped: Mapping[str, int] = field(default_factory=dict)
    gaps: int = 0
    rate_hz: float | None = None
    altitude_datum: str | None = None  # "msl", "wgs84", "relative", "barometric"
    speed_unit_certain: bool = True  # False when the file does not name the unit of its speed
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Track:
    """Telemetry over one strictly increasing clock.

    Attributes:
        format: short name of the format it was read from, such as ``gpx`` or ``gopro-gpmf``.
        t: seconds, strictly increasing; its zero is told by `clock`.
        columns: values and validity per channel, each as long as `t`.
        segments: start index of each segment; nothing is interpolated across a boundary.
        holes: those of them that begin only because the log has a hole in time. Nothing is shown
            there either, but the way goes on: the distance counts the straight line.
        clock: what t = 0 means.
        start_utc: Unix time of t = 0, when a date is known (also for a VIDEO clock).
        local_offset_s: local zone minus UTC in seconds, when the file tells it.
        quality: the reading report.
    """

    format: str
    t: FloatArray
    columns: Mapping[Channel, Column]
    segments: tuple[int, ...] = (0,)
    holes: tuple[int, ...] = ()
    clock: Clock = Clock.RELATIVE
    start_utc: float | None = None
    local_offset_s: float | None = None
    quality: Quality = field(default_factory=Quality)

    def __len__(self) -> int:
        return len(self.t)

    def __contains__(self, channel: Channel) -> bool:
        column = self.columns.get(channel)
        return column is not None and bool(column.valid.any())

    @property
    def duration_s(self) -> float:
        """Seconds from the first point to the last; 0 for a track without times."""
        if not len(self.t) or self.clock is Clock.NONE:
            return 0.0
        return float(self.t[-1] - self.t[0])

    def spans(self) -> list[tuple[int, int]]:
        """Start and end index of each segment."""
        spans = zip(self.segments, (*self.segments[1:], len(self.t)), strict=True)
        return [(start, stop) for start, stop in spans if stop > start]

    def with_columns(self, columns: Mapping[Channel, Column]) -> "Track":
        """The same track with these columns added or replaced."""
        return replace(self, columns={**self.columns, **columns})

    def shifted(self, seconds: float) -> "Track":
        """The same track with its clock moved: t becomes t + seconds."""
        start = None if self.start_utc is None else self.start_utc - seconds
        return replace(self, t=self.t + seconds, start_utc=start)
