"""Every moment at which a clip may have begun, by its clock and the errors that clocks have."""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from uploadm8.core.telemetry.clock import VideoClock
from uploadm8.core.telemetry.local_time import zone_offsets
from uploadm8.core.telemetry.track import Channel, Track

_QUARTER_S, _HOUR_S, _WIDEST_QUARTERS = 900.0, 3600.0, 56  # zones reach from -14 h to +14 h
LEAP_S = 18.0  # GPS time runs ahead of UTC by this since 2017


class SyncMethod(StrEnum):
    """What an offset rests on."""

    EMBEDDED = "embedded"
    MANUAL = "manual"
    PICTURE = "picture"
    GPS_TIME = "gps_time"
    CREATION_DATE = "creation_date"
    CREATION_TIME = "creation_time"
    START = "start"


@dataclass(frozen=True, slots=True)
class SyncCandidate:
    """A possible alignment.

    Attributes:
        offset_s: seconds to add to the clock of the log.
        confidence: 0..1; before candidates are weighed against each other, how usual such a
            clock is.
        method: what it rests on.
        reason: a sentence for the user.
    """

    offset_s: float
    confidence: float
    method: SyncMethod
    reason: str


def clock_candidates(track: Track, video: VideoClock) -> list[SyncCandidate]:
    """Candidates for a log with a date, weighed by how usual they are; empty without a date."""
    if track.start_utc is None:
        return []
    begun: list[tuple[float, float, SyncMethod, str]] = []
    if video.gps_utc is not None:
        why = "The camera's own GPS tells when the clip begins"
        begun.append((video.gps_utc, 100.0, SyncMethod.GPS_TIME, why + "."))
        leaped = f"{why}; {LEAP_SENTENCE}"
        begun += [
            (video.gps_utc + side, 1.0, SyncMethod.GPS_TIME, leaped) for side in (-LEAP_S, LEAP_S)
        ]
    if video.dated_utc is not None:
        why = "The video carries its creation date with a time zone."
        begun.append((video.dated_utc, 40.0, SyncMethod.CREATION_DATE, why))
    if video.creation_utc is not None:
        begun += _by_creation_time(track, video, video.creation_utc)
    return [
        SyncCandidate(track.start_utc - utc, weight, method, why)
        for utc, weight, method, why in begun
    ]


LEAP_SENTENCE = "the log differs by the 18 leap seconds between GPS time and UTC."


def _by_creation_time(
    track: Track, video: VideoClock, creation: float
) -> list[tuple[float, float, SyncMethod, str]]:
    zones = _likely_zones(track, video, creation)
    begun = []
    for quarters in range(-_WIDEST_QUARTERS, _WIDEST_QUARTERS + 1):
        zone = quarters * _QUARTER_S
        weight = zones.get(zone, 0.004)
        why = "The creation time of the video is taken as UTC."
        if zone:
            why = f"The camera's clock was set to local time, {_hours(zone)} from UTC."
        begun.append((creation - zone, weight, SyncMethod.CREATION_TIME, why))
    if video.duration_s:
        why = "The creation time of the video is that of the end of the recording."
        begun.append((creation - video.duration_s, 0.15, SyncMethod.CREATION_TIME, why))
    for side in (-LEAP_S, LEAP_S):
        why = f"The creation time of the video is taken as UTC; {LEAP_SENTENCE}"
        begun.append((creation + side, 0.02, SyncMethod.CREATION_TIME, why))
    return begun


def _likely_zones(track: Track, video: VideoClock, creation: float) -> dict[float, float]:
    """Weights of zones: UTC, the local zone by file or by place, and an hour beside it."""
    zones = {0.0: 1.0}
    local = [(zone, 0.6) for zone in (video.zone_s, track.local_offset_s) if zone is not None]
    place = _first_place(track)
    found = zone_offsets(*place, creation) if place else None
    if found is not None:
        local += [(found[0], 0.6), (found[1], 0.15)]  # many never set their camera to summer time
    for zone, usual in local:
        for error, weight in ((0.0, usual), (-_HOUR_S, 0.06), (_HOUR_S, 0.06)):
            zones[zone + error] = max(weight, zones.get(zone + error, 0.0))
    return zones


def _first_place(track: Track) -> tuple[float, float] | None:
    latitude, longitude = track.columns.get(Channel.LAT), track.columns.get(Channel.LON)
    if latitude is None or longitude is None:
        return None
    both = np.flatnonzero(latitude.valid & longitude.valid)
    if not len(both):
        return None
    return float(latitude.values[both[0]]), float(longitude.values[both[0]])


def _hours(seconds: float) -> str:
    minutes = round(abs(seconds) / 60)
    return f"{'-' if seconds < 0 else '+'}{minutes // 60}:{minutes % 60:02d} h"
